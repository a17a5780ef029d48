"""Custom mappings from their page to the apps: the stand-ins by real HTTP [VA5, VA6]."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from connections import accounts
from connections.models import Account, Connection
from connections.sandbox.pipeliner import PipelinerSandbox
from connections.schema import Option
from syncengine import clock, control
from syncengine.models import Change, Contact, Run
from tests.syncengine.mapping_pages import mappings, options_of, save
from tests.syncengine.pages import Book, path, user
from tests.syncengine.test_sandboxes import ADA, Sides, customs, sides
from tests.syncengine.world import Clock, World, approve, writes

__all__ = ["sides"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(user(""))
    return client


def refreshed(sides: Sides) -> Connection:
    return Connection.objects.select_related("left", "right").get(pk=sides.connection.pk)


def options(connection: Connection, key: str) -> tuple[Option, ...]:
    return next(field.options for field in connection.left.offers.fields if field.key == key)


def typed(sides: Sides, **values: str) -> None:
    """Let somebody change custom fields in Google."""
    now = {**customs(sides.person()), **values}
    rows = [{"key": key, "value": value} for key, value in now.items()]
    sides.google.edit_contact(sides.person_id(), {"userDefined": rows})


def test_va5_text_and_days_made_on_the_page_sync_both_ways(boss: Client, sides: Sides) -> None:
    book = Book(sides.connection)
    save(boss, book, left="cf_background", right="custom.About")
    save(boss, book, left="cf_birthday", right="birthday")
    assert [each.direction for each in mappings(book)] == ["both", "both"]
    id_ = sides.pipeliner.add_contact(
        ADA | {"cf_background": "Mathematics", "cf_birthday": "1815-12-10"}
    )
    sides.connection = refreshed(sides)
    sides.start()
    sides.sync()
    assert customs(sides.person()) == {"About": "Mathematics"}
    assert sides.person()["birthdays"][0]["date"] == {"year": 1815, "month": 12, "day": 10}

    typed(sides, About="Poetry")
    sides.pipeliner.edit_contact(id_, {"cf_birthday": "1815-12-11"})
    sides.sync()
    assert sides.row()["cf_background"] == "Poetry"
    assert sides.person()["birthdays"][0]["date"]["day"] == 11
    assert writes(sides.sync()) == 0


def test_va6_what_becomes_text_made_on_the_page_flows_one_way(boss: Client, sides: Sides) -> None:
    book = Book(sides.connection)
    for left in ("region_id", "interests", "score", "newsletter", "last_call"):
        save(boss, book, left=f"cf_{left}", right=f"custom.{left}")
    assert {each.direction for each in mappings(book)} == {"left_to_right"}
    region, interests = (options(sides.connection, f"cf_{k}") for k in ("region_id", "interests"))
    id_ = sides.pipeliner.add_contact(
        ADA
        | {
            "cf_region_id": region[0].value,
            "cf_interests": [each.value for each in interests[:2]],
            "cf_score": 2.5,
            "cf_newsletter": True,
            "cf_last_call": "2026-03-02 08:30:00",
        }
    )
    sides.connection = refreshed(sides)
    sides.start()
    sides.sync()
    assert customs(sides.person()) == {
        "region_id": region[0].label,
        "interests": f"{interests[0].label}, {interests[1].label}",
        "score": "2.5",
        "newsletter": "yes",
        "last_call": "2026-03-02 08:30 UTC",
    }
    typed(sides, score="many")
    sides.pipeliner.edit_contact(id_, {"cf_region_id": region[1].value, "cf_newsletter": False})
    sides.sync()
    assert sides.row()["cf_score"] == 2.5
    there = customs(sides.person())
    assert (there["region_id"], there["newsletter"], there["score"]) == (
        region[1].label,
        "no",
        "many",
    )
    assert writes(sides.sync()) == 0


def test_va5_one_way_to_the_left_the_right_side_is_never_written(
    boss: Client, sides: Sides
) -> None:
    book = Book(sides.connection)
    save(boss, book, left="cf_background", right="custom.About", direction="right_to_left")
    id_ = sides.pipeliner.add_contact(ADA | {"cf_background": "Mathematics"})
    sides.connection = refreshed(sides)
    sides.start()
    sides.sync()
    assert customs(sides.person()) == {}
    typed(sides, About="Poetry")
    sides.sync()
    assert sides.row()["cf_background"] == "Poetry"
    sides.pipeliner.edit_contact(id_, {"cf_background": "Own"})
    sides.sync()
    assert customs(sides.person()) == {"About": "Poetry"}
    assert sides.row()["cf_background"] == "Own"


def test_va4_a_field_that_was_freed_syncs_with_another_one(boss: Client, sides: Sides) -> None:
    book = Book(sides.connection)
    assert "city" not in options_of(boss.get(path(book, "mapping")).content.decode(), "left")
    sides.connection.switched_off = ["city"]
    sides.connection.save()
    save(boss, book, left="city", right="custom.Town")
    sides.pipeliner.add_contact(ADA)
    sides.connection = refreshed(sides)
    sides.start()
    sides.sync()
    assert customs(sides.person()) == {"Town": "Wien"}
    assert "city" not in sides.person()["addresses"][0]
    typed(sides, Town="Graz")
    sides.sync()
    assert sides.row()["city"] == "Graz"
    assert writes(sides.sync()) == 0


def test_va2_a_new_mapping_on_a_running_connection_is_a_first_merge_that_the_preview_shows(
    boss: Client, sides: Sides
) -> None:
    sides.pipeliner.add_contact(ADA | {"cf_background": "Mathematics"})
    bob = {"first_name": "Bob", "last_name": "Builder", "email1": "bob@example.org"}
    bob_id = sides.pipeliner.add_contact(bob)
    sides.start()
    sides.sync()
    people = {each["names"][0]["givenName"]: key for key, each in sides.google.contacts().items()}
    for name, about in (("Ada", "Poetry"), ("Bob", "Houses")):
        rows = [{"key": "About", "value": about}]
        sides.google.edit_contact(people[name], {"userDefined": rows})
    sides.sync()

    save(boss, Book(sides.connection), left="cf_background", right="custom.About")
    assert writes(sides.sync()) == 0
    preview = sides.world.preview(sides.connection)
    assert (preview.updated_left, preview.updated_right) == (1, 1)
    shown = {
        (change.name, *field[:4])
        for change in Change.objects.filter(run=preview, kind=Change.Kind.UPDATED)
        for field in change.fields or ()
    }
    assert shown == {
        ("Dr. Ada Lovelace", "right", "About", "Poetry", "Mathematics"),
        ("Bob Builder", "left", "Background", None, "Houses"),
    }
    control.apply_edit(refreshed(sides), preview)
    run = sides.sync()
    assert (run.updated_left, run.updated_right) == (1, 1)
    abouts = {key: customs(each) for key, each in sides.google.contacts().items()}
    assert abouts == {people["Ada"]: {"About": "Mathematics"}, people["Bob"]: {"About": "Houses"}}
    assert sides.pipeliner.contacts()[bob_id]["cf_background"] == "Houses"
    assert Run.objects.filter(kind=Run.Kind.SYNC, status=Run.Status.DONE).count() == 4


# Two apps of one kind


class Pipeliners:
    """Two spaces of Pipeliner, and a draft between them that maps nothing of its own yet."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.left, self.right = PipelinerSandbox(space="one"), PipelinerSandbox(space="two")
        for sandbox in (self.left, self.right):
            login = {"service_url": sandbox.start(), "space_id": sandbox.space_id}
            checked = accounts.check(
                "pipeliner",
                {"email": "ops@example.com", "user": "ann@example.com", **login},
                {"api_token": "demo-token", "api_password": "demo-password"},
            )
            accounts.authorize(Account(label=sandbox.space_id), checked, clock.now())
        one, two = Account.objects.get(label="one"), Account.objects.get(label="two")
        self.connection = Connection.objects.create(name="Both", left=one, right=two)

    def row(self, sandbox: PipelinerSandbox) -> dict[str, Any]:
        (row,) = sandbox.contacts().values()
        return dict(row)


@pytest.fixture
def pipeliners(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pipeliners]:
    own_clock = Clock()
    monkeypatch.setattr(clock, "now", own_clock)
    made = Pipeliners(World(own_clock))
    yield made
    made.left.close()
    made.right.close()


def test_va5_options_go_by_the_table_both_ways(boss: Client, pipeliners: Pipeliners) -> None:
    p, book = pipeliners, Book(pipeliners.connection)
    north, south, east, west = options(p.connection, "cf_region_id")
    small, medium, large = options(p.connection, "cf_size_id")
    save(
        boss,
        book,
        left="cf_region_id",
        right="cf_size_id",
        option_0=large.value,
        option_1=small.value,
        option_2=small.value,
    )
    save(boss, book, left="cf_interests", right="cf_interests")
    assert mappings(book)[0].options[:3] == (
        (north.value, large.value),
        (south.value, small.value),
        (east.value, small.value),
    )
    interests = [each.value for each in options(p.connection, "cf_interests")]
    id_ = p.left.add_contact(
        ADA | {"cf_region_id": north.value, "cf_interests": interests[:2], "cf_score": 1.5}
    )
    connection = Connection.objects.select_related("left", "right").get()
    connection.state = Connection.State.ACTIVE
    connection.save()
    approve(connection)
    p.world.sync(connection)
    there = p.row(p.right)
    assert there["cf_size_id"] == large.value
    assert sorted(there["cf_interests"]) == sorted(interests[:2])

    p.right.edit_contact(there["id"], {"cf_size_id": small.value, "cf_interests": interests[2:3]})
    p.world.sync(connection)
    here = p.row(p.left)
    assert (here["cf_region_id"], here["cf_interests"]) == (south.value, interests[2:3])
    p.left.edit_contact(id_, {"cf_region_id": west.value})
    p.world.sync(connection)
    assert p.row(p.right)["cf_size_id"] == small.value
    p.right.edit_contact(there["id"], {"cf_size_id": medium.value})
    p.world.sync(connection)
    assert p.row(p.left)["cf_region_id"] == west.value
    (flag,) = Contact.objects.get().flags
    assert "did not get Region" in flag
    assert "has no option for “Medium”" in flag
    assert writes(p.world.sync(connection)) == 0
