"""What is measured: each scenario over fresh stand-ins and a fresh database.

The left side is Pipeliner, the right one Google Contacts.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.child import App, run
from tests.bench.rows import Row

ENGINE, FLOOR = "tests.bench.engine_side", "tests.bench.floor"
LATER_SECONDS = 120
"""Longer than Pipeliner's feed reaches back before the last complete read."""
WITHOUT_COMPANY = ["company"]
CONNECTIONS = 50
SLICES = 10
RIGHTWARD, LEFTWARD, EQUAL = "pipeliner -> google", "google -> pipeliner", "pipeliner = google"
BOTH = "pipeliner <-> google"


@dataclass
class Bench:
    """Makes the places where scenarios run; `template` is a database that is migrated."""

    folder: Path
    latencies: Sequence[int]

    def __post_init__(self) -> None:
        self.template = self.folder / "template.sqlite3"
        run(ENGINE, {"do": "migrate"}, self._env(self.template))

    def _env(self, database: Path, right: str = "") -> dict[str, str]:
        google = dict.fromkeys(("GOOGLE_API_URL", "GOOGLE_ACCOUNTS_URL", "GOOGLE_OAUTH_URL"), right)
        ours = {"GOOGLE_CLIENT_ID": "demo-client", "GOOGLE_CLIENT_SECRET": "demo-secret"}
        more = {**google, **ours} if right else {}
        return {**os.environ, "DATABASE_URL": f"sqlite:///{database}", **more}

    @contextmanager
    def place(self, left: int, right: int, parts: int = 0) -> Iterator[Place]:
        """Give two filled stand-ins, and a database with their accounts and connections."""
        with self.apps(left, right, parts) as place:
            shutil.copy(self.template, place.database)
            place.set_up(parts)
            yield place

    @contextmanager
    def apps(self, left: int, right: int, parts: int = 0) -> Iterator[Place]:
        """Give two filled stand-ins, as many contacts each."""
        with (
            tempfile.TemporaryDirectory(dir=self.folder) as folder,
            ExitStack() as stack,
        ):
            apps = [App("pipeliner", left, parts), App("google", right, parts)]
            for app in apps:
                stack.enter_context(app)
            database = Path(folder) / "engine.sqlite3"
            yield Place(*apps, database, self._env(database, apps[1].url))


@dataclass
class Place:
    """Two stand-ins, and the engine's database."""

    left: App
    right: App
    database: Path
    env: dict[str, str]

    def set_up(self, parts: int) -> None:
        pipeliner = {
            "label": "Pipeliner",
            "app": "pipeliner",
            "settings": {
                "email": "ops@example.com",
                "service_url": self.left.url,
                "space_id": "demo",
                "user": "ann@example.com",
            },
            "secrets": {"api_token": "demo-token", "api_password": "demo-password"},
        }
        google = [
            {
                "label": f"Google {index}",
                "app": "google",
                "settings": {"email": f"user{index}@example.com" if index else "ops@example.com"},
                "secrets": {"refresh_token": token},
            }
            for index, token in enumerate(self.right.tokens)
        ]
        connections = [
            {
                "name": f"Connection {index}",
                "left": "Pipeliner",
                "right": account["label"],
                "phone_region": "AT",
                **({"left_unit": f"Unit {index}"} if parts else {}),
                **({"switched_off": WITHOUT_COMPANY} if parts else {}),
            }
            for index, account in enumerate(google)
        ]
        self.engine("set_up", logins=[pipeliner, *google], connections=connections)

    def engine(self, do: str, **job: Any) -> Any:
        """Have the engine do something in a process of its own."""
        return run(ENGINE, {"do": do, **job}, self.env)

    def later(self) -> None:
        """Let time pass at the apps."""
        for app in (self.left, self.right):
            app.tell(later=LATER_SECONDS)

    def settle(self) -> None:
        """Have the echo of our own writes read: twice, as Pipeliner's feed reaches back."""
        for _ in range(2):
            self.later()
            self.engine("sync")
        self.later()

    def edit(self, count: int, round_: int) -> None:
        """Change the notes of different contacts on each side."""
        first = 2 * count * round_
        for index, app in enumerate((self.left, self.right)):
            start = first + index * count
            app.tell(edit=[start, start + count], text=f"Changed at {app.key} ({round_})")

    def states(self) -> list[Any]:
        return [app.tell(state=True) for app in (self.left, self.right)]

    def measure(self, latency: int, module: str, **job: Any) -> Measured:
        """Return what a process found, with the requests that reached the stand-ins meanwhile."""
        apps = (self.left, self.right)

        def at_ready() -> None:
            for app in apps:
                app.tell(latency_ms=latency)
                app.tell(requests="since then")

        found = run(module, job, self.env, at_ready)
        for app in apps:
            app.tell(latency_ms=0)
        left, right = (app.tell(requests="since then") for app in apps)
        return Measured(left, right, found)

    def floor(self, latency: int, scenario: str, n: int) -> Measured:
        """Return what the fewest requests cost; it changes what the stand-ins hold."""
        urls = {"left": self.left.url, "right": self.right.url, "tokens": self.right.tokens}
        return self.measure(latency, FLOOR, floor=scenario, n=n, **urls)


@dataclass(frozen=True)
class Measured:
    requests_left: int
    requests_right: int
    found: dict[str, Any]


def row(
    scenario: str, apps: str, n: int, latency: int, measured: Measured, floor: Measured
) -> Row:
    """Return the row of what was measured."""
    found = measured.found
    return Row(
        scenario=scenario,
        apps=apps,
        n=n,
        latency_ms=latency,
        requests_left=measured.requests_left,
        requests_right=measured.requests_right,
        requests_floor=floor.requests_left + floor.requests_right,
        seconds=found["seconds"],
        floor_seconds=floor.found["seconds"],
        cpu_seconds=found["cpu_seconds"],
        peak_rss_mb=found["peak_rss_mb"],
        db_queries=found["db_queries"],
    )


def first_sync(bench: Bench, n: int) -> Iterator[Row]:
    """The first sync into an empty side, one way and the other."""
    for apps, left, right, floor in (
        (RIGHTWARD, n, 0, "create_right"),
        (LEFTWARD, 0, n, "create_left"),
    ):
        for latency in bench.latencies:
            with bench.place(left, right) as place:
                measured = place.measure(latency, ENGINE, do="sync")
            with bench.apps(left, right) as place:
                fewest = place.floor(latency, floor, n)
            created = measured.found["done"]
            assert created["created_left"] + created["created_right"] == n, created
            yield row("first sync", apps, n, latency, measured, fewest)


def first_merge(bench: Bench, n: int) -> Iterator[Row]:
    """The first merge of two sides that hold the same people."""
    for latency in bench.latencies:
        with bench.place(n, n) as place:
            measured = place.measure(latency, ENGINE, do="sync")
            fewest = place.floor(latency, "read", n)
        assert measured.found["done"]["linked"] == n, measured.found
        yield row("first merge", EQUAL, n, latency, measured, fewest)


def afterwards(bench: Bench, n: int) -> Iterator[Row]:
    """What comes after a first sync: nothing changed, and 1 % changed on each side."""
    with bench.place(n, 0) as place:
        place.engine("sync")
        place.settle()
        for latency in bench.latencies:
            measured = place.measure(latency, ENGINE, do="sync", warm=True)
            fewest = place.floor(latency, "idle_with_company", n)
            yield row("nothing changed, with company", BOTH, n, latency, measured, fewest)
        for round_, latency in enumerate(bench.latencies):
            place.edit(n // 100, round_)
            measured = place.measure(latency, ENGINE, do="sync")
            place.settle()
            with bench.apps(n, n) as other:
                fewest = other.floor(latency, "change", n)
            done = measured.found["done"]
            assert done["updated_left"] == done["updated_right"] == n // 100, done
            yield row("1 % changed on each side", BOTH, n, latency, measured, fewest)
        place.engine("change", switched_off=WITHOUT_COMPANY)
        place.settle()
        for latency in bench.latencies:
            measured = place.measure(latency, ENGINE, do="sync", warm=True)
            fewest = place.floor(latency, "idle", n)
            yield row("nothing changed", BOTH, n, latency, measured, fewest)


def many_connections(bench: Bench, n: int) -> Iterator[Row]:
    """Nothing changed in 50 connections of one Pipeliner account, each with its sales unit and its
    Google account.
    """
    with bench.place(n, 0, CONNECTIONS) as place:
        place.engine("sync")
        place.settle()
        for latency in bench.latencies:
            measured = place.measure(latency, ENGINE, do="tick")
            fewest = place.floor(latency, "idle_many", n)
            yield row(f"nothing changed, {CONNECTIONS} connections", BOTH, n, latency, measured, fewest)


def slices(bench: Bench, n: int) -> Iterator[Row]:
    """A first sync in slices of a tenth of its time: it ends as one in a single slice does."""
    with bench.place(n, 0) as place:
        whole = place.measure(0, ENGINE, do="sync", slices_of=3600)
        expected = place.states()
    for latency in bench.latencies:
        with bench.place(n, 0) as place:
            seconds = whole.found["seconds"] / SLICES
            measured = place.measure(latency, ENGINE, do="sync", slices_of=seconds)
            assert place.states() == expected
            assert measured.found["slices"] > SLICES // 2, measured.found
        with bench.apps(n, 0) as place:
            fewest = place.floor(latency, "create_right", n)
        yield row("first sync in slices", RIGHTWARD, n, latency, measured, fewest)


def memory(bench: Bench, n: int) -> Iterator[Row]:
    """The first merge of two very large sides."""
    with bench.place(n, n) as place:
        measured = place.measure(0, ENGINE, do="sync")
        fewest = place.floor(0, "read", n)
    yield row("first merge, very large", EQUAL, n, 0, measured, fewest)


SCENARIOS: dict[str, Scenario] = {
    "first": first_sync,
    "merge": first_merge,
    "afterwards": afterwards,
    "many": many_connections,
    "slices": slices,
    "memory": memory,
}
