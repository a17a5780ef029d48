from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
import requests

from connections.sandbox.base import Fault
from connections.sandbox.pipeliner import PipelinerSandbox
from connections.sandbox.seed import people


@pytest.fixture
def sandbox() -> Iterator[PipelinerSandbox]:
    sandbox = PipelinerSandbox(seed=1)
    sandbox.start()
    yield sandbox
    sandbox.close()


def page(sandbox: PipelinerSandbox, path: str = "/") -> str:
    answer = requests.get(f"{sandbox.url}{path}", timeout=10)
    assert answer.status_code == 200
    return answer.text


def form(sandbox: PipelinerSandbox, contact: str) -> dict[str, str]:
    """The form's values as a browser would send them back."""
    text = page(sandbox, f"/contacts/{contact}")
    values = dict(re.findall(r'<input id="(\w+)" name="\w+" value="([^"]*)"', text))
    for name, content in re.findall(r'<textarea id="(\w+)"[^>]*>\n([^<]*)</textarea>', text):
        values[name] = content.replace("\n", "\r\n")
    for name, options in re.findall(r'<select id="(\w+)"[^>]*>(.*?)</select>', text):
        selected = re.search(r'value="([^"]*)" selected', options)
        values[name] = selected[1] if selected else ""
    return {name: unescape(value) for name, value in values.items()}


def send(sandbox: PipelinerSandbox, path: str, **values: str) -> requests.Response:
    url = f"{sandbox.url}/contacts/{path}"
    return requests.post(url, data=values, allow_redirects=False, timeout=10)


def owner(sandbox: PipelinerSandbox) -> str:
    return min(sandbox.rows("Client"))


def test_a_person_adds_edits_deletes_and_restores_a_contact(sandbox: PipelinerSandbox) -> None:
    new = {"first_name": "Zoë", "last_name": "Größ & Co", "owner_id": owner(sandbox)}
    assert send(sandbox, "new", **new, action="save").status_code == 303
    ((contact, row),) = sandbox.contacts().items()
    assert row["formatted_name"] == "Zoë Größ & Co"
    assert "Zoë Größ &amp; Co" in page(sandbox)

    values = form(sandbox, contact) | {"city": "Wien", "comments": "one\r\ntwo"}
    assert send(sandbox, contact, **values, action="save").status_code == 303
    edited = sandbox.contacts()[contact]
    assert (edited["city"], edited["comments"]) == ("Wien", "one\ntwo")
    assert edited["revision"] > row["revision"]
    assert {name for name in row if row[name] != edited[name]} == {
        "city",
        "comments",
        "modified",
        "revision",
    }

    assert send(sandbox, contact, **form(sandbox, contact), action="delete").status_code == 303
    assert sandbox.contacts() == {}
    assert "This contact is deleted." in page(sandbox, f"/contacts/{contact}")
    assert send(sandbox, contact, action="restore").status_code == 303
    assert sandbox.contacts()[contact]["city"] == "Wien"


def test_saving_a_form_that_was_not_touched_writes_nothing(sandbox: PipelinerSandbox) -> None:
    ids = sandbox.add_people(people(20, 1))
    before = sandbox.contacts()
    for contact in ids:
        assert send(sandbox, contact, **form(sandbox, contact), action="save").status_code == 303
    assert sandbox.contacts() == before


def test_custom_fields_are_edited_in_the_form(sandbox: PipelinerSandbox) -> None:
    contact = sandbox.add_contact({"last_name": "x"})
    north = {row["option_name"]: key for key, row in sandbox.rows("Data").items()}["North"]
    values = form(sandbox, contact) | {
        "cf_region_id": north,
        "cf_birthday": "2000-01-02",
        "cf_children": "3",
        "cf_newsletter": "true",
    }
    send(sandbox, contact, **values, action="save")
    row = sandbox.contacts()[contact]
    assert (row["cf_region_id"], row["cf_birthday"]) == (north, "2000-01-02")
    assert (row["cf_children"], row["cf_newsletter"]) == (3, True)
    send(sandbox, contact, **values | {"cf_region_id": "", "cf_children": ""}, action="save")
    row = sandbox.contacts()[contact]
    assert (row["cf_region_id"], row["cf_children"]) == (None, None)


def test_several_options_and_a_time_are_edited_as_text(sandbox: PipelinerSandbox) -> None:
    contact = sandbox.add_contact({"last_name": "x"})
    options = {row["option_name"]: key for key, row in sandbox.rows("Data").items()}
    values = form(sandbox, contact) | {
        "cf_interests": "travel, Books",
        "cf_last_call": "2026-01-02 03:04:05",
    }
    assert send(sandbox, contact, **values, action="save").status_code == 303
    row = sandbox.contacts()[contact]
    assert row["cf_interests"] == [options["Travel"], options["Books"]]
    assert row["cf_last_call"] == "2026-01-02 03:04:05+00:00"
    shown = form(sandbox, contact)
    assert (shown["cf_interests"], shown["cf_last_call"]) == (
        "Travel, Books", "2026-01-02 03:04:05+00:00",
    )  # fmt: skip
    assert "Books, Music, Sport, Travel" in page(sandbox, f"/contacts/{contact}")
    answer = send(sandbox, contact, **shown | {"cf_interests": "Chess"}, action="save")
    assert 'id="cf_interests-error"' in answer.text
    send(sandbox, contact, **shown | {"cf_interests": "", "cf_last_call": ""}, action="save")
    row = sandbox.contacts()[contact]
    assert (row["cf_interests"], row["cf_last_call"]) == ([], None)


def test_owner_and_unit_are_chosen_by_name(sandbox: PipelinerSandbox) -> None:
    contact = sandbox.add_contact({"last_name": "x"})
    text = page(sandbox, f"/contacts/{contact}")
    assert '<label for="owner_id">Owner</label>' in text
    assert '<label for="unit_id">Unit</label>' in text
    units = {name: id_ for id_, name in re.findall(r'<option value="([^"]*)"[^>]*>(\w+)<', text)}
    dora = next(id_ for id_, row in sandbox.rows("Client").items() if "Dora" in row["name"])
    values = form(sandbox, contact) | {"owner_id": dora, "unit_id": units["Rome"]}
    send(sandbox, contact, **values, action="save")
    row = sandbox.contacts()[contact]
    assert (row["owner_id"], row["unit_id"]) == (dora, units["Rome"])
    assert "Dora Díaz, Rome" in page(sandbox)


def test_what_the_app_refuses_is_shown_beside_the_field(sandbox: PipelinerSandbox) -> None:
    bad = {"last_name": "x", "email1": "<nobody>", "owner_id": owner(sandbox)}
    answer = send(sandbox, "new", **bad, action="save")
    assert answer.status_code == 400
    assert '<p class="error" id="email1-error">' in answer.text
    assert 'value="&lt;nobody&gt;"' in answer.text
    answer = send(sandbox, "new", owner_id=owner(sandbox), action="save")
    assert "First name or last name is required." in answer.text
    assert sandbox.contacts() == {}


def test_a_number_that_is_none_is_shown_beside_the_field(sandbox: PipelinerSandbox) -> None:
    contact = sandbox.add_contact({"last_name": "x"})
    values = form(sandbox, contact) | {"cf_children": "many"}
    assert 'id="cf_children-error"' in send(sandbox, contact, **values, action="save").text


def test_an_archived_contact_says_why_it_is_not_changed(sandbox: PipelinerSandbox) -> None:
    contact = sandbox.add_contact({"last_name": "x", "is_archived": True})
    values = form(sandbox, contact)
    answer = send(sandbox, contact, **values | {"city": "x"}, action="save")
    assert "An archived record cannot be edited." in answer.text
    back = values | {"city": "x", "is_archived": "false"}
    assert send(sandbox, contact, **back, action="save").status_code == 303


def test_the_list_has_fifty_a_page_and_a_search(sandbox: PipelinerSandbox) -> None:
    for number in range(51):
        sandbox.add_contact({"last_name": f"N{number:03}", "email1": f"n{number}@example.com"})
    first = page(sandbox)
    assert first.count("<li>") == 50
    assert "51 contacts" in first
    assert 'href="/?page=2"' in first
    assert page(sandbox, "/?page=2").count("<li>") == 1
    found = page(sandbox, "/?q=N7@EXAMPLE")
    assert re.findall(r">(N\d+)</a>", found) == ["N007"]


def test_names_are_escaped(sandbox: PipelinerSandbox) -> None:
    contact = sandbox.add_contact({"last_name": "<script>&\"'"})
    assert "<script>" not in page(sandbox)
    assert "<script>" not in page(sandbox, f"/contacts/{contact}")
    assert "<script>" not in page(sandbox, "/?q=%3Cscript%3E")


def test_an_unknown_contact_is_not_found(sandbox: PipelinerSandbox) -> None:
    assert requests.get(f"{sandbox.url}/contacts/x", timeout=10).status_code == 404
    assert send(sandbox, "x", last_name="x", action="save").status_code == 404
    assert send(sandbox, "x", action="delete").status_code == 404


def test_a_protected_contact_says_that_it_is_not_deleted(sandbox: PipelinerSandbox) -> None:
    contact = sandbox.add_contact({"last_name": "x"})
    with sandbox.store.transaction():
        sandbox.writer.update("Contact", contact, {"is_delete_protected": True}, 8)
    answer = send(sandbox, contact, **form(sandbox, contact), action="delete")
    assert "protected from deletion" in answer.text


def test_the_page_takes_no_fault_and_is_not_counted(sandbox: PipelinerSandbox) -> None:
    sandbox.faults.add(Fault("status", code=500))
    assert "Contacts" in page(sandbox)
    assert sandbox.requests.total == 0


def test_the_page_has_one_stylesheet_and_nothing_inline(sandbox: PipelinerSandbox) -> None:
    for text in (page(sandbox), page(sandbox, "/contacts/new")):
        assert '<link rel="stylesheet" href="/_sandbox/style.css">' in text
        assert not re.search(r"<style|<script|style=|https?://", text)
        assert 'name="viewport"' in text
    style = page(sandbox, "/_sandbox/style.css")
    assert "color-scheme: light dark" in style
