"""What follows when an app has accepted a login."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth import get_user_model
from django.db import transaction
from django.http import HttpResponse, HttpResponseRedirect
from django.utils import timezone

from connections import accounts
from connections.accounts import Checked
from connections.connectors import connector_class
from connections.models import Account
from connections.views.visit import Visit


def store(visit: Visit, checked: Checked) -> Account:
    """Return the account with the login, new or authorized again; raises `OtherIdentity`.

    A login that is there already as an account does not become a second one.
    """
    person = visit.request.user
    with transaction.atomic():
        # A second click waits here for the first, and then finds its account.
        get_user_model().objects.select_for_update().get(pk=person.pk or 0)
        account = _present(visit, checked) or Account(
            app=checked.app, label=_free_label(checked.identity.label)
        )
        is_new, changed = account.pk is None, _changed(account, checked)
        accounts.authorize(account, checked, timezone.now(), person)
    if is_new:
        visit.admin.log_addition(visit.request, account, "Authorized.")
    else:
        told = f" Changed: {', '.join(changed)}." if changed else ""
        visit.admin.log_change(visit.request, account, f"Authorized again.{told}")
    return account


def _present(visit: Visit, checked: Checked) -> Account | None:
    live = Account.objects.select_for_update().exclude(status=Account.Status.DELETING)
    if visit.account.pk:
        return live.get(pk=visit.account.pk)
    return live.filter(app=checked.app, identity=checked.identity.key).first()


def _free_label(wanted: str) -> str:
    label, number = wanted[:100], 1
    while Account.objects.filter(label=label).exists():
        number += 1
        label = f"{wanted[:90]} ({number})"
    return label


def _changed(account: Account, checked: Checked) -> list[str]:
    """Return the names of the settings and secrets that are other than before, never a value."""
    connector = connector_class(checked.app)
    settings = [*connector.setting_keys, *connector.optional_setting_keys]
    secrets = account.secrets or {}
    return [
        *(key for key in settings if account.settings.get(key) != checked.settings.get(key)),
        *(key for key in connector.secret_keys if secrets.get(key) != checked.secrets.get(key)),
    ]


def finished(visit: Visit, account: Account) -> HttpResponse:
    """Return the last page: in a pop-up it hands the account to the form that opened it."""
    if visit.is_popup:
        return visit.page("authorized.html", {"title": "Authorized", "account": account})
    messages.success(visit.request, f"“{account}” is authorized.")
    if visit.admin.has_view_permission(visit.request, account):
        return HttpResponseRedirect(visit.url("change", account.pk))
    return HttpResponseRedirect(visit.address(app="", account=""))
