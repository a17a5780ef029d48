from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from connections.models import Connection


@admin.register(Connection)
class ConnectionAdmin(admin.ModelAdmin[Connection]):
    """The connections, to look at; they are made by `importconnections`."""

    list_display = ("name", "left", "right", "direction", "state", "interval_minutes")
    list_filter = ("state",)
    list_select_related = ("left", "right")
    search_fields = ("name",)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return False
