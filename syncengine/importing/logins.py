"""What becomes of the accounts of a file, after their apps were asked; nothing is stored yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connections import accounts
from connections.accounts import Checked, OtherIdentity
from connections.connectors import connector_class
from connections.connectors.base import ConnectorError
from connections.models import Account, Catalogue
from syncengine.importing.entries import AccountEntry
from syncengine.importing.section import Section


@dataclass(slots=True)
class Login:
    """An account as it will be.

    `account` is what is stored now, or a new one; `checked` what the app said to a new login;
    `asked` the catalogue where it was asked for anew. `refused` says that the file's entry is
    wrong, so that what hangs on it is not told too.
    """

    account: Account
    entry: AccountEntry | None = None
    settings: Mapping[str, str] | None = None
    checked: Checked | None = None
    asked: Catalogue | None = None
    refused: bool = False

    @property
    def catalogue(self) -> Catalogue:
        return self.checked.catalogue if self.checked else self.asked or self.account.offers

    @property
    def offering(self) -> Account:
        """Return the account with what it offers, not to be stored."""
        account = self.account
        return Account(
            pk=account.pk,
            label=account.label,
            app=account.app,
            settings=account.settings if self.settings is None else dict(self.settings),
            catalogue=self.catalogue.to_json(),
            custom_keys=account.custom_keys,
        )

    @property
    def identity(self) -> tuple[str, str]:
        """The app and who it says this is; with "" where that is not known."""
        key = self.checked.identity.key if self.checked else self.account.identity
        return self.account.app, key

    @property
    def is_accepted(self) -> bool:
        """Return whether the app will accept the account, as far as is known."""
        return self.checked is not None or self.account.status == Account.Status.AUTHORIZED

    @property
    def changes(self) -> list[str]:
        """What will be other than it is, by the file's keys."""
        changed = []
        if self.settings is not None and dict(self.settings) != self.account.settings:
            changed.append("settings")
        if self.checked is not None and _declared(self.account, self.checked.secrets) != _declared(
            self.account, self.account.secrets or {}
        ):
            changed.append("secrets")
        if self.checked is not None and self.account.status != Account.Status.AUTHORIZED:
            changed.append("authorization")
        return changed


def plan(entry: AccountEntry, present: Account | None) -> Login:
    """Return what becomes of an account; a new or changed login is tried at the app [AC2, AC5].

    What the app says against it is collected with the place of the key at fault. An account that
    the file leaves as it is costs no request, unless it needs authorization and the file gives its
    secrets.
    """
    account = present or Account(label=entry.label, app=entry.app)
    login = Login(account, entry, {**account.settings, **entry.settings})
    stored = _declared(account, account.secrets or {})
    secrets = {**stored, **entry.secrets}
    if not entry.whole or not _is_complete(entry, login.settings or {}, secrets):
        login.refused = True
        return login
    again = account.status != Account.Status.AUTHORIZED and entry.secrets
    if secrets and (again or secrets != stored or login.settings != account.settings):
        _ask(login, secrets)
    return login


def _declared(account: Account, secrets: Mapping[str, str]) -> dict[str, str]:
    """Return the secrets that people give, without those that the app gave us for a while."""
    keys = connector_class(account.app).secret_keys
    return {key: secrets[key] for key in keys if key in secrets}


def _is_complete(
    entry: AccountEntry, settings: Mapping[str, str], secrets: Mapping[str, str]
) -> bool:
    missing = [f"settings.{key}" for key in entry.connector.setting_keys if key not in settings]
    if secrets:
        missing += [f"secrets.{key}" for key in entry.connector.secret_keys if key not in secrets]
    for key in missing:
        entry.wrong(key, "is missing")
    return not missing


def _ask(login: Login, secrets: Mapping[str, str]) -> None:
    entry, account = login.entry, login.account
    assert entry is not None
    try:
        checked = accounts.check(entry.app, login.settings or {}, secrets)
    except ConnectorError as error:
        entry.wrong(error.field, error.message)
        login.refused = True
        return
    if account.identity and account.identity != checked.identity.key:
        entry.wrong("", str(OtherIdentity(account.identity_label, checked.identity.label)))
        login.refused = True
        return
    login.checked = checked


def ask_again(login: Login, section: Section, key: str, what: str) -> bool:
    """Ask the app of a stored account what it offers now, unless this import did.

    Returns whether that is known; why not is collected at a key of the file, where `what` is
    named.
    """
    if login.refused:
        return False
    if login.checked is not None or login.asked is not None:
        return True
    if not login.is_accepted or not login.account.secrets:
        label = login.account.label
        section.wrong(key, f"the {what} are not known before “{label}” is authorized")
        return False
    try:
        login.asked = accounts.ask_catalogue(accounts.open_account(login.account))
    except ConnectorError as error:
        section.wrong(key, error.message)
        return False
    return True
