"""The state machine's world of apps in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from connections.connectors import registered
from connections.connectors.base import (
    AuthorizationLost,
    ConnectorError,
    Outcome,
    RateLimited,
    Scope,
    Unavailable,
    Update,
)
from tests.connectors import memory
from tests.connectors.memory import Fault, Killed, Memory, MemoryApp, Refusal
from tests.connectors.memory_app import Row
from tests.syncengine.machine_apps import (
    App,
    Error,
    Misbehaviour,
    Overtaken,
    Point,
    Verb,
    overtaken,
)
from tests.syncengine.machine_setup import Setup
from tests.syncengine.machine_world import MachineWorld, mortal
from tests.syncengine.world import World

ERRORS: dict[Error, ConnectorError | Killed] = {
    "down": Unavailable("down"),
    "cut": Unavailable("cut", in_doubt=True),
    "busy": RateLimited("slow down", 7),
    "locked out": AuthorizationLost("no longer accepted"),
    "killed": Killed(),
}


class WatchedApp(MemoryApp):
    """An app in memory, as the state machine asks for one."""

    names_all = False

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.overtaken: list[Overtaken] = []

    @property
    def one_name(self) -> bool:
        return self.habits.one_name

    @property
    def slots(self) -> int | None:
        return self.habits.slots

    @property
    def late(self) -> float:
        return self.habits.late

    @property
    def scopes(self) -> tuple[Scope, ...]:
        return self.habits.scopes

    def row(self, id_: str) -> Row:
        return self.rows[id_]

    def requested(self) -> int:
        return self.requests.total()

    def break_down(self, error: Error, verb: Verb, point: Point, after: int) -> None:
        self.faults.append(Fault(ERRORS[error], verb, point, after))

    def misbehave(self, what: Misbehaviour) -> None:
        if what == "odd answer":
            self.doubts += 1
        elif what == "expired":
            self.expire_cursors()
        elif what in ("refused", "full"):
            has_company = Refusal(lambda values: bool(values.get("company")), "company")
            self.refusals.append(replace(has_company, stops_creations=what == "full"))

    def mend(self) -> None:
        self.faults.clear()
        self.refusals.clear()
        self.doubts = 0

    def let_in(self, secrets: Mapping[str, str]) -> Mapping[str, str]:
        self.faults.clear()
        return secrets


class WatchedMemory(Memory):
    """Notes which writes went over an edit that was not known."""

    def update(self, batch: Sequence[Update]) -> list[Outcome]:
        for each in () if self.habits.compare_and_set else batch:
            row = self.store.find(each.asked_as)
            if row is not None and not row.deleted:
                assert isinstance(self.store, WatchedApp)
                # What stands there; a late `get` shows it as it was before our own last write.
                stands = self.store.rows[row.id].values
                self.store.overtaken += overtaken(self.store.key, row.id, each, stands)
        return super().update(batch)


class LeftMemory(WatchedMemory):
    app = memory.Memory.app


class RightMemory(WatchedMemory):
    app = memory.OtherMemory.app


@contextmanager
def memory_world(setup: Setup) -> Iterator[MachineWorld]:
    """Give a world of apps in memory, whose sides have the setup's habits."""
    with ExitStack() as stack:
        own_clock, reaper = stack.enter_context(mortal())
        here = "tests.syncengine.machine_memory"
        stack.enter_context(registered("memory", f"{here}.LeftMemory"))
        stack.enter_context(registered("othermemory", f"{here}.RightMemory"))
        stack.enter_context(memory.behaving(LeftMemory, setup.left))
        stack.enter_context(memory.behaving(RightMemory, setup.right))
        world = World(own_clock, left=setup.left, right=setup.right, kind=WatchedApp)

        def make(key: str) -> App:
            made = world.app(key)
            assert isinstance(made, WatchedApp)
            return made

        yield MachineWorld(own_clock, reaper, make)
