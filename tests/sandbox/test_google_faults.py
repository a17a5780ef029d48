from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from connections.sandbox.base import Fault
from connections.sandbox.google import GoogleSandbox
from tests.sandbox.google_client import MASK, GoogleClient, given_names

ADA = {"names": [{"givenName": "Ada"}]}
CREATE = "people:createContact"


@pytest.fixture
def google() -> Iterator[GoogleClient]:
    with GoogleClient() as client:
        yield client


def create_together(google: GoogleClient, number: int) -> list[int]:
    """The status codes of creations sent at once."""
    codes: list[int] = []
    headers = {"Authorization": str(google.session.headers["Authorization"])}

    def create() -> None:
        url = f"{google.url}/v1/{CREATE}"
        codes.append(requests.post(url, json=ADA, headers=headers, timeout=10).status_code)

    threads = [threading.Thread(target=create) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(codes)


def test_of_parallel_writes_for_one_user_one_succeeds(google: GoogleClient) -> None:
    google.sandbox.faults.latency_ms = 200
    assert create_together(google, 3) == [200, 409, 409]
    assert len(google.sandbox.contacts()) == 1


def test_parallel_writes_can_be_allowed(google: GoogleClient) -> None:
    google.sandbox.habits.refuses_parallel_writes = False
    google.sandbox.faults.latency_ms = 50
    assert create_together(google, 3) == [200, 200, 200]


def test_writes_of_two_users_do_not_meet(google: GoogleClient) -> None:
    google.sandbox.add_user("other@example.com")
    google.sandbox.faults.latency_ms = 200
    thread = threading.Thread(target=create_together, args=(google, 1))
    other = requests.Session()
    token = google.sandbox.issue_refresh_token("other@example.com")
    google.sandbox.faults.latency_ms = 0
    google.session, mine = other, google.session
    google.authorize(token)
    google.session, other = mine, google.session
    google.sandbox.faults.latency_ms = 200
    thread.start()
    answer = other.post(f"{google.url}/v1/{CREATE}", json=ADA, timeout=10)
    thread.join()
    other.close()
    assert answer.status_code == 200
    assert len(google.sandbox.contacts("other@example.com")) == 1


def test_a_cut_before_does_nothing_and_a_cut_after_does_all(google: GoogleClient) -> None:
    for kind, left in (("cut_before", 0), ("cut_after", 1)):
        google.sandbox.faults.add(Fault(kind))
        with pytest.raises(requests.ConnectionError):
            google.call("POST", CREATE, json=ADA)
        assert len(google.sandbox.contacts()) == left


def test_a_status_fault_has_googles_envelope(google: GoogleClient) -> None:
    google.sandbox.faults.add(Fault("status", code=503, retry_after=7))
    answer = google.call("GET", "contactGroups")
    assert answer.headers["Retry-After"] == "7"
    assert answer.json()["error"]["status"] == "UNAVAILABLE"


def test_faults_of_its_own_can_be_asked_for(google: GoogleClient) -> None:
    person = google.create(**ADA)
    google.sandbox.faults.add(Fault("stale_etag"))
    assert google.update(person, "names", **ADA).status_code == 400
    assert google.update(person, "names", **ADA).status_code == 200
    _, token = google.list_all()
    google.sandbox.faults.add(Fault("expired_sync_token"))
    query = {"personFields": MASK, "requestSyncToken": "true", "syncToken": token}
    google.refused("GET", "people/me/connections", params=query)
    google.ok("GET", "people/me/connections", params=query)


@pytest.mark.parametrize(
    ("habit", "method", "path", "more", "limit"),
    [
        ("reads", "GET", "contactGroups", {}, "CriticalReadsPerMinutePerProjectPerUser"),
        ("writes", "POST", CREATE, {"json": ADA}, "CriticalWritesPerMinutePerProjectPerUser"),
    ],
)
def test_quotas_are_counted_by_the_minute(
    google: GoogleClient, habit: str, method: str, path: str, more: dict[str, Any], limit: str
) -> None:
    setattr(google.sandbox.habits, f"{habit}_per_minute", 2)
    for _ in range(2):
        google.ok(method, path, **more)
    error = google.refused(method, path, 429, **more)
    assert error["details"][0]["metadata"]["quota_limit"] == limit
    google.clock.move(minutes=1)
    google.ok(method, path, **more)


def test_an_update_is_charged_to_the_reads_too(google: GoogleClient) -> None:
    person = google.create(**ADA)
    google.sandbox.habits.reads_per_minute = 1
    google.ok("GET", "contactGroups")
    assert google.update(person, "names", **ADA).status_code == 429


def test_full_lists_have_a_quota_of_their_own(google: GoogleClient) -> None:
    google.sandbox.habits.full_lists_per_minute = 1
    _, token = google.list_all()
    params = {"personFields": MASK}
    error = google.refused("GET", "people/me/connections", 429, params=params)
    assert "FBS quota" in error["details"][0]["violations"][0]["description"]
    google.list_all(syncToken=token)


def test_texts_are_changed_by_habit_but_not_client_data(google: GoogleClient) -> None:
    google.sandbox.habits.escape = True
    google.sandbox.habits.trim = True
    person = google.create(
        names=[{"givenName": " A & B "}], clientData=[{"key": "k", "value": " a&b "}]
    )
    assert given_names([person]) == ["A &amp; B"]
    assert person["clientData"][0]["value"] == " a&b "


def test_reordered_lists_keep_the_primary_item(google: GoogleClient) -> None:
    google.sandbox.habits.reorder_lists = True
    values = [{"value": f"{letter}@b.test"} for letter in "abc"]
    google.create(emailAddresses=values)
    (person,), _ = google.list_all()
    shown = person["emailAddresses"]
    assert [item["value"][0] for item in shown] == ["c", "b", "a"]
    assert [item["metadata"].get("primary") for item in shown] == [None, None, True]


def test_requests_and_habits_can_be_reached_from_other_processes(google: GoogleClient) -> None:
    def post(path: str, body: dict[str, Any]) -> Any:
        return requests.post(f"{google.url}/_sandbox/{path}", json=body, timeout=10).json()

    assert post("habits", {"renames": True, "max_contacts": 5})["renames"] is True
    assert google.sandbox.habits.max_contacts == 5
    google.authorize(post("consent", {})["refresh_token"])
    google.ok("GET", "contactGroups")
    _, token = google.list_all()
    post("expire_sync_tokens", {})
    query = {"personFields": MASK, "requestSyncToken": "true", "syncToken": token}
    google.refused("GET", "people/me/connections", params=query)
    post("revoke_all", {})
    google.refused("GET", "contactGroups", 401)


def test_state_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "google.sqlite3"
    with GoogleClient(GoogleSandbox(path, people=30, seed=3)) as google:
        google.sandbox.habits.late_seconds = 3600
        late = google.create(**ADA)
        google.sandbox.habits.late_seconds = 0
        kept, renamed, deleted, *_ = google.sandbox.contacts()
        group = google.sandbox.add_group("Team")
        name = google.sandbox.rename(renamed)
        people, token = google.list_all()
        google.sandbox.delete_contact(deleted)
        before, refresh_token = google.sandbox.contacts(), google.refresh_token
        headers = google.session.headers
    with GoogleClient(GoogleSandbox(path, people=30, seed=3)) as google:
        assert google.sandbox.contacts() == before
        assert before[renamed]["resourceName"] == name
        google.session.headers = headers
        google.ok("GET", group)
        google.authorize(refresh_token)
        (gone,), _ = google.list_all(syncToken=token)
        assert gone["metadata"]["sources"][0]["id"] == deleted
        assert len(people) == 30
        assert late["resourceName"] not in [p["resourceName"] for p in google.list_all()[0]]
        google.person(late["resourceName"])
        new = google.create(**ADA)
        assert new["resourceName"] not in [p["resourceName"] for p in before.values()]
        changed, _ = google.list_all(syncToken=token)
        assert changed[-1]["resourceName"] == new["resourceName"]
        assert google.sandbox.contacts()[kept] == before[kept]


def test_invented_people_are_the_same_for_the_same_seed() -> None:
    one, two = GoogleSandbox(people=40, seed=5), GoogleSandbox(people=40, seed=5)
    people = list(one.contacts().values())
    strip = [(p.get("names"), p.get("emailAddresses")) for p in two.contacts().values()]
    assert [(p.get("names"), p.get("emailAddresses")) for p in people] == strip
    assert len(people) == 40
    assert any("emailAddresses" not in person for person in people)
    birthdays = [person["birthdays"][0]["date"] for person in people if "birthdays" in person]
    assert {"month": 2, "day": 29} in birthdays
