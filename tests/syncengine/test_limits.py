"""What cannot be known, and what happens then.

The state machine keeps these out of its way by rules that name them: `add_a_twin` (two people's
creations on both sides that an app has not shown [I2]), `ref` (what is done to a contact whose
creation is in doubt [I2]) and `is_overtaken` (an edit of the same field between the last read and
the write [I3]).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from connections.connectors.base import Outcome, Unavailable, Update
from connections.models import Connection
from syncengine import wording
from syncengine.models import Contact
from syncengine.state import Status
from tests.connectors.memory import Fault, Habits, MemoryApp, OtherMemory
from tests.syncengine.world import World, contact_of, values, world, writes

pytestmark = pytest.mark.django_db

LATE = 90.0
"""Seconds until an app shows what was entered."""


@contextmanager
def linked(
    monkeypatch: pytest.MonkeyPatch, right: Habits, **settings: Any
) -> Iterator[tuple[World, Connection, MemoryApp, str, MemoryApp, str]]:
    """Give a world with Ada in both apps, in sync, and her ids."""
    with world(monkeypatch, right=right) as w:
        one, two = w.app("left"), w.app("right", right)
        here = one.add(given_name="Ada", emails=("ada@example.org",), city="Wien")
        connection = w.connect("left", "right", **settings)
        w.settle(connection)
        w.clock.go(2 * LATE)
        w.settle(connection)
        (there,) = two.live()
        yield w, connection, one, here, two, there


def meanwhile(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Let somebody do something once, after the last read and before the write."""
    update = OtherMemory.update
    pending = [act]

    def overtaken(self: OtherMemory, batch: Sequence[Update]) -> list[Outcome]:
        while pending:
            pending.pop()()
        return update(self, batch)

    monkeypatch.setattr(OtherMemory, "update", overtaken)


# Two people's creations on both sides, which an app has not shown yet [I2]


def test_i2_who_was_entered_on_both_sides_before_an_app_shows_it_goes_to_review(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = Habits(late=LATE)
    with world(monkeypatch, right=late) as w:
        left, right = w.app("left"), w.app("right", late)
        connection = w.connect("left", "right")
        left.add(given_name="Ada", emails=("ada@example.org",), city="Wien")
        right.add(given_name="Ada", emails=("ada@example.org",), city="Graz")

        w.sync(connection)
        w.clock.go(2 * LATE)
        w.settle(connection)

        assert values(left, "city") == [("Wien",)]
        assert values(right, "city") == [("Graz",), ("Wien",)]
        review = Contact.objects.get(connection=connection, status=Status.REVIEW)
        assert review.left is None


def test_i2_shown_before_the_sync_the_two_are_one(monkeypatch: pytest.MonkeyPatch) -> None:
    late = Habits(late=LATE)
    with world(monkeypatch, right=late) as w:
        left, right = w.app("left"), w.app("right", late)
        connection = w.connect("left", "right")
        left.add(given_name="Ada", emails=("ada@example.org",), city="Wien")
        right.add(given_name="Ada", emails=("ada@example.org",), city="Graz")

        w.clock.go(2 * LATE)
        w.settle(connection)

        assert values(right, "city") == [("Wien",)]


# What is done to a contact whose creation is in doubt [I2]


@contextmanager
def in_doubt(
    monkeypatch: pytest.MonkeyPatch, habits: Habits
) -> Iterator[tuple[World, Connection, MemoryApp, str]]:
    """Give a world in which Ada was created on the right, but the answer was lost, and her id."""
    with world(monkeypatch, right=habits) as w:
        left, right = w.app("left"), w.app("right", habits)
        left.add(given_name="Ada", emails=("ada@example.org",), city="Wien")
        connection = w.connect("left", "right")
        right.faults.append(Fault(Unavailable("cut", in_doubt=True), verb="create", point="after"))
        w.sync(connection)
        assert contact_of(connection, left="Ada").status == Status.DOUBT
        (there,) = right.live()
        yield w, connection, right, there


def test_i2_without_a_mark_one_whose_address_is_edited_in_doubt_is_created_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with in_doubt(monkeypatch, Habits(late=LATE, marks=False)) as (w, connection, right, there):
        right.edit(there, emails=("other@example.org",))
        w.clock.go(1000)
        w.settle(connection)
        assert values(right, "emails") == [(("ada@example.org",),), (("other@example.org",),)]


def test_i2_by_its_mark_one_whose_address_is_edited_in_doubt_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with in_doubt(monkeypatch, Habits(late=LATE)) as (w, connection, right, there):
        right.edit(there, emails=("other@example.org",))
        w.clock.go(1000)
        w.settle(connection)
        assert set(right.live()) == {there}
        assert contact_of(connection, left="Ada").status == Status.IN_SYNC


def test_i2_one_that_is_deleted_in_doubt_and_never_shown_is_created_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with in_doubt(monkeypatch, Habits(late=LATE)) as (w, connection, right, there):
        right.delete(there)
        w.clock.go(1000)
        w.settle(connection)
        (again,) = right.live()
        assert again != there


def test_i2_one_that_is_deleted_in_doubt_but_was_shown_is_a_deleted_counterpart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with in_doubt(monkeypatch, Habits(marks=False)) as (w, connection, right, there):
        w.sync(connection)
        right.delete(there)
        w.clock.go(1000)
        w.settle(connection)
        assert right.live() == {}
        assert contact_of(connection, left="Ada").status == Status.GONE


# An edit of the same field between the last read and the write [I3]


def test_i3_without_compare_and_set_an_edit_in_the_last_minute_is_written_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with linked(monkeypatch, Habits()) as (w, connection, left, here, right, there):
        meanwhile(monkeypatch, lambda: right.edit(there, city="Linz", notes="mine"))
        left.edit(here, city="Graz")
        w.settle(connection)
        assert values(right, "city", "notes") == [("Graz", "mine")]
        assert values(left, "city", "notes") == [("Graz", "mine")]


def test_i3_without_compare_and_set_an_entry_of_the_last_minute_is_written_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with linked(monkeypatch, Habits()) as (w, connection, left, here, right, there):
        meanwhile(monkeypatch, lambda: right.edit(there, phones=("+43 1 5885802",)))
        left.edit(here, phones=("+43 1 5885801",))
        w.settle(connection)
        assert values(right, "phones") == [(("+43 1 5885801",),)]


def test_i3_with_compare_and_set_nothing_is_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    habits = Habits(compare_and_set=True)
    with linked(monkeypatch, habits, winner="right") as (w, connection, left, here, right, there):
        meanwhile(monkeypatch, lambda: right.edit(there, city="Linz", phones=("+43 1 5885802",)))
        left.edit(here, city="Graz", phones=("+43 1 5885801",))
        w.settle(connection)
        assert values(left, "city") == values(right, "city") == [("Linz",)]
        ((phones,),) = values(right, "phones")
        assert set(phones) == {"+43 1 5885801", "+43 1 5885802"}  # type: ignore[arg-type]


def test_i3_an_edit_that_an_app_shows_late_is_written_over_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with linked(monkeypatch, Habits(late=LATE)) as (w, connection, left, here, right, there):
        right.edit(there, city="Linz", notes="mine")
        left.edit(here, city="Graz")
        w.sync(connection)
        w.clock.go(2 * LATE)
        w.settle(connection)
        assert values(right, "city", "notes") == values(left, "city", "notes") == [("Graz", "mine")]


# Programs that disagree [I1]


def test_i1_an_outside_program_that_writes_back_ends_in_the_freeze(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with linked(monkeypatch, Habits()) as (w, connection, left, here, right, there):
        left.edit(here, city="Graz")
        for _ in range(20):
            w.clock.go(300)
            w.sync(connection)
            # Another sync tool holds that this person lives in Linz, here and there.
            for app, id_ in ((left, here), (right, there)):
                if app.live()[id_]["city"] != "Linz":
                    app.edit(id_, city="Linz")
            w.clock.go(300)
            w.sync(connection)
            left.edit(here, city="Graz")
        frozen = contact_of(connection, left="Ada")
        assert any(flag.startswith(wording.PROGRAMS_DISAGREE) for flag in frozen.flags)
        written = len(right.writes)
        assert written <= 8

        left.edit(here, notes="other fields go on")
        w.sync(connection)
        assert right.live()[there]["notes"] == "other fields go on"

        w.clock.go(25 * 3600)
        run = w.sync(connection)
        assert writes(run) == 1
        assert values(left, "city") == values(right, "city")
