"""The owners of a connection: the table between two apps that have them, and the fallbacks."""

from __future__ import annotations

from dataclasses import replace

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from connections.connectors.base import User
from connections.forms.owners import by_email
from connections.models import Account, Catalogue, Connection
from connections.setups import OwnersSetup
from tests.syncengine.builders import FIELDS
from tests.syncengine.pages import Book, account, path, text
from tests.syncengine.setups import fields_of, save, stored

pytestmark = pytest.mark.django_db
OURS = (
    User("l1", "Ann Bergström", "ann@north.example"),
    User("l2", "Bob Okonkwo", "bob@north.example"),
)
THEIRS = (
    User("r1", "Ann Lind", " ANN@north.example"),
    User("r2", "Zoë Đặng", "zoe@alps.example"),
)


def with_users(found: Account, users: tuple[User, ...], **settings: str) -> Account:
    found.catalogue = Catalogue(FIELDS, users=users).to_json()
    found.settings = settings
    found.save()
    return found


def between_crms(owners: OwnersSetup | None = None) -> Book:
    """Return a draft between two apps that have owners."""
    left = with_users(account("North CRM", "pipeliner", identity="a"), OURS, user="l1")
    right = with_users(account("Alps CRM", "pipeliner", identity="b"), THEIRS)
    connection = Connection.objects.create(name="CRMs", left=left, right=right)
    if owners:
        connection.keep_setup(replace(connection.setup(), owners=owners))
    return Book(connection)


def owners_of(book: Book) -> OwnersSetup:
    return stored(book).setup().owners


def test_va10_the_table_is_filled_by_email_and_stored_when_it_is_saved(boss: Client) -> None:
    book = between_crms()
    shown = text(boss, path(book, "change"))
    assert "Ann Bergström Who stands for Ann Bergström in Alps CRM" in shown
    assert "email, stored when you save" in shown
    assert "Bob Okonkwo Who stands for Bob Okonkwo in Alps CRM" in shown
    assert "no one with this email: choose" in shown
    assert owners_of(book).table == ()
    save(boss, book)
    assert owners_of(book).table == (("l1", "r1"),)
    assert "Owner Ann Bergström in Alps CRM: – → Ann Lind." in (
        LogEntry.objects.get().get_change_message()
    )
    assert "stored when you save" not in text(boss, path(book, "change"))


def test_va10_a_new_connection_begins_with_owners_by_email(boss: Client) -> None:
    left = with_users(account("North CRM", "pipeliner", identity="a"), OURS)
    right = with_users(account("Alps CRM", "pipeliner", identity="b"), THEIRS)
    posted = {"name": "CRMs", "left": left.pk, "right": right.pk}
    boss.post("/admin/connections/connection/add/", posted)
    assert Connection.objects.get().setup().owners.table == (("l1", "r1"),)


def test_each_user_has_a_select_and_a_right_user_of_nobody_one_too(boss: Client) -> None:
    book = between_crms(OwnersSetup((("l1", "r1"),)))
    selects = fields_of(boss.get(path(book, "change")).content.decode())
    assert selects["left_owner_l1"] == ["r1"]
    assert selects["left_owner_l2"] in ([], [""])
    assert selects["right_owner_r2"] in ([], [""])
    assert "right_owner_r1" not in selects
    save(boss, book, left_owner_l2=["r2"], left_fallback=["l2"], right_fallback=["r2"])
    assert owners_of(book) == OwnersSetup((("l1", "r1"), ("l2", "r2")), "l2", "r2")


def test_two_right_users_can_stand_for_one_left_user(boss: Client) -> None:
    book = between_crms(OwnersSetup((("l1", "r1"),)))
    save(boss, book, right_owner_r2=["l1"])
    assert owners_of(book).table == (("l1", "r1"), ("l1", "r2"))
    selects = fields_of(boss.get(path(book, "change")).content.decode())
    assert (selects["left_owner_l1"], selects["right_owner_r2"]) == (["r1"], ["l1"])
    assert "Nothing was changed" in save(boss, book)


def test_a_choice_of_the_fallback_stays_and_is_not_filled_again(boss: Client) -> None:
    book = between_crms(OwnersSetup((("l2", "r2"),)))
    shown = text(boss, path(book, "change"))
    assert "Ann Lind has the same email" in shown
    assert "Nothing was changed" in save(boss, book)
    assert owners_of(book).table == (("l2", "r2"),)


def test_ru9_a_user_who_is_gone_stays_until_another_is_chosen(boss: Client) -> None:
    book = between_crms(OwnersSetup((("l1", "gone"), ("left", "r2"))))
    shown = text(boss, path(book, "change"))
    assert "gone no longer exists" in shown
    assert "left (no longer exists)" in shown
    assert "Nothing was changed" in save(boss, book)
    save(boss, book, left_owner_l1=["r1"], left_owner_left=[""])
    assert owners_of(book).table == (("l1", "r1"),)


def test_an_owner_that_is_none_is_refused(boss: Client) -> None:
    book = between_crms()
    assert "Select a valid choice" in save(boss, book, left_owner_l2=["nobody"])
    assert owners_of(book).table == ()


def test_where_one_app_has_owners_there_is_one_select(boss: Client) -> None:
    book = Book.of(state="draft")
    with_users(book.connection.left, OURS, user="ann@north.example")
    shown = text(boss, path(book, "change"))
    assert "New contacts in Pipeliner belong to Ann Bergström (your user) Ann" in shown
    assert "Found by" not in shown
    save(boss, book, left_fallback=["l2"])
    assert owners_of(book) == OwnersSetup((), "l2", "")
    assert "Owner of all others in Pipeliner: the account's own user → Bob Okonkwo." in (
        LogEntry.objects.get().get_change_message()
    )


def test_where_no_app_has_owners_nothing_is_asked(boss: Client) -> None:
    book = Book.of()
    assert "Owners" not in text(boss, path(book, "change"))


def test_users_are_paired_by_email_alone() -> None:
    book = between_crms()
    left, right = book.connection.left, book.connection.right
    assert by_email(left, right) == (("l1", "r1"),)
    with_users(right, (User("x", "Ann Bergström", ""), User("y", "Nobody", " ")))
    with_users(left, (User("l1", "Ann Bergström", ""),))
    assert by_email(left, right) == ()
