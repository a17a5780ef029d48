"""Opening an account: its connector, with the session, the secrets and the addresses that belong to
it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from connections.configuration import SIDES, Side
from connections.connectors import connector_class, google_oauth
from connections.connectors.base import Connector, Identity, Login
from connections.connectors.google_oauth import GoogleEndpoints
from connections.connectors.http import Session
from connections.connectors.pipeliner_fields import COMPANY, COMPANY_PREFIX
from connections.models import (
    Account,
    Catalogue,
    Condition,
    Connection,
    FieldMapping,
    PendingEdit,
)
from connections.schema import Role
from connections.setups import Setup

Guard = Callable[[float], None]


class OtherIdentity(Exception):
    """The login is another one than the account had: that is another account [AC5]."""

    def __init__(self, had: str, has: str) -> None:
        super().__init__(
            f"this login is {has}; the account is {had}. Add it as an account of its own."
        )


def google_endpoints() -> GoogleEndpoints:
    """Return where Google is and who we are there, from the settings."""
    return GoogleEndpoints(
        settings.GOOGLE_API_URL,
        settings.GOOGLE_ACCOUNTS_URL,
        settings.GOOGLE_OAUTH_URL,
        settings.GOOGLE_CLIENT_ID,
        settings.GOOGLE_CLIENT_SECRET,
    )


def open_session(
    app: str, secrets: Mapping[str, str], guard: Guard | None = None, deadline: float = 60
) -> Session:
    """Return a session that keeps to the limits of an app."""
    declared = connector_class(app).app
    return Session(
        app_label=declared.label,
        allow_local=settings.PIPESITE_ALLOW_LOCAL_APPS,
        concurrency=declared.concurrency,
        calls_per_second=declared.calls_per_second,
        secrets=[*secrets.values(), settings.GOOGLE_CLIENT_SECRET],
        deadline=deadline,
        guard=guard,
    )


def _connector(app: str, login: Login, session: Session) -> Connector:
    found: Any = connector_class(app)
    return found(login, session, google_endpoints()) if app == "google" else found(login, session)  # type: ignore[no-any-return]


def open_account(account: Account, guard: Guard | None = None, deadline: float = 60) -> Connector:
    """Return the connector of an account, ready to be asked."""

    def save_secrets(old: Mapping[str, str], new: Mapping[str, str]) -> Mapping[str, str]:
        with transaction.atomic():
            row = Account.objects.select_for_update().only("secrets").get(pk=account.pk)
            standing: dict[str, str] = row.secrets or {}
            if standing != dict(old):
                return standing
            row.secrets = dict(new)
            row.save(update_fields=["secrets"])
        return new

    secrets = account.secrets or {}
    companies = account.declared.company_feeds and uses_companies(account)
    login = Login(account.settings, secrets, save_secrets, companies, account.offers.fields)
    return _connector(account.app, login, open_session(account.app, secrets, guard, deadline))


def uses_companies(account: Account) -> bool:
    """Return whether a connection of the account syncs or tests the company, or an edit that waits
    does: its feeds are then read.
    """
    using = Connection.objects.filter(Q(left=account) | Q(right=account))
    waiting = PendingEdit.objects.filter(connection__in=using).select_related("connection")
    tested, mapped = Q(), Q()
    for side in SIDES:
        tested |= Q(rule__side=side, **{f"rule__connection__{side}": account})
        mapped |= Q(**{f"connection__{side}": account}) & _is_company(side)
    return (
        any(Role.COMPANY.value not in off for off in using.values_list("switched_off", flat=True))
        or Condition.objects.filter(tested & _is_company("field")).exists()
        or FieldMapping.objects.filter(mapped).exists()
        or any(
            _names_company(edit.value, side)
            for edit in waiting
            for side in SIDES
            if getattr(edit.connection, f"{side}_id") == account.pk
        )
    )


def _is_company(column: str) -> Q:
    return Q(**{column: COMPANY}) | Q(**{f"{column}__startswith": COMPANY_PREFIX})


def _names_company(setup: Setup, side: Side) -> bool:
    tested = (each.field for rule in setup.rules_of(side) for each in rule.conditions)
    mapped = (getattr(mapping, side) for mapping in setup.mappings)
    return Role.COMPANY.value not in setup.switched_off or any(
        key == COMPANY or key.startswith(COMPANY_PREFIX) for key in (*tested, *mapped)
    )


def consent_url(redirect_uri: str, state: str, code_verifier: str, login_hint: str) -> str:
    """Return the address of Google's consent page."""
    return google_oauth.authorization_url(
        google_endpoints(), redirect_uri, state, code_verifier, login_hint
    )


def redeem(code: str, redirect_uri: str, code_verifier: str) -> dict[str, str]:
    """Return the secrets that the code of a consent is good for; raises a connector's errors."""
    session = open_session("google", {})
    return google_oauth.exchange(google_endpoints(), session, code, redirect_uri, code_verifier)


@dataclass(frozen=True, slots=True)
class Checked:
    """A login that the app has accepted."""

    app: str
    settings: Mapping[str, Any]
    secrets: Mapping[str, str]
    identity: Identity
    catalogue: Catalogue


def check(app: str, account_settings: Mapping[str, Any], secrets: Mapping[str, str]) -> Checked:
    """Return the login with who it is and what it offers, asked live; nothing is stored [AC2].

    Raises the errors of a connector; a `Rejected` names the setting at fault.
    """
    standing = dict(secrets)

    def save_secrets(old: Mapping[str, str], new: Mapping[str, str]) -> Mapping[str, str]:
        standing.update(new)
        return standing

    login = Login(account_settings, secrets, save_secrets)
    connector = _connector(app, login, open_session(app, secrets))
    identity = connector.identify()
    return Checked(app, account_settings, standing, identity, ask_catalogue(connector))


def ask_catalogue(connector: Connector) -> Catalogue:
    """Return what the app offers now."""
    return Catalogue(tuple(connector.fields()), tuple(connector.users()), tuple(connector.scopes()))


def authorize(account: Account, checked: Checked, at: datetime, by: Any = None) -> Account:
    """Store an accepted login with its account, which keeps every link; raises `OtherIdentity`
    [AC5].
    """
    if account.identity and account.identity != checked.identity.key:
        raise OtherIdentity(account.identity_label, checked.identity.label)
    account.app = checked.app
    account.settings, account.secrets = dict(checked.settings), dict(checked.secrets)
    account.identity, account.identity_label = checked.identity.key, checked.identity.label
    account.catalogue, account.catalogue_at = checked.catalogue.to_json(), at
    account.status, account.status_reason = Account.Status.AUTHORIZED, ""
    account.authorized_at, account.authorized_by = at, by
    account.save()
    return account
