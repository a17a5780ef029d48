"""The admin of connections: their list with what each is doing, and the pages around one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest
from django.urls import URLPattern, path

from connections.admin.connection import ConnectionAdmin as FormAdmin
from connections.models import Connection
from syncengine.standings import Standing, standings
from syncengine.states import what_it_did
from syncengine.templatetags.pipesite import badge
from syncengine.views.actions import pause, poll, resume, sync
from syncengine.views.answers import answer, retry_all
from syncengine.views.contact import contact
from syncengine.views.health import health
from syncengine.views.history import history
from syncengine.views.run import run

PAGES = (
    ("history", "<int:connection_id>/history/", history),
    ("run", "<int:connection_id>/run/<int:run_id>/", run),
    ("contact", "<int:connection_id>/contact/<int:contact_id>/", contact),
    ("answer", "<int:connection_id>/contact/<int:contact_id>/answer/", answer),
    ("health", "<int:connection_id>/health/", health),
    ("retry_all", "<int:connection_id>/health/retry/", retry_all),
    ("sync", "<int:connection_id>/sync/", sync),
    ("pause", "<int:connection_id>/pause/", pause),
    ("resume", "<int:connection_id>/resume/", resume),
    ("poll", "poll/", poll),
)
"""The pages of a connection: each is named `admin:connections_connection_<name>`."""


@admin.register(Connection)
class ConnectionAdmin(FormAdmin):
    """Connections with their state, history and health around the form."""

    list_display = ("name", "left", "right", "state_now", "last_run")

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path(route, view(page), name=f"connections_connection_{name}")
            for name, route, page in PAGES
        ]
        return [*own, *super().get_urls()]

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Look up where all connections of the page stand, in a constant number of queries."""
        changes = super().get_changelist_instance(request)
        rows: list[Any] = list(changes.result_list)
        for row, stands in zip(rows, standings(rows, counted=False), strict=True):
            row.stands = stands
        return changes

    @admin.display(description="State", ordering="state")
    def state_now(self, connection: Connection) -> str:
        return badge(_stands(connection).state)

    @admin.display(description="Last run")
    def last_run(self, connection: Connection) -> str:
        found = _stands(connection).run
        return what_it_did(found) if found else "never"


def _stands(connection: Any) -> Standing:
    found: Standing = connection.stands
    return found
