"""The engine over two apps in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from syncengine.models import Contact, Run
from syncengine.state import Status
from tests.syncengine.world import World, contact_of, values, world, writes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.db_matters]


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(monkeypatch) as made:
        yield made


def test_cn3_all_contacts_of_both_sides_arrive_on_the_other(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    left.add(given_name="Ada", family_name="Lovelace", emails=("ada@example.org",), phones=("+43 1 234",))
    right.add(given_name="Bob", family_name="Builder", emails=("bob@example.org",))
    connection = w.connect("left", "right")

    run = w.sync(connection)

    assert run.status == Run.Status.DONE
    assert (run.created_left, run.created_right) == (1, 1)
    assert values(left, "given_name", "emails") == values(right, "given_name", "emails")
    assert len(left.live()) == 2
    assert writes(w.sync(connection)) == 0


def test_ma1_contacts_that_share_an_address_are_linked(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    left.add(given_name="Ada", family_name="Lovelace", emails=("ADA@example.org",), notes="left")
    right.add(given_name="Ada", emails=("ada@example.org", "ada@home.example"), company="Engines")
    connection = w.connect("left", "right")

    run = w.sync(connection)

    assert run.linked == 1
    assert (run.created_left, run.created_right) == (0, 0)
    (one,) = left.live().values()
    (two,) = right.live().values()
    assert one["company"] == two["company"] == "Engines"
    assert two["family_name"] == "Lovelace"
    assert two["notes"] == "left"
    assert len(one["emails"]) == len(two["emails"]) == 2  # type: ignore[arg-type]
    assert writes(w.sync(connection)) == 0


def test_va1_the_side_that_changed_is_copied(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    id_ = left.add(given_name="Ada", emails=("ada@example.org",), city="Wien", notes="x")
    connection = w.connect("left", "right")
    w.sync(connection)
    (there,) = right.live()

    left.edit(id_, city="Graz")
    right.edit(there, notes="y")
    run = w.sync(connection)

    assert (run.updated_left, run.updated_right) == (1, 1)
    assert left.live()[id_]["notes"] == "y"
    assert right.live()[there]["city"] == "Graz"
    assert writes(w.sync(connection)) == 0


def test_du2_a_deleted_counterpart_is_not_created_again(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    left.add(given_name="Ada", emails=("ada@example.org",))
    connection = w.connect("left", "right")
    w.sync(connection)
    (there,) = right.live()

    right.delete(there)
    w.sync(connection)
    assert contact_of(connection, left="Ada").status == Status.GONE
    assert right.live() == {}

    right.restore(there)
    w.sync(connection)
    assert contact_of(connection, left="Ada").status == Status.IN_SYNC


def test_i6_an_idle_run_costs_one_request_a_side(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    for number in range(30):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))
    connection = w.connect("left", "right")
    w.settle(connection)
    left.requests.clear()
    right.requests.clear()

    run = w.sync(connection)

    assert left.requests == {"changes": 1}
    assert right.requests == {"changes": 1}
    assert run.status == Run.Status.DONE
    assert Contact.objects.filter(connection=connection).count() == 30
