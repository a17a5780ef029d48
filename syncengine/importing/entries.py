"""What a file asks for: its accounts and connections, each key checked for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db.models import Field as ModelField

from connections.configuration import SIDES, Side
from connections.connectors import CONNECTORS, connector_class
from connections.connectors.base import Connector
from connections.models import Account, Connection
from connections.schema import Role
from syncengine.importing.rule_entries import (
    MappingEntry,
    OwnersEntry,
    RuleEntry,
    read_mappings,
    read_owners,
    read_rules,
)
from syncengine.importing.section import Section, Value

LISTED = ("mappings", "owners", "rules")
MOST_SETTING = 1000
MOST_SECRET = 5000
STATES = [state.value for state in Connection.State if state is not Connection.State.DELETING]


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """An account of the file; `settings` and `secrets` are those that the file gives.

    `whole` says that nothing was wrong with it, so that the app can be asked.
    """

    section: Section
    label: str
    app: str
    settings: Mapping[str, str]
    secrets: Mapping[str, str]
    whole: bool

    @property
    def connector(self) -> type[Connector]:
        return connector_class(self.app)

    def wrong(self, key: str, message: str) -> None:
        """Refuse the entry, at the place of a setting or a secret where it has that key."""
        for name in ("settings", "secrets"):
            node = self.section.section(name) if name in self.section else None
            if node is not None and key in node:
                node.wrong(key, message)
                return
        place = f"{self.section.path}.{key}" if key else self.section.path
        self.section.problems.add(self.section.line(), place, message)


@dataclass(frozen=True, slots=True)
class SideEntry:
    """A side of a connection; `scope` has the names that the file gives, None where it has none."""

    section: Section
    account: str | None
    scope_section: Section | None
    scope: list[Value] | None


@dataclass(frozen=True, slots=True)
class ConnectionEntry:
    """A connection of the file; `settings` has what the file gives, by the names of a `Setup`.
    What else the file leaves out is None.
    """

    section: Section
    name: str
    state: str | None
    settings: Mapping[str, Any]
    sides: Mapping[Side, SideEntry]
    rules: list[RuleEntry] | None
    mappings: list[MappingEntry] | str | None
    owners: OwnersEntry | None


Entry = TypeVar("Entry", AccountEntry, ConnectionEntry)


def read_accounts(root: Section, present: Mapping[str, Account]) -> list[AccountEntry]:
    """Return the accounts that are whole; `present` are those that exist, by label."""
    entries = []
    for section in root.sections("accounts"):
        before = len(root.problems.found)
        section.allow(("label", "app", "settings", "secrets"))
        label = section.text("label")
        section.require("label")
        app = _app(section, present.get(label or ""))
        if label is None or app is None:
            continue
        connector = connector_class(app)
        keys = (*connector.setting_keys, *connector.optional_setting_keys)
        settings = _texts(section, "settings", keys, MOST_SETTING)
        secrets = _texts(section, "secrets", connector.secret_keys, MOST_SECRET)
        whole = len(root.problems.found) == before
        entries.append(AccountEntry(section, label, app, settings, secrets, whole))
    return _once(entries, "label")


def _app(section: Section, account: Account | None) -> str | None:
    allowed = sorted({*CONNECTORS, account.app} if account else CONNECTORS)
    if account is None:
        section.require("app")
    elif "app" not in section:
        return account.app
    app = section.choice("app", allowed)
    if app and account and app != account.app:
        label = connector_class(account.app).app.label
        section.wrong("app", f"“{account}” is an account at {label}; allowed: {account.app}")
        return None
    return app


def _texts(section: Section, name: str, keys: tuple[str, ...], most: int) -> dict[str, str]:
    inner = section.section(name)
    if inner is None:
        return {}
    inner.allow(keys)
    read = {key: inner.text(key, most=most) for key in keys}
    return {key: value for key, value in read.items() if value is not None}


def read_connections(root: Section) -> list[ConnectionEntry]:
    """Return the connections whose names are known."""
    entries = []
    for section in root.sections("connections"):
        section.allow(("name", "left", "right", "state", *SETTINGS, *LISTED))
        section.require("name")
        name = section.text("name")
        read = {key: reader(section, key) for key, reader in SETTINGS.items()}
        state = section.choice("state", STATES)
        if name is not None:
            settings = {key: value for key, value in read.items() if value is not None}
            sides = {side: _side(section, side) for side in SIDES}
            given = {side: entry for side, entry in sides.items() if entry is not None}
            entries.append(
                ConnectionEntry(
                    section,
                    name,
                    state,
                    settings,
                    given,
                    read_rules(section),
                    read_mappings(section),
                    read_owners(section),
                )
            )
    return _once(entries, "name")


def _side(section: Section, side: Side) -> SideEntry | None:
    inner = section.section(side)
    if inner is None:
        return None
    inner.allow(("account", "scope"))
    scope = inner.section("scope")
    names: list[Value] | None = None
    if scope is not None:
        kinds = {connector_class(app).app.scope_kind for app in CONNECTORS}
        scope.allow(sorted(kinds - {""}))
        read = [scope.texts(key) for key in scope.node.entries]
        names = [value for values in read for value in values or ()]
    return SideEntry(inner, inner.text("account"), scope, names)


def _once(entries: list[Entry], key: str) -> list[Entry]:
    """Refuse entries whose name came before, and return the others."""
    first: dict[str, Entry] = {}
    for entry in entries:
        name = getattr(entry, key)
        if name in first:
            line = first[name].section.line(key)
            entry.section.wrong(key, f"“{name}” stands twice; the first is on line {line}")
        else:
            first[name] = entry
    return list(first.values())


# -- the settings of a connection, as its model has them --------------------------------------


def _field(key: str) -> ModelField[Any, Any]:
    found = Connection._meta.get_field(key)
    assert isinstance(found, ModelField)
    return found


def _choice(section: Section, key: str) -> str | None:
    choices = _field(key).choices or ()
    return section.choice(key, [str(value) for value, _ in choices])


def _flag(section: Section, key: str) -> bool | None:
    return section.flag(key)


def _whole(section: Section, key: str) -> int | None:
    limits = _field(key).validators
    (lowest,) = (each.limit_value for each in limits if type(each) is MinValueValidator)
    (highest,) = (each.limit_value for each in limits if type(each) is MaxValueValidator)
    return section.whole(key, lowest, highest)


def _text(section: Section, key: str) -> str | None:
    model = _field(key)
    value = section.text(key, blank=model.blank)
    try:
        return None if value is None else str(model.clean(value, None))
    except ValidationError:
        section.wrong(key, f"{section.shown(key)} is not allowed; allowed: {EXAMPLES[key]}")
        return None


def _roles(section: Section, key: str) -> tuple[str, ...] | None:
    values = section.texts(key)
    if values is None:
        return None
    allowed = [role.value for role in Role]
    for value in values:
        if value.text not in allowed:
            section.problems.add(
                value.line, section.at(key), f"unknown role; allowed: {', '.join(allowed)}"
            )
    chosen = {value.text for value in values}
    return tuple(role for role in allowed if role in chosen)


EXAMPLES = {
    "phone_region": "the code of a country, as AT, or nothing, as ''",
    "time_zone": "the name of a time zone, as Europe/Vienna",
}
SETTINGS: Mapping[str, Callable[[Section, str], Any]] = {
    "direction": _choice,
    "winner": _choice,
    "first_merge": _choice,
    "phone_region": _text,
    "time_zone": _text,
    "avoid_duplicates": _flag,
    "copy_blanks": _flag,
    "interval_minutes": _whole,
    "brake_percent": _whole,
    "switched_off": _roles,
}
