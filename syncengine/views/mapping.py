"""The page of one custom mapping: its two fields, then its direction and options [VA5]."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from connections.models import Connection
from syncengine import mappings, pending
from syncengine.pending import Outdated
from syncengine.setup import FIRST_MERGES, pair_words
from syncengine.standings import Standing
from syncengine.states import side_label
from syncengine.views import editing
from syncengine.views.common import CHANGE, find, show
from syncengine.views.mapping_visit import KEY, POPUP, Visit, mapping_of


@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Choose the two fields of a mapping step by step, then save it with its direction."""
    stands = _find(request, connection_id)
    connection = stands.connection
    visit = Visit(request, connection, editing.seen(request) or pending.current(connection))
    if request.method != "POST" or visit.form is None or not visit.form.is_valid():
        return _page(request, stands, visit)
    try:
        editing.save(request, connection, visit.with_mapping(visit.form.mapping()))
    except Outdated as outdated:
        meanwhile = editing.meanwhile(request, connection, outdated)
        visit = Visit(request, connection, outdated.now)
        return _page(request, stands, visit, is_outdated=True, meanwhile=meanwhile)
    return _done(request, stands)


@require_http_methods(["GET", "HEAD", "POST"])
def mapping_remove(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Ask once more, then take a mapping out of the set-up."""
    stands = _find(request, connection_id)
    connection, key = stands.connection, request.GET.get(KEY, "")
    setup, context = editing.seen(request) or pending.current(connection), {}
    if request.method == "POST":
        kept = tuple(each for each in setup.mappings if each.left != key)
        try:
            editing.save(request, connection, replace(setup, mappings=kept))
        except Outdated as outdated:
            meanwhile = editing.meanwhile(request, connection, outdated)
            setup, context = outdated.now, {"is_outdated": True, "meanwhile": meanwhile}
        else:
            return _done(request, stands)
    found = mapping_of(setup, key)
    if found is None:
        raise Http404("There is no such mapping. Somebody may have removed it.")
    return _show(
        request,
        "syncengine/mapping_remove.html",
        stands,
        title=f"Remove the mapping of {pair_words(connection, found)}",
        row=mappings.row(connection, setup, found),
        seen=editing.sign(setup),
        **context,
    )


def _find(request: HttpRequest, connection_id: int) -> Standing:
    stands = find(request, connection_id, CHANGE)
    if stands.connection.state == Connection.State.DELETING:
        raise Http404("This connection is being deleted.")
    return stands


def _page(request: HttpRequest, stands: Standing, visit: Visit, **context: Any) -> HttpResponse:
    setup, connection = visit.setup, visit.connection
    return _show(
        request,
        "syncengine/mapping.html",
        stands,
        title=visit.title,
        visit=visit,
        setup=setup,
        form=visit.form,
        example=visit.example,
        first_merge=FIRST_MERGES[setup.first_merge],
        winner=side_label(connection, "left" if setup.winner == "left" else "right"),
        seen=editing.sign(setup),
        **context,
    )


def _show(
    request: HttpRequest, template: str, stands: Standing, *, title: str, **context: Any
) -> HttpResponse:
    return show(
        request,
        template,
        stands,
        tab="setup",
        title=title,
        is_popup=POPUP in request.GET,
        back=_block(stands.connection),
        **context,
    )


def _block(connection: Connection) -> str:
    """Return the address of the mappings on the set-up page."""
    return reverse("admin:connections_connection_change", args=[connection.pk]) + "#map-h"


def _done(request: HttpRequest, stands: Standing) -> HttpResponse:
    """Return to the set-up page; a pop-up has it loaded anew, and closes."""
    if POPUP not in request.GET:
        return redirect(_block(stands.connection))
    return _show(request, "syncengine/edited.html", stands, title="Saved")
