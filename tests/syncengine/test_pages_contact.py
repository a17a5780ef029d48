"""The pages of a run and of a contact: what was changed, field by field, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from syncengine.models import Change, Contact
from syncengine.state import Status
from tests.syncengine.pages import Book, path, queries, text, user

pytestmark = pytest.mark.django_db

JOB = ["right", "Job title", "Buyer", "Head buyer", None, "overwrite", False]
PHONES = ["right", "Phones", ["+43 1"], ["+43 1", "+43 2"], None, "fill", False]
CLEARED = ["left", "Notes", "old", None, None, "clear", False]
LOST = ["right", "City", "Wien", "Graz", "Wien", "overwrite", True]


def test_pl4_a_run_shows_each_field_before_and_after_and_why(ops: Client) -> None:
    book = Book.of()
    run = book.run(updated_left=1, updated_right=1)
    book.change(run, book.person("Ada Lovelace"), side="right", fields=[JOB, PHONES, LOST])
    book.change(run, book.person("Bob Builder"), side="left", fields=[CLEARED])
    answer = ops.get(path(book, "run", run.pk)).content.decode()
    assert "<del>Buyer</del>" in answer
    assert "<ins>Head buyer</ins>" in answer
    assert "+43 1, <ins>+43 2</ins>" in answer
    assert "<del>+43 1" not in answer
    page = text(ops, path(book, "run", run.pk))
    assert "changed in Pipeliner" in page
    assert "changed on both sides; Pipeliner won" in page
    assert "Notes old cleared cleared in Google Contacts" in page
    assert "ada.0@example.org" in page


def test_pl4_a_runs_changes_are_filtered_by_kind(ops: Client) -> None:
    book = Book.of()
    run = book.run(updated_right=1, failed=1)
    book.change(run, book.person("Ada Lovelace"), side="right", fields=[JOB])
    book.change(run, book.person("Bob Builder"), Change.Kind.FAILED, reason="Pipeliner refused it")
    page = text(ops, f"{path(book, 'run', run.pk)}?kind=failed")
    assert "All 2" in page
    assert "Pipeliner refused it" in page
    assert "Ada" not in page


def test_a_run_of_another_connection_is_not_shown(ops: Client) -> None:
    book, other = Book.of(), Book.of("South")
    text(ops, path(book, "run", other.run().pk), 404)
    text(ops, path(book, "contact", other.person("Ada Lovelace").pk), 404)


def test_values_of_contacts_are_never_taken_as_markup(ops: Client) -> None:
    book = Book.of()
    evil = "<script>alert(1)</script>"
    contact = book.contact(
        Status.IN_SYNC,
        {"first_name": evil, "last_name": "X"},
        {"first_name": evil, "last_name": "X"},
        reason=evil,
        flags=[evil],
    )
    run = book.run(updated_left=1)
    book.change(run, contact, side="left", fields=[["left", evil, evil, evil * 2, None, "fill", 0]])
    for address in (
        path(book, "run", run.pk),
        path(book, "contact", contact.pk),
        path(book, "history"),
        path(book, "health") + "?show=in_sync",
    ):
        assert evil not in ops.get(address).content.decode()


def test_a_long_run_costs_no_more_queries_and_decrypts_its_page_alone(
    ops: Client,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    book = Book.of()
    run = book.run(updated_right=1)

    def more(count: int) -> None:
        for number in range(count):
            book.change(run, book.person(f"Ada {number}"), side="right", fields=[JOB])

    more(2)
    few = queries(ops, path(book, "run", run.pk))
    more(58)
    with django_assert_num_queries(few):
        page = ops.get(path(book, "run", run.pk)).content.decode()
    assert page.count("Head buyer") == 50
    opened: list[object] = []
    field = Change._meta.get_field("fields")
    read: Any = field.from_db_value

    def note(*given: object) -> object:
        opened.append(given)
        return read(*given)

    monkeypatch.setattr(field, "from_db_value", note)
    ops.get(path(book, "run", run.pk))
    assert len(opened) == 50


def test_a_contact_shows_both_sides_and_what_is_left_apart(ops: Client) -> None:
    book = Book.of()
    contact = book.contact(
        Status.IN_SYNC,
        {"first_name": "Ada", "last_name": "Lovelace", "notes": "a long text"},
        {"first_name": "Ada", "last_name": "Lovelace", "notes": "short"},
        flags=["Google Contacts did not get Notes: too long"],
    )
    page = text(ops, path(book, "contact", contact.pk))
    assert "The next run would do nothing." in page
    assert "a long text short Left apart: Google Contacts did not get Notes: too long." in page
    answer = ops.get(path(book, "contact", contact.pk)).content.decode()
    assert answer.count('class="is-diff"') == 1


def test_a_contact_says_what_the_next_run_would_write(ops: Client) -> None:
    book = Book.of()
    contact = book.person("Ada Lovelace")
    record = contact.left
    assert record is not None
    record.content["values"]["job"] = "Analyst"
    record.save()
    page = text(ops, path(book, "contact", contact.pk))
    assert "The next run would write 1 field in Google Contacts." in page
    assert "The next run writes to Google Contacts." in page


def test_pl4_the_whole_story_of_a_contact_is_on_its_page(ops: Client) -> None:
    book = Book.of()
    contact = book.person("Ada Lovelace")
    book.change(book.run(ago=timedelta(days=2), linked=1), contact, Change.Kind.LINKED)
    run = book.run(ago=timedelta(minutes=3), updated_right=1, cause="Maren Holt, Sync now")
    book.change(run, contact, side="right", fields=[JOB])
    book.change(book.run(kind="preview"), contact, side="right", fields=[LOST])
    page = text(ops, path(book, "contact", contact.pk))
    assert page.index("Updated in Google Contacts") < page.index("Linked", page.index("The whole"))
    assert "Job title Buyer, now Head buyer changed in Pipeliner" in page
    assert "caused by Maren Holt, Sync now" in page
    assert "Last write 3 minutes ago, to Google Contacts." in page
    assert "Graz" not in page


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        (Status.EXCLUDED, "Outside the scope in Pipeliner", "Outside the scope in Pipeliner"),
        (Status.REVIEW, "several contacts share an address", "Say with whom it belongs together"),
    ],
)
def test_a_contact_of_one_half_says_why(
    ops: Client, status: Status, reason: str, words: str
) -> None:
    book = Book.of()
    contact = book.contact(status, {"first_name": "Ada"}, reason=reason)
    page = text(ops, path(book, "contact", contact.pk))
    assert words in page
    assert "Only in Pipeliner." in page
    assert "Unlink" not in page


def test_viewers_get_no_buttons(client: Client) -> None:
    client.force_login(user("Viewer"))
    book = Book.of()
    contact = book.person("Ada Lovelace", Status.FAILING, reason="no")
    for page in (path(book, "contact", contact.pk), path(book, "health"), path(book, "history")):
        answer = client.get(page).content.decode()
        assert "Sync now" not in answer
        assert "Retry" not in answer
        assert "Try again" not in answer
        assert "Unlink" not in answer
    assert Contact.objects.get(pk=contact.pk).asked == ""
