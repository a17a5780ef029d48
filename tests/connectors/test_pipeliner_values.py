from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from connections.connectors.base import RemoteRecord
from connections.connectors.pipeliner_fields import contact_fields, custom_field
from connections.connectors.pipeliner_values import custom_fields, record_of
from connections.schema import Field, Option, Role, Type, Value, by_key
from tests.connectors.pipeliner_helpers import Space, space

__all__ = ["space"]

CUSTOM = {
    field.key: field
    for field in (
        Field("cf_text", "Text", Type.TEXT),
        Field("cf_flag", "Flag", Type.BOOLEAN),
        Field("cf_int", "Int", Type.INTEGER),
        Field("cf_number", "Number", Type.DECIMAL),
        Field("cf_day", "Day", Type.DATE),
        Field("cf_time", "Time", Type.DATETIME),
        Field("cf_choice_id", "Choice", Type.CHOICE),
        Field("cf_choices", "Choices", Type.MULTI_CHOICE),
    )
}
BASE = {"id": "6f0c1d4e-2b1a-4f1e-9a55-3c7d0e8b9a10", "revision": 1474}
URI = "https://app.example/api/v100/rest/spaces/demo/entities"


def read(**row: Any) -> RemoteRecord:
    record = record_of(BASE | row, CUSTOM)
    assert record is not None
    return record


# -- fields -------------------------------------------------------------------------------------


def test_standard_fields_have_roles_and_views(space: Space) -> None:
    fields = by_key(space.fields)
    roles = {field.role: key for key, field in fields.items() if field.role}
    assert roles == {
        Role.FULL_NAME: "full_name",
        Role.PREFIX: "title",
        Role.GIVEN_NAME: "first_name",
        Role.MIDDLE_NAME: "middle_name",
        Role.FAMILY_NAME: "last_name",
        Role.EMAILS: "emails",
        Role.PHONES: "phones",
        Role.COMPANY: "company",
        Role.JOB_TITLE: "position",
        Role.STREET: "address",
        Role.CITY: "city",
        Role.POSTAL_CODE: "zip_code",
        Role.REGION: "state_province",
        Role.COUNTRY: "country",
        Role.NOTES: "comments",
    }
    assert (fields["emails"].slots, fields["emails"].type) == (5, Type.EMAILS)
    assert [(f"email{n}", "emails", n - 1) for n in range(1, 6)] == [
        (key, field.view_of, field.view_index)
        for key, field in fields.items()
        if field.view_of == "emails"
    ]
    assert (fields["full_name"].derived, fields["full_name"].read_only) == (True, False)
    assert fields["first_name"].max_length == fields["email1"].max_length == 255


def test_va9_company_fields_are_read_only_and_carry_a_prefix(space: Space) -> None:
    company = [field for field in space.fields if field.key.startswith("company.")]
    assert {"company.name", "company.home_page"} <= {field.key for field in company}
    assert all(field.read_only and field.label.startswith("[Company] ") for field in company)


def test_custom_fields_of_every_type_are_offered(space: Space) -> None:
    fields = custom_fields(list(space.fields))
    assert {key: field.type for key, field in fields.items()} == {
        "cf_nickname": Type.TEXT,
        "cf_background": Type.LONG_TEXT,
        "cf_private_email": Type.EMAIL,
        "cf_hotline": Type.PHONE,
        "cf_website": Type.URL,
        "cf_newsletter": Type.BOOLEAN,
        "cf_children": Type.INTEGER,
        "cf_score": Type.DECIMAL,
        "cf_revenue": Type.DECIMAL,
        "cf_budget": Type.DECIMAL,
        "cf_birthday": Type.DATE,
        "cf_last_call": Type.DATETIME,
        "cf_region_id": Type.CHOICE,
        "cf_size_id": Type.CHOICE,
        "cf_interests": Type.MULTI_CHOICE,
        "cf_number": Type.TEXT,
        "cf_rating": Type.DECIMAL,
    }
    read_only = {key for key, field in fields.items() if field.read_only}
    assert read_only == {"cf_budget", "cf_number", "cf_rating"}
    assert [option.label for option in fields["cf_size_id"].options] == ["Small", "Medium", "Large"]


def test_a_list_of_fields_longer_than_a_page_is_read_whole(space: Space) -> None:
    for number in range(60):
        space.sandbox.add_field(f"cf_more_{number}", "input")
    assert len(custom_fields(space.connector().fields())) == 17 + 60


def test_labels_are_the_translated_ones_and_dead_options_are_left_out() -> None:
    row = {
        "api_name": "cf_x_id",
        "type_id": "dropdown",
        "name": "KEY_X",
        "use_lang": True,
        "translated_name": " Art ",
        "data_set": [
            {"id": "b", "option_name": "Two", "sort_order": 2},
            {"id": "a", "option_name": "One", "option_name_translated": "Eins", "sort_order": 1},
            {"id": "c", "option_name": "Gone", "is_deleted": True},
            f"{URI}/Data/d",
        ],
    }
    field = custom_field(row)
    assert field is not None
    assert field.label == "Art"
    assert field.options == (Option("a", "Eins"), Option("b", "Two"))


@pytest.mark.parametrize(
    ("row", "type_", "read_only"),
    [
        ({"type_id": "lookup", "lookup": {"a": 1}, "primitive_type": "string"}, Type.TEXT, True),
        ({"type_id": "x", "rollup": {"a": 1}, "source_type_id": "float"}, Type.DECIMAL, True),
        ({"type_id": "input", "ai_options": {"a": 1}}, Type.TEXT, True),
        ({"type_id": "input", "system_readonly": True}, Type.TEXT, True),
        ({"type_id": "input", "lookup": {}, "calc_formula": ""}, Type.TEXT, False),
        ({"type_id": "brand_new"}, None, False),
        ({"type_id": "input", "is_published": False}, None, False),
        ({"type_id": "input", "is_deleted": True}, None, False),
    ],
)
def test_computed_fields_are_read_only_and_unknown_or_unused_ones_left_out(
    row: dict[str, Any], type_: Type | None, read_only: bool
) -> None:
    field = custom_field({"api_name": "cf_x", "name": "X"} | row)
    assert (field.type if field else None) == type_
    assert field is None or field.read_only is read_only


def test_fields_survive_without_the_list_of_types() -> None:
    fields = contact_fields([{"api_name": "cf_x", "type_id": "input", "name": None}], [])
    assert by_key(fields)["cf_x"].label == "cf_x"
    assert by_key(fields)["city"].max_length is None


# -- a contact ----------------------------------------------------------------------------------


def test_a_contact_is_read_with_all_its_fields(space: Space) -> None:
    options = {field.key: [each.value for each in field.options] for field in space.fields}
    id_ = space.add(
        title="Ms.", first_name="Ada", last_name="Example", email1="ada@example.org",
        email3="ada@example.com", phone2="+43 1 000", address="Line 1\nLine 2", position="Chief",
        quick_account_name="Example AG", cf_newsletter=True, cf_children=2, cf_score=1.25,
        cf_revenue=10, cf_birthday="1980-02-29", cf_last_call="2026-01-02 03:04:05.000006",
        cf_region_id=options["cf_region_id"][1], cf_interests=options["cf_interests"][2:],
        unit_id=space.units["Vienna"],
    )  # fmt: skip
    record = space.record(id_)
    values = record.values
    assert values["full_name"] == "Ms. Ada Example"
    assert values["emails"] == ("ada@example.org", "ada@example.com")
    assert [values[f"email{n}"] for n in (1, 2, 3)] == ["ada@example.org", None, "ada@example.com"]
    assert values["phones"] == ("+43 1 000",)
    assert values["company"] == "Example AG"
    assert values["middle_name"] is None
    assert values["cf_newsletter"] is True
    assert values["cf_children"] == 2
    assert values["cf_score"] == Decimal("1.25")
    assert values["cf_revenue"] == 10
    assert values["cf_birthday"] == date(1980, 2, 29)
    assert values["cf_last_call"] == datetime(2026, 1, 2, 3, 4, 5, 6, UTC)
    assert values["cf_region_id"] == options["cf_region_id"][1]
    assert values["cf_interests"] == tuple(options["cf_interests"][2:])
    assert values["owner_id"] == space.clients["ann@example.com"]
    assert record.scopes == (space.units["Vienna"],) == (values["unit_id"],)
    assert (record.deleted, record.archived, record.related, record.left_out) == (
        False, False, (), {},
    )  # fmt: skip
    assert set(values) == {field.key for field in space.fields}


def test_version_is_the_revision_and_compares_as_text() -> None:
    assert read(revision=9).version < read(revision=10).version < read(revision=2**40).version


@pytest.mark.parametrize(
    ("created", "mark"),
    [
        ("2024-07-09 12:51:48.050073+00:00", "2024-07-09T12:51:48.050073+00:00"),
        ("2024-07-09 12:51:48+00:00", "2024-07-09T12:51:48.000000+00:00"),
        ("2024-07-09T12:51:48.05Z", "2024-07-09T12:51:48.050000+00:00"),
        ("2024-07-09T14:51:48+02:00", "2024-07-09T12:51:48.000000+00:00"),
        ("2024-07-09 12:51:48", "2024-07-09T12:51:48.000000+00:00"),
        ("some day", ""),
        (None, ""),
    ],
)
def test_mark_is_the_created_time_in_one_form(created: object, mark: str) -> None:
    assert read(created=created).mark == mark


@pytest.mark.parametrize(
    "row",
    [
        {},
        {"id": None, "revision": 1},
        {"id": 7, "revision": 1},
        {"id": "", "revision": 1},
        {"id": "a/../b", "revision": 1},
        {"id": "a\x00", "revision": 1},
        {"id": "a", "revision": None},
        {"id": "a", "revision": "1"},
        {"id": "a", "revision": -1},
    ],
)
def test_a_row_without_usable_id_or_revision_is_no_record(row: dict[str, Any]) -> None:
    assert record_of(row, CUSTOM) is None


@pytest.mark.parametrize(
    ("key", "content", "reason"),
    [
        ("first_name", "A\x00B", "NUL"),
        ("first_name", "A\ud800", "half a character"),
        ("comments", "ä" * 40_000, "64 KiB"),
        ("city", ["Rome"], "not text"),
        ("city", True, "not text"),
        ("cf_flag", "yes", "yes or no"),
        ("cf_int", 1.5, "whole"),
        ("cf_number", float("nan"), "number"),
        ("cf_number", "many", "number"),
        ("cf_number", "9" * 99, "number"),
        ("cf_day", "2026-02-30", "date"),
        ("cf_day", 20260230, "date"),
        ("cf_time", "noon", "date and time"),
        ("cf_choice_id", {"name": "x"}, "option"),
        ("cf_choices", ["a", None], "options"),
        ("cf_choices", "a", "options"),
    ],
)
def test_content_that_cannot_be_taken_is_left_out_with_a_reason(
    key: str, content: object, reason: str
) -> None:
    record = read(last_name="Example", **{key: content})
    assert key not in record.values
    assert reason in record.left_out[key]
    assert record.values["last_name"] == "Example"


def test_a_list_with_an_entry_that_cannot_be_taken_is_left_out_and_its_slot_unknown() -> None:
    slots = {f"email{n}": "" for n in range(1, 6)} | {"email1": "a@example.org", "email2": "\x00"}
    record = read(**slots)
    assert "emails" not in record.values
    assert record.values["email1"] == "a@example.org"
    assert set(record.left_out) == {"emails", "email2"}
    assert record.raw["emails"] == ["a@example.org", None, "", "", ""]


def test_what_a_row_lacks_is_unknown_and_not_blank() -> None:
    record = read(last_name="", cf_text=None, email1="a@example.org")
    assert record.values == {
        "last_name": None, "cf_text": None, "email1": "a@example.org",
    }  # fmt: skip
    assert record.left_out == {}


@pytest.mark.parametrize(
    ("key", "content", "value"),
    [
        ("cf_text", 7, "7"),
        ("cf_int", "7", 7),
        ("cf_int", 7.0, 7),
        ("cf_number", {"base_value": 1.5, "currency_id": "x", "value_foreign": 3}, Decimal("1.5")),
        ("cf_number", 0.1, Decimal("0.1")),
        ("cf_day", "2026-02-03 00:00:00+00:00", date(2026, 2, 3)),
        ("cf_time", "2026-02-03T04:05:06", datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("cf_choice_id", f"{URI}/Data/abc-1", "abc-1"),
        ("cf_choices", ["abc-1", "abc-2"], ("abc-1", "abc-2")),
        ("cf_choices", [f"{URI}/Data/abc-1"], ("abc-1",)),
        ("cf_choices", [{"id": "r", "data_id": "abc-1"}, {"id": "abc-2"}], ("abc-1", "abc-2")),
        ("cf_choices", None, ()),
        ("cf_flag", None, None),
    ],
)
def test_other_forms_of_a_value_are_read(key: str, content: object, value: Value) -> None:
    assert read(**{key: content}).values[key] == value


def test_custom_fields_in_an_object_of_their_own_are_read_too() -> None:
    assert read(custom_fields={"cf_text": "x"}).values["cf_text"] == "x"


def test_owner_and_unit_are_read_from_their_uris_where_there_is_no_id() -> None:
    record = read(owner=f"{URI}/Clients/o-1", unit={"id": "u-1"}, unit_id=None)
    assert (record.values["owner_id"], record.scopes) == ("o-1", ("u-1",))


# -- companies ----------------------------------------------------------------------------------


def test_va9_company_is_the_primary_accounts_name_else_the_quick_name(space: Space) -> None:
    account = space.sandbox.add(
        "Account",
        {
            "name": "Linked Ltd",
            "home_page": "https://linked.example",
            "owner_id": space.clients["ann@example.com"],
        },
    )
    id_ = space.add(quick_account_name="Quick Ltd")
    free = space.record(id_, companies=True)
    assert (free.values["company"], free.values["company.name"]) == ("Quick Ltd", None)
    assert (free.related, free.raw["read_only"]) == ((), [])
    link = {"account_id": account, "contact_id": id_, "is_primary": True}
    space.sandbox.add("ContactAccountRelation", link)
    linked = space.record(id_, companies=True)
    assert linked.values["company"] == linked.values["company.name"] == "Linked Ltd"
    assert linked.values["company.home_page"] == "https://linked.example"
    assert (linked.related, linked.raw["read_only"]) == ((f"account:{account}",), ["company"])


def test_the_company_is_unknown_where_only_its_address_shows(space: Space) -> None:
    account = space.sandbox.add(
        "Account", {"name": "Linked Ltd", "owner_id": space.clients["ann@example.com"]}
    )
    id_ = space.add(account_relations=[{"account_id": account, "is_primary": True}])
    record = space.record(id_, companies=False)
    assert record.related == (f"account:{account}",)
    assert not [key for key in record.values if key.startswith("company")]
