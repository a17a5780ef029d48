"""The set-up page of a connection: what it shows, what an edit says, and what it costs."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from connections.connectors.pipeliner_fields import contact_fields
from connections.models import Account, Catalogue, Connection, PendingEdit
from connections.schema import Field, Role, Type
from connections.setups import MappingSetup
from syncengine import clock
from syncengine.models import SyncState
from syncengine.state import Status
from syncengine.views.edits import edits_between
from syncengine.wording import NO_EMAIL
from tests.syncengine.builders import FIELDS
from tests.syncengine.pages import Book, path, queries, text, user
from tests.syncengine.setups import fields_of, save, stored, with_units

pytestmark = pytest.mark.django_db
ADD = "/admin/connections/connection/add/"


def test_cn1_the_page_has_its_four_blocks_in_order(boss: Client) -> None:
    book = Book.of()
    book.person("Ada Lovelace")
    shown = text(boss, path(book, "change"))
    heads = ["Direction Which way", "Rules A contact", "Settings Winner", "Field mappings Examples"]
    places = [shown.index(head) for head in heads]
    assert places == sorted(places)
    assert "Examples are from Ada Lovelace" in shown
    assert "First name text Ada" in shown
    assert "ada.0@example.org" in shown
    assert shown.count("If any contact is in the scope then keep it in sync") == 2


def test_nothing_changes_where_a_page_is_saved_untouched(boss: Client) -> None:
    book = Book.of(left_scope=["south"], phone_region="AT", switched_off=["city", "birthday"])
    with_units(book.connection.left)
    before = Connection.objects.filter(pk=book.connection.pk).values().get()
    page = save(boss, book)
    assert "Nothing was changed in “North”." in page
    assert Connection.objects.filter(pk=book.connection.pk).values().get() == before
    assert not LogEntry.objects.exists()


def test_each_setting_is_stored_and_the_log_says_from_what_to_what(boss: Client) -> None:
    book = Book.of(state="draft")
    with_units(book.connection.left)
    save(
        boss,
        book,
        name="Nord",
        direction="left_to_right",
        winner="right",
        first_merge="link_only",
        avoid_duplicates=[],
        never_copy_blanks="on",
        phone_region="AT",
        time_zone="Europe/Vienna",
        interval_minutes="7",
        brake_percent="30",
        left_part="these",
        left_scopes=["north", "vienna"],
    )
    found = stored(book)
    assert found.name == "Nord"
    assert (found.direction, found.winner, found.first_merge) == (
        "left_to_right",
        "right",
        "link_only",
    )
    assert (found.avoid_duplicates, found.copy_blanks) == (False, False)
    assert (found.phone_region, found.time_zone) == ("AT", "Europe/Vienna")
    assert (found.interval_minutes, found.brake_percent) == (7, 30)
    assert found.left_scope == ["north"]
    assert LogEntry.objects.get().get_change_message() == (
        "Name: North → Nord. Scope in Pipeliner: all → North (with 1 below it). "
        "Direction: both ways → Pipeliner to Google Contacts. Winner: Pipeliner → Google Contacts. "
        "First merge: winner decides → link only. Avoid duplicates: on → off. "
        "Never copy blanks: off → on. Phone region: none → AT. Time zone: UTC → Europe/Vienna. "
        "Interval: 5 min → 7 min. Brake: 20 % → 30 %."
    )


def test_va4_a_mapping_is_switched_off_and_roles_that_the_apps_do_not_share_stay(
    boss: Client,
) -> None:
    book = Book.of(state="draft", switched_off=["website"])
    page = boss.get(path(book, "change")).content.decode()
    on = [role for role in fields_of(page)["roles"] if role != "city"]
    assert "website" not in on
    shown = save(boss, book, roles=on)
    assert "city" in stored(book).switched_off
    assert "Mapping of City: on → off." in shown


def test_the_log_and_the_page_name_who_changed_what(boss: Client) -> None:
    book, began = Book.of(), clock.now()
    save(boss, book, winner="right")
    shown = text(boss, path(book, "change"))
    assert "Winner: Pipeliner → Google Contacts. Maren Holt" in shown
    (edit,) = edits_between(book.connection, began, clock.now())
    assert (edit.by, edit.what) == ("Maren Holt", "Winner: Pipeliner → Google Contacts.")
    assert edits_between(book.connection, clock.now(), clock.now()) == []
    assert "Winner: Pipeliner → Google Contacts." in text(boss, path(book, "log"))


def test_an_edit_stands_in_the_history_between_the_runs_around_it(boss: Client) -> None:
    book = Book.of()
    before, after = (
        book.run(ago=ago, linked=count, message=f"this run linked {count}")
        for ago, count in ((timedelta(hours=1), 1), (timedelta(hours=-1), 2))
    )
    save(boss, book, winner="right")
    shown = text(boss, path(book, "history"))
    places = [
        shown.index(part)
        for part in (after.message.capitalize(), "Winner: Pipeliner", before.message.capitalize())
    ]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("field", "typed", "says"),
    [
        ("name", "", "This field is required."),
        ("interval_minutes", "0", "greater than or equal to 1"),
        ("brake_percent", "101", "less than or equal to 100"),
        ("time_zone", "Nowhere", "“Nowhere” is no time zone; one is “Europe/Vienna”"),
        ("phone_region", "XX", "Select a valid choice"),
    ],
)
def test_a_wrong_value_is_refused_beside_its_input(
    boss: Client, field: str, typed: str, says: str
) -> None:
    book = Book.of()
    page = save(boss, book, **{field: typed, "winner": "right"})
    assert not PendingEdit.objects.exists()
    row = page[page.index(f"field-{field}") :]
    assert says in row[: row.index("</div></div>") + 400]
    assert "Nothing was saved." in page
    assert stored(book).winner == "left"


def test_two_connections_of_one_name_are_refused(boss: Client) -> None:
    book = Book.of()
    Book.of("South")
    assert "Another connection is called so." in save(boss, book, name="South")


def test_cn4_a_one_way_direction_says_whose_rules_do_nothing(boss: Client) -> None:
    book = Book.of(direction="left_to_right")
    shown = text(boss, path(book, "change"))
    assert "Nothing is written to Pipeliner in this direction: this rule does nothing." in shown
    assert "Nothing is written to Google Contacts in this direction" not in shown


def test_a_read_only_field_gives_a_one_way_arrow_with_its_reason(boss: Client) -> None:
    book = Book.of()
    fields = [
        {**each, "read_only": each["role"] == "city"}
        for each in book.connection.left.catalogue["fields"]
    ]
    Account.objects.filter(pk=book.connection.left.pk).update(catalogue={"fields": fields})
    shown = text(boss, path(book, "change"))
    assert "is read-only in Pipeliner." in shown
    assert "to Google Contacts only" in shown


def test_va9_the_company_says_when_it_is_written(boss: Client) -> None:
    book = Book.of()
    fields = Catalogue((*FIELDS, *contact_fields((), ())))
    Account.objects.filter(pk=book.connection.left.pk).update(catalogue=fields.to_json())
    company = Catalogue((*FIELDS, Field("company", "Company", Type.TEXT, Role.COMPANY)))
    Account.objects.filter(pk=book.connection.right.pk).update(catalogue=company.to_json())
    shown = text(boss, path(book, "change"))
    assert "Company text Written in Pipeliner only while no account is linked." in shown


# What others do meanwhile


def test_saving_leaves_the_state_that_others_gave_meanwhile(
    boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = Book.of()
    real = Connection.save

    def save_late(self: Connection, *args: Any, **kwargs: Any) -> None:
        Connection.objects.filter(pk=self.pk).update(state="paused")
        real(self, *args, **kwargs)

    monkeypatch.setattr(Connection, "save", save_late)
    save(boss, book, winner="right")
    assert (stored(book).state, stored(book).winner) == ("paused", "right")


def test_save_and_preview_asks_for_a_preview(boss: Client) -> None:
    book = Book.of(state="draft")
    page = save(boss, book, "_preview", winner="right")
    assert "The preview waits for the worker" in page
    state = SyncState.objects.get()
    assert (bool(state.preview_asked_at), state.preview_asked_by) == (True, "Maren Holt")


# Who may


@pytest.mark.parametrize("group", ["Viewer", "Operator"])
def test_who_may_not_change_looks_at_the_same_page(client: Client, group: str) -> None:
    client.force_login(user(group))
    book = Book.of()
    page = client.get(path(book, "change")).content.decode()
    form = page[page.index('id="connection_form"') : page.index("</form>", page.index("map-h"))]
    inputs = re.findall(r"<(?:input|select)[^>]*>", form)
    assert inputs
    assert all("disabled" in each or 'type="hidden"' in each for each in inputs), inputs
    assert "Save" not in form
    assert "Delete connection" not in page
    assert client.post(path(book, "change"), {"name": "Mine"}).status_code == 403
    assert client.get(ADD).status_code == 403
    assert client.get(path(book, "delete")).status_code == 403


def test_a_connection_that_is_being_deleted_is_only_looked_at(boss: Client) -> None:
    book = Book.of(state=Connection.State.DELETING)
    shown = text(boss, path(book, "change"))
    assert "Being deleted" in shown
    assert boss.post(path(book, "change"), {"name": "Mine"}).status_code == 403


def test_the_page_costs_the_same_with_many_contacts_and_connections(boss: Client) -> None:
    book = Book.of()
    book.person("Ada Lovelace")
    few = queries(boss, path(book, "change"))
    for number in range(20):
        book.person(f"Person {number}")
        Book.of(f"Other {number}")
    assert queries(boss, path(book, "change")) == few


def test_contacts_without_an_email_address_are_counted_beside_the_switch(boss: Client) -> None:
    book = Book.of()
    book.contact(Status.EXCLUDED, {"first_name": "Ada"}, reason=NO_EMAIL)
    assert "1 contact is excluded for this reason." in text(boss, path(book, "change"))


def test_va4_a_default_mapping_of_a_field_that_is_mapped_already_is_refused(boss: Client) -> None:
    book = Book.of(state="draft", switched_off=["city"])
    own = MappingSetup("city", "street", "left_to_right")
    connection = book.connection
    connection.keep_setup(
        replace(connection.setup(), switched_off=("city", "street"), mappings=(own,))
    )
    on = fields_of(boss.get(path(book, "change")).content.decode())["roles"]
    page = save(boss, book, roles=[*on, "city"])
    assert "“City” is mapped twice" in page
    assert stored(book).switched_off == ["city", "street"]
    assert "Nothing was changed" in save(boss, book)
