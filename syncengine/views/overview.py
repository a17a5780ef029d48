"""What the front page shows: what needs a person first, then connections, worker and accounts."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.text import capfirst

from connections.connectors import CONNECTORS, connector_class
from connections.connectors.base import App
from connections.models import Account, Connection, PendingEdit
from syncengine import times, watching
from syncengine.models import Contact, Mirror, Run
from syncengine.standings import Standing, standings, with_accounts
from syncengine.state import Status
from syncengine.states import State, account_state
from syncengine.views.common import VIEW, name_of

MOST = 8
"""How many rows of one kind stand under "Needs you"."""
SHOWN = 30
"""How many connections and accounts the page lists; the others are on their own pages."""


@dataclass(frozen=True, slots=True)
class Need:
    """Something that waits for a person: `what` begins with the words that are the link."""

    state: State
    link: str
    url: str
    what: str
    then: str
    button: str = ""
    button_url: str = ""


@dataclass(frozen=True, slots=True)
class Worker:
    """Whether the worker lives, and when it last showed that."""

    state: State
    at: datetime | None
    is_silent: bool


@dataclass(frozen=True, slots=True)
class AccountRow:
    account: Account
    state: State
    connections: int
    read_at: datetime | None


def overview(request: HttpRequest) -> dict[str, Any]:
    """Return the front page's context for what this person may look at."""
    if not request.user.has_perm(VIEW):
        return {}
    stands = standings(with_accounts(Connection.objects.all()))
    accounts = list(Account.objects.select_related("authorized_by").defer("secrets", "catalogue"))
    worker = _worker(has_work=any(each.connection.state == "active" for each in stands))
    sees_accounts = request.user.has_perm("connections.view_account")
    return {
        "standings": sorted(stands, key=_urgency)[:SHOWN],
        "total": len(stands),
        "needs": list(_needs(stands, accounts, worker)),
        "worker": worker,
        "accounts": _account_rows(accounts, stands) if sees_accounts else [],
        "accounts_total": len(accounts),
        "apps": _apps(),
        "needs_account": not accounts,
        "needs_connection": not stands,
    }


def _urgency(stands: Standing) -> tuple[int, str]:
    """Order the connections: those that wait for a person, those that run now, the others."""
    css = stands.state.css
    waits = css in ("is-auth", "is-held", "is-ask") or _stopped(stands) is not None
    first = waits or stands.needs_a_look > 0
    return (0 if first else 1 if css == "is-busy" else 2, stands.connection.name)


def _apps() -> list[App]:
    """Return the apps that can be authorized."""
    return [connector_class(key).app for key in CONNECTORS]


def url(page: str, *arguments: object) -> str:
    """Return the address of a page of connections or accounts; "" where there is none."""
    try:
        return reverse(f"admin:connections_{page}", args=arguments)
    except NoReverseMatch:
        return ""


# The worker


def _worker(*, has_work: bool) -> Worker:
    """Return how the worker does."""
    silence, at = watching.silent_for(), watching.last_sign()
    is_missed = watching.is_missed(silence, has_work=has_work)
    if silence == math.inf:
        state = State("Worker not started", "is-bad" if is_missed else "is-off")
    elif is_missed:
        state = State("Worker silent", "is-bad")
    else:
        state = State("Worker running", "is-ok")
    return Worker(state, at, is_missed)


# What needs a person


def _needs(
    stands: Sequence[Standing], accounts: Sequence[Account], worker: Worker
) -> Iterator[Need]:
    if worker.is_silent:
        yield Need(
            worker.state,
            "The worker",
            "",
            " shows no sign of life. Nothing is synced until it runs.",
            "Start it where Pipesite is installed: manage.py worker",
        )
    yield from _authorizations(stands, accounts)
    yield from _few(_held(each) for each in stands if each.state.css == "is-held")
    yield from _few(_failed(each.connection, run) for each in stands if (run := _stopped(each)))
    yield from _few(_unstarted(each) for each in stands if each.state.word.startswith("Waits for"))
    yield from _few(_waiting_edits(stands))
    yield from _few(_review(each) for each in stands if each.counts.get(Status.REVIEW))
    failing = [each for each in stands if each.counts.get(Status.FAILING)]
    if failing:
        reasons = _reasons([each.connection.pk for each in failing])
        yield from _few(_failing(each, reasons[each.connection.pk]) for each in failing)


def _few(needs: Iterable[Need]) -> Iterator[Need]:
    """Yield the first needs of a kind; the others show in the list of connections."""
    for number, need in enumerate(needs):
        if number == MOST:
            yield Need(need.state, "More connections", "#connections", " wait likewise.", "")
            return
        yield need


def _authorizations(stands: Sequence[Standing], accounts: Sequence[Account]) -> Iterator[Need]:
    for account in accounts:
        if account.status != Account.Status.NEEDS_AUTHORIZATION:
            continue
        waiting = [
            each
            for each in stands
            if account.pk in (each.connection.left_id, each.connection.right_id)
            and each.connection.state == Connection.State.ACTIVE
        ]
        names = ", ".join(f"“{each.connection.name}”" for each in waiting[:3])
        more = f" and {len(waiting) - 3} more" if len(waiting) > 3 else ""
        then = f"{names}{more} {'wait' if len(waiting) > 1 else 'waits'}; every link is kept."
        yield Need(
            account_state(account),
            account.label,
            url("account_change", account.pk),
            f" is not accepted by {account.app_label}.",
            then if waiting else account.status_reason,
            "Authorize again",
            authorize_again(account),
        )


def authorize_again(account: Account) -> str:
    """Return the address at which an account is authorized again."""
    return f"{url('account_add')}?account={account.pk}"


def _held(stands: Standing) -> Need:
    connection = stands.connection
    page = url("connection_held", connection.pk) or url("connection_history", connection.pk)
    return Need(stands.state, connection.name, page, " is held.", stands.state.line, "Decide", page)


def _stopped(stands: Standing) -> Run | None:
    """Return the newest run of an active connection where it failed as a whole [RU9]."""
    run = stands.run
    is_failed = run is not None and run.status == Run.Status.FAILED
    return run if is_failed and stands.state.word == "Active" else None


def _failed(connection: Connection, run: Run) -> Need:
    page = url("connection_run", connection.pk, run.pk)
    why = capfirst(run.message)
    set_up = url("connection_change", connection.pk)
    what = " was not synced: its last run failed."
    return Need(State("Failed", "is-bad"), connection.name, page, what, why, "Open set-up", set_up)


def _unstarted(stands: Standing) -> Need:
    connection = stands.connection
    page = url("connection_preview", connection.pk) or url("connection_history", connection.pk)
    return Need(
        State("Not started", "is-ask"),
        connection.name,
        page,
        " waits for its preview.",
        "Nothing has been written. Look at the preview, and start it.",
        "See preview",
        page,
    )


def _waiting_edits(stands: Sequence[Standing]) -> Iterator[Need]:
    ids = [each.connection.pk for each in stands]
    edits = PendingEdit.objects.filter(connection__in=ids).select_related("saved_by")
    by_connection = {edit.connection_id: edit for edit in edits}
    for each in stands:
        edit = by_connection.get(each.connection.pk)
        if edit is None or each.connection.state == Connection.State.DELETING:
            continue
        page = url("connection_preview", each.connection.pk)
        by = name_of(edit.saved_by)
        yield Need(
            State("Edit waits", "is-ask"),
            each.connection.name,
            page,
            " has an edit that is not applied.",
            f"Saved by {by} {times.ago(edit.saved_at, each.now)}. Until it is applied, runs go "
            "by the set-up before it.",
            "See its preview",
            page,
        )


def _review(stands: Standing) -> Need:
    connection, number = stands.connection, stands.counts[Status.REVIEW]
    page = f"{url('connection_health', connection.pk)}#review"
    return Need(
        State("To review", "is-ask"),
        _contacts(number),
        page,
        f" in “{connection.name}” {_need(number)} a person to say with whom "
        f"{'it belongs' if number == 1 else 'they belong'} together.",
        "Nothing is guessed; nothing is written to them meanwhile.",
        f"Review {number:,}",
        page,
    )


def _need(number: int) -> str:
    return "needs" if number == 1 else "need"


def _failing(stands: Standing, reasons: Sequence[tuple[str, int]]) -> Need:
    connection, number = stands.connection, stands.counts[Status.FAILING]
    page = f"{url('connection_health', connection.pk)}#failing"
    reason, most = reasons[0]
    many = f"{most:,} of them for the same reason: " if 1 < most < number else ""
    return Need(
        State("Failing", "is-bad"),
        _contacts(number),
        page,
        f" in “{connection.name}” {'was' if number == 1 else 'were'} refused. ",
        f"{many}{reason}.",
        "See why",
        page,
    )


def _contacts(number: int) -> str:
    return "1 contact" if number == 1 else f"{number:,} contacts"


def _reasons(connections: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """Return, by connection, why contacts fail, the most frequent reason first."""
    found: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    failing = Contact.objects.filter(connection__in=connections, status=Status.FAILING)
    rows = failing.order_by().values_list("connection_id", "reason").annotate(n=Count("pk"))
    for pk, reason, number in rows.order_by("-n", "reason"):
        found[pk].append((reason, number))
    return found


# Accounts


def _account_rows(accounts: Sequence[Account], stands: Sequence[Standing]) -> list[AccountRow]:
    used: defaultdict[int, int] = defaultdict(int)
    for each in stands:
        used[each.connection.left_id] += 1
        used[each.connection.right_id] += 1
    reads = dict(Mirror.objects.values_list("account_id", "read_at"))
    first = Account.Status.NEEDS_AUTHORIZATION
    shown = sorted(accounts, key=lambda each: (each.status != first, each.label))[:SHOWN]
    return [
        AccountRow(each, account_state(each), used[each.pk], reads.get(each.pk)) for each in shown
    ]
