"""What the contract's tests need of each app: people's edits, faults, time, and a reader."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Literal

from connections.connectors.base import (
    Connector,
    Creation,
    Cursor,
    Page,
    RemoteRecord,
    Update,
    Written,
)
from connections.schema import Field, Role, Value

FaultKind = Literal["busy", "locked out", "down", "cut before", "cut after", "garbled"]
Person = Mapping[Role, Value]


ADA: Person = {
    Role.GIVEN_NAME: "Ada",
    Role.FAMILY_NAME: "Example",
    Role.EMAILS: ("ada@example.org", "ada.example@example.com"),
    Role.PHONES: ("+43 1 5885801", "+43 664 5885802"),
    Role.JOB_TITLE: "Owner",
    Role.STREET: "Ring 1\nTop 2",
    Role.CITY: "Wien",
    Role.POSTAL_CODE: "1010",
    Role.COUNTRY: "Austria",
    Role.NOTES: "First line\nžluťoučký 漢字 😀",
}


def person(number: int) -> dict[Role, Value]:
    """Return one of many people, told apart by name and email."""
    return {
        Role.GIVEN_NAME: "Person",
        Role.FAMILY_NAME: f"Number{number}",
        Role.EMAILS: (f"person{number}@example.org",),
        Role.CITY: "Wien",
    }


class Harness(ABC):
    """An app with a connector to it, and a person at the app. Roles name the fields.

    What a person does takes effect at once; `settle` lets so much time pass that lists show it.
    """

    connector: Connector
    secrets: Sequence[str]
    """What no message may hold."""
    unknown_address: str
    """An address in the form of the app's, at which there is nothing."""
    refused: Person
    """Content which the app refuses in a contact."""
    idle_requests = 1
    """How many requests a read takes when nothing has changed: one for each feed in use."""
    carries_marks = True
    cursors_expire = True
    can_restore = True

    @abstractmethod
    def another(self) -> Connector:
        """Return one more connector to the same account."""

    @abstractmethod
    def add(self, person: Person) -> str:
        """Create a contact and return the id that its record has."""

    @abstractmethod
    def edit(self, id_: str, changes: Person) -> None:
        """Change fields of a contact."""

    @abstractmethod
    def delete(self, id_: str) -> None:
        """Delete a contact."""

    @abstractmethod
    def restore(self, id_: str) -> None:
        """Bring a deleted contact back; only where `can_restore`."""

    @abstractmethod
    def live(self) -> dict[str, dict[Role, Value]]:
        """Return what the app holds, by the ids of the records; blanks may be left out."""

    @abstractmethod
    def plant(self, id_: str, role: Role, content: str) -> None:
        """Put text into a contact past all checks of the app."""

    @abstractmethod
    def fail(self, kind: FaultKind) -> None:
        """Let each request go wrong until `heal`."""

    @abstractmethod
    def heal(self) -> None:
        """Let requests succeed again."""

    @abstractmethod
    def expire_cursors(self) -> None:
        """Let the app forget all cursors; where they do not expire, all that it can forget."""

    @abstractmethod
    def small_pages(self) -> None:
        """Let pages hold a few records at most, from before the first read on."""

    @abstractmethod
    def wait(self, seconds: float) -> None:
        """Let time pass."""

    @abstractmethod
    def requests(self) -> int:
        """Return how many requests the app has answered."""

    def mark(self, number: int) -> str:
        """Return a mark of an intent, in the form that every app can carry."""
        return (datetime(2026, 1, 1, tzinfo=UTC) + timedelta(microseconds=number)).isoformat(
            timespec="microseconds"
        )

    def references(self) -> dict[str, Value]:
        """Return an owner, a unit and labels by key, other than a new contact's, where the app has
        these fields.
        """
        app = self.connector.app
        users = [user.id for user in self.connector.users()]
        scopes = [scope.id for scope in self.connector.scopes()]
        values: dict[str, Value] = {}
        if app.owner_field:
            values[app.owner_field] = users[-1]
        if app.unit_field:
            values[app.unit_field] = scopes[-1]
        if app.label_field:
            values[app.label_field] = tuple(scopes)
        return values

    def settle(self) -> None:
        """Let time pass until what was written is no longer fresh."""
        self.wait(120)

    # -- helpers -----------------------------------------------------------------------------------

    @cached_property
    def fields(self) -> dict[Role, Field]:
        """The fields that have a role, by it."""
        return {each.role: each for each in self.connector.fields() if each.role}

    def key(self, role: Role) -> str:
        """Return the key of the field with a role."""
        return self.fields[role].key

    def by_key(self, person: Person) -> dict[str, Value]:
        """Return values by the keys of their fields."""
        return {self.key(role): value for role, value in person.items()}

    def record(self, id_: str) -> RemoteRecord:
        """Return a contact as the connector shows it after it has settled."""
        found = self.connector.get_written([id_])
        if id_ not in found:
            reader = Reader(self.connector)
            reader.read()
            found = reader.held
        return found[id_]

    def creation(self, number: int, person: Person) -> Creation:
        return Creation(self.mark(number), self.by_key(person))

    def update(self, record: RemoteRecord, changes: Person) -> Update:
        return Update(
            record.id,
            record.address,
            record.version,
            record.values,
            record.raw,
            self.by_key(changes),
        )

    def create(self, person: Person) -> str:
        """Create a contact through the connector and return its id."""
        (outcome,) = self.connector.create([self.creation(0, person)])
        assert isinstance(outcome, Written)
        self.settle()
        return outcome.id


class Reader:
    """Reads changes as the engine does: keeps the records, and the cursor of the last page."""

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self.cursor: Cursor | None = None
        self.held: dict[str, RemoteRecord] = {}
        self.pages: list[Page] = []
        """What the last read took."""

    def known(self, records: Sequence[RemoteRecord]) -> bool:
        """Return whether all these are held in just this version."""
        return all(
            each.id in self.held and self.held[each.id].version == each.version for each in records
        )

    def read(self, pages: int | None = None) -> list[RemoteRecord]:
        """Return the records that were not known; with `pages`, break off after so many."""
        new: list[RemoteRecord] = []
        self.pages = []
        for number, page in enumerate(self.connector.changes(self.cursor, self.known), start=1):
            new += self.take(page)
            if number == pages:
                break
        return new

    def catch_up(self) -> None:
        """Read to the end, and sweep where the app's feed may miss deletions."""
        self.read()
        assert self.pages[-1].complete
        if self.connector.app.sweep_every is not None:
            self._sweep()

    def _sweep(self) -> None:
        """Drop what is not there, and get what is there in another version than was held."""
        seen: dict[str, str] = {}
        for page in self.connector.sweep(None):
            seen |= dict(page.seen)
        assert page.complete
        self.held = {id_: record for id_, record in self.held.items() if id_ in seen}
        news = [id_ for id_ in seen if id_ not in self.held or self.held[id_].version != seen[id_]]
        got = self.connector.get(news)
        self.held |= {id_: record for id_, record in got.items() if record is not None}

    def restart(self) -> None:
        """Forget the cursor and what was held, as before a full read."""
        self.cursor = None
        self.held = {}

    def live(self) -> dict[str, RemoteRecord]:
        """Return the records that are not deleted, by id."""
        return {id_: record for id_, record in self.held.items() if not record.deleted}

    def take(self, page: Page) -> list[RemoteRecord]:
        """Keep what a page shows, and return the records of it that were not known."""
        self.pages.append(page)
        self.cursor = json.loads(json.dumps(page.cursor))
        stale = self.connector.get(page.stale).values() if page.stale else ()
        new = [
            record
            for record in (*page.records, *(each for each in stale if each is not None))
            if not self.known([record])
        ]
        self.held |= {record.id: record for record in new if self._is_newer(record)}
        for name in page.gone:
            for record in list(self.held.values()):
                if name in (record.id, record.address):
                    del self.held[record.id]
        return new

    def _is_newer(self, record: RemoteRecord) -> bool:
        return record.id not in self.held or self.held[record.id].version <= record.version


def texts_of(error: BaseException) -> str:
    """Return all that an error and those behind it say."""
    seen: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is not None and each not in seen:
            seen.append(each)
            waiting += [each.__cause__, each.__context__]
    return "\n".join(f"{each!s} {each!r} {each.args!r}" for each in seen)
