"""Ways to break the engine that were found by reading it, over two apps in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connections.connectors.base import RateLimited, Scope, Unavailable
from connections.connectors.base import CursorExpired
from connections.models import Account, Connection
from syncengine import clock, engine, tasks
from syncengine.engine import Progress
from syncengine.models import Change, Contact, Intent, Mirror, Run, SyncState
from syncengine.state import Status
from tests.connectors.memory import Fault, Habits, Memory, MemoryApp, OtherMemory, Refusal
from tests.syncengine.world import World, approve, contact_of, values, world, writes

pytestmark = pytest.mark.django_db

UNITS = (Scope("north", "North"), Scope("south", "South"))


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(monkeypatch) as made:
        yield made


@pytest.fixture
def scoped(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(monkeypatch, left=Habits(scopes=UNITS)) as made:
        yield made


def linked(w: World, **settings: object) -> tuple[MemoryApp, MemoryApp, Connection, str, str]:
    """Return a world with one contact that is linked, and its ids."""
    left, right = w.app("left"), w.app("right")
    here = left.add(given_name="Ada", emails=("ada@example.org",), city="Wien", notes="x")
    connection = w.connect("left", "right", **settings)
    w.sync(connection)
    (there,) = right.live()
    return left, right, connection, here, there


# What is not done does not count


def test_i1_writes_that_were_not_done_freeze_nothing(w: World) -> None:
    left, right, connection, here, there = linked(w)
    right.faults.append(Fault(RateLimited("slowly"), verb="update", times=8))
    left.edit(here, city="Graz")
    for _ in range(8):
        assert w.sync(connection).status == Run.Status.FAILED
    w.sync(connection)
    assert right.live()[there]["city"] == "Graz"


def test_a_write_to_what_moved_is_not_tried_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with world(monkeypatch, right=Habits(compare_and_set=True)) as w:
        left, right, connection, here, there = linked(w)
        update = OtherMemory.update
        edits = iter(range(3))

        def beaten(self: OtherMemory, batch: object) -> object:
            if next(edits, None) is not None:
                right.edit(there, notes="somebody was faster")
            return update(self, batch)  # type: ignore[arg-type]

        monkeypatch.setattr(OtherMemory, "update", beaten)
        left.edit(here, city="Graz")
        w.settle(connection)
        assert right.live()[there]["city"] == "Graz"
        assert left.live()[here]["notes"] == "somebody was faster"
        assert right.requests["update"] <= 5


def test_a_write_to_what_is_gone_meanwhile_is_not_tried_again_and_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from connections.connectors.base import Moved

    with world(monkeypatch, right=Habits(compare_and_set=True)) as w:
        left, right, connection, here, there = linked(w)
        asked = 0

        def moved(self: OtherMemory, batch: list[object]) -> list[Moved]:
            nonlocal asked
            asked += 1
            return [Moved() for _ in batch]

        monkeypatch.setattr(OtherMemory, "update", moved)
        left.edit(here, city="Graz")
        w.sync(connection, seconds=2)
        assert asked <= 3


# Waking


def test_ma3_a_review_is_judged_again_when_a_rival_is_deleted(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    left.add(given_name="Ada", emails=("ada@example.org",))
    right.add(given_name="A.", emails=("ada@example.org",))
    rival = right.add(given_name="B.", emails=("ada@example.org",))
    connection = w.connect("left", "right")
    w.sync(connection)
    assert contact_of(connection, left="Ada").status == Status.REVIEW
    right.delete(rival)
    assert w.sync(connection).linked == 1


def test_ma3_a_review_is_judged_again_when_a_rival_leaves_the_scope(scoped: World) -> None:
    left, right = scoped.app("left"), scoped.app("right")
    left.add(given_name="A.", emails=("ada@example.org",), scopes=("north",))
    rival = left.add(given_name="B.", emails=("ada@example.org",), scopes=("north",))
    right.add(given_name="Ada", emails=("ada@example.org",))
    connection = scoped.connect("left", "right", left_scope=["north"])
    scoped.sync(connection)
    left.put_into(rival, "south")
    assert scoped.sync(connection).linked == 1


def test_i3_an_edit_after_a_write_that_changed_nothing_there_arrives(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    habits = Habits(answers_records=False, get_batch=1, cut_at=25)
    with world(monkeypatch, right=habits) as w:
        left, right, connection, here, there = linked(w)

        real = right.change

        def change(id_: str, changes: dict[str, object], *, by_api: bool = True) -> object:
            row = right.rows[id_]
            made = right._with(row, changes, by_api)
            return row if made.values == row.values else real(id_, changes, by_api=by_api)

        left.edit(here, notes="abcdefghijklmnopqrstuvwxyz")
        w.settle(connection)
        assert right.live()[there]["notes"] == "abcdefghijklmnopqrstuvwxy"
        monkeypatch.setattr(right, "change", change)
        monkeypatch.setattr(OtherMemory, "get_written", lambda self, ids: {})
        left.edit(here, notes="abcdefghijklmnopqrstuvwxyz, and more")
        w.sync(connection)
        left.edit(here, city="Graz")
        w.sync(connection)
        w.clock.go(1000)
        w.sync(connection)
        w.sync(connection)
        assert right.live()[there]["city"] == "Graz"


# Late lists


def test_i3_a_read_back_that_is_late_is_no_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    habits = Habits(answers_records=False, get_batch=1, late=20, feed="modified")
    with world(monkeypatch, right=habits) as w:
        left, right, connection, here, there = linked(w)
        w.clock.go(400)
        w.settle(connection)
        left.edit(here, city="Graz")
        w.sync(connection)
        assert left.live()[here]["city"] == "Graz"
        w.clock.go(400)
        w.settle(connection)
        assert left.live()[here]["city"] == right.live()[there]["city"] == "Graz"
        assert [verb for verb, *_ in left.writes] == []


# Doubts


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
        left.late = 0
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


def test_pl3_links_of_a_sibling_are_no_departures(scoped: World) -> None:
    left, right, north, south = two_scopes(scoped)
    scoped.sync(north)
    scoped.sync(south)
    for number in range(15):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",), scopes=("south",))
    scoped.sync(south)
    assert len(right.live()) == 15
    assert scoped.sync(north).status == Run.Status.DONE


# Reading


def test_a_sweep_whose_cursor_is_lost_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    habits = Habits(feed="modified", deletions="none", page_size=5)
    with world(monkeypatch, left=habits) as w:
        left, right = w.app("left"), w.app("right")
        for number in range(20):
            left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))
        connection = w.connect("left", "right")
        w.sync(connection)
        w.clock.go(90000)
        sweep = Memory.sweep

        def lossy(self: Memory, cursor: dict[str, object] | None) -> object:
            if cursor is not None:
                raise CursorExpired("no longer known")
            return sweep(self, cursor)

        monkeypatch.setattr(Memory, "sweep", lossy)
        engine.advance(connection.pk, seconds=0)
        for _ in range(20):
            if engine.advance(connection.pk, seconds=0.2).progress is Progress.FINISHED:
                break
        assert w.sync(connection).status == Run.Status.DONE


def test_i7_a_read_that_has_to_restart_for_ever_ends_with_its_slice(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right, connection, *_ = linked(w)
    count = 0

    def expired(self: Memory, cursor: object, known: object) -> object:
        nonlocal count
        count += 1
        if count > 50:
            raise AssertionError("it spins")
        raise CursorExpired("no longer known")
        yield

    monkeypatch.setattr(Memory, "changes", expired)
    assert (
        engine.advance(connection.pk, seconds=0.05, asked_at=w.clock()).progress is Progress.AGAIN
    )


# People and settings


def test_ru9_a_scope_that_goes_away_between_two_looks_stops_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with world(monkeypatch, left=Habits(scopes=UNITS)) as w:
        left, right = w.app("left"), w.app("right")
        connection = w.connect("left", "right", left_scope=["north"])
        w.sync(connection)
        w.clock.go(3600)
        left.habits = Habits(scopes=UNITS[1:])
        right.add(given_name="Ada", emails=("ada@example.org",))
        run = w.sync(connection)
        assert run.status == Run.Status.FAILED
        assert not left.writes


def test_what_a_person_asks_during_a_run_is_not_lost(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right, connection, here, there = linked(w)
    update = OtherMemory.update

    def asked_meanwhile(self: OtherMemory, batch: object) -> object:
        left.ask()  # type: ignore[attr-defined]
        return update(self, batch)  # type: ignore[arg-type]

    asking = iter([True])
    conclude = engine.Slice._finish
    from syncengine.applying import Applier

    planned = Applier._plan

    def plan(self: Applier, decided: object) -> object:
        Contact.objects.update(asked=Contact.Asked.APART)
        return planned(self, decided)  # type: ignore[arg-type]

    monkeypatch.setattr(Applier, "_plan", plan)
    left.edit(here, city="Graz")
    w.sync(connection)
    monkeypatch.undo()
    assert Contact.objects.get().asked == Contact.Asked.APART
