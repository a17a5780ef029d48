"""The page of one custom mapping: its two fields, then its direction and options [VA5]."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from syncengine import mappings
from syncengine.pending import Outdated
from syncengine.setup import FIRST_MERGES, pair_words
from syncengine.standings import Standing
from syncengine.views import editing
from syncengine.views.mapping_visit import KEY, Visit, mapping_of
from syncengine.views.popup import MAPPINGS, done, edited, find_editable, show_edit


@require_http_methods(["GET", "HEAD", "POST"])
def mapping(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Choose the two fields of a mapping step by step, then save it with its direction."""
    stands = find_editable(request, connection_id)
    connection = stands.connection
    visit = Visit(request, connection, edited(request, connection))
    if request.method != "POST" or visit.form is None or not visit.form.is_valid():
        return _page(request, stands, visit)
    try:
        editing.save(request, connection, visit.with_mapping(visit.form.mapping()))
    except Outdated as outdated:
        meanwhile = editing.meanwhile(request, connection, outdated)
        visit = Visit(request, connection, outdated.now)
        return _page(request, stands, visit, is_outdated=True, meanwhile=meanwhile)
    return done(request, stands, MAPPINGS)


@require_http_methods(["GET", "HEAD", "POST"])
def mapping_remove(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Ask once more, then take a mapping out of the set-up."""
    stands = find_editable(request, connection_id)
    connection, key = stands.connection, request.GET.get(KEY, "")
    setup, context = edited(request, connection), {}
    if request.method == "POST":
        kept = tuple(each for each in setup.mappings if each.left != key)
        try:
            editing.save(request, connection, replace(setup, mappings=kept))
        except Outdated as outdated:
            meanwhile = editing.meanwhile(request, connection, outdated)
            setup, context = outdated.now, {"is_outdated": True, "meanwhile": meanwhile}
        else:
            return done(request, stands, MAPPINGS)
    found = mapping_of(setup, key)
    if found is None:
        raise Http404("There is no such mapping. Somebody may have removed it.")
    return show_edit(
        request,
        "syncengine/mapping_remove.html",
        stands,
        MAPPINGS,
        title=f"Remove the mapping of {pair_words(connection, found)}",
        row=mappings.row(connection, setup, found),
        seen=editing.sign(setup),
        **context,
    )


def _page(request: HttpRequest, stands: Standing, visit: Visit, **context: Any) -> HttpResponse:
    setup, connection = visit.setup, visit.connection
    return show_edit(
        request,
        "syncengine/mapping.html",
        stands,
        MAPPINGS,
        title=visit.title,
        visit=visit,
        setup=setup,
        form=visit.form,
        example=visit.example,
        first_merge=FIRST_MERGES[setup.first_merge],
        winner=connection.side_label("left" if setup.winner == "left" else "right"),
        seen=editing.sign(setup),
        **context,
    )
