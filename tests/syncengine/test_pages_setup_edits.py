"""Edits of a set-up from its page: they wait to be applied, and an old page overwrites nothing."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from connections.models import Connection, PendingEdit
from syncengine import engine
from syncengine.models import SyncState
from tests.syncengine.pages import Book, path, text, user
from tests.syncengine.previews import edit
from tests.syncengine.setups import fields_of, save, stored, waiting

pytestmark = pytest.mark.django_db


def page_of(client: Client, book: Book) -> dict[str, Any]:
    """Return what a browser that has opened the page would post."""
    return {**fields_of(client.get(path(book, "change")).content.decode()), "_save": "Save"}


def post(client: Client, book: Book, posted: dict[str, Any]) -> str:
    return client.post(path(book, "change"), posted, follow=True).content.decode()


def test_cn10_an_edit_of_a_started_connection_waits_and_the_page_shows_it(boss: Client) -> None:
    book = Book.of()
    before = book.connection.setup()
    page = save(boss, book, phone_region="AT", first_merge="link_only")
    assert "The edit is saved and waits: look at its preview, then apply or drop it." in page
    assert stored(book).setup() == before
    assert (waiting(book).phone_region, waiting(book).first_merge) == ("AT", "link_only")
    shown = text(boss, path(book, "change"))
    assert "An edit by Maren Holt, just now, waits to be applied" in shown
    assert "First merge: winner decides → link only Phone region: none → AT" in shown
    assert "2 edits not applied: first merge, phone region." in shown
    assert "Phone region: None" in shown
    assert shown.count(" edited") == 2
    assert LogEntry.objects.get().get_change_message() == (
        "First merge: winner decides → link only. Phone region: none → AT."
    )


def test_a_further_edit_joins_the_one_that_waits(boss: Client) -> None:
    book = Book.of()
    save(boss, book, phone_region="AT")
    save(boss, book, winner="right")
    assert (waiting(book).phone_region, waiting(book).winner) == ("AT", "right")
    assert (stored(book).phone_region, stored(book).winner) == ("", "left")


def test_cn8_the_page_says_what_an_edit_will_cost_and_what_counts_at_once(boss: Client) -> None:
    book = Book.of()
    for name in ("Ada Lovelace", "Bob Okonkwo"):
        book.person(name)
    assert "Applying it re-evaluates 2 contacts." in text(boss, path(book, "change"))
    for harmless in ({"winner": "right"}, {"interval_minutes": "9"}, {"brake_percent": "50"}):
        assert "“North” is saved." in save(boss, book, **harmless)
        assert not PendingEdit.objects.exists()
    assert (stored(book).winner, stored(book).interval_minutes) == ("right", 9)
    save(boss, book, phone_region="AT")
    assert "Applying it re-evaluates 2 contacts" in text(boss, path(book, "change"))


def test_a_connection_that_was_never_started_is_stored_at_once(boss: Client) -> None:
    book = Book.of(state="paused")
    SyncState.objects.update(approved_revision="")
    assert "“North” is saved." in save(boss, book, phone_region="AT")
    assert stored(book).phone_region == "AT"
    assert "Saving costs nothing yet." in text(boss, path(book, "change"))


def test_an_untouched_page_leaves_the_edit_that_waits_as_it_was_saved(boss: Client) -> None:
    book = Book.of()
    save(boss, book, phone_region="AT")
    before = PendingEdit.objects.values().get()
    assert "Nothing was changed in “North”." in save(boss, book)
    assert PendingEdit.objects.values().get() == before
    assert LogEntry.objects.count() == 1


def test_an_edit_back_to_what_counts_leaves_none_waiting(boss: Client) -> None:
    book = Book.of()
    save(boss, book, phone_region="AT")
    assert "No edit waits any more." in save(boss, book, phone_region="")
    assert not PendingEdit.objects.exists()
    assert "waits to be applied" not in text(boss, path(book, "change"))


# Old pages


def test_cn10_an_old_page_is_refused_and_shows_what_changed_and_keeps_what_was_typed(
    boss: Client,
) -> None:
    book = Book.of()
    old = page_of(boss, book)
    save(boss, book, phone_region="AT")
    posted = {**old, "name": "Nord", "time_zone": "Europe/Vienna"}
    page = post(boss, book, posted)
    assert "Nothing was saved: the set-up was edited meanwhile." in page
    assert "Phone region: none → AT" in page
    assert waiting(book).time_zone == "UTC"
    assert stored(book).name == "North"
    typed = fields_of(page)
    assert (typed["name"], typed["time_zone"]) == (["Nord"], ["Europe/Vienna"])
    assert "phone_region" not in typed or typed["phone_region"] in ([], [""])

    again = {**typed, "_save": "Save"}
    assert "The edit is saved and waits" in post(boss, book, again)
    assert stored(book).name == "Nord"
    assert (waiting(book).time_zone, waiting(book).phone_region) == ("Europe/Vienna", "")


def test_cn10_an_old_page_is_refused_where_the_edit_was_applied_or_stored_at_once(
    boss: Client,
) -> None:
    book = Book.of(state="draft")
    old = page_of(boss, book)
    save(boss, book, winner="right")
    page = post(boss, book, {**old, "phone_region": "AT"})
    assert "Winner: Pipeliner → Google Contacts" in page
    assert (stored(book).winner, stored(book).phone_region) == ("right", "")


def test_a_page_sent_twice_is_saved_once(boss: Client) -> None:
    book = Book.of()
    posted = {**page_of(boss, book), "phone_region": "AT"}
    post(boss, book, posted)
    assert "Nothing was saved" not in post(boss, book, posted)
    assert PendingEdit.objects.count() == 1


def test_a_page_without_its_mark_is_not_trusted(boss: Client) -> None:
    book = Book.of()
    posted = {**page_of(boss, book), "phone_region": "AT", "seen": "forged"}
    page = post(boss, book, posted)
    assert "this page is too old to tell" in page
    assert not PendingEdit.objects.exists()


def test_an_old_page_does_not_take_back_a_new_name(boss: Client) -> None:
    book = Book.of()
    old = page_of(boss, book)
    save(boss, book, name="Nord")
    post(boss, book, {**old, "interval_minutes": "9"})
    assert (stored(book).name, stored(book).interval_minutes) == ("Nord", 9)


def test_the_name_counts_at_once_beside_an_edit_that_waits(boss: Client) -> None:
    book = Book.of()
    save(boss, book, name="Nord", phone_region="AT")
    assert (stored(book).name, stored(book).phone_region) == ("Nord", "")
    assert "Name: North → Nord. Phone region: none → AT." in (
        LogEntry.objects.get().get_change_message()
    )


# Dropping


def test_an_edit_is_dropped_by_its_button(boss: Client) -> None:
    book = Book.of()
    save(boss, book, phone_region="AT")
    assert boss.get(path(book, "drop_edit")).status_code == 405
    page = boss.post(path(book, "drop_edit"), mark(boss, book), follow=True).content.decode()
    assert "The edit is dropped." in page
    assert not PendingEdit.objects.exists()
    newest = LogEntry.objects.order_by("-pk")[0]
    assert newest.get_change_message() == "Dropped the edit that waited: Phone region."
    assert "No edit of “North” waits." in (
        boss.post(path(book, "drop_edit"), follow=True).content.decode()
    )


def mark(client: Client, book: Book) -> dict[str, str]:
    """Return what the button that drops an edit would post."""
    found = re.search(
        r'name="edit" value="([^"]+)"', client.get(path(book, "change")).content.decode()
    )
    assert found is not None
    return {"edit": found[1]}


def test_a_page_does_not_drop_an_edit_that_it_has_not_shown(boss: Client) -> None:
    book = Book.of()
    save(boss, book, phone_region="AT")
    old = mark(boss, book)
    save(boss, book, phone_region="DE")
    page = boss.post(path(book, "drop_edit"), old, follow=True).content.decode()
    assert "Nothing was dropped: the edit is another by now." in page
    assert waiting(book).phone_region == "DE"


@pytest.mark.parametrize("group", ["Viewer", "Operator"])
def test_who_may_not_edit_sees_the_edit_and_cannot_drop_it(client: Client, group: str) -> None:
    book = Book.of()
    edit(book.connection, phone_region="AT")
    client.force_login(user(group))
    shown = text(client, path(book, "change"))
    assert "waits to be applied" in shown
    assert "Drop this edit" not in shown
    assert client.post(path(book, "drop_edit")).status_code == 403
    assert PendingEdit.objects.exists()


def test_the_front_page_lists_an_edit_that_waits(client: Client) -> None:
    book = Book.of()
    edit(book.connection, phone_region="AT")
    client.force_login(user("Viewer"))
    shown = text(client, "/admin/")
    assert "Edit waits North has an edit that is not applied. Saved by somebody just now." in shown
    Connection.objects.update(state=Connection.State.DELETING)
    assert "Edit waits" not in text(client, "/admin/")


# Held, and what others do meanwhile


def test_pl3_an_edit_that_counts_at_once_has_a_held_run_counted_again(boss: Client) -> None:
    book = Book.of()
    SyncState.objects.update(held={"clears": 40})
    assert "The run that the brake held is counted again." in save(boss, book, brake_percent="90")
    assert SyncState.objects.get().held == {}
    SyncState.objects.update(held={"clears": 40})
    save(boss, book, phone_region="AT")
    assert SyncState.objects.get().held == {"clears": 40}


def test_what_a_read_was_held_by_stays_held_after_an_edit(boss: Client) -> None:
    book = Book.of()
    SyncState.objects.update(held=engine.HELD_BY_ACCOUNT)
    save(boss, book, brake_percent="90")
    assert SyncState.objects.get().held == engine.HELD_BY_ACCOUNT
