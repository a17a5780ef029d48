from __future__ import annotations

from collections.abc import Iterator

import pytest

from connections.connectors import google
from connections.connectors.base import Login
from connections.connectors.google import Google
from connections.connectors.google_oauth import GoogleEndpoints
from connections.sandbox import google_contacts, google_schema
from connections.sandbox.google import GoogleSandbox
from connections.sandbox.google_errors import invalid
from connections.sandbox.google_schema import Items
from connections.schema import Role, Value
from tests.connectors.contract import ConnectorContract
from tests.connectors.contract_reading import ReadingContract
from tests.connectors.contract_writing import WritingContract
from tests.connectors.harness import Harness, Person
from tests.connectors.sandbox_harness import Clock, SandboxHarness
from tests.connectors.sandbox_people import PARTS, from_google, to_google


class GoogleHarness(SandboxHarness):
    secrets = ("a-client-secret", "a-wrong-refresh-token")
    unknown_address = "people/c987654321"
    api_path = "/v1/"

    def __init__(self, sandbox: GoogleSandbox, patch: pytest.MonkeyPatch) -> None:
        self.sandbox: GoogleSandbox = sandbox
        self.patch = patch
        self.refused = {Role.CITY: "Refused"}
        patch.setattr(google_contacts, "check", refuse)
        self.refresh_token = sandbox.issue_refresh_token()
        self.secrets = (sandbox.oauth.client_secret, self.refresh_token)
        super().__init__()
        self.connector.identify()

    def another(self) -> Google:
        url = self.sandbox.url
        endpoints = GoogleEndpoints(
            url, url, url, self.sandbox.oauth.client_id, self.sandbox.oauth.client_secret
        )
        login = Login(
            {"email": self.sandbox.email},
            {"refresh_token": self.refresh_token},
            lambda _old, new: new,
        )
        return Google(login, self.session(), endpoints)

    def add(self, person: Person) -> str:
        return self.sandbox.add_contact(to_google(person, {}))

    def edit(self, id_: str, changes: Person) -> None:
        self.sandbox.edit_contact(id_, to_google(changes, self.sandbox.contacts()[id_]))

    def live(self) -> dict[str, dict[Role, Value]]:
        return {id_: from_google(person) for id_, person in self.sandbox.contacts().items()}

    def plant(self, id_: str, role: Role, content: str) -> None:
        field, part = PARTS[role]
        row = self.sandbox.store.table("contact")[id_]
        (item,) = row["fields"][field]
        planted = {**row["fields"], field: [{**item, part: content}]}
        with self.sandbox.store.transaction():
            self.sandbox.book.lists.put({**row, "fields": planted, "version": row["version"] + 1})

    def expire_cursors(self) -> None:
        self.sandbox.expire_sync_tokens()

    def small_pages(self) -> None:
        self.patch.setattr(google, "PAGE_SIZE", 4)
        self.sandbox.habits.short_pages = True


def refuse(fields: dict[str, Items]) -> None:
    """Refuse a city as the API refuses what breaks one of its rules: with the whole request."""
    google_schema.check(fields)
    if any(item.get("city") == "Refused" for item in fields.get("addresses", [])):
        raise invalid("person.addresses has no such city.", "person.addresses.city")


@pytest.fixture
def sandbox() -> Iterator[GoogleSandbox]:
    sandbox = GoogleSandbox(clock=Clock())
    sandbox.start()
    yield sandbox
    sandbox.close()


class TestGoogle(ConnectorContract):
    @pytest.fixture
    def harness(self, sandbox: GoogleSandbox, monkeypatch: pytest.MonkeyPatch) -> Harness:
        return GoogleHarness(sandbox, monkeypatch)


class TestGoogleWithHabits(ReadingContract, WritingContract):
    @pytest.fixture(
        params=[
            {"late_seconds": 60},
            {"renames": True},
            {"renames": True, "forgets_old_names": True, "late_seconds": 30},
            {"reorder_lists": True},
        ],
        ids=lambda habits: " and ".join(habits),
    )
    def harness(
        self,
        sandbox: GoogleSandbox,
        monkeypatch: pytest.MonkeyPatch,
        request: pytest.FixtureRequest,
    ) -> Harness:
        for habit, value in request.param.items():
            setattr(sandbox.habits, habit, value)
        return GoogleHarness(sandbox, monkeypatch)
