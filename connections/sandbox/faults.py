"""Faults on request, and a count of the requests that were answered."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

NETWORK_KINDS = frozenset({"status", "slow", "cut_before", "cut_after"})


@dataclass
class Fault:
    """Something that goes wrong with the next requests that fit.

    - `status`: answers `code`, with `body` json (the app's own error), html or empty, and with
      `Retry-After: retry_after` if that is given; `commit` lets the request take effect first.
    - `slow`: waits `seconds` and then goes on.
    - `cut_before`, `cut_after`: closes the socket without an answer, before anything was done or
      after all was done.
    - further kinds are the app's own, listed in its `fault_kinds`.

    It fits `method` (any if None) and paths that contain `path_contains`, lets `after` of them go
    by first, and happens `times` times.
    """

    kind: str
    times: int = 1
    method: str | None = None
    path_contains: str | None = None
    after: int = 0
    code: int = 500
    retry_after: str | int | None = None
    body: Literal["json", "html", "empty"] = "json"
    commit: bool = False
    seconds: float = 0

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """A fault from its JSON form; ValueError names what is unknown."""
        unknown = set(data) - {field.name for field in fields(cls)}
        if unknown or "kind" not in data:
            raise ValueError(f"unknown keys: {sorted(unknown)}" if unknown else "kind is missing")
        return cls(**data)

    def fits(self, method: str, path: str) -> bool:
        """Whether a request is one of those meant."""
        return (self.method is None or self.method == method) and (
            self.path_contains is None or self.path_contains in path
        )


class Faults:
    """A queue of faults. `latency_ms` is added to each request of the API."""

    def __init__(self, kinds: frozenset[str]) -> None:
        self.kinds = NETWORK_KINDS | kinds
        self.latency_ms: float = 0
        self._queue: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, fault: Fault) -> None:
        """Queue a fault; ValueError if the app has no such kind."""
        if fault.kind not in self.kinds:
            raise ValueError(f"unknown kind {fault.kind!r}; one of {sorted(self.kinds)}")
        with self._lock:
            self._queue.append(fault)

    def clear(self) -> None:
        """Drop all that wait, and the latency."""
        with self._lock:
            self._queue.clear()
        self.latency_ms = 0

    def take(self, kind: str, method: str, path: str) -> Fault | None:
        """The fault of this kind that hits this request, used up by one; None if there is none."""
        with self._lock:
            for fault in self._queue:
                if fault.kind != kind or not fault.fits(method, path):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                if fault.times <= 0:
                    self._queue.remove(fault)
                return fault
        return None

    def as_json(self) -> dict[str, Any]:
        """What waits, for `GET /_sandbox/faults`."""
        with self._lock:
            return {"latency_ms": self.latency_ms, "faults": [asdict(f) for f in self._queue]}


class Requests:
    """Counts the API's requests by method and route name, such as "GET Contacts".

    `peak` is the largest number of them that were in hand at once.
    """

    def __init__(self) -> None:
        self.by: Counter[str] = Counter()
        self.peak = 0
        self._in_hand = 0
        self._lock = threading.Lock()

    @contextmanager
    def counted(self, method: str, route: str) -> Iterator[None]:
        """Count one, which is in hand while the block lasts."""
        with self._lock:
            self.by[f"{method} {route}"] += 1
            self._in_hand += 1
            self.peak = max(self.peak, self._in_hand)
        try:
            yield
        finally:
            with self._lock:
                self._in_hand -= 1

    def reset(self) -> None:
        """Begin at nothing."""
        with self._lock:
            self.by.clear()
            self.peak = self._in_hand

    @property
    def total(self) -> int:
        """How many there were."""
        with self._lock:
            return sum(self.by.values())

    def __len__(self) -> int:
        return self.total

    def as_json(self) -> dict[str, Any]:
        """For `GET /_sandbox/requests`."""
        with self._lock:
            return {"total": sum(self.by.values()), "by": dict(self.by), "peak": self.peak}
