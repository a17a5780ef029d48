"""One contact in two apps whose connection has rules, for tests of deciding."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from connections.configuration import Configuration, Direction, Side
from connections.operands import ConditionKind, Operator, operand
from connections.rules import (
    LABEL_ACTIONS,
    Action,
    ActionKind,
    Condition,
    Match,
    Rule,
    When,
    action_key,
)
from connections.schema import Field, Option, Type, Value, Values, entries_of
from syncengine.state import Applied, Decision, Half, State
from tests.syncengine.builders import ANN, CITY, FIELDS, TwoApps, configure, synced

OWNER = Field("owner", "Owner", Type.REFERENCE)
UNIT = Field("unit", "Unit", Type.REFERENCE)
LABELS = Field("labels", "Labels", Type.REFERENCES)
TAG = Field("tag", "Tag", Type.TEXT)
"""A field that is not mapped."""
OPTIONS = {
    OWNER.key: ("ann", "bob", "cleo"),
    UNIT.key: ("north", "south"),
    LABELS.key: ("vip", "old", "new"),
}


def with_options(of: Field) -> Field:
    """Return a field with the users, units or labels that its app has."""
    options = OPTIONS.get(of.key, ())
    return replace(of, options=tuple(Option(each, each.title()) for each in options))


def sets(
    of: Field,
    value: Value,
    when: When = When.START,
    *,
    undo: bool = False,
    rule: str = "r",
    kind: ActionKind | None = None,
) -> Action:
    """Return an action that sets a field, or with a kind of its own adds or removes a label."""
    kinds = {OWNER.key: ActionKind.SET_OWNER, UNIT.key: ActionKind.SET_UNIT}
    chosen = kind or kinds.get(of.key, ActionKind.SET_FIELD)
    label = str(value) if chosen in LABEL_ACTIONS else ""
    key = action_key(rule, chosen, of.key, label)
    return Action(key, chosen, with_options(of), value, when, undo)


def labels(value: str, *, adds: bool = True, **settings: Any) -> Action:
    """Return an action that adds or removes a label."""
    kind = ActionKind.ADD_LABEL if adds else ActionKind.REMOVE_LABEL
    return sets(LABELS, value, kind=kind, **settings)


def field_is(of: Field, text: str, operator: str = "is") -> Condition:
    chosen = Operator(operator)
    return Condition(ConditionKind.FIELD, chosen, operand(of, chosen, (text,)), of)


def in_unit(*units: str) -> Condition:
    return Condition(ConditionKind.SCOPE, Operator.IN, units)


EXISTS = Condition(ConditionKind.EXISTS, Operator.IS, (True,))


def rule(*parts: Condition | Action, key: str = "r", match: Match = Match.ALL) -> Rule:
    """Return a rule of these conditions and actions; it takes in everyone where it has none."""
    conditions = tuple(each for each in parts if isinstance(each, Condition))
    actions = tuple(
        replace(each, key=each.key.replace("rule:r:", f"rule:{key}:"))
        for each in parts
        if isinstance(each, Action)
    )
    return Rule(key, match, conditions, actions)


NORTH = rule(in_unit("north"), key="north")
EVERYONE = Rule("everyone")
ALL = (EVERYONE,)
WHENS = [When.START, When.ALWAYS]


def ruled(
    left: tuple[Rule, ...] = (Rule("everyone"),),
    right: tuple[Rule, ...] = (),
    direction: Direction = Direction.BOTH,
    **settings: Any,
) -> Configuration:
    """Return a connection with rules; both apps have an owner, a unit and labels."""
    made = configure(FIELDS, FIELDS, direction=direction, **settings)
    own: dict[str, Any] = {"owner_field": OWNER.key, "label_field": LABELS.key}
    return replace(
        made,
        left=replace(made.left, rules=left, **own),
        right=replace(made.right, rules=right, **own),
    )


@dataclass(repr=False)
class Ruled(TwoApps):
    """A contact with what actions have set; its unit and labels are its scopes."""

    acted: Mapping[str, Applied] = field(default_factory=dict)

    def half(self, side: Side) -> Half | None:
        made = super().half(side)
        if made is None:
            return None
        unit = made.values.get(UNIT.key)
        scopes = (*([str(unit)] if unit else []), *entries_of(made.values.get(LABELS.key)))
        return replace(made, scopes=tuple(map(str, scopes)))

    def state(self, *seen: Side) -> State:
        return replace(super().state(*seen), acted=self.acted)

    def take(self, decision: Decision, *, answered: bool = True) -> None:
        super().take(decision, answered=answered)
        self.acted = decision.acted
        if decision.leaves_scope:
            self.was_in_scope = False
        elif decision.matched:
            self.was_in_scope = True

    def write(self, side: Side, writes: Values) -> None:
        mapped = {pair.field(side).key for pair in self.configuration.pairs}
        super().write(side, {key: value for key, value in writes.items() if key in mapped})
        for key, value in writes.items():
            if key not in mapped:
                of = next((each for each in (OWNER, UNIT, LABELS, TAG) if each.key == key), CITY)
                self.values(side)[key] = self.keeps(side, of, value)

    def edit(self, side: Side, **values: Value) -> None:
        """Let a person edit a side."""
        self.values(side).update(values)

    def change(self, configuration: Configuration) -> None:
        """Let the connection be another one."""
        self.configuration = configuration

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


def person(**values: Value) -> dict[str, Value]:
    """Return a half in the unit North, without labels or an owner."""
    blank: dict[str, Value] = {"owner": None, "unit": "north", "labels": (), "tag": None}
    return {**ANN, **blank, **values}


def linked(
    configuration: Configuration,
    left: Values | None = None,
    right: Values | None = None,
) -> Ruled:
    """Return a linked contact whose halves are in agreement, before its rules were there."""
    plain = ruled((Rule("everyone"),), (), configuration.direction)
    start = synced(
        plain, person(**(left or {})), person(**(right if right is not None else left or {}))
    )
    assert start.left is not None
    assert start.right is not None
    return Ruled(configuration, start.left, start.right, start.base)


def alone(configuration: Configuration, **values: Value) -> Ruled:
    """Return a contact that is on the left side only."""
    return Ruled(configuration, person(**values), None, linked=False)


def rests(world: Ruled) -> None:
    """Check that nothing is to be done, however often it is looked at [I1, I4]."""
    for _ in range(2):
        assert world.run().writes == {}
