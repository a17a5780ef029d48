"""The history of a connection: a chart, its runs, and the search for a contact."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    Count,
    Exists,
    ExpressionWrapper,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from connections.models import Connection
from syncengine import charts, clock, finding
from syncengine.models import Change, Run
from syncengine.states import what_it_did
from syncengine.views.common import Paged, find, page_of, show
from syncengine.views.edits import Edit, edits_between

DAYS = 30
NAMES = 3
"""How many of a run's contacts are named beside it."""
STRAYS = 20

FILTERS: dict[str, tuple[str, Q]] = {
    "changes": ("With changes", Q(is_idle=False)),
    "created": ("Created", Q(created_left__gt=0) | Q(created_right__gt=0)),
    "updated": ("Updated", Q(updated_left__gt=0) | Q(updated_right__gt=0)),
    "failed": ("Failed", Q(failed__gt=0) | Q(status=Run.Status.FAILED)),
    "held": ("Held", Q(status=Run.Status.HELD)),
    "all": ("All runs", Q()),
}
NOTHING = dict.fromkeys(
    (
        "created_left",
        "created_right",
        "updated_left",
        "updated_right",
        "linked",
        "failed",
        "conflicts",
    ),
    0,
)


@require_GET
def history(request: HttpRequest, connection_id: int) -> HttpResponse:
    """The runs of a connection, or the contacts that are looked for."""
    stands = find(request, connection_id)
    connection = stands.connection
    if text := request.GET.get("q", "").strip():
        page = page_of(request, finding.find(connection, text))
        return show(
            request,
            "syncengine/found.html",
            stands,
            tab="history",
            title=f"“{text}” in {connection.name}",
            text=text,
            page=page,
            rows=finding.rows(list(page.object_list)),
            strays=list(finding.stray_changes(connection, text)[:STRAYS]),
        )
    runs = runs_of(connection)
    chosen = request.GET.get("show", "changes")
    if chosen not in FILTERS:
        chosen = "changes"
    page = page_of(request, runs.filter(FILTERS[chosen][1]).order_by("-started_at", "-pk"))
    return show(
        request,
        "syncengine/history.html",
        stands,
        tab="history",
        title=f"History of {connection.name}",
        **_chart(_days(connection, clock.now())),
        filters=_filters(runs, chosen),
        page=page,
        lines=_with_edits(
            _lines(_named(runs, page.object_list), runs if chosen == "changes" else None, page),
            connection,
            page,
        ),
    )


def runs_of(connection: Connection) -> QuerySet[Any]:
    """Return the syncs of a connection; `is_idle` says of each whether it did nothing at all."""
    changed = Exists(Change.objects.filter(run=OuterRef("pk")))
    idle = Q(status=Run.Status.DONE, **NOTHING) & ~Q(changed)
    return Run.objects.filter(connection=connection, kind=Run.Kind.SYNC).annotate(
        is_idle=ExpressionWrapper(idle, BooleanField())
    )


@dataclass(frozen=True, slots=True)
class Filter:
    key: str
    label: str
    count: int
    is_chosen: bool


def _filters(runs: QuerySet[Any], chosen: str) -> list[Filter]:
    """Return the filters with their counts; those that would show nothing are left out."""
    counts = runs.aggregate(**{key: Count("pk", filter=q) for key, (_, q) in FILTERS.items()})
    return [
        Filter(key, label, counts[key], key == chosen)
        for key, (label, _) in FILTERS.items()
        if counts[key] or key in ("changes", "all", chosen)
    ]


# Lines: runs that did something, and between them those that did not


@dataclass(frozen=True, slots=True)
class Line:
    """One run with whom it changed (`more` beyond the names), a number of idle runs in a row, or
    an edit of the set-up.
    """

    run: Run | None = None
    did: str = ""
    names: tuple[str, ...] = ()
    more: int = 0
    requests: int = 0
    idle: int = 0
    first: datetime | None = None
    last: datetime | None = None
    edit: Edit | None = None

    @property
    def at(self) -> datetime:
        """When it was, the newest of several."""
        moment = self.run.started_at if self.run else self.edit.at if self.edit else self.last
        assert moment is not None
        return moment


def _named(runs: QuerySet[Any], shown: Iterable[Run]) -> list[Run]:
    """Return the runs to show with the names of the first contacts that each changed."""
    of_one = Change.objects.filter(run=OuterRef("pk")).exclude(name="").order_by("pk")
    names = {f"name_{n}": Subquery(of_one.values("name")[n : n + 1]) for n in range(NAMES)}
    counted = Subquery(
        Change.objects.filter(run=OuterRef("pk"))
        .order_by()
        .values("run")
        .annotate(number=Count("pk"))
        .values("number")
    )
    named = runs.filter(pk__in=[run.pk for run in shown]).annotate(**names, changed=counted)
    return list(named.order_by("-started_at", "-pk"))


def _line(run: Any) -> Line:
    names = [name for n in range(NAMES) if (name := getattr(run, f"name_{n}"))]
    return Line(
        run=run,
        did=what_it_did(run),
        names=tuple(dict.fromkeys(names)),
        more=max(0, (run.changed or 0) - len(names)),
        requests=run.requests_left + run.requests_right,
    )


def _lines(shown: Sequence[Run], runs: QuerySet[Any] | None, page: Paged) -> list[Line]:
    """Return the page's runs; where `runs` is given, with its idle ones as lines between them."""
    if runs is None:
        return [_line(run) for run in shown]
    idle = _idle(runs, [run.started_at for run in shown], page)
    lines = [idle[0]] if 0 in idle else []
    for place, run in enumerate(shown, 1):
        lines.append(_line(run))
        if place in idle:
            lines.append(idle[place])
    return lines


def _with_edits(lines: list[Line], connection: Connection, page: Paged) -> list[Line]:
    """Return the lines with the edits of the set-up among them: each above the runs before it."""
    if not lines:
        return lines
    since = lines[-1].at if page.has_next() else datetime.min.replace(tzinfo=UTC)
    until = lines[0].at if page.number > 1 else datetime.max.replace(tzinfo=UTC)
    edits = [Line(edit=edit) for edit in edits_between(connection, since, until)]
    return sorted([*lines, *edits], key=lambda line: line.at, reverse=True)


def _idle(runs: QuerySet[Any], moments: Sequence[datetime], page: Paged) -> dict[int, Line]:
    """Return the idle runs by the number of shown ones above them: one query for all."""
    rows = runs.filter(is_idle=True)
    if page.number > 1:
        rows = rows.filter(started_at__lte=moments[0])
    if page.has_next():
        rows = rows.filter(started_at__gt=page.paginator.object_list[page.end_index()].started_at)
    groups = (
        rows.order_by()
        .annotate(place=_place([Q(started_at__gt=each) for each in moments]))
        .values("place")
        .annotate(idle=Count("pk"), first=Min("started_at"), last=Max("started_at"))
    )
    return {
        each["place"]: Line(idle=each["idle"], first=each["first"], last=each["last"])
        for each in groups
        if each["idle"]
    }


def _place(conditions: Sequence[Q]) -> Case:
    """Return the number of the first condition that holds; their number where none does."""
    whens = [When(each, then=Value(place)) for place, each in enumerate(conditions)]
    return Case(*whens, default=Value(len(conditions)), output_field=IntegerField())


# The chart


@dataclass(frozen=True, slots=True)
class Day:
    """What the runs of one day did together."""

    day: date
    created: int = 0
    updated: int = 0
    failed: int = 0
    runs: int = 0

    @property
    def column(self) -> charts.Column:
        title = (
            f"{self.day:%-d %b}: {self.created:,} created, {self.updated:,} updated, "
            f"{self.failed:,} failed"
        )
        parts = [("update", self.updated), ("create", self.created), ("fail", self.failed)]
        return charts.Column(title, parts)


def _days(connection: Connection, now: datetime) -> list[Day]:
    """Return the last days, today last."""
    today = timezone.localtime(now).date()
    days = [today - timedelta(days=back) for back in range(DAYS)]
    begins = [timezone.make_aware(datetime.combine(day, time())) for day in days]
    since = Run.objects.filter(connection=connection, started_at__gte=begins[-1])
    rows = (
        since.filter(kind=Run.Kind.SYNC)
        .order_by()
        .annotate(day=_place([Q(started_at__gte=each) for each in begins]))
        .values_list("day")
        .annotate(
            created=Sum("created_left") + Sum("created_right"),
            updated=Sum("updated_left") + Sum("updated_right"),
            refused=Sum("failed"),
            runs=Count("pk"),
        )
    )
    found = {place: Day(days[place], *numbers) for place, *numbers in rows}
    return [found.get(place, Day(days[place])) for place in reversed(range(DAYS))]


def _chart(days: Sequence[Day]) -> dict[str, Any]:
    """Return what the chart's template needs."""
    columns = [each.column for each in days]
    top = charts.top_of(columns)
    return {
        "days": days,
        "chart": charts.chart(columns, _in_words(days)),
        "top": top,
        "half": top // 2,
        "totals": Day(
            days[-1].day,
            sum(each.created for each in days),
            sum(each.updated for each in days),
            sum(each.failed for each in days),
        ),
    }


def _in_words(days: Sequence[Day]) -> str:
    busiest = max(days, key=lambda each: each.created + each.updated + each.failed)
    return (
        f"Changes a day, {days[0].day:%-d %B} to {days[-1].day:%-d %B}: "
        f"{sum(each.created for each in days):,} created, "
        f"{sum(each.updated for each in days):,} updated, "
        f"{sum(each.failed for each in days):,} failed. Most on {busiest.column.title}."
    )
