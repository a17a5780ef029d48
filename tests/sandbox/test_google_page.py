from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import requests

from tests.sandbox.google_client import GoogleClient, given_names

FORM = {
    "given": "Ada",
    "family": "Lovelace",
    "emails": "ada@example.com\r\nhome@example.com",
    "birthday": "--02-29",
    "labels": "Team, Starred",
    "notes": "one\r\ntwo",
}


@pytest.fixture
def google() -> Iterator[GoogleClient]:
    with GoogleClient() as client:
        yield client


def submit(google: GoogleClient, path: str, **form: str) -> requests.Response:
    return requests.post(f"{google.url}/contacts/{path}", data=form, timeout=10)


def page(google: GoogleClient, path: str = "") -> str:
    return requests.get(f"{google.url}/{path}", timeout=10).text


def test_a_person_adds_a_contact(google: GoogleClient) -> None:
    _, token = google.list_all()
    assert submit(google, "new", **FORM).status_code == 200
    (person,), _ = google.list_all(syncToken=token)
    assert person["names"][0]["displayName"] == "Ada Lovelace"
    ((key, contact),) = google.sandbox.contacts().items()
    assert contact["birthdays"][0]["date"] == {"month": 2, "day": 29}
    assert contact["biographies"][0]["value"] == "one\ntwo"
    assert len(contact["memberships"]) == 3
    form = page(google, f"contacts/{key}")
    assert 'value="--02-29"' in form
    assert 'value="Team, Starred"' in form


def test_a_person_edits_a_contact_and_the_rest_stays(google: GoogleClient) -> None:
    person = google.create(
        names=[{"givenName": "Ada", "familyName": "L", "phoneticGivenName": "Eda"}],
        emailAddresses=[{"value": "a@b.test", "type": "work"}, {"value": "c@b.test"}],
        phoneNumbers=[{"value": "1", "type": "pager"}],
        clientData=[{"key": "k", "value": "v"}],
    )
    (key,) = google.sandbox.contacts()
    values = google.sandbox.form_values(key) or {}
    submit(google, key, **{**values, "given": "Eve", "emails": "new@b.test\r\nc@b.test"})
    after = google.person(person["resourceName"])
    assert after["names"][0]["displayName"] == "Eve L"
    assert after["names"][0]["phoneticGivenName"] == "Eda"
    assert [(e["value"], e.get("type")) for e in after["emailAddresses"]] == [
        ("new@b.test", "work"),
        ("c@b.test", None),
    ]
    for untouched in ("phoneNumbers", "clientData", "memberships"):
        assert after[untouched] == person[untouched]
    assert google.update(person, "names", names=[{"givenName": "X"}]).status_code == 400


def test_a_person_deletes_and_restores_a_contact(google: GoogleClient) -> None:
    google.create(names=[{"givenName": "Ada"}])
    (key,) = google.sandbox.contacts()
    submit(google, key, action="delete")
    assert google.sandbox.contacts() == {}
    assert "deleted</span>" in page(google)
    submit(google, key, action="restore")
    assert given_names(list(google.sandbox.contacts().values())) == ["Ada"]


def test_custom_fields_are_edited_a_line_each(google: GoogleClient) -> None:
    google.create(names=[{"givenName": "Ada"}], userDefined=[{"key": "Tier", "value": "Gold"}])
    (key,) = google.sandbox.contacts()
    assert "Tier: Gold" in page(google, f"contacts/{key}")
    values = google.sandbox.form_values(key) or {}
    submit(google, key, **{**values, "custom": "Tier: Silver\r\nSince: 2020-01-02 12:00"})
    items = google.sandbox.contacts()[key]["userDefined"]
    assert [(item["key"], item["value"]) for item in items] == [
        ("Tier", "Silver"), ("Since", "2020-01-02 12:00"),
    ]  # fmt: skip
    for text in ("Silver", ": Silver", "Tier:"):
        answer = submit(google, key, **{**values, "custom": text})
        assert "custom-error" in answer.text
    submit(google, key, **{**values, "custom": ""})
    assert "userDefined" not in google.sandbox.contacts()[key]


def test_a_wrong_date_is_told_beside_its_field(google: GoogleClient) -> None:
    for text in ("29.2.", "2001-02-30"):
        answer = submit(google, "new", given="Ada", birthday=text)
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text or "birthday-error" in answer.text
        assert f'value="{text}"' in answer.text
    assert google.sandbox.contacts() == {}


def test_the_list_is_searched_and_paged(google: GoogleClient) -> None:
    for number in range(60):
        google.sandbox.add_contact(
            {"names": [{"givenName": f"P{number:02}"}], "urls": [{"value": "https://a.test"}]}
        )
    assert len(re.findall("<li>", page(google))) == 50
    assert "P59" in page(google, "?page=2")
    assert re.findall("P\\d\\d", page(google, "?q=p07")) == ["P07"]


def test_with_several_users_a_new_contact_goes_to_the_chosen_one(google: GoogleClient) -> None:
    google.sandbox.add_user("other@example.com")
    assert "other@example.com" in page(google, "contacts/new")
    submit(google, "new", given="Ada", user="other@example.com")
    assert google.sandbox.contacts() == {}
    assert len(google.sandbox.contacts("other@example.com")) == 1
    assert "(other@example.com)" in page(google)
