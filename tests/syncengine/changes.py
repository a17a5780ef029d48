"""A connection between the stand-ins, and changes of it that a file asks for."""

from __future__ import annotations

from typing import Any

import pytest

from connections.models import Account, Connection
from syncengine.importing import Report
from tests.syncengine.apps import FILE, Apps, refusal, refusals, take


@pytest.fixture
def world(apps: Apps) -> Apps:
    """Two units and two labels beside those of the demo, and a user of another company."""
    (south,) = [i for i, row in apps.pipeliner.rows("SalesUnit").items() if row["name"] == "South"]
    europe = apps.pipeliner.add("SalesUnit", {"name": "Europe", "parent_id": south})
    apps.pipeliner.add("SalesUnit", {"name": "North", "parent_id": europe})
    bob = next(
        id_
        for id_, row in apps.pipeliner.rows("Client").items()
        if row["email"] == "bob@example.com"
    )
    apps.pipeliner.edit("Client", bob, {"email": "bob@company.example"})
    apps.google.add_group("Customers")
    take(apps, FILE.replace("[North, Rome]", "[Rome]"))
    return apps


def connection() -> Connection:
    return Connection.objects.select_related("left", "right").get()


def change(apps: Apps, text: str, **options: Any) -> Report:
    """Import a change of the connection: the keys of it, as YAML."""
    return take(apps, f"connections:\n  - name: North\n{text}", **options)


def wrong(apps: Apps, text: str) -> tuple[int, str, str]:
    problem = refusal(apps, f"connections:\n  - name: North\n{text}")
    return problem.line, problem.key.removeprefix("connections[0]."), problem.message


def assert_refused(apps: Apps, text: str, line: int, key: str, told: str) -> None:
    problems = refusals(apps, f"connections:\n  - name: North\n{text}")
    found = [each for each in problems if each.key == f"connections[0].{key}"]
    assert len(found) == 1, (text, problems)
    assert found[0].line == line, text
    assert told in found[0].message, text


def scope_id(account: Account, name: str, parent: str = "") -> str:
    scopes = account.offers.scopes
    above = {each.id: each.name for each in scopes}
    (found,) = [
        each.id
        for each in scopes
        if each.name == name and (not parent or above.get(each.parent) == parent)
    ]
    return found


def option(account: Account, key: str, label: str) -> str:
    (field,) = [each for each in account.offers.fields if each.key == key]
    return next(each.value for each in field.options if each.label == label)
