from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IS_POPUP_VAR
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse

from connections.connectors import CONNECTORS
from connections.connectors.base import App
from connections.models import Account

KEPT = ("app", "account", IS_POPUP_VAR, "flow")
"""What stays in the address from page to page. `flow` tells the form that opened the pop-up which
of its selects was meant.
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """A person on the way to an authorized account: a new one, or one that there is already.

    `account` is new, and perhaps without an app, until one is chosen.
    """

    request: HttpRequest
    admin: ModelAdmin[Account]
    query: dict[str, str]
    account: Account

    @property
    def app(self) -> App:
        return self.account.declared

    @property
    def is_popup(self) -> bool:
        return IS_POPUP_VAR in self.query

    def address(self, **changes: str) -> str:
        """Return the address of a page on the way; a change to "" leaves a part out."""
        parts = {key: value for key, value in {**self.query, **changes}.items() if value}
        return f"{self.url('add')}?{urlencode(parts)}" if parts else self.url("add")

    def url(self, page: str, *args: Any) -> str:
        return reverse(f"{self.admin.admin_site.name}:connections_account_{page}", args=args)

    @property
    def way_back(self) -> str:
        """Where a person goes who gives up: to the choice, to the account, or to the list."""
        if self.is_popup:
            return self.address(app="", account="")
        if self.account.pk:
            return self.url("change", self.account.pk)
        return self.url("changelist")

    def page(self, template: str, context: Mapping[str, Any], status: int = 200) -> HttpResponse:
        """Return one of our pages, dressed as the admin's."""
        self.request.current_app = self.admin.admin_site.name
        around = {
            **self.admin.admin_site.each_context(self.request),
            "opts": Account._meta,
            "is_popup": self.is_popup,
            "visit": self,
        }
        return TemplateResponse(
            self.request, f"connections/{template}", {**around, **context}, status=status
        )


def begin(
    request: HttpRequest, admin: ModelAdmin[Account], query: Mapping[str, str] | None = None
) -> Visit:
    """Return the visit of a request, or of how it began; raises Http404 and PermissionDenied."""
    source = request.GET if query is None else query
    kept = {key: source[key] for key in KEPT if source.get(key)}
    if "account" not in kept:
        if not admin.has_add_permission(request):
            raise PermissionDenied
        if kept.get("app", next(iter(CONNECTORS))) not in CONNECTORS:
            raise Http404
        return Visit(request, admin, kept, Account(app=kept.get("app", "")))
    account = admin.get_object(request, kept["account"])
    if not admin.has_change_permission(request, account):
        raise PermissionDenied
    if account is None or account.status == Account.Status.DELETING:
        raise Http404
    return Visit(request, admin, kept, account)
