"""The rules, mappings and owners of a connection as a file has them, each key checked for itself;
what they name is looked up later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from connections.configuration import SIDES, Direction, Side
from connections.operands import WITHOUT_VALUE, ConditionKind, Operator, operators
from connections.rules import ActionKind, Match, When
from syncengine.importing.document import Listing, Mapping
from syncengine.importing.section import Section, Value

DEFAULT = "default"
"""What `mappings` says for the default mapping and no other."""
SYNONYMS = {
    "=": Operator.IS,
    "!=": Operator.IS_NOT,
    "<": Operator.LESS,
    "<=": Operator.AT_MOST,
    ">": Operator.MORE,
    ">=": Operator.AT_LEAST,
    "is_in": Operator.IN,
    "is_not_in": Operator.NOT_IN,
    "contains_not": Operator.CONTAINS_NOT,
    "not_contains": Operator.CONTAINS_NOT,
    "is_one_of": Operator.ONE_OF,
    "is_none_of": Operator.NONE_OF,
    "in_last_days": Operator.LAST_DAYS,
    "in_next_days": Operator.NEXT_DAYS,
    "empty": Operator.IS_EMPTY,
    "is_not_empty": Operator.NOT_EMPTY,
}
"""Other words for an operator; `_` may also be a space."""


@dataclass(frozen=True, slots=True)
class ConditionEntry:
    section: Section
    kind: ConditionKind
    operator: Operator
    values: tuple[Value, ...]
    field: str


@dataclass(frozen=True, slots=True)
class ActionEntry:
    section: Section
    kind: ActionKind
    values: tuple[Value, ...]
    field: str
    when: When
    undo: bool


@dataclass(frozen=True, slots=True)
class RuleEntry:
    section: Section
    side: Side
    match: Match
    conditions: tuple[ConditionEntry, ...]
    actions: tuple[ActionEntry, ...]


@dataclass(frozen=True, slots=True)
class MappingEntry:
    """`direction` and `options` are None where the file leaves them out."""

    section: Section
    left: str
    right: str
    direction: Direction | None
    options: list[tuple[Value, Value]] | None


@dataclass(frozen=True, slots=True)
class OwnersEntry:
    """`fallback` has one value for the app that has owners, or one a side; None where the file
    leaves it out, as `table` is.
    """

    section: Section
    fallback: Value | dict[Side, Value] | None
    table: list[tuple[Section, Value, Value]] | None


def _words(kinds: Iterable[StrEnum]) -> list[str]:
    return [each.value for each in kinds]


# Rules


def read_rules(connection: Section) -> list[RuleEntry] | None:
    """Return the rules that are whole; None where the file leaves them out."""
    if "rules" not in connection:
        return None
    read = [_rule(each) for each in connection.sections("rules")]
    return [each for each in read if each is not None]


def _rule(section: Section) -> RuleEntry | None:
    section.allow(("side", "match", "conditions", "actions"))
    section.require("side")
    side = section.choice("side", SIDES)
    match = section.choice("match", _words(Match)) or Match.ALL
    conditions = [_condition(each) for each in section.sections("conditions")]
    actions = [_action(each) for each in section.sections("actions")]
    if side is None:
        return None
    return RuleEntry(
        section,
        "left" if side == "left" else "right",
        Match(match),
        tuple(each for each in conditions if each is not None),
        tuple(each for each in actions if each is not None),
    )


def _condition(section: Section) -> ConditionEntry | None:
    section.allow(("kind", "operator", "value", "field"))
    section.require("kind")
    word = section.choice("kind", _words(ConditionKind))
    if word is None:
        return None
    kind = ConditionKind(word)
    operator = _operator(section, kind)
    field = _field(section, word, needed=kind is ConditionKind.FIELD)
    if operator is None or field is None:
        return None
    if operator in WITHOUT_VALUE:
        if "value" in section:
            section.wrong("value", f"must be left out with the operator {operator.value}")
        return ConditionEntry(section, kind, operator, (), field)
    if kind is not ConditionKind.EXISTS and not section.require("value"):
        return None
    values = section.values("value")
    if values is None and "value" in section:
        return None
    return ConditionEntry(section, kind, operator, tuple(values or ()), field)


def _operator(section: Section, kind: ConditionKind) -> Operator | None:
    if kind is ConditionKind.EXISTS and "operator" not in section:
        return Operator.IS
    section.require("operator")
    word = section.text("operator")
    if word is None:
        return None
    plain = "_".join(word.casefold().replace("_", " ").split())
    allowed = list(Operator) if kind is ConditionKind.FIELD else list(operators(kind))
    found = SYNONYMS.get(plain, plain)
    if found not in allowed:
        told = f"{section.shown('operator')} is not allowed; allowed: {', '.join(_words(allowed))}"
        section.wrong("operator", told)
        return None
    return Operator(found)


def _field(section: Section, kind: str, *, needed: bool) -> str | None:
    """Return the key of the field that a condition or an action names, "" where it is to name none;
    None where that is wrong.
    """
    if needed:
        return section.text("field", most=200) if section.require("field") else None
    if "field" in section:
        section.wrong("field", f"must be left out with the kind {kind}")
        return None
    return ""


def _action(section: Section) -> ActionEntry | None:
    section.allow(("kind", "value", "field", "when", "undo"))
    section.require("kind")
    word = section.choice("kind", _words(ActionKind))
    when = section.choice("when", _words(When)) or When.START
    undo = section.flag("undo") or False
    if word is None:
        return None
    kind = ActionKind(word)
    field = _field(section, word, needed=kind is ActionKind.SET_FIELD)
    if kind is not ActionKind.SET_OWNER and not section.require("value"):
        return None
    values = section.values("value")
    if field is None or (values is None and "value" in section):
        return None
    return ActionEntry(section, kind, tuple(values or ()), field, When(when), undo)


# Mappings


def read_mappings(connection: Section) -> list[MappingEntry] | str | None:
    """Return the mappings that are whole, or DEFAULT; None where the file leaves them out."""
    entry = connection.node.entries.get("mappings")
    if entry is None:
        return None
    if getattr(entry.node, "text", "") == DEFAULT:
        return DEFAULT
    sections = list(connection.sections("mappings"))
    if isinstance(entry.node, Listing) and not entry.node.items:
        told = "maps nothing; allowed: a list of {left: field, right: field}, or default"
        connection.wrong("mappings", told)
    read = [_mapping(each) for each in sections]
    return [each for each in read if each is not None]


def _mapping(section: Section) -> MappingEntry | None:
    section.allow(("left", "right", "direction", "options"))
    whole = section.require("left", "right")
    left, right = (section.text(side, most=200) for side in SIDES)
    direction = section.choice("direction", _words(Direction))
    options = section.pairs("options")
    if not whole or left is None or right is None:
        return None
    return MappingEntry(section, left, right, Direction(direction) if direction else None, options)


# Owners


def read_owners(connection: Section) -> OwnersEntry | None:
    """Return the table of owners; None where the file leaves it out."""
    section = connection.section("owners")
    if section is None:
        return None
    section.allow(("fallback", "table"))
    table = None
    if "table" in section:
        pairs = [(each, each.pair()) for each in section.sections("table")]
        table = [(each, *pair) for each, pair in pairs if pair is not None]
    return OwnersEntry(section, _fallback(section), table)


def _fallback(section: Section) -> Value | dict[Side, Value] | None:
    entry = section.node.entries.get("fallback")
    if entry is None:
        return None
    if not isinstance(entry.node, Mapping):
        return _user(section, "fallback")
    inner = section.section("fallback")
    assert inner is not None
    inner.allow(SIDES)
    read = {side: _user(inner, side) for side in SIDES}
    return {side: value for side, value in read.items() if value is not None}


def _user(section: Section, key: str) -> Value | None:
    text = section.text(key, most=200, blank=True)
    return None if text is None else Value(section.line(key), text)
