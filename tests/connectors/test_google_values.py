from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.connectors.google_person import Json, version
from connections.connectors.google_values import FIELDS, record, rows
from connections.connectors.intake import LONGEST, is_storable
from connections.schema import Birthday

SOURCE = {
    "type": "CONTACT",
    "id": "a1",
    "etag": "#1",
    "updateTime": "2026-02-01T10:00:00.123456Z",
}


def person(**fields: Any) -> Json:
    return {
        "resourceName": "people/c161",
        "etag": "%1",
        "metadata": {"sources": [{"type": "PROFILE", "id": "9"}, SOURCE]},
        **fields,
    }


def values(**fields: Any) -> dict[str, Any]:
    found = record(person(**fields), whole=True)
    assert found is not None
    assert not found.left_out
    return dict(found.values)


def test_a_person_is_known_by_its_contact_source() -> None:
    found = record(person(), whole=True)
    assert found is not None
    assert (found.id, found.address) == ("a1", "people/c161")
    assert found.version == "2026-02-01T10:00:00.123456000Z"


@pytest.mark.parametrize(
    ("stamp", "expected"),
    [
        ("2026-02-01T10:00:00Z", "2026-02-01T10:00:00.000000000Z"),
        ("2026-02-01T10:00:00.5Z", "2026-02-01T10:00:00.500000000Z"),
        ("2026-02-01T10:00:00.123456789Z", "2026-02-01T10:00:00.123456789Z"),
        ("2026-02-01T10:00:00.1+02:00", "2026-02-01T08:00:00.100000000Z"),
        ("yesterday", ""),
        ("2026-02-31T10:00:00Z", ""),
        (12, ""),
        (None, ""),
    ],
)
def test_versions_compare_as_text(stamp: object, expected: str) -> None:
    assert version({"updateTime": stamp}) == expected


def test_what_was_asked_for_and_lacks_is_blank() -> None:
    found = values()
    assert found.keys() == {field.key for field in FIELDS}
    assert not any(found.values())


def test_the_primary_item_counts_wherever_it_stands() -> None:
    first = {"metadata": {"sourcePrimary": True}}
    found = values(
        emailAddresses=[{"value": "b@x.org"}, {**first, "value": "a@x.org"}, {"value": "b@x.org"}],
        organizations=[{"name": "Old"}, {**first, "name": "New", "title": "CEO"}],
        urls=[{"value": "http://b"}, {**first, "value": "http://a"}],
    )
    assert found["emails"] == ("a@x.org", "b@x.org")
    assert (found["company"], found["job_title"]) == ("New", "CEO")
    assert found["website"] == "http://a"


def test_a_contact_shows_nothing_of_the_profile_that_is_merged_into_it() -> None:
    profile = {"source": {"type": "PROFILE", "id": "9"}, "primary": True}
    domain = {"source": {"type": "DOMAIN_PROFILE"}}
    other = {"source": {"type": "CONTACT", "id": "b2"}}
    found = values(
        names=[{"metadata": profile, "givenName": "Profile"}, {"givenName": "Ada"}],
        phoneNumbers=[{"metadata": domain, "value": "1"}, {"metadata": other, "value": "2"}],
    )
    assert (found["given_name"], found["phones"]) == ("Ada", ())


def test_va7_the_full_name_is_joined_from_the_parts() -> None:
    name = {
        "honorificPrefix": "Dr.",
        "givenName": "Ada",
        "middleName": "King",
        "familyName": "van der Berg",
        "displayName": "another order",
    }
    assert values(names=[name])["full_name"] == "Dr. Ada King van der Berg"


def test_names_and_addresses_that_google_did_not_take_apart_are_shown() -> None:
    found = values(
        names=[{"unstructuredName": "Ada Example", "displayName": "Ada Example"}],
        addresses=[{"formattedValue": "Ring 1, Wien", "type": "home"}],
    )
    assert (found["given_name"], found["full_name"]) == ("Ada Example", "Ada Example")
    assert (found["street"], found["city"]) == ("Ring 1, Wien", None)
    assert values(addresses=[{"city": "Wien", "countryCode": "AT"}])["country"] == "AT"


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        ({"year": 1980, "month": 2, "day": 29}, Birthday(1980, 2, 29)),
        ({"year": 0, "month": 2, "day": 29}, Birthday(None, 2, 29)),
        ({"month": 12, "day": 1}, Birthday(None, 12, 1)),
    ],
)
def test_va12_a_birthday_may_lack_its_year(day: Json, expected: Birthday) -> None:
    assert values(birthdays=[{"date": day}])["birthday"] == expected


@pytest.mark.parametrize(
    "birthday",
    [
        {"date": {"year": 1981, "month": 2, "day": 29}},
        {"date": {"year": 1981}},
        {"date": {"month": "May", "day": 1}},
        {"text": "in spring"},
    ],
)
def test_a_birthday_that_is_no_day_is_unknown(birthday: Json) -> None:
    found = record(person(birthdays=[birthday]), whole=True)
    assert found is not None
    assert "birthday" not in found.values
    assert found.left_out["birthday"]


def test_custom_fields_go_by_their_key() -> None:
    found = values(
        userDefined=[
            {"key": "Region", "value": "North"},
            {"key": "Region", "value": "second"},
            {"key": "Empty"},
            {"key": " ", "value": "no key"},
        ]
    )
    custom = {key: value for key, value in found.items() if key.startswith("custom.")}
    assert custom == {"custom.Region": "North", "custom.Empty": None}


def test_marks_and_labels_are_read() -> None:
    found = record(
        person(
            clientData=[{"key": "other", "value": "x"}, {"key": "pipesite", "value": "m1"}],
            memberships=[
                {"contactGroupMembership": {"contactGroupResourceName": "contactGroups/abc"}},
                {"domainMembership": {"inViewerDomain": True}},
            ],
        ),
        whole=True,
    )
    assert found is not None
    assert (found.mark, found.scopes) == ("m1", ("contactGroups/abc",))


@pytest.mark.parametrize("content", ["a\x00b", "half \ud800", "x" * (LONGEST + 1), 12, ["x"]])
def test_content_that_cannot_be_kept_is_left_out_and_no_longer_whole(content: object) -> None:
    found = record(
        person(
            biographies=[{"value": content}],
            emailAddresses=[{"value": "a@x.org"}, {"value": content}],
            names=[{"givenName": "Ada"}],
        ),
        whole=True,
    )
    assert found is not None
    assert found.left_out.keys() == {"notes", "emails"}
    assert not {"notes", "emails"} & found.values.keys()
    assert found.values["given_name"] == "Ada"
    assert is_storable(dict(found.raw))
    if isinstance(content, str):
        assert set(found.raw["partial"]) == {"biographies", "emailAddresses"}


def test_a_list_at_the_cap_is_not_whole() -> None:
    phones = [{"value": str(number)} for number in range(100)]
    capped = record(person(phoneNumbers=phones), whole=False)
    assert capped is not None
    assert capped.raw["partial"] == ["phoneNumbers"]
    got = record(person(phoneNumbers=phones), whole=True)
    assert got is not None
    assert got.raw["partial"] == []


def test_deleted_persons_are_told_by_id_or_name() -> None:
    gone = {"metadata": {"deleted": True}, "resourceName": "people/c1"}
    with_source = {
        "metadata": {"deleted": True, "sources": [{"type": "CONTACT", "id": "b2"}]},
        "resourceName": "people/c2",
    }
    with_time = person()
    with_time["metadata"]["deleted"] = True
    records, names, skipped = rows([gone, with_source, with_time])
    assert [(each.id, each.deleted) for each in records] == [("a1", True)]
    assert (names, skipped) == (["people/c1", "b2"], 0)


def test_a_former_name_of_a_living_contact_is_not_gone() -> None:
    renamed = person()
    renamed["metadata"]["previousResourceNames"] = ["people/c1"]
    gone = {"metadata": {"deleted": True}, "resourceName": "people/c1"}
    records, names, _ = rows([gone, renamed])
    assert [each.previous_addresses for each in records] == [("people/c1",)]
    assert names == []


def test_rows_without_a_usable_id_are_skipped_and_counted() -> None:
    no_source = {"resourceName": "people/1", "metadata": {"sources": [{"type": "PROFILE"}]}}
    no_name = {"metadata": {"sources": [SOURCE]}}
    records, gone, skipped = rows([None, "row", {}, no_source, no_name, person()])
    assert (len(records), gone, skipped) == (1, [], 5)
    assert rows("nonsense") == ([], [], 0)


junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.sampled_from(["", "a", "漢", "\x00", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["metadata", "value", "key", "date", "source", "type", "givenName"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(
    fields=st.dictionaries(
        st.sampled_from(
            ["names", "emailAddresses", "birthdays", "userDefined", "memberships", "addresses"]
        ),
        junk,
    )
)
def test_reading_never_fails_on_content(fields: dict[str, Any]) -> None:
    found = record(person(**fields), whole=False)
    assert found is not None
    assert is_storable(dict(found.raw))
    json.dumps(found.raw).encode()
