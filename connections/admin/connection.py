from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.contrib.admin.widgets import RelatedFieldWidgetWrapper
from django.db.models import Field
from django.forms import Field as FormField
from django.forms import ModelForm
from django.http import HttpRequest

from connections.forms.connection import AccountsForm
from connections.models import Account, Connection

ACCOUNTS = "accounts"
"""What the query string of a connection's page names to choose its accounts once more."""


class ConnectionAdmin(admin.ModelAdmin[Connection]):
    """The first step of making a connection: a name and two accounts, which the `+` beside a select
    authorizes.

    Registered where its pages are known, such as the one with all that decides how they are kept in
    sync.
    """

    class Media:
        js: ClassVar = ["pipesite/accounts.js"]

    actions = None
    add_form_template = "connections/connection_accounts.html"
    search_fields = ("name",)

    def may_choose_accounts(self, connection: Connection) -> bool:
        """Return whether the accounts of a connection may still be others."""
        return connection.state == Connection.State.DRAFT

    def asks_accounts(self, request: HttpRequest, connection: Connection | None) -> bool:
        """Return whether a page is the first step."""
        if connection is None:
            return True
        may = self.has_change_permission(request, connection)
        return ACCOUNTS in request.GET and may and self.may_choose_accounts(connection)

    def get_form(
        self,
        request: HttpRequest,
        obj: Connection | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> type[ModelForm[Connection]]:
        return super().get_form(request, obj, change, **{**kwargs, "form": AccountsForm})

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
        return _stays(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Connection | None = None) -> bool:
        return _stays(obj) and super().has_delete_permission(request, obj)


def _stays(connection: Connection | None) -> bool:
    return connection is None or connection.state != Connection.State.DELETING
