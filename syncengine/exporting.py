"""Accounts and connections in the shape that importing takes; never a secret."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import yaml

from connections.configuration import SIDES, Side
from connections.connectors import connector_class
from connections.models import Account, Connection
from syncengine.importing.entries import SETTINGS
from syncengine.importing.scopes import ScopeNames
from syncengine.importing.section import escaped


def export(connections: Iterable[Connection], accounts: Iterable[Account]) -> dict[str, Any]:
    """Return connections and accounts as the file of an import has them."""
    return {
        "accounts": [_account(each) for each in accounts],
        "connections": [_connection(each) for each in connections],
    }


def as_yaml(exported: dict[str, Any]) -> str:
    """Return the text of a file."""
    return yaml.dump(
        exported, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100, indent=2
    )


class _Dumper(yaml.SafeDumper):
    """Never writes anchors and aliases, which an import refuses."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _account(account: Account) -> dict[str, Any]:
    connector = connector_class(account.app)
    keys = (*connector.setting_keys, *connector.optional_setting_keys)
    settings = {key: escaped(str(account.settings[key])) for key in keys if key in account.settings}
    return {"label": escaped(account.label), "app": account.app, "settings": settings}


def _connection(connection: Connection) -> dict[str, Any]:
    return {
        "name": escaped(connection.name),
        **{side: _side(connection, side) for side in SIDES},
        **{key: getattr(connection, key) for key in SETTINGS},
        "state": connection.state,
    }


def _side(connection: Connection, side: Side) -> dict[str, Any]:
    account = connection.account(side)
    kind = connector_class(account.app).app.scope_kind
    names = ScopeNames(account.offers)
    ids: list[str] = connection.left_scope if side == "left" else connection.right_scope
    exported: dict[str, Any] = {"account": escaped(account.label)}
    if kind:
        # An empty list is everything: left out, an import would keep a scope that stands.
        exported["scope"] = {kind: [escaped(names.name(each)) for each in ids]}
    return exported
