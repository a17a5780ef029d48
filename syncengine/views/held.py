"""What the brake stopped, and the ways out: check again, another set-up, go on once [PL3, I9]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from connections.configuration import SIDES
from syncengine import brake, control, engine, tasks
from syncengine.models import Mirror, Run
from syncengine.standings import Standing
from syncengine.views.common import START, find, person, say, show
from syncengine.views.edits import log

KINDS = {
    brake.Kind.CREATIONS: ("Contacts created", "create {} contact{}"),
    brake.Kind.OVERWRITES: ("Values overwritten", "overwrite values in {} contact{}"),
    brake.Kind.CLEARS: ("Values cleared", "clear values in {} contact{}"),
    brake.Kind.DEPARTURES: ("Contacts that leave the scope", "let {} contact{} leave the scope"),
}
"""By kind: what the table calls it, and what the button does."""
GAUGE = 160
"""The width of a gauge, as it is drawn; its mark stands at two fifths."""


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind of change against its limit."""

    kind: brake.Kind
    count: int
    used: int
    limit: int
    approved: int

    @property
    def label(self) -> str:
        return KINDS[self.kind][0]

    @property
    def over(self) -> int:
        return max(0, self.count - max(0, self.limit + self.approved - self.used))

    @property
    def part(self) -> float:
        """How much of the gauge is full."""
        share = (self.used + self.count) / max(1, self.limit + self.approved)
        return round(min(1.0, share * 0.4) * GAUGE, 1)


@require_GET
def held(request: HttpRequest, connection_id: int) -> HttpResponse:
    """What a held run would do, against the limits."""
    stands = find(request, connection_id)
    if not _is_held(stands):
        say(request, f"“{stands.connection}” is not held.")
        return redirect("admin:connections_connection_history", connection_id)
    by_account = _by_account(stands)
    run = control.held_run(stands.connection)
    rows = _rows(stands, run)
    return show(
        request,
        "syncengine/held.html",
        stands,
        tab="held",
        title=f"{stands.connection}, held",
        run=run,
        rows=rows,
        reads=_reads(stands) if by_account else [],
        by_account=by_account,
        doing=_doing([row for row in rows if row.over], by_account=by_account),
        least_many=brake.LEAST[brake.Kind.CREATIONS],
        least_few=brake.LEAST[brake.Kind.CLEARS],
        gauge_limit=GAUGE * 0.4,
    )


@require_POST
def check_again(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Have a held run counted anew; it is held again where it is still too much."""
    stands = find(request, connection_id, START)
    if control.check_again(stands.connection):
        log(request.user.pk or 0, stands.connection, "Had the held run checked again.")
        tasks.ask_sync(connection_id, f"{person(request)}, Check again"[:200])
        say(request, f"“{stands.connection}” is checked again now.")
    return redirect("admin:connections_connection_history", connection_id)


@require_POST
def go_on(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Approve what the brake held, once; refused where something else is held by now."""
    stands = find(request, connection_id, START)
    run = control.held_run(stands.connection)
    if not _is_held(stands) or run is None or str(run.pk) != request.POST.get("run"):
        say(request, "Something else is held by now. Look at it again.", bad=True)
        return redirect("admin:connections_connection_held", connection_id)
    doing = _doing(_rows(stands, run), by_account=_by_account(stands))
    try:
        control.resume(stands.connection, approve=True)
    except control.Refused as refusal:
        say(request, str(refusal), bad=True)
        return redirect("admin:connections_connection_history", connection_id)
    log(request.user.pk or 0, stands.connection, f"Approved what the brake held: {doing}.")
    tasks.ask_sync(connection_id, f"{person(request)}, Go on once"[:200])
    say(request, f"“{stands.connection}” goes on: it may {doing}, once.")
    return redirect("admin:connections_connection_history", connection_id)


def _is_held(stands: Standing) -> bool:
    return bool(stands.sync_state and stands.sync_state.held)


def _by_account(stands: Standing) -> bool:
    return stands.sync_state is not None and stands.sync_state.held == engine.HELD_BY_ACCOUNT


def _rows(stands: Standing, run: Run | None) -> list[KindRow]:
    """Return what a held run would do, a kind; nothing where a read was stopped."""
    state = stands.sync_state
    if run is None or state is None or _by_account(stands):
        return []
    limits = brake.Brake.of(run, state, stands.connection.brake_percent, stands.now)
    return [
        KindRow(
            kind,
            state.held.get(kind, 0),
            limits.used[kind],
            limits.limits[kind],
            limits.allowance.get(kind, 0),
        )
        for kind in brake.Kind
    ]


def _reads(stands: Standing) -> list[tuple[str, str, str]]:
    """Return what the reads of the accounts saw that were stopped: app, account, reason."""
    connection = stands.connection
    mirrors = {
        mirror.account_id: mirror.held_reason
        for mirror in Mirror.objects.filter(account__in=(connection.left, connection.right))
    }
    return [
        (connection.side_label(side), connection.account(side).label, reason)
        for side in SIDES
        if (reason := mirrors.get(connection.account(side).pk, ""))
    ]


def _doing(rows: Sequence[KindRow], *, by_account: bool) -> str:
    """Return what going on once would do, in words: "create 30 contacts and clear values in 3
    contacts".
    """
    if by_account:
        return "believe what the read saw"
    parts = [
        KINDS[row.kind][1].format(f"{row.count:,}", "" if row.count == 1 else "s")
        for row in rows
        if row.count
    ]
    if not parts:
        return "go on"
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)
