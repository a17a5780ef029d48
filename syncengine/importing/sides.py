"""Finds the accounts and scope values that the connections of a file name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connections.configuration import SIDES, Side
from connections.connectors import connector_class
from connections.connectors.base import App
from connections.models import Account, Connection
from connections.setups import Setup
from syncengine.importing import logins, setups
from syncengine.importing.entries import ConnectionEntry, SideEntry
from syncengine.importing.logins import Login
from syncengine.importing.scopes import ScopeNames


@dataclass(frozen=True, slots=True)
class Wish:
    """A connection of the file with the accounts of its sides found, and its set-up as it was, None
    where it is new, and as it is to be.
    """

    entry: ConnectionEntry
    logins: Mapping[Side, Login]
    before: Setup | None
    after: Setup
    warnings: tuple[str, ...] = ()


def find(entry: ConnectionEntry, present: Connection | None, known: dict[str, Login]) -> Wish:
    """Return a connection with its sides found; what cannot be found is collected with its place.

    `known` are the logins by label; accounts that the file does not hold are added to it.
    """
    found: dict[Side, Login] = {}
    scopes: dict[Side, tuple[str, ...]] = {}
    for side in SIDES:
        given = entry.sides.get(side)
        login = _login(entry, side, present, known)
        if login is None:
            continue
        found[side] = login
        if given is not None and given.scope is not None:
            standing = _scope(present, side, login)
            ids = _Scope(given, login, standing).ids()
            if ids is not None:
                scopes[side] = tuple(ids)
    before = present.setup() if present else None
    if len(found) < len(SIDES):
        return Wish(entry, found, before, before or Setup())
    after = setups.wanted(entry, found, scopes, before or Setup())
    moved = [side for side in SIDES if present and present.account(side) != found[side].account]
    warnings = setups.check(entry, found, before, after, moved)
    return Wish(entry, found, before, after, warnings)


def _login(
    entry: ConnectionEntry, side: Side, present: Connection | None, known: dict[str, Login]
) -> Login | None:
    given = entry.sides.get(side)
    label = given.account if given else None
    if label is None:
        if present is None:
            if given is not None:
                given.section.require("account")
            else:
                entry.section.require(side)
            return None
        label = present.account(side).label
    if label not in known:
        account = Account.objects.filter(label=label).first()
        if account is None:
            labels = sorted({*known, *Account.objects.values_list("label", flat=True)})
            there_are = ", ".join(labels) or "none"
            place = given.section if given else entry.section
            place.wrong("account", f"no account is called “{label}”; there are: {there_are}")
            return None
        known[label] = Login(account)
    return known[label]


def _scope(present: Connection | None, side: Side, login: Login) -> list[str] | None:
    """Return the scope that a side has now, None for a side that is new."""
    if present is None or present.account(side).pk != login.account.pk:
        return None
    scope: list[str] = present.left_scope if side == "left" else present.right_scope
    return scope


class _Scope:
    """The scope that a file gives a side."""

    def __init__(self, given: SideEntry, login: Login, standing: list[str] | None) -> None:
        assert given.scope is not None
        assert given.scope_section is not None
        self.values = given.scope
        self.section = given.scope_section
        self.login = login
        self.standing = standing
        self.app: App = connector_class(login.account.app).app

    def ids(self) -> list[str] | None:
        """Return the ids of the scope values; an empty list is everything."""
        kind = self.app.scope_kind
        others = [key for key in self.section.node.entries if key != kind]
        for key in others:
            self.section.wrong(
                key, f"{self.app.label} has no such scope; allowed: {kind or 'none'}"
            )
        if others or not self.values:
            return None if others else []
        ids = self._resolved()
        if ids is not None and ids == self.standing:
            return ids
        # Names are looked up live before a scope changes.
        what = self.app.scope_label.lower()
        if not logins.ask_again(self.login, self.section, kind, what):
            return None
        ids = self._resolved()
        if ids is None:
            self._tell()
        return ids

    def _resolved(self) -> list[str] | None:
        names = ScopeNames(self.login.catalogue)
        found = [names.ids(value.text) for value in self.values]
        if any(len(each) != 1 for each in found):
            return None
        ids = [each for (each,) in found]
        return ids if len(set(ids)) == len(ids) else None

    def _tell(self) -> None:
        """Collect what is wrong with each name."""
        names, kind = ScopeNames(self.login.catalogue), self.app.scope_kind
        seen: dict[str, str] = {}
        for value in self.values:
            found = names.ids(value.text)
            if len(found) == 1:
                first = seen.setdefault(found[0], value.text)
                message = f"“{value.text}” stands twice" if first is not value.text else ""
            elif found:
                message = f"“{value.text}” is ambiguous; allowed: {names.offered(found)}"
            else:
                message = f"“{value.text}” is unknown; allowed: {names.offered()}"
            if message:
                self.section.problems.add(value.line, self.section.at(kind), message)
