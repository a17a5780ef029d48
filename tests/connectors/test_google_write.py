from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from connections.connectors.base import Creation, Update
from connections.connectors.google_person import Json
from connections.connectors.google_values import record
from connections.connectors.google_write import mask, masked_person, new_person, with_entries
from connections.schema import Birthday, Value

SOURCE = {"type": "CONTACT", "id": "a1", "etag": "#1", "updateTime": "2026-02-01T10:00:00Z"}
OWN = {"source": {"type": "CONTACT", "id": "a1"}}
FIRST = {"primary": True, "sourcePrimary": True, **OWN}


def person(**fields: Any) -> Json:
    return {
        "resourceName": "people/c161",
        "etag": "%1",
        "metadata": {"sources": [SOURCE]},
        **fields,
    }


def masked(changes: dict[str, Value], also: tuple[str, ...] = (), **fields: Any) -> Json:
    """Return what is sent for a person when these fields change in a batch that has more fields."""
    seen = record(person(**fields), whole=True)
    assert seen is not None
    update = Update(seen.id, seen.address, seen.version, seen.values, seen.raw, changes)
    return masked_person(update, sorted({*mask([changes]), *also}))


# -- lists -----------------------------------------------------------------------------------------

entries = st.lists(st.sampled_from("abcdefgh"), max_size=6, unique=True).map(tuple)


@st.composite
def lists(draw: st.DrawFn) -> list[Json]:
    """Return items of one list: each with a type and an extra of its own, the first marked."""
    items: list[Json] = [
        {"value": value, "type": f"type of {value}", "displayName": f"extra of {value}"}
        for value in draw(entries)
    ]
    if items:
        items[0] = {"metadata": {"sourcePrimary": True}, **items[0]}
    return items


def without_place(item: Json) -> Json:
    return {key: value for key, value in item.items() if key != "metadata"}


@given(items=lists(), wanted=entries)
def test_i3_a_list_keeps_what_nobody_touched(items: list[Json], wanted: tuple[str, ...]) -> None:
    seen = tuple(item["value"] for item in items)
    result = with_entries(items, seen, wanted)
    assert tuple(item["value"] for item in result) == wanted
    before = {item["value"]: without_place(item) for item in items}
    kinds = {item.get("type") for item in result}
    for item in result:
        if item["value"] in before:
            assert without_place(item) == before[item["value"]]
    # No type is on two entries, and what has one has its extra too.
    assert len(kinds - {None}) == sum("type" in item for item in result)
    assert all(("type" in item) is ("displayName" in item) for item in result)


@given(items=lists(), place=st.integers(min_value=0, max_value=5))
def test_i3_an_entry_edited_in_place_keeps_its_type(items: list[Json], place: int) -> None:
    seen = tuple(item["value"] for item in items)
    if place >= len(seen):
        return
    wanted = (*seen[:place], "new", *seen[place + 1 :])
    expected = [{**item, "value": value} for item, value in zip(items, wanted, strict=True)]
    assert with_entries(items, seen, wanted) == expected


@given(items=lists(), shown=st.integers(min_value=0, max_value=6), wanted=entries)
def test_i3_entries_beyond_those_seen_stay(
    items: list[Json], shown: int, wanted: tuple[str, ...]
) -> None:
    seen = tuple(item["value"] for item in items[:shown])
    values = [item["value"] for item in with_entries(items, seen, wanted)]
    assert set(values) == {*wanted, *(item["value"] for item in items[shown:])}
    assert len(values) == len(set(values))


@given(items=lists(), wanted=entries)
def test_va8_the_first_of_the_list_is_the_primary_one(
    items: list[Json], wanted: tuple[str, ...]
) -> None:
    result = with_entries(items, tuple(item["value"] for item in items), wanted)
    marked = [item["value"] for item in result if "metadata" in item]
    # Without a mark the first counts.
    assert marked in ([], list(wanted[:1]))


def test_equal_addresses_of_two_types_are_edited_as_one() -> None:
    items: list[Json] = [{"value": "A@x.org", "type": "work"}, {"value": "a@x.org", "type": "home"}]
    assert with_entries(items, ("A@x.org",), ("b@x.org",)) == [
        {"value": "b@x.org", "type": "work"},
        {"value": "b@x.org", "type": "home"},
    ]


def test_an_address_that_changes_in_case_alone_stays_as_it_is() -> None:
    items: list[Json] = [{"value": "Ada@x.org", "type": "work"}]
    assert with_entries(items, ("Ada@x.org",), ("ada@X.org", "b@x.org")) == [
        *items,
        {"value": "b@x.org"},
    ]


# -- masks -----------------------------------------------------------------------------------------


def test_every_field_of_the_mask_is_filled_from_what_was_seen() -> None:
    phones = [{"value": "1", "type": "mobile", "canonicalForm": "+1", "metadata": FIRST}]
    sent = masked({"given_name": "Ada"}, also=("phoneNumbers", "urls"), phoneNumbers=phones)
    assert sent == {
        "etag": "%1",
        "metadata": {"sources": [{"type": "CONTACT", "id": "a1", "etag": "#1"}]},
        "names": [{"givenName": "Ada"}],
        "phoneNumbers": [
            {"value": "1", "type": "mobile", "metadata": {"sourcePrimary": True}},
        ],
        "urls": [],
    }


def test_items_of_a_profile_are_not_sent() -> None:
    emails = [
        {
            "value": "p@x.org",
            "metadata": {"primary": True, "source": {"type": "PROFILE", "id": "9"}},
        },
        {"value": "c@x.org", "type": "work", "metadata": {"sourcePrimary": True, **OWN}},
    ]
    sent = masked({"emails": ("c@x.org", "d@x.org")}, emailAddresses=emails)
    assert [item["value"] for item in sent["emailAddresses"]] == ["c@x.org", "d@x.org"]


def test_va7_a_name_keeps_the_parts_that_did_not_change() -> None:
    name = {
        "metadata": FIRST,
        "displayName": "Dr. Ada Example",
        "displayNameLastFirst": "Example, Ada",
        "unstructuredName": "Dr. Ada Example",
        "honorificPrefix": "Dr.",
        "givenName": "Ada",
        "familyName": "Example",
        "phoneticGivenName": "Eida",
    }
    (sent,) = masked({"family_name": "Byron", "prefix": None}, names=[name])["names"]
    assert sent == {
        "metadata": {"sourcePrimary": True},
        "givenName": "Ada",
        "familyName": "Byron",
        "phoneticGivenName": "Eida",
    }


def test_a_name_that_was_not_taken_apart_is_not_lost_by_a_part() -> None:
    (sent,) = masked({"suffix": "PhD"}, names=[{"unstructuredName": "Ada Example"}])["names"]
    assert sent == {"givenName": "Ada Example", "honorificSuffix": "PhD"}


def test_a_part_of_the_address_keeps_the_rest_of_it_and_the_other_addresses() -> None:
    home = {"type": "home", "city": "Graz", "formattedValue": "Graz"}
    work = {
        "metadata": FIRST,
        "type": "work",
        "formattedType": "Work",
        "formattedValue": "Ring 1\nWien\nAustria",
        "streetAddress": "Ring 1",
        "extendedAddress": "Top 3",
        "poBox": "12",
        "city": "Wien",
        "country": "Austria",
        "countryCode": "AT",
    }
    sent = masked({"city": "Linz"}, addresses=[home, work])["addresses"]
    assert sent == [
        {
            "metadata": {"sourcePrimary": True},
            "type": "work",
            "streetAddress": "Ring 1",
            "extendedAddress": "Top 3",
            "poBox": "12",
            "city": "Linz",
            "country": "Austria",
            "countryCode": "AT",
        },
        home,
    ]
    moved = masked({"country": "Norway"}, addresses=[work])["addresses"]
    assert (moved[0]["country"], "countryCode" in moved[0]) == ("Norway", False)


def test_va3_an_address_without_any_part_left_is_removed() -> None:
    address = {"metadata": FIRST, "type": "work", "city": "Wien", "formattedValue": "Wien"}
    other = {"type": "home", "city": "Graz"}
    assert masked({"city": None}, addresses=[address, other])["addresses"] == [other]
    boxed = {"metadata": FIRST, "city": "Wien", "poBox": "12"}
    assert masked({"city": ""}, addresses=[boxed])["addresses"] == [
        {"metadata": {"sourcePrimary": True}, "poBox": "12"}
    ]


def test_the_company_keeps_what_else_is_known_of_the_job() -> None:
    school = {"type": "school", "name": "TU Wien", "endDate": {"year": 1999}}
    job = {"metadata": FIRST, "type": "work", "name": "Old", "title": "CEO", "current": True}
    sent = masked({"company": "New", "job_title": None}, organizations=[school, job])
    assert sent["organizations"] == [
        {"metadata": {"sourcePrimary": True}, "type": "work", "name": "New", "current": True},
        school,
    ]
    gone = masked({"company": None, "job_title": None}, organizations=[school, job])
    assert gone["organizations"] == [school]


def test_notes_keep_their_content_type() -> None:
    notes = {"metadata": FIRST, "value": "<b>a</b>", "contentType": "TEXT_HTML"}
    (sent,) = masked({"notes": "<b>b</b>"}, biographies=[notes])["biographies"]
    assert (sent["value"], sent["contentType"]) == ("<b>b</b>", "TEXT_HTML")
    assert masked({"notes": None}, biographies=[notes])["biographies"] == []


def test_va12_a_birthday_is_sent_with_and_without_a_year() -> None:
    old = [{"metadata": FIRST, "date": {"year": 1980, "month": 1, "day": 2}, "text": "2.1.1980"}]
    with_year = masked({"birthday": Birthday(1981, 2, 3)}, birthdays=old)["birthdays"]
    assert with_year == [{"date": {"year": 1981, "month": 2, "day": 3}}]
    without = masked({"birthday": Birthday(None, 2, 29)}, birthdays=old)["birthdays"]
    assert without == [{"date": {"month": 2, "day": 29}}]
    assert masked({"birthday": None}, birthdays=old)["birthdays"] == []
    assert masked({"notes": "x"}, also=("birthdays",), birthdays=old)["birthdays"] == [
        {
            "metadata": {"sourcePrimary": True},
            "date": {"year": 1980, "month": 1, "day": 2},
            "text": "2.1.1980",
        }
    ]


def test_custom_fields_are_changed_added_and_removed_by_their_key() -> None:
    custom = [
        {"metadata": FIRST, "key": "Region", "value": "North"},
        {"key": "Size", "value": "L"},
        {"key": "Region", "value": "second"},
    ]
    sent = masked({"custom.Region": "South", "custom.New": "1"}, userDefined=custom)
    assert sent["userDefined"] == [
        {"metadata": {"sourcePrimary": True}, "key": "Region", "value": "South"},
        {"key": "Size", "value": "L"},
        {"key": "Region", "value": "second"},
        {"key": "New", "value": "1"},
    ]
    gone = masked({"custom.Region": None}, userDefined=custom)["userDefined"]
    assert gone == [{"key": "Size", "value": "L"}]


# -- creation --------------------------------------------------------------------------------------


def test_i2_a_new_contact_carries_the_mark_and_its_label() -> None:
    values: dict[str, Value] = {
        "given_name": "Ada",
        "family_name": "",
        "emails": ("a@x.org", "b@x.org"),
        "phones": (),
        "company": "Acme",
        "birthday": Birthday(None, 12, 10),
        "custom.Region": "North",
        "notes": None,
    }
    assert new_person(Creation("m1", values, "contactGroups/abc")) == {
        "names": [{"givenName": "Ada"}],
        "emailAddresses": [{"value": "a@x.org"}, {"value": "b@x.org"}],
        "organizations": [{"name": "Acme"}],
        "birthdays": [{"date": {"month": 12, "day": 10}}],
        "userDefined": [{"key": "Region", "value": "North"}],
        "clientData": [{"key": "pipesite", "value": "m1"}],
        "memberships": [
            {"contactGroupMembership": {"contactGroupResourceName": "contactGroups/myContacts"}},
            {"contactGroupMembership": {"contactGroupResourceName": "contactGroups/abc"}},
        ],
    }
    assert "memberships" not in new_person(Creation("m1", values))
