"""The health of a connection, and what people answer there."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ
from pytest_django import DjangoAssertNumQueries

from connections.schema import Value
from syncengine import matching
from syncengine.models import Contact
from syncengine.state import Status
from tests.syncengine.pages import Book, path, queries, text, user
from tests.syncengine.world import values, world

pytestmark = [pytest.mark.django_db, pytest.mark.db_matters]


def ann(number: str = "") -> dict[str, Value]:
    return {
        "first_name": f"Ann{number}",
        "last_name": "Lee",
        "emails": ("ann@example.org",),
        "phones": ("+44 1",),
    }


def several(book: Book) -> tuple[Contact, Contact, Contact]:
    """Return a contact on the left, and two on the right with which it could be linked."""
    return (
        book.contact(Status.REVIEW, ann(), reason=matching.SEVERAL),
        book.contact(Status.REVIEW, None, ann(), reason=matching.SEVERAL),
        book.contact(Status.REVIEW, None, ann("a"), reason=matching.SEVERAL),
    )


def test_counts_by_state_with_the_reasons_of_the_excluded(ops: Client) -> None:
    book = Book.of()
    book.person("Ada Lovelace")
    book.person("Bob Builder", Status.EXCLUDED, reason="no email address")
    book.person("Cher Bono", Status.EXCLUDED, reason="no email address")
    page = text(ops, path(book, "health"))
    assert "1 In sync" in page
    assert "2 Excluded" in page
    assert "No email address 2" in page
    assert "Nobody waits for you here." in page


def test_ma3_a_question_shows_both_sides_and_each_candidate_once(ops: Client) -> None:
    book = Book.of()
    mine, one, two = several(book)
    page = ops.get(path(book, "health")).content.decode()
    assert page.count("<legend>") == 1
    assert f'value="{one.right_id}"' in page
    assert f'value="{two.right_id}"' in page
    words = text(ops, path(book, "health"))
    assert "Anna Lee same email same phone" in words
    assert "2 more are candidates above" in words
    assert f'id="c{mine.pk}"' in page


def test_ma3_a_chosen_candidate_is_asked_for_and_the_next_run_is_queued(ops: Client) -> None:
    book = Book.of()
    mine, _, two = several(book)
    answer = ops.post(
        path(book, "answer", mine.pk), {"asked": "link", "record": two.right_id}, follow=True
    )
    mine.refresh_from_db()
    assert (mine.asked, mine.asked_record_id) == ("link", two.right_id)
    assert OrmQ.objects.count() == 1
    assert "The next run does it." in answer.content.decode()


@pytest.mark.parametrize("record", ["", "0", "none", "999999"])
def test_a_link_wants_somebody_who_is_there(ops: Client, record: str) -> None:
    book = Book.of()
    mine, *_ = several(book)
    ops.post(path(book, "answer", mine.pk), {"asked": "link", "record": record})
    mine.refresh_from_db()
    assert mine.asked == ""


def test_a_record_of_the_own_side_is_no_candidate(ops: Client) -> None:
    book = Book.of()
    mine, *_ = several(book)
    other = book.person("Ada Lovelace")
    ops.post(path(book, "answer", mine.pk), {"asked": "link", "record": other.left_id})
    mine.refresh_from_db()
    assert mine.asked == ""


def test_ma3_who_is_linked_already_cannot_be_chosen(ops: Client) -> None:
    book = Book.of()
    linked = book.contact(Status.IN_SYNC, ann(), ann())
    book.contact(Status.REVIEW, ann(), reason=matching.DUPLICATE)
    page = ops.get(path(book, "health")).content.decode()
    assert f'value="{linked.right_id}" required disabled' in page
    assert "linked already" in page
    assert "cannot be chosen before that link is ended" in page
    assert "Link these two" not in page
    assert "Keep them apart" in page


def test_ma5_kept_apart_and_unlinked_by_a_person(ops: Client) -> None:
    book = Book.of()
    mine, *_ = several(book)
    ops.post(path(book, "answer", mine.pk), {"asked": "apart"})
    mine.refresh_from_db()
    assert mine.asked == "apart"


def test_du2_a_deleted_counterpart_is_created_again_only_when_asked(ops: Client) -> None:
    book = Book.of()
    gone = book.person("Ada Lovelace", Status.GONE, reason="Deleted in Google Contacts")
    well = book.person("Bob Builder")
    assert "Ada Lovelace: deleted in Google Contacts." in text(ops, path(book, "health"))
    for contact in (gone, well):
        ops.post(path(book, "answer", contact.pk), {"asked": "recreate"})
        contact.refresh_from_db()
    assert (gone.asked, well.asked) == ("recreate", "")


def test_pl5_one_failing_contact_is_tried_again_or_all(ops: Client) -> None:
    book = Book.of()
    one = book.person("Ada Lovelace", Status.FAILING, reason="too large", attempts=4)
    two = book.person("Bob Builder", Status.FAILING, reason="wants a type")
    three = book.person("Cher Bono")
    page = text(ops, path(book, "health"))
    assert "Failing, by reason 2 Retry all 2" in page
    ops.post(path(book, "answer", one.pk), {"asked": "retry"})
    one.refresh_from_db()
    assert one.asked == "retry"
    ops.post(path(book, "retry_all"), {"reason": "wants a type"})
    assert set(Contact.objects.exclude(asked="")) == {one, two}
    ops.post(path(book, "retry_all"))
    three.refresh_from_db()
    assert three.asked == ""


@pytest.mark.parametrize("asked", ["", "undo", "LINK"])
def test_nothing_else_can_be_asked(ops: Client, asked: str) -> None:
    book = Book.of()
    contact = book.person("Ada Lovelace")
    assert ops.post(path(book, "answer", contact.pk), {"asked": asked}).status_code == 400


def test_a_paused_connection_keeps_what_was_asked_for_later(ops: Client) -> None:
    book = Book.of(state="paused")
    contact = book.person("Ada Lovelace", Status.FAILING, reason="no")
    answer = ops.post(path(book, "answer", contact.pk), {"asked": "retry"}, follow=True)
    assert OrmQ.objects.count() == 0
    assert "It is done once the connection runs; it is paused." in answer.content.decode()


def test_flagged_contacts_are_counted_and_listed(ops: Client) -> None:
    book = Book.of()
    flag = "Two programs disagree: Job title"
    book.person("Ada Lovelace", flags=[flag, "Google cut Notes short"])
    book.person("Bob Builder", flags=[flag])
    book.person("Cher Bono")
    page = text(ops, path(book, "health"))
    assert "2 Flagged" in page
    assert f"{flag} 2" in page
    listed = text(ops, f"{path(book, 'health')}?show=flagged")
    assert "Bob Builder" in listed
    assert "Cher" not in listed


def test_lists_are_by_state_and_reason(ops: Client) -> None:
    book = Book.of()
    book.person("Ada Lovelace", Status.EXCLUDED, reason="no email address")
    book.person("Bob Builder", Status.EXCLUDED, reason="outside the scope")
    page = text(ops, f"{path(book, 'health')}?show=excluded&reason=no+email+address")
    assert "Ada Lovelace" in page
    assert "Bob" not in page
    assert "Nobody." in text(ops, f"{path(book, 'health')}?show=failing")


def test_many_contacts_cost_no_more_queries(
    ops: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    book = Book.of()

    def more(first: int, last: int) -> None:
        for number in range(first, last):
            values = ann() | {"emails": (f"{number}@example.org",)}
            book.contact(Status.REVIEW, values, reason=matching.SEVERAL)
            book.contact(Status.REVIEW, None, values, reason=matching.SEVERAL)
            book.person(f"Ada {number}", Status.FAILING, reason=f"reason {number}")
            book.person(f"Bob {number}", Status.GONE, reason="Deleted")
            book.person(f"Cher {number}", flags=[f"flag {number}"])

    more(0, 2)
    pages = [f"{path(book, 'health')}{end}" for end in ("", "?show=review", "?show=failing")]
    few = [queries(ops, page) for page in pages]
    more(2, 40)
    for page, number in zip(pages, few, strict=True):
        with django_assert_num_queries(number):
            ops.get(page)


def test_i1_a_person_thaws_a_field_that_two_programs_chased(
    monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    client.force_login(user(""))
    with world(monkeypatch) as w:
        left, right = w.app("left"), w.app("right")
        id_ = left.add(given_name="Ada", emails=("ada@example.org",), job_title="Analyst")
        connection = w.connect("left", "right")
        w.settle(connection)
        for number in range(8):
            left.edit(id_, job_title=f"Analyst {number}")
            w.sync(connection)
        contact = Contact.objects.get()
        assert contact.flags == ["Two programs disagree: Job title"]

        address = reverse("admin:connections_connection_answer", args=[connection.pk, contact.pk])
        client.post(address, {"asked": "retry"})
        w.settle(connection)
        assert values(right, "job_title") == [("Analyst 7",)]
        contact.refresh_from_db()
        assert contact.flags == []
