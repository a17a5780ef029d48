"""What the harnesses of the stand-ins share: faults, the clock and the count of requests."""

from __future__ import annotations

from abc import abstractmethod
from datetime import UTC, datetime, timedelta

from connections.connectors.base import Connector
from connections.connectors.http import Session
from connections.sandbox.base import Fault, Sandbox
from tests.connectors.harness import FaultKind, Harness

FAULTS: dict[FaultKind, Fault] = {
    "busy": Fault("status", code=429, retry_after=7),
    "locked out": Fault("status", code=401),
    "down": Fault("status", code=503, body="html"),
    "cut before": Fault("cut_before"),
    "cut after": Fault("cut_after"),
    "garbled": Fault("status", code=200, body="html", commit=True),
}
MANY = 1000


class Clock:
    """The stand-in's time: the real one, and what was added."""

    def __init__(self) -> None:
        self.added = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.added


class SandboxHarness(Harness):
    sandbox: Sandbox
    api_path: str
    """What the paths of the app's API begin with."""

    def __init__(self) -> None:
        self.connector = self.another()

    @abstractmethod
    def another(self) -> Connector: ...

    def session(self) -> Session:
        """Return a session as a connector gets it, but in no hurry."""
        return Session(
            app_label="The app",
            allow_local=True,
            concurrency=4,
            calls_per_second=10_000,
            secrets=self.secrets,
        )

    def delete(self, id_: str) -> None:
        self.sandbox.delete_contact(id_)

    def restore(self, id_: str) -> None:
        self.sandbox.restore_contact(id_)

    def fail(self, kind: FaultKind) -> None:
        fault = FAULTS[kind]
        self.sandbox.faults.add(
            Fault(
                fault.kind,
                times=MANY,
                path_contains=self.api_path,
                code=fault.code,
                retry_after=fault.retry_after,
                body=fault.body,
                commit=fault.commit,
            )
        )

    def heal(self) -> None:
        self.sandbox.faults.clear()

    def wait(self, seconds: float) -> None:
        clock = self.sandbox.clock.source
        assert isinstance(clock, Clock)
        clock.added += timedelta(seconds=seconds)

    def requests(self) -> int:
        return self.sandbox.requests.total
