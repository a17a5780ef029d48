"""Apps in memory, their accounts, and connections between them, for tests of the engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from connections import accounts
from connections.connectors import registered
from connections.models import Account, Connection
from connections.schema import Value
from syncengine import brake, clock, engine
from syncengine.engine import Progress
from syncengine.models import Contact, Run, SyncState
from tests.connectors import memory
from tests.connectors.memory import Habits, MemoryApp


class Clock:
    """The real time plus what the test added."""

    def __init__(self) -> None:
        self.real = clock.now
        self.added = timedelta()

    def __call__(self) -> datetime:
        return self.real() + self.added

    def go(self, seconds: float) -> None:
        self.added += timedelta(seconds=seconds)


@dataclass
class World:
    """Apps by key, and what tests do with them. The keys of left apps begin with "left"."""

    clock: Clock
    apps: dict[str, MemoryApp] = field(default_factory=dict)
    left: Habits = field(default_factory=Habits)
    right: Habits = field(default_factory=Habits)
    kind: type[MemoryApp] = MemoryApp

    def app(self, key: str, habits: Habits | None = None) -> MemoryApp:
        """Make an app and authorize an account there."""
        usual = self.right if key.startswith("right") else self.left
        store = self.kind(key, habits or usual, self.clock)
        self.apps[key] = store
        kind = "othermemory" if key.startswith("right") else "memory"
        checked = accounts.check(kind, {"app": key}, {"token": "secret-token"})
        accounts.authorize(Account(label=key), checked, self.clock())
        return store

    def connect(
        self, left: str, right: str, *, approved: bool = True, **settings: Any
    ) -> Connection:
        """Make an active connection whose first sync is approved unseen."""
        connection = Connection.objects.create(
            name=f"{left}-{right}",
            left=Account.objects.get(label=left),
            right=Account.objects.get(label=right),
            state=Connection.State.ACTIVE,
            **settings,
        )
        if approved:
            approve(connection)
        return connection

    def sync(self, connection: Connection, seconds: float = 60) -> Run:
        """Sync to the end of the run, reading anew."""
        asked_at = self.clock()
        for _ in range(200):
            advance = engine.advance(
                connection.pk, cause="the test", asked_at=asked_at, seconds=seconds
            )
            if advance.progress is Progress.FINISHED:
                assert advance.run is not None
                return advance.run
            assert advance.progress is not Progress.BUSY, advance.who
        raise AssertionError("the run does not end")

    def preview(self, connection: Connection) -> Run:
        """Return a finished preview."""
        (advance,) = engine.to_the_end(connection.pk, kind=Run.Kind.PREVIEW, cause="the test")
        assert advance.run is not None
        return advance.run

    def settle(self, connection: Connection) -> Run:
        """Sync until a run does nothing, and return it."""
        for _ in range(20):
            run = self.sync(connection)
            if not writes(run) and not run.linked:
                return run
        raise AssertionError("it does not settle")


def approve(connection: Connection) -> None:
    """Approve the connection's present configuration unseen."""
    SyncState.objects.update_or_create(
        connection=connection,
        defaults={
            "approved_revision": connection.configuration().revision,
            "allowance": {brake.UNSEEN: 1},
        },
    )


def writes(run: Run) -> int:
    """Return how many writes a run made."""
    return run.created_left + run.created_right + run.updated_left + run.updated_right


def contact_of(connection: Connection, **record: str) -> Contact:
    """Return the contact by the name of its left or right record."""
    ((side, name),) = record.items()
    return Contact.objects.select_related("left", "right").get(
        connection=connection, **{f"{side}__name": name}
    )


def values(app: MemoryApp, *keys: str) -> list[tuple[Value, ...]]:
    """Return these fields of all contacts of an app, sorted."""
    return sorted((tuple(row.get(key) for key in keys) for row in app.live().values()), key=repr)


def pair(w: World, **settings: Any) -> tuple[MemoryApp, MemoryApp, Connection]:
    """Return a world with two apps and a connection between them."""
    left, right = w.app("left"), w.app("right")
    return left, right, w.connect("left", "right", **settings)


def linked(w: World, **settings: Any) -> tuple[MemoryApp, MemoryApp, Connection, str, str]:
    """Return a world with one contact that is linked, and its ids."""
    left, right = w.app("left"), w.app("right")
    here = left.add(given_name="Ada", emails=("ada@example.org",), city="Wien", notes="x")
    connection = w.connect("left", "right", **settings)
    w.sync(connection)
    (there,) = right.live()
    return left, right, connection, here, there


@contextmanager
def world(
    monkeypatch: pytest.MonkeyPatch, left: Habits | None = None, right: Habits | None = None
) -> Iterator[World]:
    """Give a world whose left apps and right apps have these habits."""
    own_clock = Clock()
    monkeypatch.setattr(clock, "now", own_clock)
    with ExitStack() as stack:
        stack.enter_context(registered("memory", "tests.connectors.memory.Memory"))
        stack.enter_context(registered("othermemory", "tests.connectors.memory.OtherMemory"))
        made = World(own_clock, left=left or Habits(), right=right or Habits())
        stack.enter_context(memory.behaving(memory.Memory, made.left))
        stack.enter_context(memory.behaving(memory.OtherMemory, made.right))
        yield made
