"""The history of a connection: its chart, its runs, and the search for a contact."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from syncengine import charts
from syncengine.models import Change, MatchKey, Run
from syncengine.state import Status
from tests.syncengine.pages import Book, path, queries, text

pytestmark = [pytest.mark.django_db, pytest.mark.db_matters]


def test_pl4_idle_runs_in_a_row_are_one_line_with_a_count(viewer: Client) -> None:
    book = Book.of()
    for hour in (1, 2, 4, 5, 6):
        book.run(ago=timedelta(hours=hour))
    book.run(ago=timedelta(hours=3), updated_left=3)
    page = text(viewer, path(book, "history"))
    assert "2 runs between" in page
    assert "3 runs between" in page
    found = [page.index(words) for words in ("2 runs between", " 3 updated the", "3 runs between")]
    assert found == sorted(found)
    assert "With changes 1" in page
    assert "All runs 6" in page


def test_pl4_the_filter_of_all_runs_shows_each(viewer: Client) -> None:
    book = Book.of()
    for hour in range(4):
        book.run(ago=timedelta(hours=hour))
    page = text(viewer, f"{path(book, 'history')}?show=all")
    assert page.count("Found nothing to do") == 4
    assert "runs between" not in page


def test_a_run_that_only_excluded_somebody_is_not_idle(viewer: Client) -> None:
    book = Book.of()
    run = book.run(excluded=1)
    book.change(run, book.person("Ada Lovelace"), Change.Kind.EXCLUDED, reason="Outside the scope")
    page = text(viewer, path(book, "history"))
    assert "With changes 1" in page
    assert "Ada Lovelace" in page


def test_pl4_errors_are_told_in_words_and_held_runs_say_why(viewer: Client) -> None:
    book = Book.of()
    book.run(ago=timedelta(hours=1), status=Run.Status.FAILED, message="Pipeliner did not answer")
    book.run(status=Run.Status.HELD, message="It would do 214 clears (limit 96 in 24 hours).")
    page = text(viewer, path(book, "history"))
    assert "Pipeliner did not answer" in page
    assert "It would do 214 clears" in page
    assert "Held 1" in page
    assert "214" not in text(viewer, f"{path(book, 'history')}?show=failed")


def test_pl4_a_run_names_the_first_contacts_that_it_changed(viewer: Client) -> None:
    book = Book.of()
    run = book.run(updated_right=5, cause="Maren Holt, Sync now")
    for name in ("Ada Lovelace", "Bob Builder", "Cher", "Dora", "Ernst"):
        book.change(run, book.person(name), side="right")
    page = text(viewer, path(book, "history"))
    assert "Ada Lovelace, Bob Builder, Cher and 2 more" in page
    assert "Maren Holt, Sync now" in page


def test_fifty_runs_are_on_a_page_and_no_idle_run_is_counted_on_two(viewer: Client) -> None:
    book = Book.of()
    for hour in range(120):
        book.run(ago=timedelta(hours=hour), updated_left=hour % 2, cause=f"Cause {hour % 2}")
    pages = [text(viewer, f"{path(book, 'history')}?p={number}") for number in (1, 2)]
    assert [page.count("Cause 1") for page in pages] == [50, 10]
    assert sum(page.count("1 run,") for page in pages) == 60


def test_previews_are_no_runs_of_the_history(viewer: Client) -> None:
    book = Book.of()
    preview = book.run(kind=Run.Kind.PREVIEW, updated_left=9)
    page = text(viewer, path(book, "history"))
    assert "No run yet." in page
    assert viewer.get(path(book, "run", preview.pk)).status_code == 404


def test_pl4_the_chart_has_a_column_a_day_and_a_table_with_the_same_numbers(viewer: Client) -> None:
    book = Book.of()
    book.run(created_left=3, updated_right=4, failed=1)
    book.run(ago=timedelta(days=40), created_left=7000)
    answer = viewer.get(path(book, "history")).content.decode()
    assert answer.count('class="hit"') == 30
    assert "3 created, 4 updated, 1 failed</title>" in answer
    assert "created <b>3</b>" in answer
    assert "<style" not in answer
    assert " style=" not in answer


@pytest.mark.parametrize(
    ("highest", "top"), [(0, 2), (2, 2), (3, 4), (9, 10), (11, 20), (353, 400), (4001, 10000)]
)
def test_the_axis_ends_at_a_round_number(highest: int, top: int) -> None:
    assert charts.top_of([charts.Column("", [("update", highest)])]) == top


def test_pl4_a_contact_is_found_by_name_by_any_email_and_by_a_former_one(viewer: Client) -> None:
    book = Book.of()
    values = {
        "first_name": "Søren",
        "last_name": "Ny",
        "emails": ("s@one.example", "s@two.example"),
    }
    contact = book.contact(Status.IN_SYNC, values)
    assert contact.left is not None
    MatchKey.objects.create(
        mirror=contact.left.mirror,
        record=contact.left,
        key="e:former@old.example",
        current=False,
        number=1,
    )
    book.person("Ada Lovelace")
    for asked in ("søren", "SØREN  NY", "S@TWO.example", "former@old", "  ny "):
        page = text(viewer, f"{path(book, 'history')}?q={asked}")
        assert "Søren Ny" in page, asked
        assert "Ada" not in page
    assert "Nobody in this connection" in text(viewer, f"{path(book, 'history')}?q=100%25")


def test_contacts_of_other_connections_are_not_found(viewer: Client) -> None:
    book, other = Book.of(), Book.of("South")
    other.person("Ada Lovelace")
    assert "Nobody in this connection" in text(viewer, f"{path(book, 'history')}?q=ada")


def test_changes_of_contacts_that_are_gone_are_found_by_name(viewer: Client) -> None:
    book = Book.of()
    book.change(book.run(updated_left=1), None, name="Ada Lovelace")
    page = text(viewer, f"{path(book, 'history')}?q=lovelace")
    assert "Changes of contacts that are no longer here" in page


def test_what_is_looked_for_is_never_taken_as_markup(viewer: Client) -> None:
    book = Book.of()
    answer = viewer.get(path(book, "history"), {"q": "<b>bold</b>"}).content.decode()
    assert "<b>bold</b>" not in answer
    assert "&lt;b&gt;bold" in answer


def test_a_long_history_costs_no_more_queries(
    viewer: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    book = Book.of()

    def more(count: int) -> None:
        for number in range(count):
            run = book.run(ago=timedelta(hours=2 * number), updated_left=1)
            book.change(run, book.person(f"Ada {number}"), side="left")
            book.run(ago=timedelta(hours=2 * number + 1))

    more(2)
    few, found = (
        queries(viewer, path(book, "history")),
        queries(viewer, f"{path(book, 'history')}?q=ada"),
    )
    more(40)
    with django_assert_num_queries(few):
        viewer.get(path(book, "history"))
    with django_assert_num_queries(found):
        viewer.get(path(book, "history"), {"q": "ada"})
