from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IS_POPUP_VAR
from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_post_parameters

from connections.forms.account_choices import DEFAULT_SCOPE
from connections.models import Account, Connection
from connections.views import authorizing, consent, deleting


class AccountAdmin(admin.ModelAdmin[Account]):
    """Accounts are authorized, looked at, named and deleted here; secrets never show."""

    actions = None
    change_form_template = "connections/account.html"
    change_list_template = "connections/account_list.html"
    fields = ("label",)
    list_display = ("label",)
    list_select_related = ("authorized_by",)
    ordering = ("label",)
    search_fields = ("label", "identity_label")

    def count_records(self, account: Account) -> int:
        """Return how many contacts are kept as last seen in the account."""
        return 0

    def delete_rows(self, account: Account) -> None:
        """Delete an account that is marked for it."""
        account.delete()

    def get_queryset(self, request: HttpRequest) -> QuerySet[Account]:
        """Return the accounts with `uses`, the number of their connections."""
        mine = Q(left=OuterRef("pk")) | Q(right=OuterRef("pk"))
        # One group for the whole subquery.
        counted = (
            Connection.objects.filter(mine)
            .order_by()
            .values(group=Value(1))
            .annotate(number=Count("pk"))
            .values("number")
        )
        uses = Coalesce(Subquery(counted, output_field=IntegerField()), 0)
        return super().get_queryset(request).defer("secrets", "catalogue").annotate(uses=uses)

    def get_urls(self) -> list[URLPattern]:
        callback = path(
            "callback/",
            self.admin_site.admin_view(self.callback_view),
            name="connections_account_callback",
        )
        return [callback, *super().get_urls()]

    @method_decorator(sensitive_post_parameters())
    def add_view(self, request: HttpRequest, *_args: Any, **_kwargs: Any) -> HttpResponse:
        return authorizing.authorize(request, self)

    def callback_view(self, request: HttpRequest) -> HttpResponse:
        return consent.come_back(request, self)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return deleting.delete(request, self, object_id)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        account = self.get_object(request, object_id)
        facts = _facts(account) if account else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **facts})

    def has_change_permission(self, request: HttpRequest, obj: Account | None = None) -> bool:
        going = obj is not None and obj.status == Account.Status.DELETING
        return not going and super().has_change_permission(request, obj)

    def response_change(self, request: HttpRequest, obj: Account) -> HttpResponse:
        if IS_POPUP_VAR in request.POST:
            return super().response_change(request, obj)
        messages.success(request, f"“{obj}” is saved.")
        return HttpResponseRedirect(reverse("admin:connections_account_changelist"))

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        status = request.GET.get("status__exact", "")
        counts = dict(Account.objects.order_by().values_list("status").annotate(number=Count("pk")))
        filters = [
            (choice.value, choice.label, counts[choice.value], choice.value == status)
            for choice in Account.Status
            if counts.get(choice.value)
        ]
        context = {"filters": filters, "total": sum(counts.values()), "status": status}
        return super().changelist_view(request, {**context, **(extra_context or {})})


def _facts(account: Account) -> dict[str, Any]:
    """Return what the page of an account shows beside its name."""
    app, offers = account.declared, account.offers
    users = {user.id: user for user in offers.users}
    user = users.get(account.settings.get("user", ""))
    scopes = {scope.id: scope.name for scope in offers.scopes}
    asked = {field.key: field for field in app.login}
    secrets = account.secrets or {}
    return {
        "account": account,
        "settings": [
            (asked[key].label if key in asked else key.capitalize(), account.settings[key])
            for key in dict.fromkeys(("email", *asked))
            if account.settings.get(key)
        ],
        "app_user": f"{user.name} ({user.email})" if user else account.settings.get("user", ""),
        "default_scope": [scopes.get(id_, id_) for id_ in account.settings.get(DEFAULT_SCOPE, [])],
        "secrets": [
            (field.label, field.key in secrets) for field in app.login if field.kind == "secret"
        ],
        "connections": deleting.used_by(account),
    }
