"""An installation of its own for a test, whose processes can be killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import psutil
import yaml

from tests.kills.apps import Apps
from tests.kills.look import Look, look

ROOT = Path(__file__).resolve().parents[2]
NAME = "North"
PATIENCE = 120.0
"""Seconds after which what was waited for counts as never coming."""
LEASE, SETTLING = 5, 3
"""The times of an installation, in seconds."""
SILENCE = 10
"""After how many seconds without a sign of life a worker starts its cluster again."""


@dataclass(slots=True)
class Ended:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass(slots=True)
class Installation:
    """A database with one connection between both apps, and its commands."""

    apps: Apps
    database_url: str
    directory: Path
    lease: int = LEASE
    settling: int = SETTLING
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        times = {
            "PIPESITE_LEASE_SECONDS": str(self.lease),
            "PIPESITE_SETTLING_SECONDS": str(self.settling),
            "PIPESITE_RETRY_SECONDS": "1",
        }
        apps = self.apps.environment()
        return {**os.environ, **times, **apps, "DATABASE_URL": self.database_url}

    def start(self, *command: str, log: IO[str] | None = None) -> subprocess.Popen[str]:
        """Start a management command in a process group of its own."""
        process = subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), *command],
            cwd=ROOT,
            env=self.environment,
            text=True,
            stdin=subprocess.DEVNULL,
            stdout=log or subprocess.PIPE,
            stderr=log or subprocess.PIPE,
            start_new_session=True,
        )
        self.started.append(process)
        return process

    def start_worker(self) -> subprocess.Popen[str]:
        """Start the worker, which writes to a file."""
        with (self.directory / "worker.log").open("a") as log:
            return self.start("worker", "--silence", str(SILENCE), log=log)

    def run(self, *command: str) -> Ended:
        """Run a management command to its end."""
        return ended(self.start(*command))

    def connect(self, **settings: object) -> None:
        """Authorize both accounts, and approve the first sync of a connection between them."""
        pipeliner, google = self.apps.pipeliner, self.apps.google
        file = self.directory / "north.yaml"
        login = {"service_url": pipeliner.url, "space_id": pipeliner.space_id}
        user = {"email": "ann@example.com", "user": "ann@example.com"}
        accounts = [
            {
                "label": "Pipeliner",
                "app": "pipeliner",
                "settings": login | user,
                "secrets": {"api_token": pipeliner.token, "api_password": pipeliner.password},
            },
            {
                "label": "Google",
                "app": "google",
                "settings": {"email": google.email},
                "secrets": {"refresh_token": google.issue_refresh_token()},
            },
        ]
        connection = {
            "name": NAME,
            "left": {"account": "Pipeliner"},
            "right": {"account": "Google"},
            "phone_region": "AT",
            "state": "active",
            **settings,
        }
        file.write_text(yaml.safe_dump({"accounts": accounts, "connections": [connection]}))
        done = self.run("importconnections", str(file), "--approve")
        assert done.code == 0, done.err

    def sync(self, *more: str) -> Ended:
        """Sync, after the lease of whoever was killed has ended."""
        return self.run("sync", NAME, "--wait", str(PATIENCE), *more)

    def look(self) -> Look:
        """Return what the installation knows now."""
        return look(self.database_url)

    def settle(self) -> Look:
        """Sync until every contact is at rest, and return what is known then."""
        ends_at = time.monotonic() + PATIENCE
        while (known := self.look()).unsettled or not known.is_done:
            assert time.monotonic() < ends_at, known
            last = self.sync()
            assert last.code == 0, last
        return known

    def close(self) -> None:
        for process in self.started:
            kill_group(process)
            for stream in (process.stdout, process.stderr):
                if stream is not None:
                    stream.close()


def ended(process: subprocess.Popen[str]) -> Ended:
    """Return how a process ended, once it has."""
    out, err = process.communicate(timeout=2 * PATIENCE)
    return Ended(process.returncode, out or "", err or "")


def kill_group(process: subprocess.Popen[str]) -> None:
    """Kill a process with its descendants, whose groups are their own, and wait for its end."""
    with suppress(psutil.NoSuchProcess):
        for each in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                each.kill()
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; fails where it never does."""
    ends_at = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < ends_at, "it did not come to pass"
        time.sleep(0.1)


def until_done(it: Installation) -> None:
    """Wait until a sync has come to its end."""
    until(lambda: it.look().is_done)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a sync came to, without ids: equal for two syncs that ended the same."""

    left: Counter[str]
    right: Counter[str]
    links: Counter[tuple[str, str]]
    statuses: Mapping[str, int]


def outcome(apps: Apps, known: Look) -> Outcome:
    """Return both apps' contents, who is linked with whom, and how the contacts stand."""
    left, right = apps.people()
    return Outcome(
        left=Counter(left.values()),
        right=Counter(right.values()),
        links=Counter((left[one], right[two]) for one, two in known.links),
        statuses=known.statuses,
    )
