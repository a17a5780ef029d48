"""The accounts and scopes of a connection: chosen, refused, and what they mean to the others."""

from __future__ import annotations

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from connections.models import Account, Connection
from tests.syncengine.pages import Book, account, path, queries, text
from tests.syncengine.setups import save, stored, waiting, with_units

pytestmark = pytest.mark.django_db
ADD = "/admin/connections/connection/add/"
LIST = "/admin/connections/connection/"


def test_cn1_a_connection_is_made_of_a_name_and_two_accounts(boss: Client) -> None:
    left = with_units(account("CRM", "pipeliner", settings={"default_scope": ["south", "gone"]}))
    right = account("ops@example.org", "google")
    page = boss.post(ADD, {"name": "North", "left": left.pk, "right": right.pk}, follow=True)

    made = Connection.objects.get()
    assert (made.state, made.left, made.right) == ("draft", left, right)
    assert (made.left_scope, made.right_scope) == (["south"], [])
    assert page.redirect_chain[-1][0] == f"/admin/connections/connection/{made.pk}/change/"
    assert "“North” is a draft" in page.content.decode()
    assert LogEntry.objects.get().get_change_message() == "Made: CRM and ops@example.org."


def test_an_account_with_itself_is_refused_beside_the_right_one(boss: Client) -> None:
    one = account("CRM", "pipeliner")
    page = boss.post(ADD, {"name": "North", "left": one.pk, "right": one.pk}).content.decode()
    right = page[page.index("field-right") :]
    assert "Choose another account than on the left." in right[:400]
    assert not Connection.objects.exists()


def test_the_same_login_under_two_names_is_refused(boss: Client) -> None:
    one = account("CRM", "pipeliner", identity="space/ann")
    two = account("CRM again", "pipeliner", identity="space/ann")
    page = boss.post(ADD, {"name": "North", "left": one.pk, "right": two.pk}).content.decode()
    assert "This is the same login as “CRM”." in page


def test_cn1_without_an_account_the_page_says_that_none_is_authorized(boss: Client) -> None:
    assert boss.get(ADD).content.decode().count("None is authorized yet") == 2
    account("CRM", "pipeliner")
    assert boss.get(ADD).content.decode().count("Choose an account") == 2


def test_an_account_that_is_being_deleted_is_not_offered(boss: Client) -> None:
    account("Kept", "pipeliner")
    account("Going", "pipeliner", identity="x")
    Account.objects.filter(label="Going").update(status=Account.Status.DELETING)
    page = boss.get(ADD).content.decode()
    assert "Kept</option>" in page
    assert "Going</option>" not in page


# Scopes


def test_a_scope_of_nothing_is_refused(boss: Client) -> None:
    book = Book.of()
    with_units(book.connection.left)
    page = save(boss, book, left_part="these", left_scopes=[])
    assert "Choose at least one of the sales units, or all." in page


def test_ru9_a_scope_value_that_is_gone_is_shown_and_must_be_taken_out(boss: Client) -> None:
    book = Book.of(left_scope=["north", "west"])
    with_units(book.connection.left)
    assert "west no longer exists" in text(boss, path(book, "change"))
    assert "west no longer exists in North CRM. Untick it." in save(boss, book, winner="right")
    save(boss, book, left_scopes=["north"])
    assert waiting(book).left_scope == ("north",)


def test_the_order_of_a_scope_stays_where_its_values_do(boss: Client) -> None:
    book = Book.of(left_scope=["south", "north"])
    with_units(book.connection.left)
    save(boss, book, winner="right")
    assert stored(book).left_scope == ["south", "north"]


def test_cn11_a_connection_whose_scope_overlaps_is_named(boss: Client) -> None:
    book = Book.of(left_scope=["vienna"])
    with_units(book.connection.left)
    twin = Connection.objects.create(
        name="Twin", left=book.connection.right, right=book.connection.left, right_scope=["north"]
    )
    assert "Twin connects the same two accounts" in text(boss, path(book, "change"))
    twin.right_scope = ["south"]
    twin.save()
    assert "Twin" not in text(boss, path(book, "change"))


# Accounts


def test_the_accounts_may_be_others_until_the_first_read(boss: Client) -> None:
    book = Book.of(state="draft", left_scope=["south"])
    other = account("Other CRM", "pipeliner", identity="other")
    page = path(book, "change") + "?accounts="
    assert "Choose other accounts" in text(boss, path(book, "change"))
    posted = {"name": "North", "left": other.pk, "right": book.connection.right.pk}
    boss.post(page, posted)
    found = stored(book)
    assert (found.left, found.left_scope) == (other, [])
    assert "Left account: North CRM → Other CRM." in LogEntry.objects.get().get_change_message()

    book.run()
    posted["left"] = book.connection.left.pk
    boss.post(page, posted)
    assert stored(book).left == other
    assert "Choose other accounts" not in text(boss, path(book, "change"))


# Rings


def test_cn11_an_active_connection_is_not_given_a_direction_that_closes_a_ring(
    boss: Client,
) -> None:
    book = Book.of(direction="left_to_right")
    left, right = book.connection.left, book.connection.right
    third = account("Third", "google", identity="third")
    one_way = {"state": Connection.State.ACTIVE, "direction": "right_to_left"}
    Connection.objects.create(name="A", left=right, right=third, **one_way)
    Connection.objects.create(name="B", left=third, right=left, **one_way)

    page = save(boss, book, direction="both")
    refusal = page[page.index("would close a ring") :][:300]
    assert "“A”" in refusal
    assert "“B”" in refusal
    assert "it would close none" in refusal
    assert stored(book).direction != "both"

    Connection.objects.filter(pk=book.connection.pk).update(state="draft")
    save(boss, book, direction="both")
    assert stored(book).direction == "both"


# The list


def test_the_list_has_each_connection_with_state_last_run_and_counts(boss: Client) -> None:
    book = Book.of()
    book.person("Ada Lovelace")
    book.run(linked=1)
    Book.of("South", state="draft")
    shown = text(boss, LIST)
    assert "Active 1 0 0 0" in shown
    assert "1 linked" in shown
    assert "South" in shown
    assert "Draft" in shown


def test_the_list_costs_the_same_with_2_and_with_40_connections(boss: Client) -> None:
    for name in ("North", "South"):
        book = Book.of(name)
        book.person("Ada Lovelace")
        book.run()
    few = queries(boss, LIST)
    for number in range(38):
        book = Book.of(f"N{number}")
        book.person("Ada Lovelace")
        book.run()
    assert queries(boss, LIST) == few
