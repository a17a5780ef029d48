"""What holds over more than one slice or run."""

from __future__ import annotations

import pytest

from connections.connectors.base import Page, Unavailable
from syncengine.models import Run, SyncState
from syncengine.reading import Reader
from tests.connectors.memory import Fault, Habits
from tests.syncengine.world import World

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
