"""One run: what it changed, contact by contact and field by field."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from connections.models import Connection
from syncengine.differences import SideDifference, differences
from syncengine.finding import emails_by_contact
from syncengine.models import Change, Contact, Run
from syncengine.setup import rule_names
from syncengine.states import State, change_state, what_it_did
from syncengine.views.common import find, page_of, show


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change as a page shows it."""

    change: Change
    state: State
    emails: tuple[str, ...]
    sides: tuple[SideDifference, ...]


@dataclass(frozen=True, slots=True)
class KindFilter:
    kind: str
    label: str
    count: int


@require_GET
def run(request: HttpRequest, connection_id: int, run_id: int) -> HttpResponse:
    """What a run did."""
    stands = find(request, connection_id)
    found = get_object_or_404(Run, pk=run_id, connection=stands.connection, kind=Run.Kind.SYNC)
    kinds = kinds_of(found)
    kind = request.GET.get("kind", "")
    page = page_of(request, changes_of(found, kind))
    return show(
        request,
        "syncengine/run.html",
        stands,
        tab="history",
        title=f"A run of {stands.connection.name}",
        run=found,
        did=what_it_did(found),
        requests=found.requests_left + found.requests_right,
        kinds=kinds,
        kind=kind,
        all=sum(each.count for each in kinds),
        page=page,
        rows=change_rows(list(page.object_list), stands.connection),
    )


def kinds_of(found: Run) -> list[KindFilter]:
    """Return how many changes of which kind a run has, in the order of the kinds."""
    rows = found.changes.order_by().values_list("kind").annotate(Count("pk"))
    counts = dict(rows)
    return [
        KindFilter(kind.value, str(kind.label), counts[kind.value])
        for kind in Change.Kind
        if kind.value in counts
    ]


def changes_of(found: Run, kind: str = "") -> QuerySet[Change]:
    """Return the changes of a run in their order, with their contacts."""
    heavy = (f"contact__{name}" for name in Contact.ENCRYPTED)
    rows = found.changes.select_related("contact").defer(*heavy)
    return (rows.filter(kind=kind) if kind else rows).order_by("pk")


def change_rows(
    changes: Sequence[Change], connection: Connection, *, would: bool = False
) -> list[ChangeRow]:
    """Return changes as pages show them; `would` words them as of a preview."""
    emails = emails_by_contact(change.contact for change in changes if change.contact is not None)
    rules = rule_names(connection)
    return [
        ChangeRow(
            change,
            change_state(change, would=would),
            emails.get(change.contact_id or 0, ()),
            tuple(differences(change, connection, rules)),
        )
        for change in changes
    ]
