"""A Pipeliner sandbox whose clock stands still, and connectors to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connections.connectors.base import Cursor, Login, Outcome, Page, RemoteRecord, Update
from connections.connectors.http import Session
from connections.connectors.pipeliner import Pipeliner
from connections.sandbox.pipeliner import PipelinerSandbox
from connections.schema import Field, Value


class Clock:
    """Time that moves when told to, and by a millisecond a call."""

    def __init__(self) -> None:
        self.time = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(milliseconds=1)
        return self.time

    def advance(self, **by: float) -> None:
        self.time += timedelta(**by)


class Space:
    """A started sandbox with what is held of it, as an engine would."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.sandbox = PipelinerSandbox(clock=self.clock)
        self.url = self.sandbox.start()
        self.clients = {row["email"]: key for key, row in self.sandbox.rows("Client").items()}
        self.units = {
            row["name"].strip(): key for key, row in self.sandbox.rows("SalesUnit").items()
        }
        self.fields: Sequence[Field] = self.connector(fields=()).fields()
        self.held: dict[str, RemoteRecord] = {}
        self.clock.advance(minutes=10)
        self.reset()

    def reset(self) -> None:
        self.sandbox.requests.reset()

    def connector(
        self,
        settings: Mapping[str, Any] | None = None,
        *,
        password: str | None = None,
        companies: bool = False,
        fields: Sequence[Field] | None = None,
    ) -> Pipeliner:
        login = Login(
            settings={
                "email": "ann@example.com",
                "service_url": self.url,
                "space_id": self.sandbox.space_id,
                "user": self.clients["bob@example.com"],
                **(settings or {}),
            },
            secrets={
                "api_token": self.sandbox.token,
                "api_password": password or self.sandbox.password,
            },
            save_secrets=lambda _old, new: new,
            companies=companies,
            fields=self.fields if fields is None else fields,
        )
        session = Session(
            app_label="Pipeliner",
            allow_local=True,
            concurrency=4,
            calls_per_second=10_000,
            secrets=tuple(login.secrets.values()),
            deadline=10,
        )
        return Pipeliner(login, session)

    def add(self, **values: Any) -> str:
        return self.sandbox.add_contact({"last_name": "Example"} | values)

    def row(self, id_: str) -> dict[str, Any]:
        return self.sandbox.contacts()[id_]

    def record(self, id_: str, **options: Any) -> RemoteRecord:
        found = self.connector(**options).get([id_])[id_]
        assert found is not None
        return found

    def known(self, rows: Sequence[RemoteRecord]) -> bool:
        return all(row.id in self.held and self.held[row.id].version >= row.version for row in rows)

    def take(self, page: Page) -> None:
        for record in page.records:
            if record.id not in self.held or self.held[record.id].version <= record.version:
                self.held[record.id] = record

    def read(
        self, cursor: Cursor | None = None, *, stop_after: int = 0, **options: Any
    ) -> tuple[list[Page], Cursor]:
        """Read pages and hold what they show; the read is broken off after so many pages."""
        pages: list[Page] = []
        for page in self.connector(**options).changes(cursor, self.known):
            self.take(page)
            pages.append(page)
            if page.complete or len(pages) == stop_after:
                break
        return pages, dict(pages[-1].cursor)

    def update(self, id_: str, changes: Mapping[str, Value], **options: Any) -> list[Outcome]:
        return self.connector(**options).update([self.update_of(id_, changes)])

    def update_of(self, id_: str, changes: Mapping[str, Value]) -> Update:
        record = self.record(id_)
        return Update(id_, "", record.version, record.values, record.raw, changes)

    def live_versions(self) -> dict[str, int]:
        return {id_: row["revision"] for id_, row in self.sandbox.contacts().items()}

    def held_versions(self) -> dict[str, int]:
        return {id_: int(record.version) for id_, record in self.held.items() if not record.deleted}


@pytest.fixture
def space() -> Iterator[Space]:
    space = Space()
    yield space
    space.sandbox.close()


def fill(space: Space, count: int) -> list[str]:
    ids = [space.add(last_name=f"Person {number}") for number in range(count)]
    space.clock.advance(minutes=5)
    return ids


def requests(space: Space) -> dict[str, int]:
    counted = dict(space.sandbox.requests.by)
    space.reset()
    return counted


def is_whole(space: Space) -> bool:
    return space.held_versions() == space.live_versions()
