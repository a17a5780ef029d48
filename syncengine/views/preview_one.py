"""What a run would do with one contact, sought by name or email: nothing is written, no app asked
[PL1].
"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from connections.models import Connection
from syncengine import clock, explaining, finding, pending, previewing
from syncengine.models import Contact, Run
from syncengine.previewing import NotRead
from syncengine.standings import Standing
from syncengine.state import Decision, Status
from syncengine.states import CONTACTS, State
from syncengine.views.common import find, number_in, show
from syncengine.views.editing import waiting
from syncengine.views.run import ChangeRow, change_rows

MOST = 50
"""How many contacts a search lists."""


@require_GET
def preview_one(request: HttpRequest, connection_id: int) -> HttpResponse:
    """The contacts that a search finds; of one, or of that of the record chosen, what a run would
    do with it.
    """
    stands = find(request, connection_id)
    connection = stands.connection
    text, chosen = request.GET.get("q", "").strip(), request.GET.get("record", "")
    if number := number_in(chosen):
        ids = [number]
    else:
        ids = list(finding.holders_of(connection, text, MOST + 1)) if text else []
    try:
        found = previewing.of_records(connection, ids)
    except NotRead:
        return _list(request, stands, text, [], is_read=False)
    if len(found) == 1:
        return _one(request, stands, found[0], text)
    return _list(request, stands, text, found[:MOST], more=len(ids) > MOST)


def _list(
    request: HttpRequest,
    stands: Standing,
    text: str,
    found: list[Contact],
    *,
    is_read: bool = True,
    more: bool = False,
) -> HttpResponse:
    return show(
        request,
        "syncengine/preview_find.html",
        stands,
        tab="preview",
        title=f"“{text}” in the preview of {stands.connection}",
        text=text,
        rows=finding.rows(found),
        is_read=is_read,
        more=more,
    )


def _one(request: HttpRequest, stands: Standing, contact: Contact, text: str) -> HttpResponse:
    connection = stands.connection
    contact.connection = connection
    decision = previewing.decide_one(contact)
    (row,) = finding.rows([contact])
    change = _change(connection, contact, decision)
    return show(
        request,
        "syncengine/preview_one.html",
        stands,
        tab="preview",
        title=row.name or "No name",
        text=text,
        contact=contact,
        row=row,
        state=_state(contact, change),
        change=change,
        waiting=waiting(connection),
        explanation=explaining.explain(contact, pending.current(connection), decision),
    )


def _change(
    connection: Connection, contact: Contact, decision: Decision | None
) -> ChangeRow | None:
    """Return what would be done with a contact, field by field; None where nothing would be."""
    if decision is None:
        return None
    links = contact.is_new_link
    kind = previewing.kind_of(decision, links=links)
    if kind is None:
        return None
    run = Run(connection=connection, kind=Run.Kind.PREVIEW, started_at=clock.now())
    homes = previewing.Homes(connection, pending.configuration(connection))
    change = previewing.would_change(run, homes, contact, decision, kind, links=links)
    (row,) = change_rows([change], connection, would=True)
    return row


def _state(contact: Contact, change: ChangeRow | None) -> State:
    if change is not None:
        return change.state
    if contact.is_linked and contact.status != Status.REVIEW:
        return State("In sync", "is-ok", "A run would do nothing with it.")
    word, css, line = CONTACTS[contact.status]
    return State(word, css, contact.reason or line)
