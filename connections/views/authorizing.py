"""The pages on which a person authorizes an account: which app, its key, who they are there.

All have the address of the admin's add page, which the pop-up opens; consent.py has those of an app
with a consent page of its own.
"""

from __future__ import annotations

from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.text import capfirst
from django.views.decorators.debug import sensitive_variables

from connections import accounts
from connections.accounts import Checked, OtherIdentity
from connections.connectors import CONNECTORS
from connections.connectors.base import Authorization, ConnectorError, Rejected
from connections.forms.account_choices import ChoicesForm
from connections.forms.account_login import LoginForm
from connections.models import Account
from connections.views import consent, pending
from connections.views.pending import Pending
from connections.views.storing import finished, store
from connections.views.visit import Visit, begin


def authorize(request: HttpRequest, admin: ModelAdmin[Account]) -> HttpResponse:
    """Return the page that a visit has come to."""
    visit = begin(request, admin)
    if not visit.account.app:
        return _choose(visit)
    if visit.app.authorization is Authorization.OAUTH2:
        return consent.ask(visit)
    if "step" in request.GET:
        return _second_step(visit, request.GET["step"])
    return _first_step(visit)


def _choose(visit: Visit) -> HttpResponse:
    """Which app; in the pop-up also which of the accounts that are there [AC1]."""
    request = visit.request
    if request.method == "POST":
        account = visit.admin.get_object(request, request.POST.get("account", ""))
        if account is None or account.status == Account.Status.DELETING:
            raise Http404
        if account.status == Account.Status.AUTHORIZED:
            return finished(visit, account)
        return HttpResponseRedirect(visit.address(account=str(account.pk)))
    present = visit.admin.get_queryset(request).exclude(status=Account.Status.DELETING)
    return visit.page(
        "authorize_choose.html",
        {
            "title": "Authorize an app",
            "apps": [(Account(app=key), visit.address(app=key)) for key in CONNECTORS],
            "accounts": present.order_by("status", "label"),
        },
    )


@sensitive_variables()
def _first_step(visit: Visit) -> HttpResponse:
    request = visit.request
    begun = pending.look_up(request, request.GET.get("back", ""))
    initial = begun.settings if begun else visit.account.settings
    data = request.POST if request.method == "POST" else None
    form = LoginForm(visit.app, visit.account, initial, data)
    if form.is_valid():
        try:
            checked = _check_key(visit, form)
        except ConnectorError as error:
            form.refuse(error)
        except OtherIdentity as error:
            form.add_error(None, capfirst(str(error)))
        else:
            if not visit.app.owner_field and not checked.catalogue.scopes:
                return finished(visit, store(visit, checked))
            user_id = request.user.pk or 0
            key = pending.keep(request, Pending(user_id, visit.query, form.settings, form.secrets))
            return HttpResponseRedirect(visit.address(step=key))
    return visit.page(
        "authorize_key.html", {"title": f"Authorize {visit.app.label}, step 1 of 2", "form": form}
    )


@sensitive_variables()
def _check_key(visit: Visit, form: LoginForm) -> Checked:
    """Return what the app says to the key; raises `OtherIdentity` where it opens another login
    than the account's.
    """
    account, settings = visit.account, form.settings
    try:
        checked = accounts.check(account.app, settings, form.secrets)
    except Rejected as error:
        if error.field != "user":
            raise
        # The user is chosen in the second step; here it tells that the key is of another space.
        checked = accounts.check(account.app, {**settings, "user": ""}, form.secrets)
    if account.identity and checked.identity.key != account.identity:
        raise OtherIdentity(account.identity_label, checked.identity.label)
    return checked


@sensitive_variables()
def _second_step(visit: Visit, key: str) -> HttpResponse:
    request, app = visit.request, visit.app
    begun = pending.look_up(request, key)
    if begun is None or begun.query != visit.query:
        messages.warning(request, "This step is over: begin again with the key.")
        return HttpResponseRedirect(visit.address())
    context = {
        "title": f"Authorize {app.label}, step 2 of 2",
        "again": visit.address(step=key),
        "back": visit.address(back=key),
    }
    try:
        checked = accounts.check(app.key, {**begun.settings, "user": ""}, begun.secrets)
    except ConnectorError as error:
        return visit.page("authorize_choices.html", {**context, "problem": error.message})
    data = request.POST if request.method == "POST" else None
    form = ChoicesForm(app, checked.catalogue, begun.settings, data)
    if form.is_valid():
        settings = {**begun.settings, **form.settings}
        try:
            account = store(visit, accounts.check(app.key, settings, begun.secrets))
        except ConnectorError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        except OtherIdentity as error:
            form.add_error("user" if "user" in form.fields else None, capfirst(str(error)))
        else:
            pending.drop(request, key)
            return finished(visit, account)
    return visit.page(
        "authorize_choices.html", {**context, "form": form, "identity": checked.identity}
    )
