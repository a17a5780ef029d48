"""All that people decide about a connection, as one value: what its page edits, a pending edit
keeps, a copy copies and a file holds. Pure.

Users, units and labels are named by id, fields by key, values as text: what they mean is found out
when a configuration is made of it.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from typing import Any

from connections.configuration import SIDES, Direction, FirstMerge, Side
from connections.rules import Match, When


@dataclass(frozen=True, slots=True)
class ConditionSetup:
    kind: str
    operator: str
    value: tuple[str, ...] = ()
    field: str = ""


@dataclass(frozen=True, slots=True)
class ActionSetup:
    """`value` has one text, several for a multi-choice; a set_owner without one takes the owner
    that the table of owners gives.
    """

    kind: str
    value: tuple[str, ...] = ()
    field: str = ""
    when: str = When.START.value
    undo: bool = False


@dataclass(frozen=True, slots=True)
class RuleSetup:
    """A rule; `key` is its identity, which an edit of it keeps."""

    key: str
    side: Side
    match: str = Match.ALL.value
    conditions: tuple[ConditionSetup, ...] = ()
    actions: tuple[ActionSetup, ...] = ()

    @property
    def is_default(self) -> bool:
        """Whether it takes in all contacts of its side and does nothing with them [CN3]."""
        return self == default_rule(self.side)


@dataclass(frozen=True, slots=True)
class MappingSetup:
    left: str
    right: str
    direction: str = Direction.BOTH.value
    options: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class OwnersSetup:
    """The table of owners [VA10]: pairs of a left and a right user, and who owns the contacts of
    everyone else; "" is the account's own user.
    """

    table: tuple[tuple[str, str], ...] = ()
    left_fallback: str = ""
    right_fallback: str = ""


def default_rule(side: Side) -> RuleSetup:
    """Return the rule without conditions and actions that a side has at first [CN3]."""
    return RuleSetup(side, side)


@dataclass(frozen=True, slots=True)
class Setup:
    """What people decide. The order of rules counts, that of mappings and owners is theirs."""

    left_scope: tuple[str, ...] = ()
    right_scope: tuple[str, ...] = ()
    direction: str = Direction.BOTH.value
    winner: str = "left"
    first_merge: str = FirstMerge.WINNER.value
    phone_region: str = ""
    time_zone: str = "UTC"
    avoid_duplicates: bool = True
    copy_blanks: bool = True
    interval_minutes: int = 5
    brake_percent: int = 20
    switched_off: tuple[str, ...] = ()
    rules: tuple[RuleSetup, ...] = (default_rule("left"), default_rule("right"))
    mappings: tuple[MappingSetup, ...] = ()
    owners: OwnersSetup = OwnersSetup()

    def scope(self, side: Side) -> tuple[str, ...]:
        return self.left_scope if side == "left" else self.right_scope

    def rules_of(self, side: Side) -> tuple[RuleSetup, ...]:
        return tuple(rule for rule in self.rules if rule.side == side)

    def with_rules(self, side: Side, rules: tuple[RuleSetup, ...]) -> Setup:
        """Return a setup whose rules of one side are these."""
        by_side = {each: rules if each == side else self.rules_of(each) for each in SIDES}
        return replace(self, rules=(*by_side["left"], *by_side["right"]))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Setup:
        return cls(
            **{
                **{name: _tuples(stored[name]) for name in STORED_PLAIN if name in stored},
                "rules": tuple(_rule(each) for each in stored["rules"]),
                "mappings": tuple(_mapping(each) for each in stored["mappings"]),
                "owners": _owners(stored["owners"]),
            }
        )


STORED_PLAIN = tuple(
    each.name for each in fields(Setup) if each.name not in ("rules", "mappings", "owners")
)
"""The parts that are columns of a connection."""


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _rule(stored: Mapping[str, Any]) -> RuleSetup:
    conditions = (
        ConditionSetup(**{**each, "value": tuple(each["value"])}) for each in stored["conditions"]
    )
    actions = (ActionSetup(**{**each, "value": tuple(each["value"])}) for each in stored["actions"])
    return RuleSetup(**{**stored, "conditions": tuple(conditions), "actions": tuple(actions)})


def _mapping(stored: Mapping[str, Any]) -> MappingSetup:
    return MappingSetup(**{**stored, "options": _pairs(stored["options"])})


def _owners(stored: Mapping[str, Any]) -> OwnersSetup:
    return OwnersSetup(**{**stored, "table": _pairs(stored["table"])})


def _pairs(stored: Any) -> tuple[tuple[str, str], ...]:
    return tuple((left, right) for left, right in stored)


def new_key() -> str:
    """Return the identity of a new rule."""
    return secrets.token_hex(4)
