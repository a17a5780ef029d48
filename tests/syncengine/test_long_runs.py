"""What holds over more than one slice or run."""

from __future__ import annotations

from itertools import count

import pytest
from django_q.models import OrmQ

from connections.connectors.base import Page, Unavailable
from connections.models import Connection
from syncengine import engine, tasks
from syncengine.engine import Progress
from syncengine.models import Change, Run, SyncState
from syncengine.reading import Reader
from tests.connectors.memory import Fault, Habits
from tests.syncengine.previews import edit
from tests.syncengine.world import World, values

pytestmark = pytest.mark.django_db


def test_i8_a_read_that_lasts_longer_than_a_lease_keeps_the_connection_in_hand(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = w.app("left", Habits(page_size=2))
    for name in ("Ann", "Bob", "Cem", "Dan", "Eve", "Fay"):
        left.add(given_name=name, emails=(f"{name}@example.org",))
    w.app("right")
    connection = w.connect("left", "right")
    take, left_over = Reader._take_page, []

    def take_slowly(reader: Reader, page: Page) -> None:
        state = SyncState.objects.get()
        assert state.lease_expires_at is not None
        left_over.append((state.lease_expires_at - w.clock()).total_seconds())
        take(reader, page)
        w.clock.go(70 if page.full else 0)

    monkeypatch.setattr(Reader, "_take_page", take_slowly)
    run = w.sync(connection)

    assert run.status == Run.Status.DONE
    assert len(left_over) > 3
    assert min(left_over) > 0


def test_i9_what_was_approved_unseen_covers_creations_that_were_in_doubt(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    for number in range(60):
        left.add(given_name=f"Ada {number}", emails=(f"ada{number}@example.org",))
    connection = w.connect("left", "right")
    lost = Unavailable("cut", in_doubt=True)
    right.faults.append(Fault(lost, verb="create", point="before", times=100))
    while w.sync(connection).status != Run.Status.DONE:
        pass
    assert right.live() == {}

    right.faults.clear()
    w.clock.go(600)
    run = w.sync(connection)

    assert (run.status, run.created_right) == (Run.Status.DONE, 60)


def test_i9_values_that_turn_blank_are_counted_over_all_slices_of_a_read(w: World) -> None:
    left, right = w.app("left", Habits(page_size=5)), w.app("right")
    ids = [left.add(given_name=f"N{n}", emails=(f"n{n}@example.org",), city="W") for n in range(30)]
    for number in range(200):
        left.add(given_name=f"O{number}", emails=(f"o{number}@example.org",))
    connection = w.connect("left", "right")
    w.settle(connection)
    for id_ in ids:
        left.edit(id_, city=None)

    run = w.sync(connection, seconds=0)

    assert run.slices > 2
    assert run.status == Run.Status.HELD
    assert "“city” turned blank in 30 of 30 contacts" in run.message
    assert values(right, "city")[:30] == [("W",)] * 30


def test_i9_values_that_turned_blank_count_though_the_read_is_begun_anew(w: World) -> None:
    left, _ = w.app("left", Habits(page_size=5)), w.app("right")
    ids = [left.add(given_name=f"N{n}", emails=(f"n{n}@example.org",), city="W") for n in range(30)]
    connection = w.connect("left", "right")
    w.settle(connection)
    for id_ in ids:
        left.edit(id_, city=None)
    asked_at = w.clock()
    for _ in range(3):
        engine.advance(connection.pk, asked_at=asked_at, seconds=0)

    left.expire_cursors()
    run = w.sync(connection)

    assert (run.status, run.slices) == (Run.Status.HELD, 4)
    assert "“city” turned blank in 30 of 30 contacts" in run.message


# Previews


def people(w: World, most: int) -> Connection:
    """Return a connection with so many contacts on the left; every third is on the right too."""
    left, right = w.app("left"), w.app("right")
    for number in range(most):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",), city="W")
        if number % 3 == 0:
            right.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))
    return w.connect("left", "right")


def preview_slice(connection: Connection) -> engine.Advance:
    return engine.advance(connection.pk, kind=Run.Kind.PREVIEW, cause="the test", seconds=0)


def counts(run: Run) -> tuple[object, ...]:
    return run.linked, run.created_right, run.updated_right, run.braked


def lines(run: Run) -> list[tuple[str, ...]]:
    return sorted(run.changes.values_list("name", "kind", "reason"))


def test_i7_a_preview_in_slices_shows_the_same(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    connection = people(w, 60)
    whole = w.preview(connection)
    expected = counts(whole), lines(whole)
    assert expected[0][:3] == (20, 40, 20)

    monkeypatch.setattr("syncengine.previewing.CHUNK", 7)
    monkeypatch.setattr("syncengine.job.Clockwork.lengthen", lambda *_: None)
    slices = next(n for n in count(1) if preview_slice(connection).progress is Progress.FINISHED)
    run = Run.objects.get(kind=Run.Kind.PREVIEW)

    assert slices == 60 // 7 + 1
    assert (counts(run), lines(run)) == expected


def test_i7_a_preview_queues_its_own_continuation(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = people(w, 20)
    monkeypatch.setattr("syncengine.previewing.CHUNK", 7)
    monkeypatch.setattr("syncengine.job.Clockwork.is_over", lambda _: True)
    tasks.ask_preview(connection.pk, "somebody")
    queued, ended = [OrmQ.objects.count()], []
    for _ in range(3):
        ended.append(tasks.preview_slice(connection.pk)["status"])
        queued.append(OrmQ.objects.count())
    assert ended == ["again", "again", "finished"]
    assert queued == [1, 2, 3, 3]
    assert Run.objects.get().changes.count() == 20


def test_i7_a_preview_whose_set_up_is_edited_between_its_slices_begins_anew(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = people(w, 60)
    w.settle(connection)
    left = w.apps["left"]
    for id_ in left.live():
        left.edit(id_, city="Graz")
    w.clock.go(120)
    monkeypatch.setattr("syncengine.previewing.CHUNK", 7)
    monkeypatch.setattr("syncengine.job.Clockwork.lengthen", lambda *_: None)
    edit(connection, direction="left_to_right")
    for _ in range(3):
        assert preview_slice(connection).progress is Progress.AGAIN
    assert Change.objects.filter(run__kind=Run.Kind.PREVIEW).count() == 21

    edit(connection, switched_off=("city",))
    run = w.preview(connection)

    assert (run.status, run.updated_right, lines(run)) == (Run.Status.DONE, 0, [])
