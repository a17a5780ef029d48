"""The process and the time of the state machine: runs without threads, and kills."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

import pytest
from django.db import connection as database

from connections.connectors.base import Known, Page
from connections.models import Connection
from syncengine import clock, leases, reading, sending
from syncengine.ahead import Pages
from syncengine.leases import Held
from tests.connectors.memory import Killed
from tests.syncengine.machine_apps import App
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


@contextmanager
def page_by_page(pages: Pages, known: Known, stop: Callable[[], bool]) -> Iterator[Iterator[Page]]:
    """Give the pages, each fetched when it is asked for."""

    def taken() -> Iterator[Page]:
        for page in pages(known):
            yield page
            if stop():
                return

    yield taken()


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


@dataclass
class MachineWorld:
    """Apps by key, each with an account; the keys of left apps begin with "left"."""

    clock: Clock
    reaper: Reaper
    make: Callable[[str], App]
    """Makes an app and authorizes an account there."""
    round_seconds: float = 700
    """Longer than a lease, the apps' lateness and their settling time together."""
    apps: dict[str, App] = field(default_factory=dict)

    def app(self, key: str) -> None:
        self.apps[key] = self.make(key)

    def connect(self, left: str, right: str, **settings: Any) -> Connection:
        """Make an active connection; its scope is told by the names of the scopes."""
        scopes = {scope.name: scope.id for scope in self.apps[left].scopes}
        if names := settings.pop("left_scope", ()):
            settings["left_scope"] = [scopes[name] for name in names]
        return World(self.clock).connect(left, right, **settings)


@contextmanager
def mortal() -> Iterator[tuple[Clock, Reaper]]:
    """Let the process be one that can be killed, with a time of its own, in which each run is the
    same each time.
    """
    reaper, own_clock = Reaper(), Ticking()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "now", own_clock)
        patch.setattr(sending, "ThreadPoolExecutor", OneByOne)
        patch.setattr(sending, "close_connections", lambda: None)
        patch.setattr(reading, "read_ahead", page_by_page)
        with _mortal(patch, reaper):
            yield own_clock, reaper
