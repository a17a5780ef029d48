from __future__ import annotations

from collections.abc import Iterator

import pytest

from .pipeliner_client import PipelinerClient, failed_fields

NOWHERE = "11111111-1111-1111-1111-111111111111"


@pytest.fixture
def api() -> Iterator[PipelinerClient]:
    with PipelinerClient() as client:
        yield client


def test_a_batch_creates_and_updates_and_answers_ids_in_order(api: PipelinerClient) -> None:
    row = api.create()
    body = [{"owner_id": api.owner, "last_name": "New"}, {"id": row["id"], "city": "Wien"}]
    answer = api.post("Contacts/batch-modify", body)
    assert answer["success"] is True
    new, changed = answer["data"]
    assert changed == row["id"]
    assert api.get(f"Contacts/{new}")["data"]["last_name"] == "New"
    assert api.get(f"Contacts/{changed}")["data"]["city"] == "Wien"


def test_a_bad_item_refuses_the_whole_batch_by_default(api: PipelinerClient) -> None:
    body = [{"owner_id": api.owner, "last_name": "Good"}, {"last_name": "Bad"}]
    error = api.post("Contacts/batch-modify", body, 422)
    assert failed_fields(error) == {"owner_id": 119}
    assert error["entity_index"] is None
    assert api.get("Contacts")["total"] == 0


def test_a_bad_item_is_skipped_with_rollback_method_1(api: PipelinerClient) -> None:
    good = {"owner_id": api.owner, "last_name": "Good"}
    link = {"account_id": NOWHERE, "is_primary": True}
    body = [good | {"account_relations": [link]}, good, {"id": NOWHERE}, 7, good]
    answer = api.post("Contacts/batch-modify?rollback-method=1", body)
    assert answer["success"] is True
    related, first, unknown, nonsense, second = answer["data"]
    assert (related["entity_index"], related["code"], related["success"]) == (0, 40000, False)
    assert (unknown["entity_index"], unknown["http_status"]) == (2, 404)
    assert (nonsense["entity_index"], nonsense["code"]) == (3, 117)
    assert {row["id"] for row in api.get("Contacts")["data"]} == {first, second}


def test_validation_level_holds_for_the_batch(api: PipelinerClient) -> None:
    row = api.create()
    api.sandbox.require_fields("cf_nickname")
    body = [{"id": row["id"], "city": "Wien"}]
    api.post("Contacts/batch-modify", body, 422)
    api.post("Contacts/batch-modify?validation-level=2", body)


def test_later_items_see_what_earlier_ones_did(api: PipelinerClient) -> None:
    row = api.create(is_archived=True)
    body = [{"id": row["id"], "is_archived": False}, {"id": row["id"], "city": "Wien"}]
    assert api.post("Contacts/batch-modify", body)["data"] == [row["id"], row["id"]]


def test_a_batch_holds_a_hundred_items(api: PipelinerClient) -> None:
    item = {"owner_id": api.owner, "last_name": "x"}
    assert len(api.post("Contacts/batch-modify", [item] * 100)["data"]) == 100
    assert api.post("Contacts/batch-modify", [item] * 101, 400)["code"] == 117
    assert api.post("Contacts/batch-modify", [])["data"] == []
    assert api.get("Contacts")["total"] == 100


@pytest.mark.parametrize("query", ["rollback-method=2", "rollback-method=x", "first=1"])
def test_a_bad_parameter_of_a_batch_answers_400(api: PipelinerClient, query: str) -> None:
    api.post(f"Contacts/batch-modify?{query}", [], 400)


def test_a_batch_that_is_no_array_answers_400(api: PipelinerClient) -> None:
    api.post("Contacts/batch-modify", {"id": NOWHERE}, 400)


def test_batch_delete_and_restore(api: PipelinerClient) -> None:
    ids = [api.create()["id"] for _ in range(3)]
    assert api.post("Contacts/batch-delete", ids[:2])["data"] == ids[:2]
    assert api.get("Contacts")["total"] == 1
    # One of them is gone already, so nothing of this is done.
    api.post("Contacts/batch-delete", [ids[2], ids[0]], 404)
    assert api.get("Contacts")["total"] == 1
    answer = api.post("Contacts/batch-restore?rollback-method=1", [ids[0], ids[2], NOWHERE])
    assert answer["data"][0] == ids[0]
    assert [error["http_status"] for error in answer["data"][1:]] == [422, 404]
    restored = api.get(f"Contacts/{ids[0]}")["data"]
    assert restored["is_deleted"] is False


def test_a_merge_deletes_the_others_and_keeps_their_accounts_and_tags(
    api: PipelinerClient,
) -> None:
    tag = api.ids("Tag", "name")["VIP"]
    accounts = [
        api.post("Accounts", {"name": name, "owner_id": api.owner}, 201)["data"]["id"]
        for name in "AB"
    ]
    links = [{"account_id": account, "is_primary": True} for account in accounts]
    master = api.create(account_relations=links[:1])
    other = api.create(account_relations=links[1:], tags=[{"tag_id": tag}])
    body = {"master": {"id": master["id"], "city": "Wien"}, "secondary_ids": [other["id"]]}
    merged = api.post("Contacts/merge", body)["data"]
    assert (merged["id"], merged["city"]) == (master["id"], "Wien")
    shown = api.get(f"Contacts/{master['id']}", expand="account_relations")["data"]
    primary = {each["account_id"]: each["is_primary"] for each in shown["account_relations"]}
    assert primary == {accounts[0]: True, accounts[1]: False}
    assert len(shown["tags"]) == 1
    api.get(f"Contacts/{other['id']}", 404)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"master": {}, "secondary_ids": []},
        {"master": {"id": NOWHERE}, "secondary_ids": [NOWHERE]},
        {"master": {"id": NOWHERE}, "secondary_ids": "x"},
        {"master": {"id": NOWHERE}, "secondary_ids": [NOWHERE], "more": 1},
    ],
)
def test_a_merge_of_nonsense_answers_400(api: PipelinerClient, body: dict[str, object]) -> None:
    api.post("Contacts/merge", body, 400)


def test_a_failed_merge_changes_nothing(api: PipelinerClient) -> None:
    master, other = api.create(), api.create()
    body = {"master": {"id": master["id"], "city": "x"}, "secondary_ids": [other["id"], NOWHERE]}
    api.post("Contacts/merge", body, 404)
    assert api.get("Contacts")["total"] == 2
    assert api.get(f"Contacts/{master['id']}")["data"] == master
