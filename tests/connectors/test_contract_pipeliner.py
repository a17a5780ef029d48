from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from connections.connectors import pipeliner_api
from connections.connectors.base import Login
from connections.connectors.pipeliner import Pipeliner
from connections.sandbox.base import Fault
from connections.sandbox.pipeliner import PipelinerSandbox
from connections.schema import Field, Role, Value
from tests.connectors.contract import ConnectorContract
from tests.connectors.contract_reading import ReadingContract
from tests.connectors.harness import Harness, Person
from tests.connectors.sandbox_harness import Clock, SandboxHarness
from tests.connectors.sandbox_people import PROPERTIES, from_pipeliner, to_pipeliner


class PipelinerHarness(SandboxHarness):
    unknown_address = "0190a1b2-0000-4000-8000-000000000000"
    cursors_expire = False
    companies = False
    api_path = "/api/"

    def __init__(self, sandbox: PipelinerSandbox, patch: pytest.MonkeyPatch) -> None:
        self.sandbox: PipelinerSandbox = sandbox
        self.patch = patch
        self.refused = {Role.EMAILS: ("no address",)}
        self.secrets = (sandbox.token, sandbox.password)
        self.known_fields: Sequence[Field] = ()
        super().__init__()
        self.known_fields = self.connector.fields()
        self.connector = self.another()

    def another(self) -> Pipeliner:
        settings = {
            "email": "ops@example.com",
            "service_url": self.sandbox.url,
            "space_id": self.sandbox.space_id,
            "user": "ann@example.com",
        }
        secrets = {"api_token": self.sandbox.token, "api_password": self.sandbox.password}
        login = Login(
            settings,
            secrets,
            lambda _old, new: new,
            companies=self.companies,
            fields=self.known_fields,
        )
        return Pipeliner(login, self.session())

    def add(self, person: Person) -> str:
        return self.sandbox.add_contact(to_pipeliner(person))

    def edit(self, id_: str, changes: Person) -> None:
        self.sandbox.edit_contact(id_, to_pipeliner(changes))

    def live(self) -> dict[str, dict[Role, Value]]:
        return {id_: from_pipeliner(row) for id_, row in self.sandbox.contacts().items()}

    def plant(self, id_: str, role: Role, content: str) -> None:
        row = self.sandbox.store.table("Contact")[id_]
        with self.sandbox.store.transaction():
            self.sandbox.space.put("Contact", {**row, PROPERTIES[role]: content})

    def expire_cursors(self) -> None:
        # Reading goes by time of change: only the place within a list can be forgotten.
        self.sandbox.faults.add(Fault("cursor"))

    def small_pages(self) -> None:
        # The fields are known by now: in small pages they would take many.
        assert self.fields
        self.patch.setattr(pipeliner_api, "PAGE", 4)
        self.sandbox.habits.short_pages = True


@pytest.fixture
def sandbox() -> Iterator[PipelinerSandbox]:
    sandbox = PipelinerSandbox(clock=Clock(), seed=1)
    sandbox.start()
    yield sandbox
    sandbox.close()


class TestPipeliner(ConnectorContract):
    @pytest.fixture
    def harness(self, sandbox: PipelinerSandbox, monkeypatch: pytest.MonkeyPatch) -> Harness:
        return PipelinerHarness(sandbox, monkeypatch)


class TestPipelinerWithHabits(ReadingContract):
    @pytest.fixture(
        params=[{"late_seconds": 50}, {"delete_keeps_modified": True}, {"skew_seconds": 50}],
        ids=lambda habits: " and ".join(habits),
    )
    def harness(
        self,
        sandbox: PipelinerSandbox,
        monkeypatch: pytest.MonkeyPatch,
        request: pytest.FixtureRequest,
    ) -> Harness:
        for habit, value in request.param.items():
            setattr(sandbox.habits, habit, value)
        return PipelinerHarness(sandbox, monkeypatch)


class TestPipelinerWithCompanies(ReadingContract):
    @pytest.fixture
    def harness(self, sandbox: PipelinerSandbox, monkeypatch: pytest.MonkeyPatch) -> Harness:
        # Links to accounts, and the accounts, have feeds of their own.
        monkeypatch.setattr(PipelinerHarness, "companies", True)
        monkeypatch.setattr(PipelinerHarness, "idle_requests", 3)
        return PipelinerHarness(sandbox, monkeypatch)
