"""Authorizing at an app with a consent page of its own: the code flow of OAuth 2 with state and
PKCE [AC3].
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.admin import ModelAdmin
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.utils.text import capfirst
from django.views.decorators.debug import sensitive_variables

from connections import accounts
from connections.accounts import Checked, OtherIdentity
from connections.connectors.base import ConnectorError
from connections.models import Account
from connections.views import pending
from connections.views.pending import Pending
from connections.views.storing import finished, store
from connections.views.visit import Visit, begin


def ask(visit: Visit) -> HttpResponse:
    """Say what the app will ask, and send the person there."""
    if visit.request.method == "POST" and settings.GOOGLE_CLIENT_ID and not _home(visit):
        return _leave(visit)
    place = urlsplit(settings.GOOGLE_ACCOUNTS_URL).netloc
    return visit.page(
        "authorize_consent.html",
        {
            "title": f"Authorize {visit.app.label}",
            "is_set_up": bool(settings.GOOGLE_CLIENT_ID),
            "callback": _callback_address(visit),
            "home": _home(visit),
            "place": place,
        },
    )


def _home(visit: Visit) -> str:
    """Return this page at the address where the app sends people back to, "" where that is here.

    At another host the browser would not show that it is the same person.
    """
    if visit.request.get_host() == urlsplit(settings.PIPESITE_URL).netloc:
        return ""
    return f"{settings.PIPESITE_URL}{visit.address()}"


def _callback_address(visit: Visit) -> str:
    return f"{settings.PIPESITE_URL}{visit.url('callback')}"


@sensitive_variables()
def _leave(visit: Visit) -> HttpResponse:
    verifier = secrets.token_urlsafe(64)
    begun = Pending(visit.request.user.pk or 0, visit.query, verifier=verifier)
    state = pending.keep(visit.request, begun)
    hint = str(visit.account.settings.get("email") or "")
    return HttpResponseRedirect(
        accounts.consent_url(_callback_address(visit), state, verifier, hint)
    )


@sensitive_variables()
def come_back(request: HttpRequest, admin: ModelAdmin[Account]) -> HttpResponse:
    """Take what the app answers. The state is good once, for the person who was sent there."""
    if request.method != "GET":
        return HttpResponseNotAllowed(["GET"])
    state = request.GET.get("state", "")
    begun = pending.look_up(request, state)
    if begun is None:
        return _unknown_state(request, admin)
    pending.drop(request, state)
    visit = begin(request, admin, begun.query)
    code = request.GET.get("code", "")
    if "error" in request.GET or not code:
        messages.warning(request, _refusal(visit, request.GET.get("error", "")))
        return HttpResponseRedirect(visit.address())
    try:
        given = accounts.redeem(code, _callback_address(visit), begun.verifier)
        account = store(visit, _check(visit, given))
    except ConnectorError as error:
        messages.error(request, error.message)
    except OtherIdentity as error:
        messages.error(request, capfirst(str(error)))
    else:
        return finished(visit, account)
    return HttpResponseRedirect(visit.address())


@sensitive_variables()
def _check(visit: Visit, given: dict[str, str]) -> Checked:
    """Return the login; the address that an account was imported with has to be its own."""
    account = visit.account
    asked = {} if account.identity else account.settings
    checked = accounts.check(account.app, asked, given)
    email = checked.identity.label
    shown = {"email": email} if "@" in email else {}
    return replace(checked, settings={**account.settings, **shown})


def _refusal(visit: Visit, error: str) -> str:
    app = visit.app.label
    if error == "access_denied":
        return f"{app} was not given access: it was refused on the consent page. Nothing is saved."
    if error.isidentifier():
        return f"{app} gave no access (it answered “{error[:40]}”). Nothing is saved."
    return f"{app} sent an answer that cannot be read. Nothing is saved."


def _unknown_state(request: HttpRequest, admin: ModelAdmin[Account]) -> HttpResponse:
    visit = Visit(request, admin, {}, Account())
    return visit.page("authorize_unknown.html", {"title": "Nothing was authorized"}, status=403)
