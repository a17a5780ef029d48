"""Ways to break the engine that were found by reading it, over two apps in memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from connections.connectors.base import (
    Cursor,
    CursorExpired,
    Moved,
    Outcome,
    RateLimited,
    RemoteRecord,
    Scope,
    SweepPage,
    Update,
)
from connections.models import Account, Connection
from connections.schema import Value
from syncengine import engine, notices
from syncengine.applying import Applier, Decided
from syncengine.concluding import Wave
from syncengine.engine import Progress
from syncengine.models import Contact, Mirror, Record, Run
from syncengine.state import Status
from tests.connectors.memory import Fault, Habits, Memory, OtherMemory, Refusal
from tests.connectors.memory_app import Row
from tests.syncengine.world import World, approve, contact_of, linked, world

pytestmark = pytest.mark.django_db

UNITS = (Scope("north", "North"), Scope("south", "South"))


@pytest.fixture
def scoped(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(monkeypatch, left=Habits(scopes=UNITS)) as made:
        yield made


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

        def beaten(self: OtherMemory, batch: Sequence[Update]) -> list[Outcome]:
            if next(edits, None) is not None:
                right.edit(there, notes="somebody was faster")
            return update(self, batch)

        monkeypatch.setattr(OtherMemory, "update", beaten)
        left.edit(here, city="Graz")
        w.settle(connection)
        assert right.live()[there]["city"] == "Graz"
        assert left.live()[here]["notes"] == "somebody was faster"
        assert right.requests["update"] <= 5


@pytest.mark.parametrize("seconds", [2, 0])
def test_a_write_to_what_is_gone_meanwhile_is_not_tried_again_and_again(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    with world(monkeypatch, right=Habits(compare_and_set=True)) as w:
        left, _, connection, here, _ = linked(w)
        asked = 0

        def moved(self: OtherMemory, batch: Sequence[Update]) -> list[Moved]:
            nonlocal asked
            asked += 1
            return [Moved() for _ in batch]

        monkeypatch.setattr(OtherMemory, "update", moved)
        left.edit(here, city="Graz")
        w.sync(connection, seconds=seconds)
        assert 1 <= asked <= 3
        asked = 0
        w.clock.go(60)
        w.sync(connection, seconds=seconds)
        assert 1 <= asked <= 3


def test_a_full_account_is_not_asked_for_each_batch(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    right.refusals.append(Refusal(lambda _values: True, stops_creations=True))
    for number in range(500):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))
    run = w.sync(w.connect("left", "right"))
    assert (run.failed, right.requests["create"] <= 3) == (500, True)
    right.refusals.clear()
    w.clock.go(4000)
    approve(Connection.objects.get())
    assert w.sync(Connection.objects.get()).created_right == 500


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

        def change(id_: str, changes: dict[str, Value], *, by_api: bool = True) -> Row:
            row = right.rows[id_]
            made = right._with(row, changes, by_api)
            return row if made.values == row.values else real(id_, changes, by_api=by_api)

        left.edit(here, notes="abcdefghijklmnopqrstuvwxyz")
        w.settle(connection)
        assert right.live()[there]["notes"] == "abcdefghijklmnopqrstuvwxy"
        monkeypatch.setattr(right, "change", change)
        shown: dict[str, RemoteRecord] = {}
        monkeypatch.setattr(OtherMemory, "get_written", lambda _self, _ids: shown)
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


# Reading


def test_a_sweep_whose_cursor_is_lost_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    habits = Habits(feed="modified", deletions="none", page_size=5)
    with world(monkeypatch, left=habits) as w:
        left = w.app("left")
        w.app("right")
        for number in range(20):
            left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))
        connection = w.connect("left", "right")
        w.sync(connection)
        w.clock.go(90000)
        sweep = Memory.sweep

        def forgetful(self: Memory, cursor: Cursor | None) -> Iterator[SweepPage]:
            if cursor is not None:
                raise CursorExpired("no longer known")
            return sweep(self, cursor)

        monkeypatch.setattr(Memory, "sweep", forgetful)
        while not Mirror.objects.exclude(sweep_cursor=None).exists():
            engine.advance(connection.pk, seconds=0)
            w.clock.go(40)
        w.sync(connection)
        assert w.sync(connection).status == Run.Status.DONE
        assert (
            not Mirror.objects.filter(sweep_cursor__isnull=False)
            .exclude(sweep_cursor=None)
            .exists()
        )


def test_du2_what_a_sweep_shows_is_there_again(monkeypatch: pytest.MonkeyPatch) -> None:
    habits = Habits(feed="modified", deletions="none", page_size=1)
    with world(monkeypatch, left=habits) as w:
        left, _, connection, here, _ = linked(w)
        left.add(given_name="Bob", emails=("bob@example.org",))
        w.clock.go(400)
        w.settle(connection)
        Record.objects.filter(remote_id=here).update(gone_at=w.clock(), number=99)
        Mirror.objects.filter(account__label="left").update(last_number=99)
        w.sync(connection)
        assert contact_of(connection, left="Ada").status == Status.GONE
        w.clock.go(90000)
        w.sync(connection)
        assert contact_of(connection, left="Ada").status == Status.IN_SYNC


def test_i7_a_read_that_has_to_restart_for_ever_ends_with_its_slice(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, connection, *_ = linked(w)
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
    left, _, connection, here, _ = linked(w)
    plan = Applier._plan

    def planned(self: Applier, decided: Sequence[Decided]) -> Wave:
        Contact.objects.update(asked=Contact.Asked.APART)
        return plan(self, decided)

    monkeypatch.setattr(Applier, "_plan", planned)
    left.edit(here, city="Graz")
    w.sync(connection)
    assert Contact.objects.get().asked == Contact.Asked.APART


# Losing an account


def test_ac5_a_run_from_before_does_not_undo_a_new_authorization(w: World) -> None:
    _, _, connection, *_ = linked(w)
    stale = Account.objects.get(label="right")
    Account.objects.filter(label="right").update(authorized_at=w.clock() + timedelta(seconds=5))
    notices.lose_authorization(stale, "the old password")
    assert Account.objects.get(label="right").status == Account.Status.AUTHORIZED
    assert connection.state == Connection.State.ACTIVE
