"""The admin of connections: their list with what each is doing, and the pages around one."""

from __future__ import annotations

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
from connections.forms.connection import AccountsForm, SetupForm
from connections.models import Connection
from syncengine import control
from syncengine.setup import edits
from syncengine.standings import standings, with_accounts
from syncengine.views import setup
from syncengine.views.actions import pause, poll, resume, sync
from syncengine.views.answers import answer, retry_all
from syncengine.views.common import say
from syncengine.views.contact import contact
from syncengine.views.deleting import delete
from syncengine.views.edits import in_words
from syncengine.views.health import health
from syncengine.views.held import check_again, go_on, held
from syncengine.views.history import history
from syncengine.views.preview import ask, preview, start
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
    ("start", "<int:connection_id>/preview/start/", start),
    ("held", "<int:connection_id>/held/", held),
    ("check_again", "<int:connection_id>/held/check/", check_again),
    ("go_on", "<int:connection_id>/held/go/", go_on),
    ("sync", "<int:connection_id>/sync/", sync),
    ("pause", "<int:connection_id>/pause/", pause),
    ("resume", "<int:connection_id>/resume/", resume),
    ("poll", "poll/", poll),
)
"""The pages of a connection: each is named `admin:connections_connection_<name>`."""


@admin.register(Connection)
class ConnectionAdmin(FormAdmin):
    """Connections with their state, history and health around the form."""

    change_form_template = "syncengine/setup.html"
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

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,
        change: bool = False,
        form_url: str = "",
        obj: Connection | None = None,
    ) -> HttpResponse:
        form = context["adminform"].form
        if obj is not None and isinstance(form, SetupForm):
            stored = with_accounts(Connection.objects.all()).get(pk=obj.pk)
            context |= {"form": form, **setup.context(stored, form)}
        response: Any = super().render_change_form(request, context, add, change, form_url, obj)
        if isinstance(form, AccountsForm):
            response.template_name = self.add_form_template
        return response  # type: ignore[no-any-return]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save what the form has, and nothing that others may have changed meanwhile."""
        if change:
            before = with_accounts(Connection.objects.all()).get(pk=obj.pk)
            obj.save(update_fields=form.STORED)
            obj.edited = edits(before, obj)
        else:
            obj.time_zone = settings.TIME_ZONE
            obj.save()
            obj.edited = {"Made": f"{obj.left} and {obj.right}"}

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
        return setup.saved(request, obj, obj.edited)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return delete(request, int(object_id) if object_id.isdecimal() else 0)

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
