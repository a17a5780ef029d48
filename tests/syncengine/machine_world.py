"""The world of the state machine: a time of its own, apps that are watched, and kills."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar, Generic, NamedTuple, TypeVar

import pytest
from django.db import connection as database

from connections.connectors import registered
from connections.connectors.base import Known, Outcome, Page, Update
from connections.schema import is_blank
from syncengine import clock, leases, reading, sending
from syncengine.ahead import Pages
from syncengine.leases import Held
from tests.connectors import memory
from tests.connectors.memory import Habits, Killed, Memory
from tests.syncengine.world import Clock, World

R = TypeVar("R")


class Ticking(Clock):
    """A time that tests alone move on; no two looks at it are the same."""

    def __init__(self) -> None:
        self.at = datetime(2026, 3, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at

    def go(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Overtaken(NamedTuple):
    """A field that was written over an edit which the app had not shown yet [I3]."""

    app: str
    id: str
    field: str


class WatchedMemory(Memory):
    """Notes which writes went over an edit that was not known."""

    overtaken: ClassVar[list[Overtaken]] = []

    def update(self, batch: Sequence[Update]) -> list[Outcome]:
        for each in () if self.habits.compare_and_set else batch:
            row = self.store.find(each.asked_as)
            for key in each.changes if row is not None else ():
                assert row is not None
                known, stands = each.values.get(key), row.values.get(key)
                if known != stands and not (is_blank(known) and is_blank(stands)):
                    self.overtaken.append(Overtaken(self.store.key, row.id, key))
        return super().update(batch)


class LeftMemory(WatchedMemory):
    app = memory.Memory.app


class RightMemory(WatchedMemory):
    app = memory.OtherMemory.app


class OneByOne:
    """Stands in for the threads that send batches, so that a run is the same each time."""

    def __init__(self, **options: object) -> None:
        self.options = options

    def __enter__(self) -> OneByOne:
        return self

    def __exit__(self, *error: object) -> None:
        return

    def map(self, function: Callable[..., R], items: Iterable[Any]) -> Iterator[R]:
        return map(function, items)

    def submit(self, function: Callable[..., R], *arguments: Any) -> Done[R]:
        return Done(function(*arguments))

    def shutdown(self, wait: bool) -> None:
        return


@dataclass(frozen=True)
class Done(Generic[R]):
    """What came of a task."""

    value: R

    def result(self) -> R:
        return self.value


def page_by_page(pages: Pages, known: Known) -> Generator[Page]:
    """Yield the pages, each when it is asked for."""
    yield from pages(known)


@dataclass
class Reaper:
    """Ends the process at a chosen moment, as `kill -9` does: leases stay taken."""

    commits: int | None = None
    """How many moments before and after commits go by first."""
    statements: int | None = None
    """How many database statements go by first."""
    is_about: bool = False

    def spare(self) -> None:
        self.commits = self.statements = None

    @contextmanager
    def about(self) -> Iterator[None]:
        """Let it strike meanwhile."""
        self.is_about = True
        try:
            yield
        finally:
            self.is_about = False

    def at_commit(self) -> None:
        if self.commits is not None and self.is_about:
            self.commits -= 1
            self._strike(self.commits < 0)

    def at_statement(
        self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any
    ) -> Any:
        if self.statements is not None and self.is_about:
            self.statements -= 1
            self._strike(self.statements < 0)
        return execute(sql, params, many, context)

    def _strike(self, now: bool) -> None:
        if now:
            self.spare()
            raise Killed


@contextmanager
def _mortal(monkeypatch: pytest.MonkeyPatch, reaper: Reaper) -> Iterator[None]:
    commit, release = leases.commit, Held.release

    @contextmanager
    def commit_or_die(*held: Held) -> Iterator[datetime]:
        reaper.at_commit()
        with commit(*held) as now:
            yield now
        reaper.at_commit()

    def release_unless_dead(held: Held) -> None:
        if not isinstance(sys.exc_info()[1], Killed):
            release(held)

    monkeypatch.setattr(leases, "commit", commit_or_die)
    monkeypatch.setattr(Held, "release", release_unless_dead)
    with database.execute_wrapper(reaper.at_statement):
        yield


@contextmanager
def mortal_world(left: Habits, right: Habits) -> Iterator[tuple[World, Reaper]]:
    """Give a world whose process can be killed, in which each run is the same each time."""
    reaper, own_clock = Reaper(), Ticking()
    WatchedMemory.overtaken.clear()
    with ExitStack() as stack:
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        patch.setattr(clock, "now", own_clock)
        patch.setattr(sending, "ThreadPoolExecutor", OneByOne)
        patch.setattr(sending, "close_connections", lambda: None)
        patch.setattr(reading, "read_ahead", page_by_page)
        here = "tests.syncengine.machine_world"
        stack.enter_context(registered("memory", f"{here}.LeftMemory"))
        stack.enter_context(registered("othermemory", f"{here}.RightMemory"))
        stack.enter_context(memory.behaving(LeftMemory, left))
        stack.enter_context(memory.behaving(RightMemory, right))
        stack.enter_context(_mortal(patch, reaper))
        yield World(own_clock), reaper
