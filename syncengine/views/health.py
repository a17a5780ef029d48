"""The health of a connection: how many contacts are what, and those that wait for a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from connections.models import Connection
from syncengine import finding, reviewing
from syncengine.models import Contact
from syncengine.standings import Standing
from syncengine.state import Status
from syncengine.states import CONTACTS, State
from syncengine.views.common import find, page_of, show

SHOWN = 10
"""How many of each kind the page shows before its list."""
FLAGGED = State("Flagged", "is-ask", "In sync, but for what its flag says.")
LISTS: Mapping[str, tuple[State, tuple[Status, ...]]] = {
    "in_sync": (CONTACTS[Status.IN_SYNC], (Status.IN_SYNC,)),
    "waiting": (CONTACTS[Status.WAITING], (Status.WAITING, Status.DOUBT)),
    "excluded": (CONTACTS[Status.EXCLUDED], (Status.EXCLUDED,)),
    "review": (CONTACTS[Status.REVIEW], (Status.REVIEW,)),
    "failing": (CONTACTS[Status.FAILING], (Status.FAILING,)),
    "missing": (CONTACTS[Status.GONE], (Status.GONE,)),
    "flagged": (FLAGGED, ()),
}


@dataclass(frozen=True, slots=True)
class Tile:
    """How many contacts are what, and where they are listed."""

    key: str
    state: State
    count: int


@require_GET
def health(request: HttpRequest, connection_id: int) -> HttpResponse:
    """The counts with those that wait for a person, or the list that `show` asks for."""
    stands = find(request, connection_id)
    connection = stands.connection
    flags = _flags(connection)
    context: dict[str, Any] = {
        "tab": "health",
        "title": f"Health of {connection.name}",
        "tiles": _tiles(stands, sum(flags.values())),
        "shown": request.GET.get("show", ""),
    }
    if context["shown"] in LISTS:
        return _list(request, stands, context)
    asked = _first(connection, Status.REVIEW)
    review = reviewing.questions(connection, asked)
    return show(
        request,
        "syncengine/health.html",
        stands,
        **context,
        review=review,
        mirrored=len(asked) - len(review),
        failing=finding.rows(_first(connection, Status.FAILING)),
        failing_reasons=_reasons(connection, Status.FAILING),
        missing=finding.rows(_first(connection, Status.GONE)),
        excluded=_reasons(connection, Status.EXCLUDED),
        flags=_single_flags(flags).most_common(SHOWN),
        limit=SHOWN,
    )


def _list(request: HttpRequest, stands: Standing, context: dict[str, Any]) -> HttpResponse:
    connection, shown = stands.connection, context["shown"]
    state, statuses = LISTS[shown]
    rows = finding.contacts_of(connection)
    rows = rows.filter(status__in=statuses) if statuses else rows.filter(_flagged())
    if reason := request.GET.get("reason", ""):
        rows = rows.filter(reason=reason)
    page = page_of(request, rows.order_by("pk"))
    contacts = list(page.object_list)
    review = reviewing.questions(connection, contacts) if shown == "review" else []
    return show(
        request,
        "syncengine/health_list.html",
        stands,
        **context,
        state=state,
        reason=reason,
        page=page,
        rows=finding.rows(contacts) if shown != "review" else [],
        review=review,
        mirrored=len(contacts) - len(review) if review else 0,
    )


def _tiles(stands: Standing, flagged: int) -> list[Tile]:
    tiles = [
        Tile(key, state, sum(stands.counts.get(each, 0) for each in statuses))
        for key, (state, statuses) in LISTS.items()
        if statuses
    ]
    if flagged:
        tiles.append(Tile("flagged", FLAGGED, flagged))
    return tiles


def _first(connection: Connection, status: Status) -> list[Contact]:
    return list(finding.contacts_of(connection).filter(status=status).order_by("pk")[:SHOWN])


def _reasons(connection: Connection, status: Status) -> list[tuple[str, int]]:
    """Return the reasons of a status with how many contacts have each, the most frequent first."""
    rows = Contact.objects.filter(connection=connection, status=status).order_by()
    counts = rows.values_list("reason").annotate(number=Count("pk"))
    return list(counts.order_by("-number", "reason"))


def _flagged() -> Q:
    return ~Q(flags=[])


def _flags(connection: Connection) -> Mapping[tuple[str, ...], int]:
    """Return how many contacts bear which flags together."""
    rows: QuerySet[Contact] = Contact.objects.filter(_flagged(), connection=connection).order_by()
    counts = rows.values_list("flags").annotate(Count("pk"))
    return {tuple(flags): number for flags, number in counts}


def _single_flags(flags: Mapping[tuple[str, ...], int]) -> Counter[str]:
    found: Counter[str] = Counter()
    for together, number in flags.items():
        for each in together:
            found[each] += number
    return found
