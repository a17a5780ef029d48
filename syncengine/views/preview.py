"""What the next run of a connection would do, contact by contact, also with the edit that waits;
and the start, and the edit applied [PL1, CN1, CN10].
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_POST

from connections.configuration import SIDES, Side
from connections.forms.connection import as_edited
from connections.models import Account, Connection
from connections.neighbours import closes_ring, overlapping
from syncengine import brake, control, pending, tasks, wording
from syncengine.models import Change, Run
from syncengine.standings import Standing
from syncengine.views.common import (
    OPERATE,
    START,
    counted,
    find,
    number_in,
    page_of,
    person,
    say,
    show,
)
from syncengine.views.editing import waiting
from syncengine.views.edits import in_words, log
from syncengine.views.run import change_rows, changes_of

Kind = Change.Kind


@dataclass(frozen=True, slots=True)
class Tile:
    """A filter with the number of contacts that it leaves."""

    key: str
    label: str
    count: int
    css: str = ""
    icon: str = ""
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Effort:
    """What a run would cost one side, about."""

    label: str
    requests: int


FILTERS: dict[str, Q] = {
    "create_left": Q(kind=Kind.CREATED, side="left"),
    "create_right": Q(kind=Kind.CREATED, side="right"),
    "update": Q(kind=Kind.UPDATED),
    "link": Q(kind=Kind.LINKED),
    "excluded": Q(kind=Kind.EXCLUDED),
    "review": Q(kind=Kind.REVIEW),
    "fails": Q(kind=Kind.FAILED),
    "conflicts": Q(conflicts__gt=0),
    "leaves": Q(reason__startswith=wording.LEAVES),
    "partly": Q(reason__contains=wording.LEFT_OUT),
}
MOST_REASONS = 5


@require_GET
def preview(request: HttpRequest, connection_id: int) -> HttpResponse:
    """The newest preview: counts, contacts with each field now and then; the button to start."""
    stands = find(request, connection_id)
    connection = stands.connection
    run = newest(connection)
    good = control.latest_preview(connection)
    shown = run if run is not None and run.finished_at and run.status == Run.Status.DONE else None
    chosen = request.GET.get("show", "")
    tiles = _tiles(connection, shown) if shown else []
    page = page_of(request, _changes(shown, chosen))
    found = waiting(connection)
    edited = as_edited(connection, pending.current(connection))
    applies_paused = found is not None and connection.state == Connection.State.PAUSED
    return show(
        request,
        "syncengine/preview.html",
        stands,
        tab="preview",
        title=f"Preview of {connection}",
        run=run,
        waits=stands.is_preview_asked or (run is not None and run.finished_at is None),
        shown=shown,
        is_good=shown is not None and good == shown,
        tiles=tiles,
        chosen=chosen,
        waiting=found,
        page=page,
        rows=change_rows(list(page.object_list), connection, would=True),
        would=would(shown) if shown else None,
        efforts=_efforts(connection, shown) if shown else [],
        minutes=_minutes(connection, shown) if shown else 0,
        refusals=_refusals(shown) if shown else [],
        unauthorized=[
            connection.account(side)
            for side in SIDES
            if connection.account(side).status != Account.Status.AUTHORIZED
        ],
        ring="" if applies_paused else closes_ring(edited),
        overlaps=overlapping(edited),
        may_start=_may_start(stands),
    )


@require_POST
def ask(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Have a preview made."""
    stands = find(request, connection_id, OPERATE)
    if stands.connection.state != Connection.State.DELETING:
        tasks.ask_preview(connection_id, person(request)[:200])
    return redirect("admin:connections_connection_preview", connection_id)


@require_POST
def start(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Start the connection, held to the preview that was looked at [CN1, PL1]."""
    stands = find(request, connection_id, START)
    connection, here = stands.connection, "admin:connections_connection_preview"
    approved = control.latest_preview(connection)
    if not _may_start(stands):
        say(request, f"“{connection}” was not started. {stands.state.line}", bad=True)
        return redirect(here, connection_id)
    if approved is None or str(approved.pk) != request.POST.get("preview"):
        say(
            request,
            f"“{connection}” was not started: its set-up changed, or there is a newer preview. "
            "Look at what it would do now.",
            bad=True,
        )
        return redirect(here, connection_id)
    try:
        control.start(connection, approved)
    except control.Refused as refusal:
        say(request, str(refusal), bad=True)
        return redirect(here, connection_id)
    log(request.user.pk or 0, connection, f"Approved {would(approved).words} and started.")
    tasks.ask_sync(connection_id, f"{person(request)}, Start"[:200])
    say(request, f"“{connection}” is started. Its first run begins as soon as the worker is free.")
    return redirect("admin:connections_connection_history", connection_id)


@require_POST
def apply_edit(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Make the edit that waits what counts, held to the preview that was looked at [CN10]."""
    stands = find(request, connection_id, START)
    connection = stands.connection
    here = redirect("admin:connections_connection_preview", connection_id)
    mine = Run.objects.filter(connection=connection, kind=Run.Kind.PREVIEW)
    approved = mine.filter(pk=number_in(request.POST.get("preview", ""))).first()
    found = waiting(connection)
    try:
        if approved is None or found is None:
            raise control.Refused(f"No edit of “{connection}” waits with this preview.")
        control.apply_edit(connection, approved)
    except control.Refused as refusal:
        say(request, str(refusal), bad=True)
        return here
    words = would(approved).words
    edit = in_words(found.changes)
    log(request.user.pk or 0, connection, f"Applied with {words} approved. {edit}")
    say(request, f"The edit of “{connection}” is applied. {_next(stands)}")
    if connection.state == Connection.State.ACTIVE:
        tasks.ask_sync(connection_id, f"{person(request)}, Apply"[:200])
        return redirect("admin:connections_connection_history", connection_id)
    return redirect("admin:connections_connection_change", connection_id)


def _next(stands: Standing) -> str:
    contacts = counted(sum(stands.counts.values()), "contact")
    is_paused = stands.connection.state == Connection.State.PAUSED
    return f"The next run{', once you resume it,' if is_paused else ''} decides {contacts} anew."


def newest(connection: Connection) -> Run | None:
    """Return the newest preview of a connection, finished or not."""
    mine = Run.objects.filter(connection=connection, kind=Run.Kind.PREVIEW)
    return mine.order_by("-started_at").first()


def _may_start(stands: Standing) -> bool:
    """Return whether a start is what the connection waits for."""
    state, sync_state = stands.connection.state, stands.sync_state
    if pending.of(stands.connection) is not None:
        return False
    if state in (Connection.State.DRAFT, Connection.State.PAUSED):
        return not (sync_state and sync_state.held)
    approved = sync_state.approved_revision if sync_state else ""
    return state == Connection.State.ACTIVE and not approved


# What it shows


@dataclass(frozen=True, slots=True)
class Would:
    """What a previewed run would write."""

    creations: int
    updates: int
    clears: int
    departures: int
    left: int
    right: int

    @property
    def total(self) -> int:
        return self.creations + self.updates

    @property
    def words(self) -> str:
        return counted(self.total, "change")


def would(run: Run) -> Would:
    """Return what a previewed run would write."""
    updates = run.changes.filter(kind=Kind.UPDATED).count()
    return Would(
        run.created_left + run.created_right,
        updates,
        run.braked.get(brake.Kind.CLEARS, 0),
        run.braked.get(brake.Kind.DEPARTURES, 0),
        run.created_left,
        run.created_right,
    )


def _changes(run: Run | None, chosen: str) -> QuerySet[Change]:
    if run is None:
        return Change.objects.none()
    rows = changes_of(run)
    return rows.filter(FILTERS[chosen]) if chosen in FILTERS else rows


def _tiles(connection: Connection, run: Run) -> list[Tile]:
    counts = run.changes.aggregate(
        all=Count("pk"), **{key: Count("pk", filter=each) for key, each in FILTERS.items()}
    )
    left, right = (connection.side_label(side) for side in SIDES)
    tiles = [
        Tile("", "All contacts", counts["all"]),
        Tile("create_left", f"Create in {left}", counts["create_left"], side="left"),
        Tile("create_right", f"Create in {right}", counts["create_right"], side="right"),
        Tile("update", "Update", counts["update"], icon="i-edit"),
        Tile("link", "Link, already equal", counts["link"], icon="i-both"),
        Tile("excluded", "Excluded", counts["excluded"], "is-off"),
        Tile("review", "To review", counts["review"], "is-ask"),
        Tile("fails", "Would fail", counts["fails"], "is-bad"),
    ]
    rare = [
        Tile("leaves", wording.LEAVES, counts["leaves"], "is-off"),
        Tile("partly", "Something left out", counts["partly"], "is-ask"),
        Tile("conflicts", "Winner decides", counts["conflicts"]),
    ]
    return [*tiles, *(tile for tile in rare if tile.count)]


def _refusals(run: Run) -> list[tuple[str, int]]:
    """Return what an app would refuse, the most frequent first."""
    rows = run.changes.filter(FILTERS["fails"]).order_by().values_list("reason")
    counted = rows.annotate(number=Count("pk")).order_by("-number", "reason")
    return list(counted[:MOST_REASONS])


def _efforts(connection: Connection, run: Run) -> list[Effort]:
    return [Effort(connection.side_label(side), _requests(connection, run, side)) for side in SIDES]


def _requests(connection: Connection, run: Run, side: Side) -> int:
    """Return how many requests the writes of a side take: they go out in the app's batches, and
    once more the app is read.
    """
    app = connection.account(side).declared
    created: int = getattr(run, f"created_{side}")
    updated: int = getattr(run, f"updated_{side}")
    writes = math.ceil(created / app.create_batch) + math.ceil(updated / app.update_batch)
    return writes + 1


def _minutes(connection: Connection, run: Run) -> int:
    """Return for how many minutes the writes go on, at least one: as long as the requests of the
    preview took, a request.
    """
    took = run.seconds / max(1, run.requests_left + run.requests_right)
    requests = sum(_requests(connection, run, side) for side in SIDES)
    return max(1, math.ceil(requests * took / 60))
