from __future__ import annotations

from typing import ClassVar

from django.contrib import admin
from django.http import HttpRequest

from connections.models import Account


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin[Account]):
    """The accounts, to look at; they are authorized by `importconnections`. Secrets never show."""

    list_display = ("label", "app", "identity_label", "status", "authorized_at")
    list_filter = ("app", "status")
    search_fields = ("label", "identity_label")
    fields: ClassVar = (
        "label",
        "app",
        "settings",
        "identity_label",
        "status",
        "status_reason",
        "authorized_at",
    )
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        return False
