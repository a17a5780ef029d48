from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from google.auth.exceptions import RefreshError
from google_auth_oauthlib.flow import Flow
from googleapiclient.errors import HttpError

from connections.sandbox.base import Fault
from tests.sandbox.google_client import CLIENT, MASK, GoogleClient, given_names

CONTACTS = "https://www.googleapis.com/auth/contacts"


@pytest.fixture
def google() -> Iterator[GoogleClient]:
    with GoogleClient() as client:
        yield client


@pytest.fixture
def people(google: GoogleClient) -> Any:
    return google.service().people()


def create(people: Any, given: str) -> Any:
    body = {"names": [{"givenName": given}], "emailAddresses": [{"value": f"{given}@example.com"}]}
    return people.createContact(personFields=MASK, body=body).execute()


def listing(people: Any, **more: Any) -> Any:
    return people.connections().list(
        resourceName="people/me", personFields=MASK, requestSyncToken=True, **more
    )


def test_all_pages_are_listed_and_only_the_last_has_a_sync_token(people: Any) -> None:
    for number in range(5):
        create(people, f"P{number}")
    request, seen, tokens = listing(people, pageSize=2), [], []
    while request is not None:
        page = request.execute()
        seen += given_names(page["connections"])
        tokens.append(page.get("nextSyncToken"))
        request = people.connections().list_next(request, page)
    assert seen == ["P0", "P1", "P2", "P3", "P4"]
    assert tokens[:-1] == [None, None]
    assert tokens[-1]


def test_a_sync_token_brings_changed_and_deleted_contacts(people: Any) -> None:
    stays, goes = create(people, "Stays"), create(people, "Goes")
    token = listing(people).execute()["nextSyncToken"]
    people.deleteContact(resourceName=goes["resourceName"]).execute()
    create(people, "New")
    page = listing(people, syncToken=token).execute()
    gone, new = page["connections"]
    assert gone["resourceName"] == goes["resourceName"]
    assert gone["metadata"]["deleted"] is True
    assert "names" not in gone
    assert given_names([new]) == ["New"]
    assert stays["resourceName"] not in (gone["resourceName"], new["resourceName"])


def test_a_dead_sync_token_is_an_http_error_with_its_reason(
    google: GoogleClient, people: Any
) -> None:
    token = listing(people).execute()["nextSyncToken"]
    google.sandbox.expire_sync_tokens()
    with pytest.raises(HttpError) as caught:
        listing(people, syncToken=token).execute()
    assert caught.value.status_code == 400
    assert caught.value.error_details[0]["reason"] == "EXPIRED_SYNC_TOKEN"


def test_update_replaces_the_masked_fields_alone(people: Any) -> None:
    person = create(people, "Ada")
    person["names"] = [{"givenName": "Grace"}]
    updated = people.updateContact(
        resourceName=person["resourceName"],
        updatePersonFields="names",
        personFields=MASK,
        body=person,
    ).execute()
    assert given_names([updated]) == ["Grace"]
    assert updated["emailAddresses"] == person["emailAddresses"]
    assert updated["etag"] != person["etag"]


def test_a_stale_etag_is_refused(people: Any) -> None:
    person = create(people, "Ada")
    request = {"resourceName": person["resourceName"], "updatePersonFields": "names"}
    people.updateContact(**request, body=person).execute()
    with pytest.raises(HttpError, match="different than the current") as caught:
        people.updateContact(**request, body=person).execute()
    assert caught.value.status_code == 400


def test_batches_create_get_update_and_delete(people: Any) -> None:
    contacts = [{"contactPerson": {"names": [{"givenName": f"P{i}"}]}} for i in range(3)]
    created = people.batchCreateContacts(body={"contacts": contacts, "readMask": MASK}).execute()
    persons = [entry["person"] for entry in created["createdPeople"]]
    names = [person["resourceName"] for person in persons]
    for person in persons:
        person["names"] = [{"givenName": "Same"}]
    body = {
        "contacts": {person["resourceName"]: person for person in persons},
        "updateMask": "names",
        "readMask": MASK,
    }
    result = people.batchUpdateContacts(body=body).execute()["updateResult"]
    assert sorted(result) == sorted(names)
    got = people.getBatchGet(resourceNames=names, personFields=MASK).execute()["responses"]
    assert given_names([entry["person"] for entry in got]) == ["Same"] * 3
    people.batchDeleteContacts(body={"resourceNames": names}).execute()
    assert "connections" not in listing(people).execute()


def test_groups_are_made_filled_renamed_and_deleted(google: GoogleClient, people: Any) -> None:
    groups = google.service().contactGroups()
    person = create(people, "Ada")
    group = groups.create(body={"contactGroup": {"name": "Trash"}}).execute()
    name = group["resourceName"]
    with pytest.raises(HttpError) as caught:
        groups.create(body={"contactGroup": {"name": "Trash"}}).execute()
    assert caught.value.status_code == 409
    add = {"resourceNamesToAdd": [person["resourceName"], "people/c1"]}
    answer = groups.members().modify(resourceName=name, body=add).execute()
    assert answer == {"notFoundResourceNames": ["people/c1"]}
    got = groups.get(resourceName=name, maxMembers=10).execute()
    assert got["memberResourceNames"] == [person["resourceName"]]
    renamed = groups.update(resourceName=name, body={"contactGroup": {"name": "Bin"}}).execute()
    assert renamed["name"] == "Bin"
    groups.delete(resourceName=name).execute()
    assert name not in [g["resourceName"] for g in groups.list().execute()["contactGroups"]]
    still = people.get(resourceName=person["resourceName"], personFields=MASK).execute()
    assert len(still["memberships"]) == 1


def test_an_expired_access_token_is_refreshed_once(google: GoogleClient) -> None:
    people = google.service().people()
    listing(people).execute()
    google.sandbox.requests.reset()
    google.clock.move(hours=2)
    listing(people).execute()
    assert google.sandbox.requests.by == {
        "GET connections.list": 2,
        "POST oauth.token": 1,
    }


def test_a_revoked_refresh_token_raises(google: GoogleClient) -> None:
    google.sandbox.revoke_all()
    with pytest.raises(RefreshError, match="expired or revoked"):
        listing(google.service().people()).execute()


def test_a_busy_app_is_tried_again_by_the_client(google: GoogleClient, people: Any) -> None:
    google.sandbox.faults.add(Fault("quota", times=1))
    with pytest.raises(HttpError) as caught:
        listing(people).execute()
    assert caught.value.error_details[0]["reason"] == "RATE_LIMIT_EXCEEDED"
    google.sandbox.faults.add(Fault("status", code=503, times=1))
    assert listing(people).execute(num_retries=1)["totalItems"] == 0


def test_the_code_flow_with_pkce_gives_credentials(
    google: GoogleClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    google.sandbox.add_user("second@example.com")
    web = {
        "client_id": CLIENT[0],
        "client_secret": CLIENT[1],
        "auth_uri": f"{google.url}/o/oauth2/v2/auth",
        "token_uri": f"{google.url}/token",
    }
    flow = Flow.from_client_config(
        {"web": web}, [CONTACTS], redirect_uri="http://127.0.0.1:1/callback"
    )
    url, state = flow.authorization_url(access_type="offline", login_hint="second@example.com")
    page = requests.get(url, timeout=10)
    assert 'value="second@example.com" checked' in page.text
    form = {"user": "second@example.com", "scope": CONTACTS, "decision": "allow"}
    back = requests.post(url, data=form, timeout=10, allow_redirects=False)
    query = parse_qs(urlsplit(back.headers["Location"]).query)
    assert query["state"] == [state]
    flow.fetch_token(code=query["code"][0])
    assert flow.credentials.refresh_token
    service = google.service(flow.credentials.refresh_token)
    create(service.people(), "Ada")
    assert len(google.sandbox.contacts("second@example.com")) == 1
    assert google.sandbox.contacts() == {}
