"""Processes of the bench: each part runs in one of its own, so that what it costs is its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

READY = "ready"


def run(
    module: str,
    job: Mapping[str, Any],
    env: Mapping[str, str] | None = None,
    at_ready: Callable[[], None] = lambda: None,
) -> Any:
    """Return the JSON that a module prints for a job; raises where it fails.

    `at_ready` is called when what is measured is about to begin.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", module, json.dumps(job)],
        env=None if env is None else dict(env),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    result = ""
    for line in process.stdout:
        if line.strip() == READY:
            at_ready()
            process.stdin.write("\n")
            process.stdin.flush()
        else:
            result = line
    if process.wait() != 0:
        raise RuntimeError(f"{module} failed at {dict(job).get('do') or dict(job).get('floor')}")
    return json.loads(result)


def wait_until_ready() -> None:
    """Tell the bench that what is measured is about to begin, and wait for it."""
    say(READY)
    sys.stdin.readline()


def say(line: str) -> None:
    """Write a line that whoever reads our output sees at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class App:
    """A stand-in that runs in a process of its own; see `stand_in.StandIn`."""

    def __init__(self, app: str, contacts: int, parts: int = 0) -> None:
        self.key = app
        job = {"app": app, "contacts": contacts, "parts": parts}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.bench.stand_in", json.dumps(job)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        started = self._answer()
        self.url: str = started["url"]
        self.tokens: list[str] = started["tokens"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()

    def tell(self, **command: Any) -> Any:
        """Have the stand-in do something, and return what it comes to."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())
