"""The buttons of a connection: sync now, pause, resume; and how far a run has come."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_GET, require_POST

from connections.models import Connection
from syncengine import control
from syncengine.standings import standings, with_accounts
from syncengine.views.common import OPERATE, VIEW, ask_sync, back, find, need, number_in, say


@require_POST
def sync(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Queue a sync."""
    stands = find(request, connection_id, OPERATE)
    name = stands.connection.name
    if ask_sync(request, stands, "Sync now"):
        say(request, f"A sync of “{name}” was asked for; the worker takes it up.")
    else:
        say(request, f"“{name}” was not synced. {stands.state.word}: {stands.state.line}", bad=True)
    return back(request, stands.connection)


@require_POST
def pause(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Pause a connection that runs."""
    stands = find(request, connection_id, OPERATE)
    if stands.connection.state == Connection.State.ACTIVE:
        done = "is paused. Changes made from now on are picked up when you resume it."
        _do(request, stands.connection, control.pause, done)
    return back(request, stands.connection)


@require_POST
def resume(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Let a paused connection run on."""
    stands = find(request, connection_id, OPERATE)
    if stands.connection.state == Connection.State.PAUSED:
        _do(request, stands.connection, control.resume, "goes on.")
    return back(request, stands.connection)


def _do(
    request: HttpRequest,
    connection: Connection,
    action: Callable[[Connection], None],
    done: str,
) -> None:
    try:
        action(connection)
    except control.Refused as refusal:
        say(request, str(refusal), bad=True)
    else:
        say(request, f"“{connection.name}” {done}")


@require_GET
def poll(request: HttpRequest) -> JsonResponse:
    """The state of connections, for the script that keeps a page up to date: of the one in `id`,
    else of all.
    """
    need(request, VIEW)
    rows = with_accounts(Connection.objects.all())
    if wanted := request.GET.get("id", ""):
        rows = rows.filter(pk=number_in(wanted))
    found = standings(rows, counted=False)
    return JsonResponse({str(each.connection.pk): each.progress() for each in found})
