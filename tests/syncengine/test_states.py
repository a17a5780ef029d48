"""What a connection is, in words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connections.models import Account, Connection
from syncengine import clock, engine, notices, times
from syncengine.models import Mirror, Run, SyncState
from syncengine.standings import standing
from tests.syncengine.pages import Book

pytestmark = pytest.mark.django_db


def state_of(book: Book) -> tuple[str, str, str]:
    connection = Connection.objects.select_related("left", "right").get(pk=book.connection.pk)
    word, css, line = standing(connection).state
    return word, css, line


def change(book: Book, **values: Any) -> None:
    SyncState.objects.filter(connection=book.connection).update(**values)


def test_cn6_a_draft_has_written_nothing() -> None:
    word, css, line = state_of(Book.of(state="draft"))
    assert (word, css) == ("Draft", "is-draft")
    assert "Nothing has been written" in line


def test_cn6_an_active_connection_says_when_it_ran_and_when_it_runs_next() -> None:
    book = Book.of()
    book.run(ago=timedelta(minutes=2), updated_left=2, created_right=1)
    word, css, line = state_of(book)
    assert (word, css) == ("Active", "is-ok")
    assert line == (
        "Runs every 5 minutes. Last run 2 minutes ago: 1 created, 2 updated. Next in 3 minutes."
    )


def test_cn6_one_that_is_due_waits_for_the_worker() -> None:
    book = Book.of(interval_minutes=1)
    change(book, next_sync_at=clock.now() - timedelta(minutes=1))
    assert state_of(book)[2] == "Runs every minute. Next as soon as the worker is free."


def test_cn6_paused_in_mid_run_it_is_pausing() -> None:
    book = Book.of(state="paused")
    assert state_of(book)[0] == "Paused"
    book.run(status=Run.Status.RUNNING)
    assert state_of(book)[:2] == ("Pausing", "is-paused")


def test_cn6_a_run_in_hand_says_its_step_and_who_began_it() -> None:
    book = Book.of()
    book.run(status=Run.Status.RUNNING, step=Run.Step.APPLY, cause="Maren Holt, Sync now")
    word, css, line = state_of(book)
    assert (word, css) == ("Running", "is-busy")
    assert line.startswith("Applying. Started ")
    assert line.endswith("by Maren Holt, Sync now.")


def test_a_first_read_says_how_many_contacts_it_has_brought() -> None:
    book = Book.of()
    Mirror.objects.filter(account=book.connection.left).update(read_at=None, last_number=6000)
    book.run(status=Run.Status.RUNNING)
    assert state_of(book)[2].startswith("Reading: 6,000 contacts so far.")


def test_ac5_an_account_that_is_not_accepted_makes_its_connection_wait() -> None:
    book = Book.of()
    notices.lose_authorization(book.connection.right, "invalid_grant")
    word, css, line = state_of(book)
    assert (word, css) == ("Waiting for authorization", "is-auth")
    assert "Google Contacts no longer accepts north@example.org" in line


def test_pl3_a_held_connection_says_what_the_brake_stopped() -> None:
    book = Book.of()
    change(book, held={"clears": 214})
    book.run(status=Run.Status.HELD, message="It would do 214 clears (limit 96 in 24 hours).")
    word, css, line = state_of(book)
    assert (word, css) == ("Held", "is-held")
    assert "214 clears" in line


def test_pl3_a_read_that_was_stopped_is_no_brake_of_a_run() -> None:
    book = Book.of()
    change(book, held=engine.HELD_BY_ACCOUNT)
    assert state_of(book)[2].startswith("A read of an account was stopped.")


def test_pl1_an_active_connection_without_approval_waits_for_its_preview() -> None:
    book = Book.of()
    change(book, approved_revision="")
    assert state_of(book)[:2] == ("Waits for its preview", "is-ask")


def test_one_that_is_being_deleted_says_so() -> None:
    book = Book.of(state=Connection.State.DELETING)
    assert state_of(book)[0] == "Being deleted"


def test_a_connection_that_never_ran_has_a_state_too() -> None:
    book = Book.of()
    SyncState.objects.all().delete()
    assert state_of(book)[0] == "Waits for its preview"
    Account.objects.update(app="unknown")
    assert state_of(book)[0] == "Waits for its preview"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(2, "just now"), (14, "14 seconds ago"), (61, "1 minute ago"), (3540, "59 minutes ago")],
)
def test_times_near_now_are_in_words(seconds: int, words: str) -> None:
    now = clock.now()
    assert times.ago(now - timedelta(seconds=seconds), now) == words


def test_times_further_off_are_days_and_hours() -> None:
    now = clock.now().replace(month=3, day=3, hour=14, minute=5)
    assert times.ago(now - timedelta(hours=5), now) == "today, 09:05"
    assert times.ago(now - timedelta(hours=20), now) == "yesterday, 18:05"
    assert times.ago(now - timedelta(days=9), now) == "22 Feb, 14:05"
    assert times.span(now - timedelta(hours=2), now, now) == "today, 12:05, and 14:05"
    assert times.span(now - timedelta(days=1), now, now) == "yesterday, 14:05, and today, 14:05"


@pytest.mark.parametrize(
    ("seconds", "words"), [(4.23, "4.2 s"), (18, "18 s"), (110, "1 min 50 s"), (7500, "2 h 5 min")]
)
def test_durations_are_short(seconds: float, words: str) -> None:
    assert times.lasting(seconds) == words
