"""What a connection, a run or a contact is, in the words of the pages: a word, the class that gives
it colour and shape, and a line that says what it means.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from connections.configuration import SIDES
from connections.models import Account, Connection
from syncengine import clock, engine, times
from syncengine.models import Change, Contact, Run, SyncState
from syncengine.state import Status


class State(NamedTuple):
    """A state for people; `line` says what it means, "" where the word says it all."""

    word: str
    css: str
    line: str = ""


RUNS: Mapping[str, str] = {
    Run.Status.RUNNING: "is-busy",
    Run.Status.DONE: "is-ok",
    Run.Status.PARTLY_FAILED: "is-ask",
    Run.Status.FAILED: "is-bad",
    Run.Status.HELD: "is-held",
    Run.Status.PAUSED: "is-paused",
    Run.Status.WAITING: "is-auth",
    Run.Status.INTERRUPTED: "is-off",
}
CONTACTS: Mapping[str, State] = {
    Status.IN_SYNC: State("In sync", "is-ok", "Both sides agree, or are left apart on purpose."),
    Status.WAITING: State("Waiting", "is-busy", "The next run decides."),
    Status.DOUBT: State("In doubt", "is-busy", "A write had no answer; it is being looked for."),
    Status.EXCLUDED: State("Excluded", "is-off", "Nothing is written; a link stays."),
    Status.REVIEW: State("To review", "is-ask", "More than one contact fits; a person decides."),
    Status.FAILING: State("Failing", "is-bad", "An app refused what was to be written."),
    Status.GONE: State("Missing", "is-gone", "Deleted in one app; never created again by itself."),
}
CHANGES: Mapping[str, tuple[str, str, str]] = {
    Change.Kind.CREATED: ("is-new", "Created", "Create"),
    Change.Kind.UPDATED: ("is-change", "Updated", "Update"),
    Change.Kind.LINKED: ("is-same", "Linked", "Link"),
    Change.Kind.ADOPTED: ("is-same", "Found again", "Find again"),
    Change.Kind.EXCLUDED: ("is-off", "Excluded", "Exclude"),
    Change.Kind.REVIEW: ("is-ask", "To review", "To review"),
    Change.Kind.FAILED: ("is-bad", "Refused", "Would fail"),
    Change.Kind.GONE: ("is-gone", "Missing", "Missing"),
    Change.Kind.NOTE: ("is-off", "Note", "Note"),
}
"""By kind: the class, the word in a history, the word in a preview."""
NEEDS_A_LOOK = (Status.REVIEW, Status.FAILING, Status.GONE)


def account_state(account: Account) -> State:
    """Return the state of an account."""
    if account.status == Account.Status.AUTHORIZED:
        return State("Authorized", "is-ok")
    if account.status == Account.Status.DELETING:
        return State("Being deleted", "is-off")
    return State("Needs authorization", "is-auth", account.status_reason)


def run_state(run: Run) -> State:
    """Return the state of a run, with what it says about itself."""
    return State(run.get_status_display(), RUNS[run.status], run.message)


def contact_state(contact: Contact) -> State:
    """Return the state of a contact, with its reason."""
    word, css, line = CONTACTS[contact.status]
    return State(word, css, contact.reason or line)


def change_state(change: Change, *, would: bool = False) -> State:
    """Return what a change is: what was done or, in a preview, would be."""
    css, did, does = CHANGES[change.kind]
    return State(does if would else did, css, change.reason)


def connection_state(
    connection: Connection,
    state: SyncState | None,
    run: Run | None,
    *,
    preview: Run | None = None,
    read: int = 0,
    now: datetime | None = None,
) -> State:
    """Return the state of a connection; `run` is its newest sync, finished or not, `preview` one
    that is in hand, `read` how many contacts a first read has brought.
    """
    now = now or clock.now()
    going = run if run is not None and run.finished_at is None else preview
    if connection.state == Connection.State.DELETING:
        line = "Nothing runs any more. No contact in any app is touched; the history stays."
        return State("Being deleted", "is-off", line)
    if connection.state == Connection.State.DRAFT:
        making = f"{going_line(going, now, read)} " if going else ""
        return State("Draft", "is-draft", f"{making}Not started. Nothing has been written.")
    if connection.state == Connection.State.PAUSED:
        if going is not None and going is run:
            line = "Batches already sent finish; nothing further goes out."
            return State("Pausing", "is-paused", line)
        making = f"{going_line(going, now, read)} " if going else ""
        line = "No runs until you resume; changes made meanwhile are picked up then."
        return State("Paused", "is-paused", making + line)
    for side in SIDES:
        account = connection.account(side)
        if account.status != Account.Status.AUTHORIZED:
            line = (
                f"{account.app_label} no longer accepts {account.label}. "
                "Authorize it again; every link is kept."
            )
            return State("Waiting for authorization", "is-auth", line)
    if state is not None and state.held:
        return State("Held", "is-held", _held(state, run))
    if state is None or not state.approved_revision:
        line = "Look at its preview and start it. Nothing has been written."
        return State("Waits for its preview", "is-ask", line)
    if going:
        return State("Running", "is-busy", going_line(going, now, read))
    return State("Active", "is-ok", _active(connection, state, run, now))


def _held(state: SyncState, run: Run | None) -> str:
    message = run.message if run is not None and run.status == Run.Status.HELD else ""
    why = f" {message}" if message else ""
    if state.held == engine.HELD_BY_ACCOUNT:
        return f"A read of an account was stopped.{why} Nothing has been written."
    return f"The brake stopped a run before its first write.{why} It waits for you."


def _active(connection: Connection, state: SyncState, run: Run | None, now: datetime) -> str:
    minutes = connection.interval_minutes
    every = "every minute" if minutes == 1 else f"every {minutes} minutes"
    last = f" Last run {times.ago(run.started_at, now)}: {what_it_did(run)}." if run else ""
    return f"Runs {every}.{last} {next_line(state, now)}."


def next_line(state: SyncState, now: datetime) -> str:
    """Return when a connection runs next, in words."""
    if state.next_sync_at is None or state.next_sync_at <= now:
        return "Next as soon as the worker is free"
    return f"Next {times.ahead(state.next_sync_at, now)}"


def next_step(shown: State, state: SyncState | None, now: datetime) -> str:
    """Return what comes next for a connection in this state, in a few words."""
    if shown.word == "Active" and state is not None:
        return next_line(state, now)
    return {
        "is-draft": "Starts after its preview",
        "is-ask": "Starts after its preview",
        "is-paused": "Goes on when you resume",
        "is-auth": "Goes on once authorized",
        "is-held": "Waits for your decision",
    }.get(shown.css, shown.line)


def going_line(run: Run, now: datetime, read: int = 0) -> str:
    """Return how far a run that is in hand has come."""
    step = "Previewing" if run.kind == Run.Kind.PREVIEW else run.get_step_display()
    number = read if run.step == Run.Step.READ else _previewed(run)
    so_far = f": {number:,} contacts so far" if number else ""
    since = times.lasting((now - run.started_at).total_seconds())
    return f"{step}{so_far}. Started {since} ago by {run.cause}."


def _previewed(run: Run) -> int:
    """Return how many contacts a preview in hand has come to; 0 for a sync."""
    if run.kind != Run.Kind.PREVIEW:
        return 0
    written = run.created_left + run.created_right + run.updated_left + run.updated_right
    return written + run.linked + run.excluded + run.review + run.failed


def what_it_did(run: Run) -> str:
    """Return what a run did, in a few words: "3 updated, 1 created", "found nothing to do"."""
    parts = [
        f"{number:,} {word}"
        for number, word in (
            (run.created_left + run.created_right, "created"),
            (run.updated_left + run.updated_right, "updated"),
            (run.linked, "linked"),
            (run.failed, "refused"),
        )
        if number
    ]
    if run.finished_at is None:
        return ", ".join([*parts, "still going"])
    if run.status == Run.Status.HELD:
        return "held before a write"
    if run.status == Run.Status.FAILED:
        return ", ".join([*parts, "then it failed"]) if parts else "failed"
    return ", ".join(parts) or "found nothing to do"
