"""The rules of a connection in the admin: their block on the set-up page, moving and deleting."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.test import Client

from connections.setups import Setup, default_rule
from tests.syncengine.pages import path, queries, text, user
from tests.syncengine.posting import fields_of
from tests.syncengine.rule_pages import ANN, NORTH, block, form, made, save, saved, url

pytestmark = pytest.mark.django_db


# The block on the set-up page


def test_ru1_the_rules_of_both_sides_stand_as_sentences_in_their_order(boss: Client) -> None:
    words = block(boss, made())
    left, right = words.split("Contacts from Google Contacts", 1)
    assert "Contacts from Pipeliner" in left
    first, second = left.index("sales unit is in /North"), left.index("owner is Ann Bergström")
    assert first < second
    assert "then add label VIP in Google Contacts, removed again when the contact leaves" in left
    assert "Rule 2. Any one condition is enough. Updates only; never creates." in left
    assert "any contact is in the scope then keep it in sync with Pipeliner" in right
    assert "Rule 1. All contacts, old and new." in right


def test_each_rule_says_how_many_contacts_match_it(boss: Client) -> None:
    book = made()
    for matched in ("r1", "r1 r2", "r1 right", "right", ""):
        book.person("Ada Lovelace", matched=matched)
    words = block(boss, book)
    assert "Rule 1. Matches 3 contacts." in words
    assert "never creates. Matches 1 contact." in words
    assert "old and new. Matches 2 contacts." in words


def test_the_page_costs_no_query_a_rule_or_contact(boss: Client) -> None:
    book = made(NORTH, default_rule("right"))
    book.person("Ada Lovelace", matched="r1")
    before = queries(boss, path(book, "change"))
    many = tuple(replace(NORTH, key=f"r{number}") for number in range(9))
    book.connection.keep_setup(Setup(rules=(*many, default_rule("right"))))
    for number in range(9):
        book.person("Bob Baker", matched=f"r{number}")
    assert queries(boss, path(book, "change")) == before


def test_cn5_and_ru7_warnings_stand_beside_their_rule(boss: Client) -> None:
    words = block(boss, made())
    assert "Rule 1 for contacts from Google Contacts keeps every linked contact in sync" in words


def test_cn4_a_side_without_rules_says_what_that_means(boss: Client) -> None:
    words = block(boss, made(NORTH))
    assert "No contact of Google Contacts is created in Pipeliner." in words


def test_cn4_the_receiving_sides_rules_do_nothing(boss: Client) -> None:
    words = block(boss, made(direction="right_to_left"))
    assert "Nothing is written to Google Contacts in this direction: these rules do" in words


def test_cn10_a_rule_of_the_edit_that_waits_says_that_it_is_edited(boss: Client) -> None:
    book = made(state="active")
    book.person("Ada Lovelace", matched="r1")
    book.connection.refresh_from_db()
    address = url(book, "r1")
    posted = form(boss, address)
    save(boss, address, {**posted, "c-0-value": ["south"]})
    words = block(boss, book)
    assert "sales unit is in South" in words
    assert "Edited: matched 1 contact before." in words
    assert book.connection.setup().rules_of("left")[0] == NORTH


def test_who_may_not_edit_sees_the_rules_without_buttons(client: Client) -> None:
    book = made()
    client.force_login(user("Viewer"))
    page = client.get(path(book, "change")).content.decode()
    assert "Ann Bergström" in page
    assert "/rules/" not in page
    for name in ("rule", "rule_delete"):
        assert client.get(url(book, "r1", page=name)).status_code == 403
    assert client.post(url(book, "r1", page="rule_move"), {"to": "down"}).status_code == 403


# Moving and deleting


def test_ru1_a_rule_moves_up_and_down(boss: Client) -> None:
    book = made()
    seen = fields_of(boss.get(path(book, "change")).content.decode(), "rule_tools")
    answer = boss.post(url(book, "r1", page="rule_move"), {**seen, "to": "down"}, follow=True)
    assert [rule.key for rule in saved(book)] == ["r2", "r1"]
    assert "Order of the rules for contacts from Pipeliner" in answer.content.decode()


def test_cn10_a_move_from_an_old_page_moves_nothing(boss: Client) -> None:
    book = made()
    seen = fields_of(boss.get(path(book, "change")).content.decode(), "rule_tools")
    book.connection.keep_setup(Setup(rules=(ANN, NORTH)))
    answer = boss.post(url(book, "r1", page="rule_move"), {**seen, "to": "up"}, follow=True)
    assert "Nothing was moved: the set-up was edited meanwhile." in answer.content.decode()
    assert [rule.key for rule in saved(book)] == ["r2", "r1"]


def test_deleting_a_rule_asks_first_with_what_it_comes_to(boss: Client) -> None:
    book = made()
    for matched in ("r1", "r1", "r1 r2"):
        book.person("Ada Lovelace", matched=matched)
    address = url(book, "r1", page="rule_delete")
    words = text(boss, address)
    assert "2 contacts that no other rule matches leave the sync" in words
    assert "What its actions set with undo is put back" in words
    assert "It is the last rule" not in words
    assert saved(book) == (NORTH, ANN)
    posted = {
        "seen": re.findall(r'name="seen" value="([^"]+)"', boss.get(address).content.decode())
    }
    boss.post(address, posted)
    assert saved(book) == (ANN,)


def test_cn4_the_last_rule_of_a_side_can_go_but_not_the_last_of_both(boss: Client) -> None:
    book = made(NORTH, default_rule("right"))
    address = url(book, "r1", page="rule_delete")
    page = boss.get(address).content.decode()
    assert "It is the last rule for contacts from Pipeliner" in page
    assert "No contact of Pipeliner is created in Google Contacts." in page
    boss.post(address, {"seen": re.findall(r'name="seen" value="([^"]+)"', page)})
    assert saved(book) == ()
    last = url(book, "right", "right", "rule_delete")
    page = boss.get(last).content.decode()
    assert "Rule not deleted: A connection needs a rule on one side at least." in page
    assert "Delete this rule" not in page
    assert boss.post(last, {}).status_code == 200
    assert saved(book, "right") == (default_rule("right"),)


def test_cn10_deleting_from_an_old_page_shows_what_changed_first(boss: Client) -> None:
    book = made()
    address = url(book, "r1", page="rule_delete")
    seen = re.findall(r'name="seen" value="([^"]+)"', boss.get(address).content.decode())
    book.connection.keep_setup(Setup(rules=(NORTH,), winner="right"))
    page = boss.post(address, {"seen": seen}).content.decode()
    assert "the set-up was edited meanwhile" in page
    assert "Winner" in page
    assert saved(book) == (NORTH,)
