"""Deleting an account: it asks first, gives the grant back and wipes the secrets at once [AC5]."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect

from connections import accounts
from connections.connectors.base import Authorization, ConnectorError
from connections.models import Account, Connection
from connections.views.visit import Visit

if TYPE_CHECKING:
    from connections.admin.account import AccountAdmin


def delete(request: HttpRequest, admin: AccountAdmin, object_id: str) -> HttpResponse:
    account = admin.get_object(request, object_id)
    if account is None:
        raise Http404
    if not admin.has_delete_permission(request, account):
        raise PermissionDenied
    visit = Visit(request, admin, {}, account)
    if request.method == "POST" and (marked := _mark(account)):
        problem = _give_back(marked)
        admin.log_deletions(request, Account.objects.filter(pk=account.pk))
        admin.delete_rows(account)
        _tell(request, account, problem)
        return HttpResponseRedirect(visit.url("changelist"))
    return visit.page(
        "account_delete.html",
        {
            "title": f"Delete {account}",
            "account": account,
            "connections": used_by(account),
            "records": admin.count_records(account),
            "has_grant": visit.app.authorization is Authorization.OAUTH2,
        },
    )


def used_by(account: Account) -> list[Connection]:
    """Return the connections that an account is a side of."""
    mine = Q(left=account) | Q(right=account)
    return list(Connection.objects.filter(mine).only("name"))


def _mark(account: Account) -> Account | None:
    """Mark an account that no connection uses as *Being deleted* and wipe its secrets; return it as
    it was, so that the grant can be given back.
    """
    with transaction.atomic():
        former = Account.objects.select_for_update().get(pk=account.pk)
        if used_by(account):
            return None
        Account.objects.filter(pk=account.pk).update(
            secrets=None, status=Account.Status.DELETING, status_reason=""
        )
    return former


def _give_back(account: Account) -> str:
    """Give the grant back to the app; return why that failed, "" where it did not."""
    twins = Account.objects.filter(app=account.app, identity=account.identity)
    if not account.secrets or twins.exclude(pk=account.pk).filter(secrets__isnull=False).exists():
        return ""
    try:
        accounts.open_account(account).revoke()
    except ConnectorError as error:
        return error.message
    return ""


def _tell(request: HttpRequest, account: Account, problem: str) -> None:
    app = account.declared
    going = Account.objects.filter(pk=account.pk).exists()
    done = f"“{account}” is {'being ' if going else ''}deleted, its secrets are wiped"
    if problem:
        where = f" Do it at {app.permissions_url}" if app.permissions_url else ""
        messages.warning(
            request,
            f"{done}, but the access could not be given back ({problem}).{where}",
        )
    else:
        messages.success(request, f"{done}.")
