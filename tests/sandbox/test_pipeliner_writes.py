from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from connections.sandbox.base import Fault

from .pipeliner_client import PipelinerClient, failed_fields

MISSING, NO_RELATION, INVALID = 119, 120, 117
NOWHERE = "11111111-1111-1111-1111-111111111111"


@pytest.fixture
def api() -> Iterator[PipelinerClient]:
    with PipelinerClient() as client:
        yield client


def test_a_new_contact_has_defaults_and_a_name_in_one_piece(api: PipelinerClient) -> None:
    row = api.create(title="Ms.", first_name="Ada", last_name="Example", email1=" a@example.org ")
    assert row["formatted_name"] == "Ms. Ada Example"
    assert row["email1"] == "a@example.org"
    assert (row["email2"], row["gender"], row["picture"], row["tags"]) == ("", 0, None, [])
    assert row["unit_id"] == api.ids("SalesUnit", "name")["Company "]
    assert row["modified"] < row["created"]
    assert api.get(f"Contacts/{row['id']}")["data"] == row


def test_created_is_writable_and_modified_is_not(api: PipelinerClient) -> None:
    row = api.create(created="2020-01-02T03:04:05.000006+01:00")
    assert row["created"] == "2020-01-02 02:04:05.000006+00:00"
    row = api.patch(f"Contacts/{row['id']}", {"created": "2021-01-01 00:00:00"})["data"]
    assert row["created"] == "2021-01-01 00:00:00+00:00"
    body = api.patch(f"Contacts/{row['id']}", {"modified": "2021-01-01 00:00:00"}, 422)
    assert failed_fields(body) == {"modified": INVALID}


def test_revisions_count_all_writes_of_the_space(api: PipelinerClient) -> None:
    first = api.create()
    other = api.post("Tags", {"name": "x", "color": 1}, 201)["data"]
    again = api.patch(f"Contacts/{first['id']}", {})["data"]
    assert first["revision"] < other["revision"] < again["revision"]
    assert first["modified"] < other["modified"] < again["modified"]


def test_a_patch_changes_what_it_names_alone(api: PipelinerClient) -> None:
    row = api.create(city="Wien", phone1="1")
    changed = api.patch(f"Contacts/{row['id']}", {"phone1": ""})["data"]
    assert {name for name in row if row[name] != changed[name]} == {
        "phone1",
        "modified",
        "revision",
    }


@pytest.mark.parametrize(
    ("values", "failed"),
    [
        ({"owner_id": None}, {"owner_id": MISSING}),
        ({"owner_id": ""}, {"owner_id": INVALID}),
        ({"owner_id": NOWHERE}, {"owner_id": NO_RELATION}),
        ({"unit_id": NOWHERE}, {"unit_id": NO_RELATION}),
        ({"contact_type_id": NOWHERE}, {"contact_type_id": NO_RELATION}),
        ({"last_name": " "}, {"": MISSING}),
        ({"nonsense": 1}, {"nonsense": INVALID}),
        ({"id": NOWHERE}, {"id": INVALID}),
        ({"formatted_name": "x"}, {"formatted_name": INVALID}),
        ({"exchange_entity_id": "x"}, {"exchange_entity_id": INVALID}),
        ({"picture_id": NOWHERE}, {"picture_id": INVALID}),
        ({"city": 1}, {"city": INVALID}),
        ({"city": "x" * 256}, {"city": INVALID}),
        ({"city": "a\0b"}, {"city": INVALID}),
        ({"city": "\ud83d"}, {"city": INVALID}),
        ({"comments": "ä" * 32768}, {"comments": INVALID}),
        ({"email1": "nobody"}, {"email1": INVALID}),
        ({"gender": 4}, {"gender": INVALID}),
        ({"gender": True}, {"gender": INVALID}),
        ({"is_archived": 1}, {"is_archived": INVALID}),
        ({"is_archived": None}, {"is_archived": INVALID}),
        ({"created": "yesterday"}, {"created": INVALID}),
        ({"account_relations": ["x"]}, {"account_relations": INVALID}),
        ({"account_position": "CEO"}, {"account_position": INVALID}),
        ({"cf_children": "2"}, {"cf_children": INVALID}),
        ({"cf_children": 2.5}, {"cf_children": INVALID}),
        ({"cf_score": "1"}, {"cf_score": INVALID}),
        ({"cf_birthday": "17.3.2022"}, {"cf_birthday": INVALID}),
        ({"cf_birthday": "2022-02-30"}, {"cf_birthday": INVALID}),
        ({"cf_last_call": ""}, {"cf_last_call": INVALID}),
        ({"cf_region_id": ""}, {"cf_region_id": INVALID}),
        ({"cf_region_id": "North"}, {"cf_region_id": INVALID}),
        ({"cf_region_id": NOWHERE}, {"cf_region_id": NO_RELATION}),
        ({"cf_interests": "x"}, {"cf_interests": INVALID}),
        ({"cf_interests": [NOWHERE]}, {"cf_interests": NO_RELATION}),
        ({"cf_budget": 3}, {"cf_budget": INVALID}),
        ({"cf_number": "1"}, {"cf_number": INVALID}),
        ({"cf_rating": 1}, {"cf_rating": INVALID}),
        ({"cf_gone": "x"}, {"cf_gone": INVALID}),
        ({"cf_draft": "x"}, {"cf_draft": INVALID}),
    ],
)
def test_a_bad_value_answers_422_with_the_field(
    api: PipelinerClient, values: dict[str, Any], failed: dict[str, int]
) -> None:
    body = api.post("Contacts", {"owner_id": api.owner, "last_name": "x"} | values, 422)
    assert failed_fields(body) == failed
    assert api.get("Contacts")["total"] == 0
    # The id that the error names does not exist.
    assert api.get(f"Contacts/{body['entity_id']}", 404)["success"] is False


def test_the_error_names_the_row_in_fields(api: PipelinerClient) -> None:
    body = api.post("Contacts", {"last_name": "x"}, 422)
    (error,) = body["field_errors"]
    assert error["field_id"] in api.sandbox.rows("Field")
    assert body["message"] == "\nNon-null field 'owner_id' is null or empty."
    assert (body["entity_name"], body["entity_index"]) == ("Contact", None)


def test_a_name_is_first_or_last(api: PipelinerClient) -> None:
    row = api.create(first_name="Ada", last_name="")
    body = api.patch(f"Contacts/{row['id']}?validation-level=2", {"first_name": ""}, 422)
    assert failed_fields(body) == {"": MISSING}


def test_null_clears_and_is_blank_in_standard_texts_and_null_in_custom_ones(
    api: PipelinerClient,
) -> None:
    row = api.create(city="Wien", cf_nickname="Lovely", cf_birthday="2000-01-02")
    cleared = {"city": None, "cf_nickname": None, "cf_birthday": None}
    row = api.patch(f"Contacts/{row['id']}", cleared)["data"]
    assert (row["city"], row["cf_nickname"], row["cf_birthday"]) == ("", None, None)
    row = api.patch(f"Contacts/{row['id']}", {"cf_nickname": ""})["data"]
    assert row["cf_nickname"] == ""


def test_custom_fields_of_every_type_keep_their_values(api: PipelinerClient) -> None:
    options = api.ids("Data", "option_name")
    values = {
        "cf_nickname": "Ada",
        "cf_background": "one\ntwo",
        "cf_private_email": "a@example.org",
        "cf_hotline": "+43 1 2",
        "cf_website": "https://example.org",
        "cf_newsletter": True,
        "cf_children": 2,
        "cf_score": 1.5,
        "cf_revenue": 10,
        "cf_budget": {"base_value": 1, "currency_id": NOWHERE, "value_foreign": 2},
        "cf_birthday": "1815-12-10",
        "cf_last_call": "2026-01-02 03:04:05.000006+00:00",
        "cf_region_id": options["North"],
        "cf_size_id": options["Large"],
        "cf_interests": [options["Music"], options["Books"]],
    }
    row = api.create(**values)
    assert {name: row[name] for name in values} == values


def test_read_only_fields_are_taken_with_their_bit_alone(api: PipelinerClient) -> None:
    row = api.create()
    api.patch(f"Contacts/{row['id']}", {"is_delete_protected": True}, 422)
    changed = {"is_delete_protected": True, "formatted_name": "x", "is_deleted": True}
    row = api.patch(f"Contacts/{row['id']}?validation-level=8", changed)["data"]
    assert row["is_delete_protected"] is True
    assert (row["formatted_name"], row["is_deleted"]) == ("Test", False)
    assert failed_fields(api.delete(f"Contacts/{row['id']}", 422)) == {"": INVALID}


def test_relations_to_deleted_records_need_their_bit(api: PipelinerClient) -> None:
    gone = api.sandbox.add("SalesUnit", {"name": "Gone"})
    api.sandbox.delete("SalesUnit", gone)
    values = {"owner_id": api.owner, "last_name": "x", "unit_id": gone}
    assert failed_fields(api.post("Contacts", values, 422)) == {"unit_id": NO_RELATION}
    assert api.post("Contacts?validation-level=16", values, 201)["data"]["unit_id"] == gone


def test_an_old_fault_stops_an_edit_at_level_0_and_not_at_2(api: PipelinerClient) -> None:
    north = api.ids("Data", "option_name")["North"]
    row = api.create(cf_region_id=north)
    api.sandbox.delete("Data", north)
    body = api.patch(f"Contacts/{row['id']}", {"city": "Wien"}, 422)
    assert failed_fields(body) == {"cf_region_id": NO_RELATION}
    row = api.patch(f"Contacts/{row['id']}?validation-level=2", {"city": "Wien"})["data"]
    assert (row["city"], row["cf_region_id"]) == ("Wien", north)


def test_fields_that_the_form_requires_bind_at_level_0(api: PipelinerClient) -> None:
    row = api.create()
    api.sandbox.require_fields("cf_nickname")
    values = {"owner_id": api.owner, "last_name": "x"}
    assert failed_fields(api.post("Contacts", values, 422)) == {"cf_nickname": MISSING}
    assert failed_fields(api.patch(f"Contacts/{row['id']}", {"city": "x"}, 422)) == {
        "cf_nickname": MISSING
    }
    api.post("Contacts?validation-level=4", values, 201)
    api.patch(f"Contacts/{row['id']}?validation-level=2", {"city": "x"})
    api.patch(f"Contacts/{row['id']}?validation-level=2", {"cf_nickname": ""}, 422)


def test_a_unique_field_refuses_a_second_holder(api: PipelinerClient) -> None:
    field = api.sandbox.add_field("cf_key", "input")
    api.sandbox.edit("Field", field, {"is_unique": True})
    api.create(cf_key="1")
    body = api.post("Contacts", {"owner_id": api.owner, "last_name": "x", "cf_key": "1"}, 422)
    assert failed_fields(body) == {"cf_key": INVALID}
    api.create(cf_key="2")


@pytest.mark.parametrize("level", ["1", "x", "32", "-2"])
def test_an_unknown_validation_level_answers_400(api: PipelinerClient, level: str) -> None:
    api.post(f"Contacts?validation-level={level}", {}, 400)


def test_an_unknown_parameter_of_a_write_answers_400(api: PipelinerClient) -> None:
    api.post("Contacts?first=1", {}, 400)
    api.patch(f"Contacts/{NOWHERE}?expand=owner", {}, 400)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"'])
def test_a_body_that_is_no_object_answers_400(api: PipelinerClient, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    answer = api.call("POST", "Contacts", data=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, 117)


def test_a_body_that_is_not_called_json_answers_400(api: PipelinerClient) -> None:
    assert api.call("POST", "Contacts", data={"last_name": "x"}).status_code == 400


def test_a_revision_in_a_patch_is_ignored_unless_the_space_checks_it(api: PipelinerClient) -> None:
    row = api.create()
    row = api.patch(f"Contacts/{row['id']}", {"revision": 1})["data"]
    api.sandbox.habits.revision_check = True
    api.patch(f"Contacts/{row['id']}", {"revision": 1}, 422)
    api.patch(f"Contacts/{row['id']}", {"revision": row["revision"]})


def test_an_archived_contact_is_edited_with_its_return_alone(api: PipelinerClient) -> None:
    row = api.create(is_archived=True)
    assert failed_fields(api.patch(f"Contacts/{row['id']}", {"city": "x"}, 422)) == {"": INVALID}
    row = api.patch(f"Contacts/{row['id']}", {"city": "x", "is_archived": False})["data"]
    assert (row["city"], row["is_archived"]) == ("x", False)


def test_a_deleted_contact_is_not_found_unless_asked_for(api: PipelinerClient) -> None:
    row = api.create()
    assert api.delete(f"Contacts/{row['id']}") == {"success": True, "data": row["id"]}
    path = f"Contacts/{row['id']}"
    for body in (api.get(path, 404), api.patch(path, {}, 404), api.delete(path, 404)):
        assert (body["success"], body["http_status"]) == (False, 404)
    shown = api.get(path, include_deleted="true")["data"]
    assert shown["is_deleted"] is True
    assert shown["modified"] > row["modified"]


def test_delete_and_restore_may_leave_modified_as_it_was(api: PipelinerClient) -> None:
    row = api.create()
    api.sandbox.habits.delete_keeps_modified = True
    api.delete(f"Contacts/{row['id']}")
    shown = api.get(f"Contacts/{row['id']}", include_deleted="true")["data"]
    assert shown["modified"] == row["modified"]
    api.post("Contacts/batch-restore", [row["id"]])
    assert api.get(f"Contacts/{row['id']}")["data"]["modified"] == row["modified"]


def test_webhooks_are_kept_as_rows(api: PipelinerClient) -> None:
    hook = {
        "url": "https://sync.example/hook",
        "events": ["Contact.*"],
        "insecure_ssl": False,
        "options": {"skip_keys": ["our-sync"]},
        "signature": NOWHERE,
    }
    row = api.post("Webhooks", hook, 201)["data"]
    assert {name: row[name] for name in hook} == hook
    api.patch(f"Webhooks/{row['id']}", {"events": ["Contact.Update"]})
    api.post("Webhooks", hook | {"events": ["Contact.Merge"]}, 422)
    assert failed_fields(api.post("Webhooks", {"url": "x"}, 422)) == {
        "insecure_ssl": MISSING,
        "events": MISSING,
    }
    api.delete(f"Webhooks/{row['id']}")
    assert api.get("Webhooks")["total"] == 0


def test_a_refused_create_is_taken_back_and_a_dropped_answer_is_not(api: PipelinerClient) -> None:
    api.sandbox.faults.add(Fault("cut_after", method="POST", path_contains="/Contacts"))
    with pytest.raises(OSError, match="Remote end closed"):
        api.create()
    assert api.get("Contacts")["total"] == 1


def test_values_are_changed_as_the_habits_say(api: PipelinerClient) -> None:
    habits = api.sandbox.habits
    habits.escape = habits.phone_format = habits.reorder_lists = True
    habits.cut_at = 12
    options = api.ids("Data", "option_name")
    chosen = sorted((options["Music"], options["Books"]), reverse=True)
    row = api.create(last_name="A & B", phone1="+43 (1) 2", city="x" * 300, cf_interests=chosen)
    assert (row["last_name"], row["phone1"], row["city"]) == ("A &amp; B", "+4312", "x" * 12)
    assert row["cf_interests"] == sorted(chosen)
