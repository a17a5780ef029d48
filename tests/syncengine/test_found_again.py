"""Creations whose answer was lost, or did not show what was created."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from connections.connectors.base import Creation, Outcome, RemoteRecord, Unavailable, Written
from connections.models import Connection
from syncengine.models import Change
from syncengine.state import Status
from tests.connectors.memory import Fault, Habits, MemoryApp, OtherMemory
from tests.syncengine.world import World, contact_of, world

pytestmark = pytest.mark.django_db


def test_i2_what_is_found_by_its_mark_counts_as_created_not_as_linked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with world(monkeypatch) as w:
        left, right = w.app("left"), w.app("right")
        for number in range(3):
            left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))
        connection = w.connect("left", "right")
        right.faults.append(Fault(Unavailable("cut off", in_doubt=True), "create", "after"))
        lost = w.sync(connection)
        assert (lost.created_right, lost.linked) == (0, 0)

        found = w.sync(connection)
        assert (found.created_right, found.linked) == (3, 0)
        kinds = Change.objects.filter(run=found).values_list("kind", flat=True)
        assert list(kinds) == [Change.Kind.ADOPTED] * 3
        assert w.sync(connection).created_right == 0


class Unshown:
    """An app that answers a creation with an id alone, and shows the contact neither by its mark
    nor when it is read back.
    """

    def __init__(self, w: World, monkeypatch: pytest.MonkeyPatch) -> None:
        def nothing(_: OtherMemory, ids: Sequence[str]) -> dict[str, RemoteRecord]:
            return {}

        monkeypatch.setattr(OtherMemory, "get_written", nothing)
        self.w, self.left, self.right = w, w.app("left"), w.app("right")
        self.left.add(given_name="Ada", emails=("ada@example.org",))
        self.connection = w.connect("left", "right")
        w.sync(self.connection)

    @property
    def status(self) -> str:
        return contact_of(self.connection, left="Ada").status


def unshown(monkeypatch: pytest.MonkeyPatch, **habits: Any) -> Any:
    return world(monkeypatch, right=Habits(answers_records=False, marks=False, **habits))


def test_i2_a_creation_that_was_not_shown_is_confirmed_by_its_id(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with unshown(monkeypatch) as w:
        case = Unshown(w, monkeypatch)
        assert case.status == Status.DOUBT
        run = w.sync(case.connection)
        assert case.status == Status.IN_SYNC
        assert (run.created_right, run.linked) == (1, 0)
        assert len(case.right.live()) == 1


def test_du2_what_was_created_and_deleted_unseen_is_not_created_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with unshown(monkeypatch, deletions="gone") as w:
        case = Unshown(w, monkeypatch)
        (id_,) = case.right.live()
        case.right.delete(id_)
        w.sync(case.connection)
        assert case.status == Status.DOUBT

        w.clock.go(600)
        w.sync(case.connection)
        assert case.status == Status.GONE
        assert w.settle(case.connection).status == "done"
        assert case.right.requests["create"] == 1

        case.right.restore(id_)
        w.settle(case.connection)
        assert case.status == Status.IN_SYNC


def test_i2_a_creation_answered_with_a_known_id_goes_to_review_though_it_is_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with unshown(monkeypatch) as w:
        left, right = w.app("left"), w.app("right")
        known = right.add(given_name="Bob", emails=("bob@example.org",))
        connection = synced(w, left, right)

        def create(_: OtherMemory, batch: Sequence[Creation]) -> list[Outcome]:
            return [Written(known) for _ in batch]

        monkeypatch.setattr(OtherMemory, "create", create)
        left.add(given_name="Ada", emails=("ada@example.org",))
        w.sync(connection)
        contact = contact_of(connection, left="Ada")
        assert (contact.status, contact.is_linked) == (Status.REVIEW, False)


def synced(w: World, left: MemoryApp, right: MemoryApp) -> Connection:
    connection = w.connect(left.key, right.key)
    w.settle(connection)
    return connection
