from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sandbox.google_client import GoogleClient

MINE = "contactGroups/myContacts"
STARRED = "contactGroups/starred"


@pytest.fixture
def google() -> Iterator[GoogleClient]:
    with GoogleClient() as client:
        yield client


def person_in(google: GoogleClient, *groups: str) -> str:
    memberships = [{"contactGroupMembership": {"contactGroupResourceName": g}} for g in groups]
    name: str = google.create(names=[{"givenName": "A"}], memberships=memberships)["resourceName"]
    return name


def groups_of(google: GoogleClient, name: str) -> set[str]:
    return {
        item["contactGroupMembership"]["contactGroupResourceName"]
        for item in google.person(name)["memberships"]
    }


def test_lists_hold_the_system_groups_and_the_users(google: GoogleClient) -> None:
    name = google.sandbox.add_group("Team")
    person_in(google, name)
    groups = {g["resourceName"]: g for g in google.ok("GET", "contactGroups")["contactGroups"]}
    assert groups[MINE]["groupType"] == "SYSTEM_CONTACT_GROUP"
    assert groups[MINE]["formattedName"] == "My Contacts"
    assert "memberCount" not in groups[MINE]
    assert groups[name]["groupType"] == "USER_CONTACT_GROUP"
    assert (groups[name]["name"], groups[name]["memberCount"]) == ("Team", 1)


def test_lists_page(google: GoogleClient) -> None:
    seen: list[str] = []
    params: dict[str, str | int] = {"pageSize": 3}
    while True:
        page = google.ok("GET", "contactGroups", params=params)
        seen += [group["name"] for group in page["contactGroups"]]
        assert page["totalItems"] == 8
        if "nextPageToken" not in page:
            break
        params["pageToken"] = page["nextPageToken"]
    assert len(seen) == len(set(seen)) == 8
    assert "nextSyncToken" in page


def test_a_name_that_is_taken_is_a_conflict(google: GoogleClient) -> None:
    google.sandbox.add_group("Team")
    for name in ("Team", "team", "My Contacts"):
        body = {"contactGroup": {"name": name}}
        error = google.refused("POST", "contactGroups", 409, json=body)
        assert error["status"] == "ALREADY_EXISTS"
    google.refused("POST", "contactGroups", json={"contactGroup": {"name": " "}})
    google.refused("POST", "contactGroups", json={"contactGroup": {"label": "x"}})
    google.refused("POST", "contactGroups", json={"name": "x"})


def test_batch_get_answers_each_group_with_its_own_status(google: GoogleClient) -> None:
    params = {"resourceNames": [STARRED, "contactGroups/none"], "maxMembers": 5}
    name = person_in(google, STARRED)
    found, missing = google.ok("GET", "contactGroups:batchGet", params=params)["responses"]
    assert found["contactGroup"]["memberResourceNames"] == [name]
    assert missing["status"]["code"] == 5


def test_the_last_group_of_a_contact_cannot_be_taken(google: GoogleClient) -> None:
    team = google.sandbox.add_group("Team")
    one, two = person_in(google, team), person_in(google, team, MINE)
    answer = google.ok("POST", f"{team}/members:modify", json={"resourceNamesToRemove": [one, two]})
    assert answer == {"canNotRemoveLastContactGroupResourceNames": [one]}
    assert groups_of(google, one) == {team}
    assert groups_of(google, two) == {MINE}


def test_a_membership_is_a_change_of_the_contact(google: GoogleClient) -> None:
    name = person_in(google, MINE)
    _, token = google.list_all()
    etag = google.person(name)["etag"]
    google.ok("POST", f"{STARRED}/members:modify", json={"resourceNamesToAdd": [name]})
    (person,), _ = google.list_all(syncToken=token)
    assert person["etag"] != etag
    assert groups_of(google, name) == {MINE, STARRED}


def test_members_are_added_to_open_groups_only(google: GoogleClient) -> None:
    name = person_in(google, MINE)
    for group in ("family", "all", "blocked"):
        path = f"contactGroups/{group}/members:modify"
        google.refused("POST", path, json={"resourceNamesToAdd": [name]})
        google.ok("POST", path, json={"resourceNamesToRemove": [name]})
    google.refused(
        "POST", "contactGroups/none/members:modify", 404, json={"resourceNamesToAdd": [name]}
    )


def test_modify_takes_1000_names_together(google: GoogleClient) -> None:
    names = [f"people/c{i}" for i in range(501)]
    body = {"resourceNamesToAdd": names, "resourceNamesToRemove": names[:500]}
    google.refused("POST", f"{STARRED}/members:modify", json=body)
    google.refused("POST", f"{STARRED}/members:modify", json={})


def test_system_groups_are_neither_renamed_nor_deleted(google: GoogleClient) -> None:
    google.refused("PUT", STARRED, json={"contactGroup": {"name": "x"}})
    google.refused("DELETE", STARRED)


def test_a_deleted_group_leaves_its_contacts_or_takes_them_along(google: GoogleClient) -> None:
    one, two = google.sandbox.add_group("One"), google.sandbox.add_group("Two")
    stays, goes = person_in(google, one), person_in(google, two)
    google.ok("DELETE", one)
    assert groups_of(google, stays) == {MINE}
    google.ok("DELETE", two, params={"deleteContacts": "true"})
    google.refused("GET", goes, 404, params={"personFields": "names"})
    google.refused("GET", one, 404)


def test_client_data_is_kept_and_shown_on_request(google: GoogleClient) -> None:
    data = [{"key": "k", "value": "v"}]
    body = {"contactGroup": {"name": "Team", "clientData": data}}
    group = google.ok("POST", "contactGroups", json=body)
    assert "clientData" not in group
    update = {"contactGroup": {"name": "Crew"}, "readGroupFields": "name,clientData"}
    updated = google.ok("PUT", group["resourceName"], json=update)
    assert (updated["name"], updated["clientData"]) == ("Crew", data)
    assert updated["etag"] != group["etag"]
