"""Who is in the scope of a side and who is not, over two apps in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from syncengine.models import Contact, Run
from syncengine.state import Status
from tests.connectors.memory import Habits
from tests.syncengine.rule_setups import UNITS
from tests.syncengine.world import World, contact_of, pair, values, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def scoped(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(monkeypatch, left=Habits(scopes=UNITS)) as made:
        yield made


def test_ac6_only_contacts_inside_the_scope_are_created(scoped: World) -> None:
    left, right, connection = pair(scoped, left_scope=["north"])
    left.add(given_name="Ada", emails=("ada@example.org",), scopes=("vienna",))
    left.add(given_name="Bob", emails=("bob@example.org",), scopes=("south",))

    run = scoped.sync(connection)

    assert values(right, "given_name") == [("Ada",)]
    assert run.excluded == 1


def test_ac6_a_match_outside_the_scope_is_linked_to_nothing(scoped: World) -> None:
    left, right, connection = pair(scoped, left_scope=["north"])
    here = left.add(given_name="Ada", emails=("ada@example.org",), scopes=("south",))
    right.add(given_name="Ada", emails=("ada@example.org",))

    scoped.sync(connection)
    assert len(left.live()) == 1
    outside = Contact.objects.get(connection=connection, left=None)
    assert (outside.status, outside.reason) == (Status.EXCLUDED, "exists outside the scope")

    left.put_into(here, "north")
    assert scoped.sync(connection).linked == 1


def test_ac6_a_contact_that_leaves_the_scope_is_excluded_and_comes_back(scoped: World) -> None:
    left, right, connection = pair(scoped, left_scope=["north"])
    here = left.add(given_name="Ada", emails=("ada@example.org",), scopes=("north",), city="Wien")
    scoped.sync(connection)
    left.put_into(here, "south")
    left.edit(here, city="Graz")
    scoped.sync(connection)
    assert values(right, "city") == [("Wien",)]
    assert contact_of(connection, left="Ada").status == Status.EXCLUDED

    left.put_into(here, "vienna")
    scoped.sync(connection)
    assert values(right, "city") == [("Graz",)]


def test_ac6_what_is_created_is_created_inside_the_scope(scoped: World) -> None:
    left, right, connection = pair(scoped, left_scope=["north"])
    right.add(given_name="Ada", emails=("ada@example.org",))
    scoped.sync(connection)
    (row,) = left.rows.values()
    assert row.scopes == ("north",)


def test_ru9_a_scope_that_no_longer_exists_stops_the_run_before_any_write(scoped: World) -> None:
    left, right, connection = pair(scoped, left_scope=["gone"])
    right.add(given_name="Ada", emails=("ada@example.org",))
    run = scoped.sync(connection)
    assert run.status == Run.Status.FAILED
    assert "gone" in run.message
    assert not left.writes
