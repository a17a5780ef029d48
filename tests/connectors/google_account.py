"""A Google account at the stand-in, with its stored secrets, for the connector's own tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from connections.connectors.base import Cursor, Login, Page, RemoteRecord, Update
from connections.connectors.google import Google
from connections.connectors.google_oauth import GoogleEndpoints
from connections.connectors.http import Session
from connections.sandbox.google import GoogleSandbox
from connections.schema import Value

EMAIL = "ops@example.com"


def new_session() -> Session:
    return Session(
        app_label="Google Contacts", allow_local=True, concurrency=2, calls_per_second=10_000
    )


class Account:
    """An account whose secrets are stored by compare-and-set."""

    def __init__(self, url: str, sandbox: GoogleSandbox | None = None) -> None:
        client_id = sandbox.oauth.client_id if sandbox else "client"
        client_secret = sandbox.oauth.client_secret if sandbox else "client-secret"
        self.endpoints = GoogleEndpoints(url, url, url, client_id, client_secret)
        self.settings = {"email": EMAIL}
        token = sandbox.issue_refresh_token() if sandbox else "refresh-token"
        self.secrets: Mapping[str, str] = {"refresh_token": token}
        self.session = new_session()

    def save(self, old: Mapping[str, str], new: Mapping[str, str]) -> Mapping[str, str]:
        if dict(old) == dict(self.secrets):
            self.secrets = dict(new)
        return self.secrets

    def connector(self) -> Google:
        login = Login(self.settings, self.secrets, self.save)
        return Google(login, self.session, self.endpoints)


@pytest.fixture
def sandbox() -> Iterator[GoogleSandbox]:
    sandbox = GoogleSandbox(email=EMAIL)
    sandbox.start()
    yield sandbox
    sandbox.close()


@pytest.fixture
def account(sandbox: GoogleSandbox) -> Account:
    return Account(sandbox.url, sandbox)


@pytest.fixture
def connector(account: Account) -> Google:
    connector = account.connector()
    connector.scopes()
    return connector


def read(connector: Google, cursor: Cursor | None = None) -> list[Page]:
    return list(connector.changes(cursor, lambda _: False))


def records(pages: list[Page]) -> dict[str, RemoteRecord]:
    return {record.id: record for page in pages for record in page.records}


def get(connector: Google, id_: str) -> RemoteRecord:
    return records(read(connector))[id_]


def add(sandbox: GoogleSandbox, number: int = 1, **fields: Any) -> str:
    name = {"givenName": "Person", "familyName": f"Number{number}"}
    return sandbox.add_contact({"names": [name], **fields})


def update(record: RemoteRecord, changes: dict[str, Value]) -> Update:
    return Update(record.id, record.address, record.version, record.values, record.raw, changes)


def email(value: str, **more: Any) -> dict[str, Any]:
    return {"value": value, **more}
