from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.sandbox.google_client import GoogleClient, given_names


@pytest.fixture
def google() -> Iterator[GoogleClient]:
    with GoogleClient() as client:
        yield client


def add(google: GoogleClient, *names: str) -> list[str]:
    return [google.sandbox.add_contact({"names": [{"givenName": name}]}) for name in names]


def edit(google: GoogleClient, contact: str, given: str) -> None:
    google.sandbox.edit_contact(contact, {"names": [{"givenName": given}]})


def expired(error: dict[str, Any]) -> bool:
    return bool(error["details"][0]["reason"] == "EXPIRED_SYNC_TOKEN")


def sync_refused(google: GoogleClient, token: str, code: int = 400, **params: Any) -> Any:
    query = {"personFields": "names", "requestSyncToken": "true", "syncToken": token, **params}
    return google.refused("GET", "people/me/connections", code, params=query)


def test_nothing_changed_costs_one_page_without_connections(google: GoogleClient) -> None:
    add(google, "A")
    _, token = google.list_all()
    page = google.list_page(syncToken=token)
    assert page == {"totalPeople": 0, "totalItems": 0, "nextSyncToken": token}


def test_a_sync_request_pages_too(google: GoogleClient) -> None:
    _, token = google.list_all(pageSize=2)
    add(google, *"ABCDE")
    people, _ = google.list_all(pageSize=2, syncToken=token)
    assert given_names(people) == list("ABCDE")


def test_deleted_contacts_show_in_sync_requests_alone(google: GoogleClient) -> None:
    _, token = google.list_all()
    (gone,) = add(google, "A")
    google.sandbox.delete_contact(gone)
    assert google.list_all()[0] == []
    (person,), _ = google.list_all(syncToken=token)
    assert person["metadata"]["deleted"] is True
    assert person["metadata"]["sources"][0]["id"] == gone


def test_a_restored_contact_shows_as_live_again(google: GoogleClient) -> None:
    (contact,) = add(google, "A")
    google.sandbox.delete_contact(contact)
    _, token = google.list_all()
    google.sandbox.restore_contact(contact)
    (person,), _ = google.list_all(syncToken=token)
    assert given_names([person]) == ["A"]
    assert "deleted" not in person["metadata"]


def test_the_trash_keeps_contacts_for_30_days(google: GoogleClient) -> None:
    (contact,) = add(google, "A")
    google.sandbox.delete_contact(contact)
    google.clock.move(days=31)
    with pytest.raises(LookupError):
        google.sandbox.restore_contact(contact)


@pytest.mark.parametrize(
    "other",
    [
        {"personFields": "names"},
        {"pageSize": 7},
        {"requestSyncToken": "false"},
        {"sources": "READ_SOURCE_TYPE_CONTACT"},
        {"sortOrder": "LAST_NAME_ASCENDING"},
    ],
)
def test_all_other_parameters_must_match_those_of_the_token(
    google: GoogleClient, other: dict[str, Any]
) -> None:
    add(google, *"AB")
    first = {"personFields": "names,urls", "requestSyncToken": "true", "pageSize": 1}
    path = "people/me/connections"
    page = google.ok("GET", path, params=first)
    last = google.ok("GET", path, params={**first, "pageToken": page["nextPageToken"]})
    for key, token in (
        ("pageToken", page["nextPageToken"]),
        ("syncToken", last["nextSyncToken"]),
    ):
        error = google.refused("GET", path, params={**first, **other, key: token})
        assert "must match" in error["message"]


def test_a_page_of_a_sync_request_needs_its_sync_token_too(google: GoogleClient) -> None:
    _, token = google.list_all(pageSize=1)
    add(google, *"AB")
    page = google.list_page(pageSize=1, syncToken=token)
    query = {
        "personFields": "names,emailAddresses,phoneNumbers,memberships,clientData,metadata",
        "requestSyncToken": "true",
        "pageSize": 1,
        "pageToken": page["nextPageToken"],
    }
    google.refused("GET", "people/me/connections", params=query)


def test_another_users_token_is_refused(google: GoogleClient) -> None:
    google.sandbox.add_user("other@example.com")
    page = google.ok(
        "GET",
        "people/me/connections",
        params={"personFields": "names", "requestSyncToken": "true"},
    )
    google.authorize(google.sandbox.issue_refresh_token("other@example.com"))
    assert "must match" in sync_refused(google, page["nextSyncToken"])["message"]


def test_tokens_die_seven_days_after_the_full_sync(google: GoogleClient) -> None:
    google.sandbox.habits.access_token_seconds = 30 * 86400
    google.authorize(google.refresh_token)
    query = {"personFields": "names", "requestSyncToken": "true"}
    path = "people/me/connections"
    token = google.ok("GET", path, params=query)["nextSyncToken"]
    google.clock.move(days=6, hours=23)
    token = google.ok("GET", path, params={**query, "syncToken": token})["nextSyncToken"]
    google.clock.move(hours=1)
    error = sync_refused(google, token)
    assert (error["status"], expired(error)) == ("FAILED_PRECONDITION", True)


def test_an_expired_token_may_be_a_410(google: GoogleClient) -> None:
    query = {"personFields": "names", "requestSyncToken": "true"}
    token = google.ok("GET", "people/me/connections", params=query)["nextSyncToken"]
    google.sandbox.habits.expired_token_code = 410
    google.sandbox.expire_sync_tokens()
    assert expired(sync_refused(google, token, 410))


def test_a_contact_that_changes_between_two_pages_is_in_the_next_sync(
    google: GoogleClient,
) -> None:
    ids = add(google, *"ABC")
    first = google.list_page(pageSize=2)
    edit(google, ids[0], "A2")
    last = google.list_page(pageSize=2, pageToken=first["nextPageToken"])
    changed, _ = google.list_all(pageSize=2, syncToken=last["nextSyncToken"])
    assert given_names(changed) == ["A2"]


def test_a_renamed_contact_tells_its_former_names_in_sync_requests_alone(
    google: GoogleClient,
) -> None:
    (contact,) = add(google, "A")
    (before,), token = google.list_all()
    name = google.sandbox.rename(contact)
    (after,), _ = google.list_all(syncToken=token)
    assert after["resourceName"] == name != before["resourceName"]
    assert after["metadata"]["previousResourceNames"] == [before["resourceName"]]
    assert after["metadata"]["sources"] == before["metadata"]["sources"]
    assert after["etag"] != before["etag"]
    (full,), _ = google.list_all()
    assert "previousResourceNames" not in full["metadata"]


def test_a_former_name_leads_to_the_contact_unless_it_is_forgotten(google: GoogleClient) -> None:
    (contact,) = add(google, "A")
    former = google.list_all()[0][0]["resourceName"]
    name = google.sandbox.rename(contact)
    assert google.person(former)["resourceName"] == name
    google.sandbox.habits.forgets_old_names = True
    google.refused("GET", former, 404, params={"personFields": "names"})
    assert google.sandbox.rename(contact) == former


def test_with_renames_an_edit_of_the_addresses_changes_the_name(google: GoogleClient) -> None:
    google.sandbox.habits.renames = True
    person = google.create(names=[{"givenName": "A"}])
    updated = google.update(person, "emailAddresses", emailAddresses=[{"value": "a@b.test"}])
    assert updated.json()["resourceName"] != person["resourceName"]


def test_merged_contacts_are_one_that_answers_to_both_names(google: GoogleClient) -> None:
    keep = google.create(names=[{"givenName": "A"}], emailAddresses=[{"value": "a@b.test"}])
    lost = google.create(
        names=[{"givenName": "B"}], emailAddresses=[{"value": "c@b.test"}, {"value": "a@b.test"}]
    )
    _, token = google.list_all()
    google.sandbox.merge(keep["resourceName"], lost["resourceName"])
    gone, survivor = google.list_all(syncToken=token)[0]
    assert gone["metadata"]["deleted"] is True
    assert survivor["metadata"]["previousResourceNames"] == [lost["resourceName"]]
    assert google.person(lost["resourceName"])["resourceName"] == keep["resourceName"]
    assert [item["value"] for item in survivor["emailAddresses"]] == ["a@b.test", "c@b.test"]
    assert given_names([survivor]) == ["A"]


def test_lists_show_100_addresses_and_get_shows_all(google: GoogleClient) -> None:
    many = [{"value": f"{i}@example.com"} for i in range(130)]
    phones = [{"value": f"{i}"} for i in range(130)]
    name = google.create(emailAddresses=many, phoneNumbers=phones)["resourceName"]
    (listed,), _ = google.list_all()
    assert (len(listed["emailAddresses"]), len(listed["phoneNumbers"])) == (100, 100)
    got = google.person(name)
    assert (len(got["emailAddresses"]), len(got["phoneNumbers"])) == (130, 130)


def test_without_a_sync_the_order_can_be_chosen(google: GoogleClient) -> None:
    ids = add(google, "Ada", "Zoe", "Eve")
    edit(google, ids[1], "Bea")

    def listed(order: str) -> list[str]:
        params = {"requestSyncToken": "false", "sortOrder": order, "pageSize": 2}
        page = google.list_page(**params)
        rest = google.list_page(**params, pageToken=page["nextPageToken"])
        assert "nextSyncToken" not in rest
        return given_names(page["connections"] + rest["connections"])

    assert listed("LAST_MODIFIED_ASCENDING") == ["Ada", "Eve", "Bea"]
    assert listed("LAST_MODIFIED_DESCENDING") == ["Bea", "Eve", "Ada"]
    assert listed("FIRST_NAME_ASCENDING") == ["Ada", "Bea", "Eve"]


def test_short_pages_are_complete_all_the_same(google: GoogleClient) -> None:
    google.sandbox.habits.short_pages = True
    add(google, *"ABCDE")
    assert len(google.list_page(pageSize=4)["connections"]) == 2
    assert given_names(google.list_all(pageSize=4)[0]) == list("ABCDE")


def test_late_writes_show_at_once_in_get_and_later_in_lists(google: GoogleClient) -> None:
    ids = add(google, "A", "B")
    _, token = google.list_all()
    google.sandbox.habits.late_seconds = 60
    edit(google, ids[0], "A2")
    (new,) = add(google, "C")
    google.sandbox.delete_contact(ids[1])
    assert given_names([google.sandbox.contacts()[ids[0]]]) == ["A2"]
    assert google.list_page(syncToken=token)["totalItems"] == 0
    assert given_names(google.list_all()[0]) == ["A", "B"]
    google.clock.move(seconds=60)
    changed, _ = google.list_all(syncToken=token)
    assert {person["metadata"]["sources"][0]["id"] for person in changed} == {*ids, new}
    assert sorted(given_names(google.list_all()[0])) == ["A2", "C"]


def test_late_writes_come_out_of_order_and_each_ends_as_its_last(google: GoogleClient) -> None:
    google.sandbox.habits.late_seconds = 60
    ids = add(google, *(f"P{i}" for i in range(20)))
    for contact in ids[:5]:
        edit(google, contact, "Last")
    query = {"personFields": "names", "requestSyncToken": "true"}
    path, order = "people/me/connections", []
    token = google.ok("GET", path, params=query)["nextSyncToken"]
    for _ in range(60):
        google.clock.move(seconds=1)
        page = google.ok("GET", path, params={**query, "syncToken": token})
        order += given_names(page.get("connections", []))
        token = page["nextSyncToken"]
    created = [name for name in order if name != "Last"]
    assert created != sorted(created, key=lambda name: int(name[1:]))
    assert len(google.list_all()[0]) == 20
    assert given_names(google.list_all()[0]).count("Last") == 5


def test_groups_have_a_sync_token_of_their_own(google: GoogleClient) -> None:
    token = google.ok("GET", "contactGroups")["nextSyncToken"]
    group = google.sandbox.add_group("Team")
    page = google.ok("GET", "contactGroups", params={"syncToken": token})
    assert [each["resourceName"] for each in page["contactGroups"]] == [group]
    google.ok("DELETE", group)
    page = google.ok("GET", "contactGroups", params={"syncToken": page["nextSyncToken"]})
    assert page["contactGroups"][0]["metadata"]["deleted"] is True
    google.sandbox.expire_sync_tokens()
    params = {"syncToken": page["nextSyncToken"]}
    assert expired(google.refused("GET", "contactGroups", params=params))
