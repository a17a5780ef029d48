from __future__ import annotations

from typing import Generic, TypeVar

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from syncengine.models import Change, Contact, Run
from syncengine.waiting import without_values

Row = TypeVar("Row", bound=Model)


class LookingAdmin(admin.ModelAdmin[Row], Generic[Row]):
    """Rows that the engine writes: to look at alone."""

    show_full_result_count = False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Row | None = None) -> bool:
        return False


@admin.register(Run)
class RunAdmin(LookingAdmin[Run]):
    """What each run did."""

    list_display = (
        "connection_name",
        "kind",
        "status",
        "started_at",
        "linked",
        "created_left",
        "created_right",
        "updated_left",
        "updated_right",
        "failed",
        "cause",
    )
    list_filter = ("status", "kind", "connection_name")
    ordering = ("-started_at",)


@admin.register(Change)
class ChangeAdmin(LookingAdmin[Change]):
    """What was done to each contact."""

    list_display = ("at", "kind", "side", "name", "reason")
    list_filter = ("kind",)
    search_fields = ("name",)
    exclude = ("fields",)
    ordering = ("-at",)


@admin.register(Contact)
class ContactAdmin(LookingAdmin[Contact]):
    """Who is linked with whom, and what waits."""

    list_display = ("__str__", "connection", "status", "reason")
    list_filter = ("status", "connection")
    list_select_related = ("connection",)
    search_fields = ("left__name", "right__name")
    exclude = Contact.ENCRYPTED

    def get_queryset(self, request: HttpRequest) -> QuerySet[Contact]:
        return without_values(super().get_queryset(request))
