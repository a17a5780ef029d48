from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Field
from django.forms import Field as FormField
from django.http import HttpRequest

from connections.models import Account, Connection


class ConnectionAdmin(admin.ModelAdmin[Connection]):
    """Connections are made here between two accounts, which the `+` beside a select authorizes.

    Registered where its pages are known.
    """

    class Media:
        js: ClassVar = ["pipesite/accounts.js"]

    fields = ("name", "left", "right")

    list_display = ("name", "left", "right", "direction", "state", "interval_minutes")
    list_filter = ("state",)
    list_select_related = ("left", "right")
    search_fields = ("name",)

    def formfield_for_dbfield(
        self, db_field: Field[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> FormField | None:
        field: Any = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name in ("left", "right"):
            field.queryset = Account.objects.exclude(status=Account.Status.DELETING)
            wrapper: RelatedFieldWidgetWrapper = field.widget
            wrapper.can_delete_related = False
        return field  # type: ignore[no-any-return]

    def has_change_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return False
