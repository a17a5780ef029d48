"""Accounts and connections in the shape that importing takes; never a secret."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from connections.configuration import SIDES, Side, default_pairs, other
from connections.configuring import field_of, target_field
from connections.connectors import connector_class
from connections.models import Account, Connection
from connections.operands import WITHOUT_VALUE, ConditionKind
from connections.rules import ActionKind, Match
from connections.setups import (
    ActionSetup,
    ConditionSetup,
    MappingSetup,
    OwnersSetup,
    RuleSetup,
    Setup,
)
from syncengine.importing.entries import SETTINGS
from syncengine.importing.names import Names
from syncengine.importing.rule_entries import DEFAULT
from syncengine.importing.scopes import ScopeNames
from syncengine.importing.section import escaped

Exported = dict[str, Any]


def export(connections: Iterable[Connection], accounts: Iterable[Account]) -> Exported:
    """Return connections and accounts as the file of an import has them; of an edit that waits
    nothing.
    """
    return {
        "accounts": [_account(each) for each in accounts],
        "connections": [_connection(each) for each in connections],
    }


def as_yaml(exported: Exported) -> str:
    """Return the text of a file."""
    return yaml.dump(
        exported, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100, indent=2
    )


class _Dumper(yaml.SafeDumper):
    """Never writes anchors and aliases, which an import refuses."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _account(account: Account) -> Exported:
    connector = connector_class(account.app)
    keys = (*connector.setting_keys, *connector.optional_setting_keys)
    settings = {key: escaped(str(account.settings[key])) for key in keys if key in account.settings}
    return {"label": escaped(account.label), "app": account.app, "settings": settings}


def _connection(connection: Connection) -> Exported:
    setup = connection.setup()
    names = {side: Names(connection.account(side)) for side in SIDES}
    plain = {key: getattr(setup, key) for key in SETTINGS if key != "switched_off"}
    return {
        "name": escaped(connection.name),
        **{side: _side(connection.account(side), setup.scope(side)) for side in SIDES},
        **plain,
        "state": connection.state,
        **_mappings(setup, names),
        "owners": _owners(setup.owners, names),
        "rules": [_rule(rule, names) for rule in setup.rules],
    }


def _side(account: Account, ids: Sequence[str]) -> Exported:
    kind = account.declared.scope_kind
    names = ScopeNames(account.offers)
    exported: Exported = {"account": escaped(account.label)}
    if kind:
        # An empty list is everything: left out, an import would keep a scope that stands.
        exported["scope"] = {kind: [escaped(names.name(each)) for each in ids]}
    return exported


def _text(value: str | bool) -> str | bool:
    return escaped(value) if isinstance(value, str) else value


# Mappings and owners


def _mappings(setup: Setup, names: Mapping[Side, Names]) -> Exported:
    off = list(setup.switched_off)
    if not setup.mappings:
        return {"mappings": DEFAULT, "switched_off": off}
    left, right = (names[side].offers.fields for side in SIDES)
    pairs = default_pairs(left, right, switched_off=frozenset(setup.switched_off))
    default = [{"left": escaped(p.left.key), "right": escaped(p.right.key)} for p in pairs]
    custom = [_mapping(each, names) for each in setup.mappings]
    return {"mappings": [*default, *custom], "switched_off": off}


def _mapping(mapping: MappingSetup, names: Mapping[Side, Names]) -> Exported:
    exported: Exported = {
        "left": escaped(mapping.left),
        "right": escaped(mapping.right),
        "direction": mapping.direction,
    }
    if mapping.options:
        pairs = [
            tuple(
                _option(names[side], getattr(mapping, side), value)
                for side, value in zip(SIDES, pair, strict=True)
            )
            for pair in mapping.options
        ]
        exported["options"] = _table(pairs)
    return exported


def _option(names: Names, key: str, value: str) -> str:
    field = field_of(names.account, key)
    return names.option_name(field, value) if field and value else value


def _table(pairs: Sequence[tuple[str, ...]]) -> Any:
    """Return {left: right}, or a list where an option stands on the left more than once."""
    if len({left for left, _ in pairs}) == len(pairs):
        return {left: escaped(right) for left, right in pairs}
    return [{"left": escaped(left), "right": escaped(right)} for left, right in pairs]


def _owners(owners: OwnersSetup, names: Mapping[Side, Names]) -> Exported:
    ids = {"left": owners.left_fallback, "right": owners.right_fallback}
    named = {side: escaped(names[side].user_name(ids[side])) if ids[side] else "" for side in SIDES}
    having = [side for side in SIDES if names[side].app.owner_field]
    fallback: Any = named
    if not any(ids.values()):
        fallback = ""
    elif len(having) == 1:
        fallback = named[having[0]]
    table = [
        {side: escaped(names[side].user_name(id_)) for side, id_ in zip(SIDES, pair, strict=True)}
        for pair in owners.table
    ]
    return {"fallback": fallback, "table": table}


# Rules


def _rule(rule: RuleSetup, names: Mapping[Side, Names]) -> Exported:
    exported: Exported = {"side": rule.side}
    if len(rule.conditions) > 1 or rule.match != Match.ALL:
        exported["match"] = rule.match
    if rule.conditions:
        exported["conditions"] = [_condition(each, names[rule.side]) for each in rule.conditions]
    if rule.actions:
        exported["actions"] = [_action(each, names[other(rule.side)]) for each in rule.actions]
    return exported


def _condition(condition: ConditionSetup, names: Names) -> Exported:
    kind = ConditionKind(condition.kind)
    exported: Exported = {"kind": condition.kind, "operator": condition.operator}
    if kind is ConditionKind.EXISTS:
        return {**exported, "value": condition.value != ("false",)}
    if kind is ConditionKind.FIELD:
        field = field_of(names.account, condition.field)
        exported = {"kind": condition.kind, "field": escaped(condition.field), **exported}
        values = [names.value_name(field, each) for each in condition.value]
    elif kind is ConditionKind.OWNER:
        values = [names.user_name(each) for each in condition.value]
    else:
        values = [names.scopes.name(each) for each in condition.value]
    return exported if condition.operator in WITHOUT_VALUE else {**exported, **_value(values)}


def _action(action: ActionSetup, names: Names) -> Exported:
    kind = ActionKind(action.kind)
    exported: Exported = {"kind": action.kind}
    if kind is ActionKind.SET_FIELD:
        field = target_field(action, names.offers, names.app)
        exported["field"] = escaped(action.field)
        values = [names.value_name(field, each) for each in action.value]
    elif kind is ActionKind.SET_OWNER:
        values = [names.user_name(each) for each in action.value]
    else:
        values = [names.scopes.name(each) for each in action.value]
    return {**exported, **_value(values), "when": action.when, "undo": action.undo}


def _value(values: Sequence[str | bool]) -> Exported:
    """Return the value of a condition or an action; none where it has none."""
    shown = [_text(each) for each in values]
    if not shown:
        return {}
    return {"value": shown[0] if len(shown) == 1 else shown}
