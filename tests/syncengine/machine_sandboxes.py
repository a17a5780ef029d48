"""Stand-ins as the state machine asks for them: people's edits, faults, and what the API wrote."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar

from connections.connectors.base import Scope
from connections.sandbox.base import Fault, Sandbox
from connections.schema import Role, Value
from tests.connectors.harness import Person
from tests.syncengine.machine_apps import Error, Misbehaviour, Overtaken, Point, Verb

Stored = dict[str, Any]
"""A row as a stand-in stores it."""
REREAD: frozenset[Verb] = frozenset({"", "changes", "get"})
"""What is asked three times before it counts as failed."""


@dataclass(frozen=True)
class Shown:
    """A contact as its app stores it."""

    values: Mapping[str, Value]
    archived: bool
    scopes: Collection[str]


@dataclass
class Death:
    """Our process ends at a request that fits, before or after it was done."""

    url: str
    fits: Fault
    point: Point


@dataclass
class Deaths:
    """The deaths that wait."""

    waiting: list[Death] = field(default_factory=list)

    def take(self, method: str, url: str) -> Death | None:
        """Return the death that comes with a request, used up; None if none does."""
        for death in self.waiting:
            if url.startswith(death.url) and death.fits.fits(method, url.partition("?")[0]):
                death.fits.after -= 1
                if death.fits.after < 0:
                    self.waiting.remove(death)
                    return death
        return None


class SandboxApp(ABC):
    """A stand-in, or one user's part of it; what the API does is told by its store."""

    kind: ClassVar[str]
    """The table that holds the contacts."""
    names_all: ClassVar[bool]
    slots: ClassVar[int | None]
    routes: ClassVar[Mapping[Verb, tuple[str | None, str]]]
    """The method and a part of the path of the requests of a verb."""
    batches: ClassVar[str]
    """A part of the path of all writes."""
    refusal: ClassVar[int]
    """The status that refuses the content of a batch."""
    one_name = False

    def __init__(self, key: str, sandbox: Sandbox, scopes: Sequence[Scope], deaths: Deaths) -> None:
        self.key = key
        self.scopes = scopes
        self.writes: list[tuple[str, str, Mapping[str, Value]]] = []
        self.overtaken: list[Overtaken] = []
        self._sandbox = sandbox
        self._deaths = deaths
        self._is_person_at_work = False
        sandbox.store.watch(self.kind, self._watch)

    @property
    def late(self) -> float:
        return self._sandbox.habits.late_seconds

    def clock(self) -> datetime:
        return self._sandbox.clock.now()

    # -- what people do ----------------------------------------------------------------------------

    def add(self, *, scopes: tuple[str, ...] = (), **values: Value) -> str:
        with self._by_a_person():
            return self._add(_person(values), scopes)

    def edit(self, id_: str, **changes: Value) -> None:
        with self._by_a_person():
            self._edit(id_, _person(changes))

    def delete(self, id_: str) -> None:
        with self._by_a_person():
            self._sandbox.delete_contact(id_)

    def restore(self, id_: str) -> None:
        with self._by_a_person():
            self._sandbox.restore_contact(id_)

    def merge(self, kept_id: str, lost_id: str) -> None:
        with self._by_a_person():
            self._merge(kept_id, lost_id)

    def archive(self, id_: str, archived: bool = True) -> None:
        return

    def put_into(self, id_: str, *scopes: str) -> None:
        with self._by_a_person():
            self._put_into(id_, scopes)

    def row(self, id_: str) -> Shown:
        return self._shown(self._sandbox.store.table(self.kind)[id_])

    def live(self) -> Collection[str]:
        rows = self._sandbox.store.table(self.kind).items()
        return [id_ for id_, row in rows if self._is_mine(row) and not self._is_deleted(row)]

    @contextmanager
    def _by_a_person(self) -> Iterator[None]:
        self._is_person_at_work = True
        try:
            with self._sandbox.store.transaction():
                yield
        finally:
            self._is_person_at_work = False

    # -- what the API does -------------------------------------------------------------------------

    def _watch(self, id_: str, old: Stored | None, new: Stored | None) -> None:
        row = new or old
        if self._is_person_at_work or row is None or not self._is_mine(row):
            return
        before, after = (self._version(each) if each else 0 for each in (old, new))
        if after < before:
            self.writes.pop()  # the request is taken back
        elif new is not None and after > before:
            values = self._shown(new).values
            stood = self._shown(old).values if old else {}
            changed = {name for name in {*stood, *values} if stood.get(name) != values.get(name)}
            changes = {name: values.get(name) for name in changed}
            if old is not None:
                changes |= dict.fromkeys(self._lost(old, new))
            self.writes.append(("update" if old else "create", id_, changes))

    def requested(self) -> int:
        return self._sandbox.requests.total

    # -- what goes wrong ---------------------------------------------------------------------------

    def break_down(self, error: Error, verb: Verb, point: Point, after: int) -> None:
        method, path = self.routes[verb]
        times = 3 if verb in REREAD else 1
        if error == "locked out":
            self._lock_out()
        elif error == "killed":
            fits = Fault("cut_before", method=method, path_contains=path, after=after)
            self._deaths.waiting.append(Death(self._sandbox.url, fits, point))
        elif error == "busy":
            self._fault("status", method, path, after=after, code=429, retry_after=7)
        elif error == "down":
            self._fault("status", method, path, after=after, code=503, times=times)
        else:
            kind = "cut_before" if point == "before" else "cut_after"
            self._fault(kind, method, path, after=after, times=times)

    def misbehave(self, what: Misbehaviour) -> None:
        if what == "odd answer":
            self._fault("status", "POST", self.batches, code=200, body="html", commit=True)
        elif what == "refused":
            self._fault("status", "POST", self.batches, code=self.refusal, times=2)
        elif what == "expired":
            self._expire()
        elif what == "full":
            self._fill()
        else:
            self._move()

    def _fault(self, kind: str, method: str | None, path: str, **how: Any) -> None:
        self._sandbox.faults.add(Fault(kind, method=method, path_contains=path, **how))

    def mend(self) -> None:
        self._sandbox.faults.clear()
        self._deaths.waiting.clear()

    def let_in(self, secrets: Mapping[str, str]) -> Mapping[str, str]:
        self.mend()
        return secrets

    @abstractmethod
    def _add(self, person: Person, scopes: Sequence[str]) -> str: ...

    @abstractmethod
    def _edit(self, id_: str, changes: Person) -> None: ...

    @abstractmethod
    def _merge(self, kept_id: str, lost_id: str) -> None: ...

    @abstractmethod
    def _put_into(self, id_: str, scopes: Sequence[str]) -> None: ...

    @abstractmethod
    def _is_mine(self, row: Stored) -> bool: ...

    @abstractmethod
    def _is_deleted(self, row: Stored) -> bool: ...

    @abstractmethod
    def _version(self, row: Stored) -> int:
        """Return a number that rises with each write."""

    @abstractmethod
    def _shown(self, row: Stored) -> Shown: ...

    @abstractmethod
    def _lost(self, old: Stored, new: Stored) -> Collection[str]:
        """Return what a write changed that is mapped to nothing."""

    @abstractmethod
    def _lock_out(self) -> None: ...

    @abstractmethod
    def _expire(self) -> None:
        """Forget how far anybody has read."""

    @abstractmethod
    def _fill(self) -> None:
        """Take no new contacts for a while."""

    @abstractmethod
    def _move(self) -> None:
        """Say that a contact has changed when it is written to next, where the app looks."""


def _person(values: Mapping[str, Value]) -> Person:
    return {Role(name): value for name, value in values.items()}
