"""Both stand-ins in this process, with each request on record, and a way to strike at one."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import psutil

from connections.configuration import Side
from connections.sandbox.base import ConnectionCut, Sandbox
from connections.sandbox.google import GoogleSandbox
from connections.sandbox.pipeliner import PipelinerSandbox

NOBODY = 0
"""Stands for a sender that has ended."""
How = Literal["unsent", "unanswered", "late", "later"]
NOT_ITS_OWN = frozenset(
    [
        *("id", "created", "modified", "revision", "account_relations"),
        *("resourceName", "etag", "metadata", "clientData"),
    ]
)
"""What another run of the same sync gives a contact anew: ids, versions, times, and marks."""


@dataclass(slots=True)
class Call:
    """A request, with the process that sent it; times are monotonic seconds."""

    app: str
    method: str
    path: str
    pid: int
    began: float
    ended: float | None = None

    @property
    def writes(self) -> bool:
        return self.method != "GET" and self.path != "/token"

    def __str__(self) -> str:
        return f"{self.app} {self.method} {self.path.rpartition('/')[2]}"


def kill(call: Call) -> None:
    """End the process that sent the request at once."""
    os.kill(call.pid, signal.SIGKILL)


@dataclass(frozen=True, slots=True)
class Ambush:
    """Strikes at whoever sends the request number `at` from now on.

    It strikes as that request comes: `unsent` lets nothing be done then, `unanswered` lets all be
    done, and `late` too, but not before `landing` is set. `later` strikes after `delay` seconds,
    whatever happens by then. With `writes` the others are not counted.
    """

    at: int
    how: How
    delay: float = 0
    writes: bool = False
    strike: Callable[[Call], None] = kill


@dataclass(slots=True)
class Watch:
    """Has all requests on record, and where each ambush struck."""

    calls: list[Call] = field(default_factory=list)
    strikes: list[str] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)
    """Requests wait until it is set."""
    landing: threading.Event = field(default_factory=threading.Event)
    struck: threading.Event = field(default_factory=threading.Event)
    _ambush: Ambush | None = None
    _to_come: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _connection: threading.local = field(default_factory=threading.local)

    def __post_init__(self) -> None:
        self.gate.set()

    def lie_in_wait(self, ambush: Ambush | None) -> None:
        """Set the one ambush; None takes it back."""
        with self._lock:
            self.struck.clear()
            self._ambush, self._to_come = ambush, ambush.at if ambush else 0

    @contextmanager
    def request(self, app: str, environ: dict[str, Any]) -> Iterator[None]:
        """Put a request on record, and strike where it is the one."""
        call = Call(
            app,
            environ["REQUEST_METHOD"],
            environ["PATH_INFO"],
            self._sender(environ),
            time.monotonic(),
        )
        with self._lock:
            self.calls.append(call)
            ambush = self._sprung(call)
        try:
            if ambush is not None:
                self._spring(ambush, call)
            self.gate.wait()
            yield
        finally:
            call.ended = time.monotonic()

    def _sender(self, environ: dict[str, Any]) -> int:
        """Return the process at the other end of this thread's connection."""
        if not hasattr(self._connection, "pid"):
            ends = ("127.0.0.1", environ["REMOTE_PORT"]), ("127.0.0.1", int(environ["SERVER_PORT"]))
            senders = (
                each.pid
                for each in psutil.net_connections("tcp4")
                if each.pid and (tuple(each.laddr), tuple(each.raddr)) == ends
            )
            self._connection.pid = next(senders, NOBODY)
        pid: int = self._connection.pid
        return pid

    def _sprung(self, call: Call) -> Ambush | None:
        if self._ambush is None or call.pid == NOBODY:
            return None
        if self._ambush.writes and not call.writes:
            return None
        self._to_come -= 1
        if self._to_come > 0:
            return None
        ambush, self._ambush = self._ambush, None
        return ambush

    def _spring(self, ambush: Ambush, call: Call) -> None:
        if ambush.how == "later":
            timer = threading.Timer(ambush.delay, self._strike, (ambush, call))
            timer.daemon = True
            timer.start()
            return
        self._strike(ambush, call)
        if ambush.how == "unsent":
            raise ConnectionCut
        if ambush.how == "late":
            self.landing.wait()

    def _strike(self, ambush: Ambush, call: Call) -> None:
        mine = [each for each in self.calls if each.pid == call.pid]
        in_hand = ", ".join(str(each) for each in mine if each.ended is None)
        ambush.strike(call)
        where = f"during {in_hand}" if in_hand else f"after {mine[-1]}"
        self.strikes.append(f"{ambush.how}: {where}")
        self.struck.set()

    def spans(self) -> list[tuple[float, float, int]]:
        """Return when each process sent its first request and had its last one done, in order."""
        spans: dict[int, tuple[float, float]] = {}
        for call in self.calls:
            began, ended = spans.get(call.pid, (call.began, 0))
            spans[call.pid] = min(began, call.began), max(ended, call.ended or call.began)
        return sorted((began, ended, pid) for pid, (began, ended) in spans.items())


class _Pipeliner(PipelinerSandbox):
    def __init__(self, watch: Watch, people: int, seed: int) -> None:
        self.watch = watch
        super().__init__(people=people, seed=seed)

    def wsgi_app(self, environ: Any, start_response: Any) -> Any:
        with self.watch.request("Pipeliner", environ):
            return super().wsgi_app(environ, start_response)


class _Google(GoogleSandbox):
    def __init__(self, watch: Watch, people: int, seed: int) -> None:
        self.watch = watch
        super().__init__(people=people, seed=seed)

    def wsgi_app(self, environ: Any, start_response: Any) -> Any:
        with self.watch.request("Google", environ):
            return super().wsgi_app(environ, start_response)


class Apps:
    """A Pipeliner space and a Google account with `people` contacts each, part of them shared."""

    def __init__(self, people: int, seed: int = 1) -> None:
        self.watch = Watch()
        self.pipeliner = _Pipeliner(self.watch, people, seed)
        self.google = _Google(self.watch, people, seed)

    @property
    def both(self) -> tuple[Sandbox, Sandbox]:
        return self.pipeliner, self.google

    def start(self) -> None:
        for sandbox in self.both:
            sandbox.start()

    def close(self) -> None:
        self.watch.gate.set()
        self.watch.landing.set()
        for sandbox in self.both:
            sandbox.close()

    def be_slow(self, milliseconds: float) -> None:
        """Let each request take so much longer."""
        for sandbox in self.both:
            sandbox.faults.latency_ms = milliseconds

    def environment(self) -> dict[str, str]:
        """Return the settings of an installation that uses them."""
        url = self.google.url
        addresses = dict.fromkeys(
            ("GOOGLE_API_URL", "GOOGLE_ACCOUNTS_URL", "GOOGLE_OAUTH_URL"), url
        )
        return addresses | {
            "GOOGLE_CLIENT_ID": self.google.oauth.client_id,
            "GOOGLE_CLIENT_SECRET": self.google.oauth.client_secret,
        }

    def add(self, side: Side, names: Iterable[str]) -> None:
        """Add people of these names to one side, each with an address of the same name."""
        for name in names:
            email = f"{name}@example.org"
            if side == "left":
                self.pipeliner.add_contact({"last_name": name, "email1": email})
            else:
                names_ = [{"familyName": name}]
                self.google.add_contact({"names": names_, "emailAddresses": [{"value": email}]})

    def addresses(self) -> tuple[Counter[str], Counter[str]]:
        """Return how often each first email address is in Pipeliner and in Google."""
        left = Counter(row["email1"] for row in self.pipeliner.contacts().values())
        people = self.google.contacts().values()
        return left, Counter(person["emailAddresses"][0]["value"] for person in people)

    def people(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the contacts of Pipeliner and of Google by id, without what is not their own."""
        companies = {key: row["name"] for key, row in self.pipeliner.rows("Account").items()}
        left = {
            key: _own(row | {"primary_account": companies.get(_last(row["primary_account"]))})
            for key, row in self.pipeliner.contacts().items()
        }
        return left, {key: _own(row) for key, row in self.google.contacts().items()}


def _last(path: str | None) -> str:
    return (path or "").rpartition("/")[2]


def _own(row: Any) -> str:
    return json.dumps(_stripped(row), sort_keys=True, ensure_ascii=False)


def _stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _stripped(each) for key, each in value.items() if key not in NOT_ITS_OWN}
    return [_stripped(each) for each in value] if isinstance(value, list) else value
