"""Deletes a connection: what goes and what stays, in numbers, before the button [CN6]."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from connections.models import Connection
from syncengine import control, tasks
from syncengine.models import Contact, Run
from syncengine.views.common import DELETE, find, say, show
from syncengine.views.edits import log_deletion


@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: HttpRequest, connection_id: int) -> HttpResponse:
    """Ask once more, then mark the connection and leave its rows to the worker."""
    stands = find(request, connection_id, DELETE)
    connection = stands.connection
    if request.method == "POST" and connection.state != Connection.State.DELETING:
        try:
            tasks.ask_deletion(connection)
        except control.Refused as refusal:
            say(request, str(refusal), bad=True)
        else:
            log_deletion(request.user.pk or 0, connection)
            say(
                request,
                f"“{connection}” is being deleted. No contact in any app is touched; "
                "its history stays.",
            )
        return redirect("admin:connections_connection_changelist")
    return show(
        request,
        "syncengine/delete.html",
        stands,
        tab="delete",
        title=f"Delete {connection}",
        contacts=sum(stands.counts.values()),
        linked=Contact.objects.filter(
            connection=connection, left__isnull=False, right__isnull=False
        ).count(),
        runs=Run.objects.filter(connection=connection, kind=Run.Kind.SYNC).count(),
    )
