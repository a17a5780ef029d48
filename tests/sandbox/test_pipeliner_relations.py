from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from .pipeliner_client import PipelinerClient, failed_fields

MISSING, NO_RELATION, INVALID = 119, 120, 117
NOWHERE = "11111111-1111-1111-1111-111111111111"


@pytest.fixture
def api() -> Iterator[PipelinerClient]:
    with PipelinerClient() as client:
        yield client


def account(api: PipelinerClient, name: str = "Acme") -> str:
    body = api.post("Accounts", {"name": name, "owner_id": api.owner}, 201)
    return str(body["data"]["id"])


def test_a_primary_account_shows_on_the_contact_without_raising_modified(
    api: PipelinerClient,
) -> None:
    row, acme, other = api.create(), account(api), account(api, "Other")
    link = {"contact_id": row["id"], "account_id": acme, "is_primary": True, "position": "CEO"}
    relation = api.post("ContactAccountRelations", link, 201)["data"]
    shown = api.get(f"Contacts/{row['id']}")["data"]
    assert shown["primary_account"] == f"{api.base}/entities/Accounts/{acme}"
    assert shown["account_relations"] == [
        f"{api.base}/entities/ContactAccountRelations/{relation['id']}"
    ]
    assert (shown["primary_account_position"], shown["account_position"]) == ("CEO", "CEO")
    assert (shown["modified"], shown["revision"]) == (row["modified"], row["revision"])
    # A second primary one takes the place of the first.
    link = {"contact_id": row["id"], "account_id": other, "is_primary": True}
    api.post("ContactAccountRelations", link, 201)
    assert api.get(f"ContactAccountRelations/{relation['id']}")["data"]["is_primary"] is False
    assert api.get(f"Contacts/{row['id']}")["data"]["primary_account"].endswith(other)
    api.delete(f"Accounts/{other}")
    assert api.get(f"Contacts/{row['id']}")["data"]["primary_account"] is None


def test_the_position_at_the_account_is_written_through_the_contact(api: PipelinerClient) -> None:
    link = {"account_id": account(api), "is_primary": True}
    row = api.create(account_relations=[link], account_position="CEO")
    assert api.get(f"Contacts/{row['id']}")["data"]["account_position"] == "CEO"
    row = api.patch(f"Contacts/{row['id']}", {"account_position": "CFO"})["data"]
    assert row["primary_account_position"] == "CFO"


@pytest.mark.parametrize(
    ("values", "failed"),
    [
        ({"is_primary": None}, {"is_primary": INVALID}),
        ({"account_id": None}, {"account_id": MISSING}),
        ({"account_id": NOWHERE}, {"account_id": NO_RELATION}),
        ({"relationship": 4}, {"relationship": INVALID}),
    ],
)
def test_a_bad_relation_refuses_the_whole_contact(
    api: PipelinerClient, values: dict[str, Any], failed: dict[str, int]
) -> None:
    link = {"account_id": account(api), "is_primary": True} | values
    contact = {"owner_id": api.owner, "last_name": "x", "account_relations": [link]}
    assert failed_fields(api.post("Contacts", contact, 422)).items() >= failed.items()
    assert api.get("Contacts")["total"] == 0


def test_a_relation_needs_its_primary_flag(api: PipelinerClient) -> None:
    link = {"contact_id": api.create()["id"], "account_id": account(api)}
    body = api.post("ContactAccountRelations", link, 422)
    assert failed_fields(body) == {"is_primary": MISSING}


def test_lists_of_relations_in_a_patch_replace_the_whole_set(api: PipelinerClient) -> None:
    acme, other = account(api), account(api, "Other")
    row = api.create(account_relations=[{"account_id": acme, "is_primary": True}])
    kept = {"account_id": other, "is_primary": False}
    row = api.patch(f"Contacts/{row['id']}", {"account_relations": [kept]})["data"]
    assert len(row["account_relations"]) == 1
    assert row["primary_account"] is None
    relations = api.get("ContactAccountRelations", include_deleted="true")["data"]
    assert {each["account_id"]: each["is_deleted"] for each in relations} == {
        acme: True,
        other: False,
    }


def test_tags_are_set_by_relation_and_in_the_body(api: PipelinerClient) -> None:
    tags = api.ids("Tag", "name")
    row = api.create(tags=[{"tag_id": tags["VIP"]}])
    (uri,) = row["tags"]
    assert api.session.get(uri, timeout=10).json()["data"]["tag_id"] == tags["VIP"]
    link = {"tag_id": tags["Newsletter"], "contact_id": row["id"]}
    api.post("TagRelations", link, 201)
    shown = api.get(f"Contacts/{row['id']}", expand="tags.tag", load_only="tags.tag.name")["data"]
    assert shown == {"tags": [{"tag": {"name": "VIP"}}, {"tag": {"name": "Newsletter"}}]}
    api.session.delete(uri, timeout=10)
    assert len(api.get(f"Contacts/{row['id']}")["data"]["tags"]) == 1
    assert failed_fields(api.post("TagRelations", {"tag_id": tags["VIP"]}, 422)) == {"": MISSING}


def test_sharing_is_set_in_the_body(api: PipelinerClient) -> None:
    unit = api.ids("SalesUnit", "name")["North"]
    row = api.create(sharing_units=[{"unit_id": unit, "role": 2}])
    assert len(row["sharing_units"]) == 1
    row = api.patch(f"Contacts/{row['id']}", {"sharing_units": []})["data"]
    assert row["sharing_units"] == []


def test_accounts_need_a_name_and_are_listed_by_modified(api: PipelinerClient) -> None:
    body = api.post("Accounts", {"owner_id": api.owner}, 422)
    assert failed_fields(body) == {"name": MISSING}
    ids = [account(api, name) for name in "ABC"]
    api.patch(f"Accounts/{ids[0]}", {"home_page": "https://example.org"})
    rows = api.get("Accounts", order_by="-modified", first=100)["data"]
    assert [row["name"] for row in rows] == ["A", "C", "B"]
    assert rows[0]["formatted_name"] == "A"
