"""The admin of connections: their list with what each is doing, and the pages around one."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path

from connections.admin.connection import ConnectionAdmin as FormAdmin
from connections.forms.owners import by_email
from connections.models import Connection
from connections.setups import OwnersSetup
from syncengine import control, pending
from syncengine.setup import edits, identity_edits
from syncengine.standings import standings, with_accounts
from syncengine.views import editing, setup
from syncengine.views.actions import pause, poll, resume, sync
from syncengine.views.answers import answer, retry_all
from syncengine.views.common import number_in, say
from syncengine.views.contact import contact
from syncengine.views.copying import copy, export_file
from syncengine.views.deleting import delete
from syncengine.views.edits import in_words
from syncengine.views.health import health
from syncengine.views.held import check_again, go_on, held
from syncengine.views.history import history
from syncengine.views.mapping import mapping, mapping_remove
from syncengine.views.preview import apply_edit, ask, preview, start
from syncengine.views.preview_one import preview_one
from syncengine.views.rule import rule
from syncengine.views.rules import rule_delete, rule_move
from syncengine.views.run import run

PAGES = (
    ("history", "<int:connection_id>/history/", history),
    ("run", "<int:connection_id>/run/<int:run_id>/", run),
    ("contact", "<int:connection_id>/contact/<int:contact_id>/", contact),
    ("answer", "<int:connection_id>/contact/<int:contact_id>/answer/", answer),
    ("health", "<int:connection_id>/health/", health),
    ("retry_all", "<int:connection_id>/health/retry/", retry_all),
    ("preview", "<int:connection_id>/preview/", preview),
    ("ask_preview", "<int:connection_id>/preview/ask/", ask),
    ("preview_one", "<int:connection_id>/preview/contact/", preview_one),
    ("start", "<int:connection_id>/preview/start/", start),
    ("apply_edit", "<int:connection_id>/preview/apply/", apply_edit),
    ("drop_edit", "<int:connection_id>/edit/drop/", editing.drop),
    ("mapping", "<int:connection_id>/mapping/", mapping),
    ("mapping_remove", "<int:connection_id>/mapping/remove/", mapping_remove),
    ("rule", "<int:connection_id>/rules/<str:side>/<str:key>/", rule),
    ("rule_delete", "<int:connection_id>/rules/<str:side>/<str:key>/delete/", rule_delete),
    ("rule_move", "<int:connection_id>/rules/<str:side>/<str:key>/move/", rule_move),
    ("held", "<int:connection_id>/held/", held),
    ("check_again", "<int:connection_id>/held/check/", check_again),
    ("go_on", "<int:connection_id>/held/go/", go_on),
    ("copy", "<int:connection_id>/copy/", copy),
    ("export", "<int:connection_id>/export/", export_file),
    ("sync", "<int:connection_id>/sync/", sync),
    ("pause", "<int:connection_id>/pause/", pause),
    ("resume", "<int:connection_id>/resume/", resume),
    ("poll", "poll/", poll),
)
"""The pages of a connection: each is named `admin:connections_connection_<name>`."""


@admin.register(Connection)
class ConnectionAdmin(FormAdmin):
    """Connections with their state, history and health around the form."""

    change_form_template = FormAdmin.add_form_template
    change_list_template = "syncengine/connection_list.html"
    list_display = ("name",)
    list_filter = ()
    list_select_related = False
    ordering = ("name",)
    search_help_text = "By name"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        own = [
            path(route, view(page), name=f"connections_connection_{name}")
            for name, route, page in PAGES
        ]
        log = path(
            "<path:object_id>/log/", view(self.history_view), name="connections_connection_log"
        )
        return [*own, log, *super().get_urls()]

    # The form

    def may_choose_accounts(self, connection: Connection) -> bool:
        return not control.was_read(connection)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        connection = self.get_object(request, object_id)
        if connection is None or self.asks_accounts(request, connection):
            return super().change_view(request, object_id, form_url, extra_context)
        return setup.page(request, connection.pk)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what the form has, and nothing that others may have changed meanwhile."""
        if change:
            before = Connection.objects.select_related("left", "right").get(pk=obj.pk)
            obj.save(update_fields=form.STORED)
            obj.edited = identity_edits(before, obj) | edits(obj, before.setup(), obj.setup())
        else:
            obj.time_zone = settings.TIME_ZONE
            obj.save()
            obj.edited = {"Made": f"{obj.left} and {obj.right}"}
        if not change or {"left", "right"} & set(form.changed_data):
            pending.drop(obj)
            owners = OwnersSetup(by_email(obj.left, obj.right))
            obj.keep_setup(replace(obj.setup(), owners=owners))

    def construct_change_message(
        self, request: HttpRequest, form: Any, formsets: Any, add: bool = False
    ) -> Any:
        return in_words(form.instance.edited)

    def log_change(self, request: HttpRequest, obj: Connection, message: Any) -> LogEntry:
        if message:
            return super().log_change(request, obj, message)
        return LogEntry()

    def response_add(
        self, request: HttpRequest, obj: Connection, post_url_continue: str | None = None
    ) -> HttpResponse:
        say(request, f"“{obj}” is a draft. Look through its set-up, then at its preview.")
        return redirect("admin:connections_connection_change", obj.pk)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        done = "is saved" if obj.edited else "was not changed"
        say(request, f"“{obj}” {done}.")
        return redirect("admin:connections_connection_change", obj.pk)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return delete(request, number_in(object_id))

    # The list

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list, with where each connection stands, in a constant number of queries."""
        chosen = request.GET.get("state__exact", "")
        counts = dict(Connection.objects.order_by().values_list("state").annotate(Count("pk")))
        filters = [
            (state.value, state.label, counts[state.value], state.value == chosen)
            for state in Connection.State
            if state.value in counts
        ]
        context = {
            "title": "Connections",
            "filters": filters,
            "total": sum(counts.values()),
            "chosen": chosen,
        }
        page = super().changelist_view(request, {**context, **(extra_context or {})})
        if isinstance(page, TemplateResponse) and page.context_data and "cl" in page.context_data:
            shown = [row.pk for row in page.context_data["cl"].result_list]
            rows = with_accounts(Connection.objects.filter(pk__in=shown))
            page.context_data["standings"] = standings(rows)
        return page
