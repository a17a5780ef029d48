"""What a run would do with one contact, sought by name or email."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.test import Client

from connections.models import Connection
from connections.setups import ConditionSetup, RuleSetup
from syncengine.models import Contact, Record, Run
from tests.syncengine.pages import Book, path, queries, text
from tests.syncengine.previews import add, draft, edit, page
from tests.syncengine.two import Two
from tests.syncengine.world import World

pytestmark = pytest.mark.django_db


def one(client: Client, connection: Connection, query: str) -> str:
    return text(client, page(connection, "preview_one") + f"?{query}")


def read(w: World) -> Connection:
    """Return a draft whose accounts were read by a preview."""
    connection = draft(w)
    w.preview(connection)
    return connection


def test_pl1_a_contact_of_a_draft_is_found_by_name_or_email_and_decided(
    w: World, viewer: Client
) -> None:
    connection = read(w)
    for query in ("q=ada", "q=ADA@example.org"):
        shown = one(viewer, connection, query)
        assert "Ada Create Nothing has been written." in shown
        assert "In Other memory, new Now Then Because" in shown
        assert "City – Wien copied" in shown
    assert not Contact.objects.exists()
    assert not Run.objects.filter(kind=Run.Kind.SYNC).exists()


def test_two_halves_that_a_run_would_link_are_one_contact(w: World, viewer: Client) -> None:
    connection = read(w)
    shown = one(viewer, connection, "q=bob")
    assert "Bob Update Nothing has been written." in shown
    assert "Linked first, as both sides have this contact" in shown
    assert "City empty Wien filled from Memory" in shown
    assert "City Wien empty" in shown
    assert not Contact.objects.exists()


def test_several_are_listed_and_one_of_them_is_chosen(w: World, viewer: Client) -> None:
    connection = read(w)
    shown = viewer.get(page(connection, "preview_one") + "?q=example.org")
    rows = shown.context["rows"]
    assert [row.name for row in rows] == ["Ada", "Bob", "Cy"]
    assert "Cy Create" in one(viewer, connection, f"record={rows[2].record}")


def test_who_is_left_out_is_told_why(w: World, viewer: Client) -> None:
    connection = read(w)
    shown = one(viewer, connection, "q=nobody")
    assert "Nobody Exclude" in shown
    assert "No email address, and avoid duplicates is on" in shown


def test_who_waits_for_a_person_is_told_so(w: World, viewer: Client) -> None:
    connection = draft(w)
    w.apps["right"].add(given_name="Adam", emails=("ada@example.org",))
    w.apps["right"].add(given_name="Adi", emails=("ada@example.org",))
    w.preview(connection)
    record = viewer.get(page(connection, "preview_one") + "?q=ada@example").context["rows"][0]
    shown = one(viewer, connection, f"record={record.record}")
    assert "Ada To review" in shown
    assert "It waits for a person, who says with whom it belongs together." in shown


def test_nothing_is_known_before_the_accounts_were_read(w: World, viewer: Client) -> None:
    shown = one(viewer, draft(w), "q=ada")
    assert "The accounts have not been read yet." in shown


def test_a_search_for_nobody_or_nothing_says_so(w: World, viewer: Client) -> None:
    connection = read(w)
    assert "Nobody in the two accounts is called so" in one(viewer, connection, "q=zz")
    assert "Type a name or an email address" in one(viewer, connection, "q=")
    assert "Nobody in the two accounts" in one(viewer, connection, "record=999999&q=zz")


def test_a_record_of_another_account_is_not_shown(w: World, viewer: Client) -> None:
    connection = read(w)
    add(w.app("left2"), "Eve")
    w.app("right2")
    other = w.connect("left2", "right2", approved=False)
    w.preview(other)
    eve = other.left_id
    record = Record.objects.get(mirror__account=eve, name="Eve")
    assert "Eve" not in one(viewer, connection, f"record={record.pk}")


# Rules, condition by condition


CITY = ConditionSetup("field", "is", ("Wien",), "city")
NOTES = ConditionSetup("field", "is_empty", (), "notes")
EXISTS = ConditionSetup("exists", "is", ("true",))


def test_pl5_each_rule_is_told_condition_by_condition(w: World, viewer: Client) -> None:
    connection = draft(w)
    rules = (
        RuleSetup("r1", "left", conditions=(CITY, NOTES)),
        RuleSetup("r2", "left", "any", (CITY, replace(CITY, value=("Graz",)))),
        RuleSetup("r3", "left", conditions=(EXISTS,)),
    )
    edit(connection, rules=rules)
    w.apps["left"].add(
        given_name="Dora", emails=("dora@example.org",), city="Graz", notes="Calls at noon"
    )
    w.preview(connection)
    shown = one(viewer, connection, "q=dora")
    assert "Rule 1 Does not match false city is Wien seen: Graz" in shown
    assert "false notes is empty seen: Calls at noon" in shown
    assert "Rule 2, any one is enough Matches" in shown
    assert "true city is Graz seen: Graz" in shown
    assert "Rule 3, updates only Does not match false the contact already exists" in shown
    assert "seen: no counterpart" in shown
    assert "Rules for contacts from Other memory It is not in Other memory" in shown
    assert "Dora Create" in shown


def test_cn4_rules_that_the_direction_lets_do_nothing_are_told_so(w: World, viewer: Client) -> None:
    connection = read(w)
    edit(connection, direction="left_to_right")
    shown = one(viewer, connection, "q=cy")
    assert "Cy Exclude" in shown
    assert "They do nothing: the direction lets nothing flow from here." in shown


# The edit that waits


def test_cn10_one_contact_is_previewed_under_the_edit_that_waits(w: World, viewer: Client) -> None:
    left = w.app("left")
    w.app("right")
    add(left, "Ada", "Bob", city="Wien")
    connection = w.connect("left", "right")
    w.settle(connection)
    assert "Ada In sync" in one(viewer, connection, "q=ada")
    before = list(Contact.objects.order_by("pk").values())
    edit(connection, rules=(RuleSetup("r1", "left", conditions=(replace(CITY, value=("Graz",)),)),))
    shown = one(viewer, connection, "q=ada")
    assert "with the edit that waits" in shown
    assert "The next run takes it out of the sync. No rule takes it in." in shown
    assert "false city is Graz seen: Wien" in shown
    assert list(Contact.objects.order_by("pk").values()) == before


def test_the_page_of_a_contact_tells_its_rules_too(w: World, viewer: Client) -> None:
    add(w.app("left"), "Ada", city="Wien")
    w.app("right")
    connection = w.connect("left", "right")
    connection.keep_setup(
        replace(connection.setup(), rules=(RuleSetup("r1", "left", conditions=(CITY,)),))
    )
    w.settle(connection)
    contact = Contact.objects.get()
    shown = text(viewer, path(Book(connection), "contact", contact.pk))
    assert "Rule 1 Matches true city is Wien seen: Wien" in shown
    assert "Rules for contacts from Other memory There is none." in shown


def test_the_page_costs_the_same_in_a_large_book(w: World, viewer: Client) -> None:
    connection = read(w)
    few = queries(viewer, page(connection, "preview_one") + "?q=ada")
    add(w.apps["left"], *(f"N{number}" for number in range(60)))
    w.preview(connection)
    assert queries(viewer, page(connection, "preview_one") + "?q=ada") == few


def test_ma5_who_was_merged_in_an_app_will_wait_for_a_person(w: World, viewer: Client) -> None:
    two = Two(w)
    two.left.merge(two.ada, two.bob)
    w.preview(two.connection)
    shown = one(viewer, two.connection, "q=bob")
    assert "Bob To review" in shown
    assert "Its counterpart was merged into another contact there" in shown
    assert "It waits for a person" in shown
