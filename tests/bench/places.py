"""Where scenarios run: stand-ins for both apps, and a database with accounts and connections."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.bench.child import App, run

ENGINE, FLOOR = "tests.bench.engine_side", "tests.bench.floor"
LATER_SECONDS = 120
"""Longer than Pipeliner's feed reaches back before the last complete read."""
WITHOUT_COMPANY = ["company"]


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
            App("pipeliner", left, parts) as pipeliner,
            App("google", right, parts) as google,
        ):
            database = Path(folder) / "engine.sqlite3"
            yield Place(pipeliner, google, database, self._env(database, google.url))


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

    def measure(
        self, latency: int, module: str, first: Callable[[], None] = lambda: None, **job: Any
    ) -> Measured:
        """Return what a process found, with the requests that reached the stand-ins meanwhile.

        `first` is called when all is ready.
        """
        apps = (self.left, self.right)

        def at_ready() -> None:
            first()
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
        where: dict[str, Any] = {
            "left": self.left.url,
            "right": self.right.url,
            "tokens": self.right.tokens,
        }
        return self.measure(latency, FLOOR, floor=scenario, n=n, **where)


@dataclass(frozen=True)
class Measured:
    requests_left: int
    requests_right: int
    found: dict[str, Any]
