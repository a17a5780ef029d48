"""Creations in doubt, several connections of one account, and the queue, over apps in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connections.connectors.base import Scope, Unavailable
from connections.models import Connection
from syncengine import engine, tasks
from syncengine.models import Contact, Intent, Mirror, Record, Run
from syncengine.state import Status
from tests.connectors.memory import Fault, Habits, MemoryApp
from tests.syncengine.world import World, approve, contact_of, linked, values, world

pytestmark = pytest.mark.django_db

UNITS = (Scope("north", "North"), Scope("south", "South"))


@pytest.fixture
def scoped(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(monkeypatch, left=Habits(scopes=UNITS)) as made:
        yield made


# Doubts


def test_i3_a_write_without_an_answer_may_be_done_after_somebody_elses(w: World) -> None:
    left, right, connection, here, there = linked(w)
    right.faults.append(Fault(Unavailable("cut", in_doubt=True), verb="update"))
    left.edit(here, city="Graz")
    w.sync(connection)
    right.edit(there, notes="somebody's")
    w.sync(connection)
    left.edit(here, city="Linz")
    w.sync(connection)
    right.change(there, {"city": "Graz"})
    w.sync(connection)
    w.clock.go(1000)
    w.sync(connection)
    w.settle(connection)
    assert left.live()[here]["city"] == right.live()[there]["city"] == "Linz"
    assert left.live()[here]["notes"] == "somebody's"


def test_i2_a_creation_in_doubt_is_waited_for_by_who_appears_meanwhile(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    connection = w.connect("left", "right")
    w.sync(connection)
    right.add(given_name="Ada", emails=("ada@example.org",))
    left.faults.append(Fault(Unavailable("cut", in_doubt=True), verb="create", point="before"))
    w.sync(connection)
    assert Intent.objects.filter(state=Intent.State.OPEN).count() == 1
    left.add(given_name="Ada", emails=("ada@example.org",), city="Wien")
    w.sync(connection)
    w.clock.go(1000)
    w.sync(connection)
    w.settle(connection)
    assert values(right, "city") == [("Wien",)]
    assert not Intent.objects.filter(state=Intent.State.OPEN).exists()
    assert not Contact.objects.exclude(status=Status.IN_SYNC).exists()


def test_i2_what_a_doubtful_creation_made_late_orphans_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with world(monkeypatch, left=Habits(late=120)) as w:
        left, right = w.app("left"), w.app("right")
        connection = w.connect("left", "right")
        w.sync(connection)
        right.add(given_name="Ada", emails=("ada@example.org",))
        left.faults.append(Fault(Unavailable("cut", in_doubt=True), verb="create", point="after"))
        w.sync(connection)
        w.clock.go(10)
        monkeypatch.setattr(left, "habits", Habits())
        left.add(given_name="Ada", emails=("ada@example.org",), city="Wien")
        w.sync(connection)
        w.clock.go(1000)
        w.sync(connection)
        w.sync(connection)
        held = Contact.objects.filter(connection=connection, left__isnull=False)
        assert held.count() == 2
        assert len(right.live()) == 1


def test_i2_a_creation_of_a_deleted_connection_blocks_nobody_for_ever(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    other = w.app("left2")
    first = w.connect("left", "right")
    second = w.connect("left2", "right")
    left.add(given_name="Ada", emails=("ada@example.org",))
    right.faults.append(Fault(Unavailable("cut", in_doubt=True), verb="create", point="before"))
    w.sync(first)
    first.delete()
    other.add(given_name="Ada", emails=("ada@example.org",))
    w.sync(second)
    assert right.live() == {}
    for _ in range(3):
        w.clock.go(1000)
        w.sync(second)
    assert len(right.live()) == 1


def test_i2_who_waits_for_a_creation_of_another_connection_goes_on(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    other = w.app("left2")
    first = w.connect("left", "right")
    second = w.connect("left2", "right", direction="left_to_right")
    here = left.add(given_name="Ada", emails=("ada@example.org",))
    right.faults.append(Fault(Unavailable("cut", in_doubt=True), verb="create", point="before"))
    w.sync(first)
    other.add(given_name="Ada", emails=("ada@example.org",))
    w.sync(second)
    left.delete(here)
    w.clock.go(1000)
    w.sync(first)
    for _ in range(3):
        w.clock.go(1000)
        w.sync(second)
    assert len(right.live()) == 1


# Several connections of the same accounts


def two_scopes(w: World) -> tuple[MemoryApp, MemoryApp, Connection, Connection]:
    left, right = w.app("left"), w.app("right")
    north = w.connect("left", "right", left_scope=["north"])
    north.name = "north"
    north.save()
    south = w.connect("left", "right", left_scope=["south"])
    return left, right, north, south


def test_ma5_a_contact_that_moves_into_the_scope_of_a_sibling_is_taken_over(
    scoped: World,
) -> None:
    left, right, north, south = two_scopes(scoped)
    here = left.add(given_name="Ada", emails=("ada@example.org",), scopes=("south",))
    right.add(given_name="Ada", emails=("ada@example.org",))
    scoped.sync(north)
    scoped.sync(south)
    left.put_into(here, "north")
    left.edit(here, city="Graz")
    assert scoped.sync(north).status == Run.Status.DONE
    scoped.sync(south)
    scoped.settle(north)
    assert values(right, "city") == [("Graz",)]
    assert len(left.live()) == len(right.live()) == 1


def test_ma5_a_sibling_s_link_is_taken_over_whatever_the_addresses_are(scoped: World) -> None:
    left, right, north, south = two_scopes(scoped)
    here = left.add(given_name="Ada", emails=("ada@example.org",), scopes=("south",))
    there = right.add(given_name="Ada", emails=("ada@example.org",))
    scoped.sync(north)
    scoped.sync(south)
    left.put_into(here, "north")
    right.edit(there, emails=("byron@example.org",))
    assert scoped.sync(north).status == Run.Status.DONE
    scoped.settle(north)
    assert len(left.live()) == len(right.live()) == 1


def test_ma5_a_sibling_s_link_breaks_no_other_link(scoped: World) -> None:
    left, right, north, south = two_scopes(scoped)
    here = left.add(given_name="Ada", emails=("ada@example.org",), scopes=("south",))
    right.add(given_name="Ada", emails=("ada@example.org",))
    scoped.sync(south)
    other = left.add(given_name="Bob", emails=("bob@example.org",), scopes=("north",))
    Contact.objects.filter(connection=north).delete()
    Contact.objects.create(
        connection=north,
        left=Record.objects.create(
            mirror=Mirror.objects.get(account__label="left"),
            remote_id=other,
            address=other,
            version="0",
            content={"values": {}, "raw": {}},
            number=0,
        ),
        right=Record.objects.get(mirror__account__label="right"),
        status=Status.IN_SYNC,
        awake=False,
    )
    left.put_into(here, "north")
    scoped.sync(north)
    held = Contact.objects.filter(connection=north, left__isnull=False)
    assert held.count() == 2
    assert contact_of(north, left="Bob").is_linked
    assert contact_of(north, left="Ada").status == Status.REVIEW


def test_ma5_apart_in_one_connection_is_apart_there_whatever_a_sibling_holds(
    scoped: World,
) -> None:
    left, right, north, south = two_scopes(scoped)
    north.left_scope = []
    north.save()
    left.add(given_name="Ada", emails=("ada@example.org",), scopes=("south",))
    scoped.sync(south)
    approve(north)
    scoped.sync(north)
    Contact.objects.filter(connection=north).update(asked=Contact.Asked.APART)
    scoped.sync(north)
    assert not Contact.objects.filter(
        connection=north, left__isnull=False, right__isnull=False
    ).exists()
    assert len(right.live()) == 1


def test_pl3_links_of_a_sibling_are_no_departures(scoped: World) -> None:
    left, right, north, south = two_scopes(scoped)
    scoped.sync(north)
    scoped.sync(south)
    for number in range(15):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",), scopes=("south",))
    scoped.sync(south)
    assert len(right.live()) == 15
    assert scoped.sync(north).status == Run.Status.DONE


# The queue


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, dict[str, Any]]]:
    """Return what is queued, in order."""
    queued: list[tuple[str, int, dict[str, Any]]] = []

    def async_task(func: str, connection_id: int, **options: Any) -> None:
        queued.append((func, connection_id, options))

    monkeypatch.setattr(tasks, "async_task", async_task)
    return queued


def drain(queue: list[tuple[str, int, dict[str, Any]]]) -> list[dict[str, str]]:
    """Do what is queued now, and return how that ended."""
    going, queue[:] = list(queue), []
    return [tasks.sync_slice(connection_id, **options) for _, connection_id, options in going]


def test_i7_a_long_run_has_one_continuation_however_often_the_tick_comes(
    w: World, monkeypatch: pytest.MonkeyPatch, queue: list[tuple[str, int, dict[str, Any]]]
) -> None:
    left = w.app("left")
    w.app("right")
    for number in range(300):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))
    w.connect("left", "right")
    monkeypatch.setattr(engine, "SLICE_SECONDS", 0)
    advance = engine.advance
    monkeypatch.setattr(engine, "advance", lambda *of, **how: advance(*of, **how, seconds=0))
    for _ in range(4):
        tasks.tick()
        drain(queue)
    assert Run.objects.get().finished_at is None
    tasks.tick()
    assert len([status for status in drain(queue) if status["status"] == "again"]) == 1
    assert len(queue) == 1


def test_i7_who_waits_for_an_account_has_its_turn_before_a_long_run_goes_on(
    w: World, monkeypatch: pytest.MonkeyPatch, queue: list[tuple[str, int, dict[str, Any]]]
) -> None:
    left = w.app("left")
    w.app("right")
    w.app("right2")
    for number in range(300):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))
    long = w.connect("left", "right")
    short = w.connect("left", "right2")
    open_ = engine.open_run(short, Run.Kind.SYNC, "the schedule")
    advance = engine.advance
    monkeypatch.setattr(engine, "advance", lambda *of, **how: advance(*of, **how, seconds=0))
    tasks.sync_slice(long.pk)
    assert [(pk, options["slices"]) for _, pk, options in queue] == [
        (short.pk, open_.slices),
        (long.pk, 1),
    ]
