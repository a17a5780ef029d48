"""What the pages of a rule and of a mapping share: each edits one thing of a set-up, in a window of
its own that the set-up page opens, or in the same one.
"""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from connections.models import Connection
from connections.setups import Setup
from syncengine import pending
from syncengine.standings import Standing
from syncengine.views import editing
from syncengine.views.common import CHANGE, find, show

POPUP = "_popup"
RULES = "rules-h"
MAPPINGS = "map-h"
"""The blocks of the set-up page that they lead back to."""


def find_editable(request: HttpRequest, connection_id: int) -> Standing:
    """Return the connection, for a person who may edit it now."""
    stands = find(request, connection_id, CHANGE)
    if stands.connection.state == Connection.State.DELETING:
        raise Http404("This connection is being deleted.")
    return stands


def edited(request: HttpRequest, connection: Connection) -> Setup:
    """Return the set-up that is edited: the one that the submitted form was made of, else as it is
    now.
    """
    return editing.seen(request) or pending.current(connection)


def show_edit(
    request: HttpRequest, template: str, stands: Standing, block: str, *, title: str, **context: Any
) -> HttpResponse:
    """Return a page that leads back to a block; a window of its own has no head of the admin."""
    return show(
        request,
        template,
        stands,
        tab="setup",
        title=title,
        is_popup=POPUP in request.GET,
        back=address(stands.connection, block),
        was_started=pending.was_started(stands.connection),
        **context,
    )


def address(connection: Connection, block: str) -> str:
    """Return the address of a block of the set-up page."""
    return f"{reverse('admin:connections_connection_change', args=[connection.pk])}#{block}"


def done(request: HttpRequest, stands: Standing, block: str) -> HttpResponse:
    """Return to a block of the set-up page; a window of its own has it loaded anew, and closes."""
    if POPUP not in request.GET:
        return redirect(address(stands.connection, block))
    return show_edit(request, "syncengine/edited.html", stands, block, title="Saved")
