from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from connections.sandbox.google_errors import ApiError
from tests.sandbox.google_client import MASK, GoogleClient, given_names

CREATE = "people:createContact"
ADA = {"names": [{"givenName": "Ada"}]}


@pytest.fixture
def google() -> Iterator[GoogleClient]:
    with GoogleClient() as client:
        yield client


def emails(*values: str) -> list[dict[str, str]]:
    return [{"value": value} for value in values]


def batch(*people: dict[str, Any], **more: Any) -> dict[str, Any]:
    contacts = [{"contactPerson": person} for person in people]
    return {"contacts": contacts, "readMask": MASK, **more}


def test_a_contact_gets_its_metadata_and_computed_values(google: GoogleClient) -> None:
    person = google.create(
        names=[{"givenName": "Ada", "familyName": "Lovelace", "honorificPrefix": "Dr."}],
        emailAddresses=[{"value": "a@example.com", "type": "work"}, {"value": "b@example.com"}],
        phoneNumbers=[{"value": "+43 1 2345678"}, {"value": "01 2345678"}],
        clientData=[{"key": "mark", "value": "1"}, {"key": "mark", "value": "1"}],
    )
    (source,) = person["metadata"]["sources"]
    assert source["type"] == "CONTACT"
    assert re.fullmatch(r"2026-03-01T12:00:00\.\d{6}Z", source["updateTime"])
    own = {"type": "CONTACT", "id": source["id"]}
    first, second = person["emailAddresses"]
    assert first["metadata"] == {"primary": True, "sourcePrimary": True, "source": own}
    assert second["metadata"] == {"source": own}
    assert first["formattedType"] == "Work"
    name = person["names"][0]
    assert name["displayName"] == name["unstructuredName"] == "Dr. Ada Lovelace"
    assert name["displayNameLastFirst"] == "Lovelace, Ada"
    assert person["phoneNumbers"][0]["canonicalForm"] == "+4312345678"
    assert "canonicalForm" not in person["phoneNumbers"][1]
    assert [item["value"] for item in person["clientData"]] == ["1", "1"]
    (membership,) = person["memberships"]
    group = membership["contactGroupMembership"]
    assert group["contactGroupResourceName"] == "contactGroups/myContacts"


def test_an_address_is_formatted_from_its_parts_unless_it_was_given(google: GoogleClient) -> None:
    parts = {"streetAddress": "Ring 1", "city": "Wien", "postalCode": "1010"}
    given = {"formattedValue": "As told", "city": "Wien"}
    name = google.create(addresses=[parts, given])["resourceName"]
    shown = google.person(name, "addresses")["addresses"]
    assert [item["formattedValue"] for item in shown] == ["Ring 1\n1010 Wien", "As told"]


def test_a_free_form_name_is_split(google: GoogleClient) -> None:
    (name,) = google.create(names=[{"unstructuredName": "Ada Lovelace"}])["names"]
    assert (name["givenName"], name["familyName"]) == ("Ada", "Lovelace")


def test_only_what_the_mask_names_is_shown(google: GoogleClient) -> None:
    name = google.create(**ADA)["resourceName"]
    assert google.person(name, "emailAddresses").keys() == {"resourceName", "etag"}
    assert google.person(name, "names").keys() == {"resourceName", "etag", "names"}


def test_blank_items_are_dropped(google: GoogleClient) -> None:
    person = google.create(**ADA, emailAddresses=[{"value": ""}, {"value": "", "type": "home"}])
    assert "emailAddresses" not in person


@pytest.mark.parametrize(
    ("path", "params", "message"),
    [
        ("people/me/connections", {}, "personFields mask is required"),
        ("people/me/connections", {"personFields": "names,name"}, 'path: "name"'),
        ("people/me/connections", {"personFields": "names", "pageSize": 1001}, "1 to 1000"),
        ("people/me/connections", {"personFields": "names", "pageSize": "x"}, "TYPE_INT32"),
        ("people/me/connections", {"personFields": "names", "sources": "CONTACT"}, "sources"),
        ("people/me/connections", {"personFields": "names", "sortOrder": "NAME"}, "sort_order"),
        ("people/me/connections", {"personFields": "names", "requestSyncToken": "1"}, "TYPE_BOOL"),
        ("people/me/connections", {"personFields": "names", "limit": 5}, 'name "limit"'),
        ("people/me/connections", {"personFields": "names", "pageToken": "x"}, "page token"),
        ("people/me/connections", {"personFields": "names", "syncToken": "x"}, "sync token"),
        ("people/me/connections", {"personFields": "names", "fields": "nothing"}, "fields"),
        ("people/me/connections", {"personFields": "names", "alt": "xml"}, "alt"),
        ("people/me/connections", {"personFields": ["names", "urls"]}, "not repeating"),
        ("people/c1/connections", {"personFields": "names"}, "Only people/me"),
        ("people/me", {}, "personFields mask is required"),
        ("people:batchGet", {"personFields": "names"}, "1 to 200"),
        (
            "people:batchGet",
            {"personFields": "names", "resourceNames": [f"people/c{i}" for i in range(201)]},
            "1 to 200",
        ),
        ("contactGroups", {"groupFields": "names"}, 'path: "names"'),
    ],
)
def test_wrong_parameters_are_refused(
    google: GoogleClient, path: str, params: dict[str, Any], message: str
) -> None:
    error = google.refused("GET", path, params=params)
    assert error["status"] == "INVALID_ARGUMENT"
    assert message in error["message"]


@pytest.mark.parametrize(
    ("person", "message"),
    [
        ({"name": [{"givenName": "A"}]}, "Unknown name"),
        ({"names": [{"given": "A"}]}, "Unknown name"),
        ({"names": [{"givenName": 1}]}, "TYPE_STRING"),
        ({"names": [{"givenName": "\ud83d"}]}, "TYPE_STRING"),
        ({"names": {"givenName": "A"}}, "expected a list"),
        ({"names": [{"givenName": "A"}, {"givenName": "B"}]}, "singleton"),
        ({"biographies": [{"value": "A"}, {"value": "B"}]}, "singleton"),
        ({"biographies": [{"value": "A", "contentType": "HTML"}]}, "TYPE_ENUM"),
        ({"nicknames": [{"value": "A", "type": "pet"}]}, "TYPE_ENUM"),
        ({"birthdays": [{"date": {"month": 2, "day": 30}}]}, "Invalid date"),
        ({"birthdays": [{"date": {"day": 30}}]}, "a day needs a month"),
        ({"birthdays": [{"date": {"year": "1980"}}]}, "TYPE_INT32"),
        ({"birthdays": [{"metadata": {}}]}, "needs a date"),
        ({"memberships": [{"domainMembership": {"inViewerDomain": True}}]}, "must contain"),
        (
            {
                "memberships": [
                    {"contactGroupMembership": {"contactGroupResourceName": "contactGroups/x"}}
                ]
            },
            "does not exist",
        ),
        (
            {
                "memberships": [
                    {"contactGroupMembership": {"contactGroupResourceName": "contactGroups/family"}}
                ]
            },
            "cannot be added",
        ),
        ({"urls": [{"value": "a", "metadata": {"main": True}}]}, "Unknown name"),
        (
            {"urls": [{"value": v, "metadata": {"sourcePrimary": True}} for v in "ab"]},
            "source_primary",
        ),
        ([], "expected an object"),
    ],
)
def test_wrong_persons_are_refused_and_leave_nothing(
    google: GoogleClient, person: Any, message: str
) -> None:
    assert message in google.refused("POST", CREATE, json=person)["message"]
    assert google.sandbox.contacts() == {}


def test_a_body_that_is_no_json_is_refused(google: GoogleClient) -> None:
    google.refused("POST", CREATE, data='{"names":', headers={"Content-Type": "application/json"})
    google.refused("POST", CREATE, data=b"x=1", headers={"Content-Type": "text/plain"})


def test_read_only_parts_of_a_body_have_no_effect(google: GoogleClient) -> None:
    person = google.create(
        names=[{"givenName": "Ada", "displayName": "Someone"}],
        photos=[{"url": "https://example.com/"}],
        resourceName="people/c1",
    )
    assert person["names"][0]["displayName"] == "Ada"
    assert person["resourceName"] != "people/c1"


def test_a_masked_field_that_is_absent_is_cleared(google: GoogleClient) -> None:
    person = google.create(**ADA, emailAddresses=emails("a@example.com"))
    updated = google.update(person, "names,emailAddresses", names=[{"givenName": "B"}]).json()
    assert given_names([updated]) == ["B"]
    assert "emailAddresses" not in updated
    assert "memberships" in updated


@pytest.mark.parametrize("mask", ["", "metadata", "photos", "fileAses", "names.givenName"])
def test_an_update_mask_must_name_what_can_be_written(google: GoogleClient, mask: str) -> None:
    answer = google.update(google.create(**ADA), mask, **ADA)
    assert answer.status_code == 400
    details = answer.json()["error"]["details"]
    assert details[0]["@type"] == "type.googleapis.com/google.rpc.BadRequest"


def test_an_update_must_bring_the_contact_source_and_its_etag(google: GoogleClient) -> None:
    person = google.create(**ADA)
    path = f"{person['resourceName']}:updateContact"
    params = {"updatePersonFields": "names"}
    source = dict(person["metadata"]["sources"][0])
    etag = source.pop("etag")

    def refusal(**body: Any) -> Any:
        return google.refused("PATCH", path, params=params, json={**ADA, **body})["message"]

    assert "person.metadata.sources is required" in refusal(etag=person["etag"])
    assert "must set person.etag" in refusal(metadata={"sources": [source]})
    other = {**source, "id": "1", "etag": etag}
    assert "no such contact source" in refusal(metadata={"sources": [other]})
    body = {**ADA, "metadata": {"sources": [{**source, "etag": etag}]}}
    google.ok("PATCH", path, params=params, json=body)


def test_an_edit_by_a_person_makes_the_etag_stale(google: GoogleClient) -> None:
    person = google.create(**ADA)
    google.sandbox.edit_contact(person["resourceName"], {"urls": [{"value": "https://a.test/"}]})
    answer = google.update(person, "names", names=[{"givenName": "B"}])
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["status"] == "FAILED_PRECONDITION"
    assert error["errors"][0]["reason"] == "failedPrecondition"
    assert given_names([google.person(person["resourceName"])]) == ["Ada"]


def test_a_profile_that_moves_leaves_the_contact_etag_good(google: GoogleClient) -> None:
    person = google.create(**ADA)
    google.sandbox.link_profile(person["resourceName"], {"nicknames": [{"value": "Countess"}]})
    assert google.update(person, "names", names=[{"givenName": "B"}]).status_code == 200


def test_the_items_of_a_profile_come_first_and_cannot_be_written(google: GoogleClient) -> None:
    person = google.create(**ADA, emailAddresses=emails("own@example.com"))
    google.sandbox.link_profile(
        person["resourceName"], {"emailAddresses": emails("profile@example.com")}
    )
    merged = google.person(person["resourceName"])
    profile, own = merged["emailAddresses"]
    assert profile["metadata"]["source"]["type"] == "PROFILE"
    assert profile["metadata"]["primary"] is True
    assert "primary" not in own["metadata"]
    assert own["metadata"]["sourcePrimary"] is True
    changed = [{**profile, "value": "x@example.com"}, {**own, "value": "new@example.com"}]
    updated = google.update(merged, "emailAddresses", emailAddresses=changed).json()
    assert [item["value"] for item in updated["emailAddresses"]] == [
        "profile@example.com",
        "new@example.com",
    ]
    params = {"personFields": "emailAddresses", "sources": "READ_SOURCE_TYPE_CONTACT"}
    contact = google.ok("GET", person["resourceName"], params=params)
    assert [item["value"] for item in contact["emailAddresses"]] == ["new@example.com"]


def test_the_item_marked_as_source_primary_becomes_primary(google: GoogleClient) -> None:
    marked = {"value": "b@example.com", "metadata": {"sourcePrimary": True}}
    person = google.create(emailAddresses=[*emails("a@example.com"), marked])
    flags = [item["metadata"].get("primary") for item in person["emailAddresses"]]
    assert flags == [None, True]


def test_memberships_may_not_be_emptied(google: GoogleClient) -> None:
    answer = google.update(google.create(**ADA), "memberships")
    assert answer.status_code == 400


def test_a_deleted_contact_is_not_found(google: GoogleClient) -> None:
    person = google.create(**ADA)
    name = person["resourceName"]
    assert google.ok("DELETE", f"{name}:deleteContact") == {}
    error = google.refused("GET", name, 404, params={"personFields": "names"})
    assert error["status"] == "NOT_FOUND"
    assert google.update(person, "names", **ADA).status_code == 404
    google.refused("DELETE", f"{name}:deleteContact", 404)


def test_batch_get_answers_each_name_with_its_own_status(google: GoogleClient) -> None:
    name = google.create(**ADA)["resourceName"]
    params = {"personFields": "names", "resourceNames": ["people/c1", name]}
    missing, found = google.ok("GET", "people:batchGet", params=params)["responses"]
    assert (missing["requestedResourceName"], missing["status"]["code"]) == ("people/c1", 5)
    assert "person" not in missing
    assert (found["status"], given_names([found["person"]])) == ({}, ["Ada"])


def test_batch_creation_fails_as_a_whole(google: GoogleClient) -> None:
    wrong = {"names": [{"givenName": "A"}, {"givenName": "B"}]}
    error = google.refused("POST", "people:batchCreateContacts", json=batch(ADA, wrong))
    (details,) = error["details"]
    assert details["@type"].endswith(".BatchCreateContactsErrorDetails")
    assert [bool(status) for status in details["errors"]] == [False, True]
    assert google.sandbox.contacts() == {}


def test_batch_creation_has_its_limits(google: GoogleClient) -> None:
    path = "people:batchCreateContacts"
    assert "1 to 200" in google.refused("POST", path, json=batch(*[ADA] * 201))["message"]
    without = {"contacts": [{"contactPerson": ADA}]}
    assert "readMask" in google.refused("POST", path, json=without)["message"]
    assert google.ok("POST", path, json=batch(ADA, readMask="")) == {}
    assert len(google.sandbox.contacts()) == 1


def test_a_batch_update_with_one_stale_etag_changes_nothing(google: GoogleClient) -> None:
    people = [google.create(**ADA) for _ in range(3)]
    google.sandbox.edit_contact(people[1]["resourceName"], {"urls": [{"value": "x"}]})
    for person in people:
        person["names"] = [{"givenName": "B"}]
    body = {
        "contacts": {person["resourceName"]: person for person in people},
        "updateMask": "names",
        "readMask": MASK,
    }
    error = google.refused("POST", "people:batchUpdateContacts", json=body)
    assert error["status"] == "FAILED_PRECONDITION"
    codes = [status.get("code") for status in error["details"][0]["errors"]]
    assert codes == [None, 9, None]
    assert given_names(list(google.sandbox.contacts().values())) == ["Ada"] * 3


def test_batch_update_clears_what_the_mask_names_and_a_person_lacks(google: GoogleClient) -> None:
    person = google.create(**ADA, emailAddresses=emails("a@example.com"))
    del person["emailAddresses"]
    contacts = {person["resourceName"]: person}
    body = {"contacts": contacts, "updateMask": "names,emailAddresses", "readMask": MASK}
    result = google.ok("POST", "people:batchUpdateContacts", json=body)["updateResult"]
    assert "emailAddresses" not in result[person["resourceName"]]["person"]


def test_batch_deletion_is_all_or_nothing(google: GoogleClient) -> None:
    name = google.create(**ADA)["resourceName"]
    path = "people:batchDeleteContacts"
    google.refused("POST", path, 404, json={"resourceNames": [name, "people/c1"]})
    assert len(google.sandbox.contacts()) == 1
    names = [f"people/c{i}" for i in range(501)]
    assert "1 to 500" in google.refused("POST", path, json={"resourceNames": names})["message"]
    assert google.ok("POST", path, json={"resourceNames": [name]}) == {}


def test_an_account_that_is_full_takes_no_more(google: GoogleClient) -> None:
    google.sandbox.habits.max_contacts = 2
    first = google.create(**ADA)
    google.create(**ADA)
    google.ok("DELETE", f"{first['resourceName']}:deleteContact")
    error = google.refused("POST", CREATE, json=ADA)
    assert error["details"][0]["reason"] == "MY_CONTACTS_OVERFLOW_COUNT"
    google.clock.move(days=31)
    google.authorize(google.refresh_token)
    google.create(**ADA)


def test_fields_selects_a_part_of_the_answer(google: GoogleClient) -> None:
    google.create(**ADA)
    page = google.list_page(fields="connections(names/givenName),totalItems")
    assert page == {"connections": [{"names": [{"givenName": "Ada"}]}], "totalItems": 1}


def test_what_the_api_lacks_is_a_page_of_google(google: GoogleClient) -> None:
    answer = google.call("GET", "otherThings")
    assert answer.status_code == 404
    assert "text/html" in answer.headers["Content-Type"]


def test_people_me_tells_whose_account_it_is(google: GoogleClient) -> None:
    me = google.person("people/me", "emailAddresses,names,metadata")
    assert me["resourceName"] != "people/me"
    assert me["emailAddresses"][0]["value"] == "ops@example.com"
    assert me["metadata"]["sources"][0]["type"] == "PROFILE"
    google.sandbox.add_user("other@example.com")
    google.authorize(google.sandbox.issue_refresh_token("other@example.com"))
    other = google.person("people/me", "emailAddresses")
    assert other["resourceName"] != me["resourceName"]


def test_people_are_held_to_the_same_rules(google: GoogleClient) -> None:
    with pytest.raises(ApiError, match="400"):
        google.sandbox.add_contact({"names": [{"givenName": "A"}, {"givenName": "B"}]})
    with pytest.raises(KeyError):
        google.sandbox.edit_contact("people/c1", ADA)
