"""What the conditions and actions of a rule may be between two accounts, what each tests or sets,
and what is wrong with one. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from connections.configuration import Side
from connections.connectors.base import App
from connections.models.account import Account, Catalogue, side_labels
from connections.operands import BadValue, ConditionKind, Operator, operand, operators, typed
from connections.rule_words import kind_label, lower_first
from connections.rules import LABEL_ACTIONS, ActionKind, When
from connections.schema import LISTS, NAME_PARTS, REFERENCES, TEXTS, Field, Role
from connections.setups import ActionSetup, ConditionSetup


class Thing(NamedTuple):
    """What a condition tests or an action sets: a field, or one label of those it holds."""

    field: str
    label: str = ""


@dataclass(frozen=True)
class End:
    """One side as its rules see it: how it goes on screen, and what it offers."""

    name: str
    app: App
    offers: Catalogue

    def field(self, key: str) -> Field | None:
        """Return a field; a custom one that people name need not be listed."""
        return self.offers.field(key, self.app.custom_prefix)

    @cached_property
    def users(self) -> Mapping[str, str]:
        return {user.id: user.label for user in self.offers.users}

    @cached_property
    def scopes(self) -> Mapping[str, str]:
        return {scope.id: scope.name for scope in self.offers.scopes}


def ends(left: Account, right: Account) -> dict[Side, End]:
    """Return the two sides of a connection."""
    names = side_labels(left, right)
    return {
        "left": End(names["left"], left.declared, left.offers),
        "right": End(names["right"], right.declared, right.offers),
    }


# What there is to choose from


def condition_kinds(here: End) -> list[ConditionKind]:
    """Return the kinds of conditions for the contacts of an app [RU3]."""
    app = here.app
    has = {
        ConditionKind.SCOPE: bool(app.unit_field or (app.scope_kind and not app.label_field)),
        ConditionKind.LABEL: bool(app.label_field),
        ConditionKind.OWNER: bool(app.owner_field),
    }
    return [kind for kind in ConditionKind if has.get(kind, True)]


def action_kinds(there: End) -> list[ActionKind]:
    """Return the kinds of actions that can be done in an app [RU6]."""
    app = there.app
    has = {
        ActionKind.SET_UNIT: bool(app.unit_field),
        ActionKind.SET_OWNER: bool(app.owner_field),
        ActionKind.ADD_LABEL: bool(app.label_field),
        ActionKind.REMOVE_LABEL: bool(app.label_field),
    }
    return [kind for kind in ActionKind if has.get(kind, True)]


def testable(here: End) -> list[Field]:
    """Return the fields that conditions can compare."""
    return [field for field in here.offers.fields if field.type not in REFERENCES]


def settable(there: End) -> list[Field]:
    """Return the fields that actions can set."""
    return [field for field in there.offers.fields if not why_not_set(field)]


def why_not_set(field: Field) -> str:
    """Return why an action cannot set a field, as the end of a sentence; "" where it can."""
    if field.type in REFERENCES:
        return "is set by an action of its own"
    if field.read_only:
        return "is read-only"
    if field.type in LISTS or field.view_of:
        return "is a list, which a rule cannot set"
    return "is made from other fields" if field.derived else ""


# What is tested and set


def tested(condition: ConditionSetup, here: End) -> set[Thing]:
    """Return what a condition tests."""
    kind, app = ConditionKind(condition.kind), here.app
    if kind is ConditionKind.EXISTS:
        return set()
    if kind is ConditionKind.OWNER:
        return {Thing(app.owner_field)}
    if kind is ConditionKind.FIELD:
        return {Thing(condition.field), *_parts(condition.field, here)}
    if app.label_field:
        inside = here.offers.inside(list(condition.value))
        return {Thing(app.label_field, label) for label in inside}
    return {Thing(app.unit_field)}


def _parts(key: str, here: End) -> set[Thing]:
    """Return the parts that a joined name is made from; none of another field."""
    field = here.field(key)
    if field is None or field.role is not Role.FULL_NAME:
        return set()
    return {Thing(each.key) for each in here.offers.fields if each.role in NAME_PARTS}


def thing_set(action: ActionSetup, there: End) -> Thing:
    """Return what an action sets."""
    kind, app = ActionKind(action.kind), there.app
    if kind in LABEL_ACTIONS:
        return Thing(app.label_field, action.value[0] if action.value else "")
    if kind is ActionKind.SET_FIELD:
        return Thing(action.field)
    return Thing(app.unit_field if kind is ActionKind.SET_UNIT else app.owner_field)


def thing_words(thing: Thing, there: End) -> str:
    """Return what something is called in a sentence: "the owner", "the label VIP", "City"."""
    app = there.app
    if thing.label:
        return f"the label {there.scopes.get(thing.label, thing.label)}"
    if thing.field and thing.field == app.unit_field:
        return f"the {lower_first(kind_label(ConditionKind.SCOPE, there.offers, app))}"
    if thing.field and thing.field == app.owner_field:
        return f"the {lower_first(kind_label(ConditionKind.OWNER, there.offers, app))}"
    field = there.field(thing.field)
    return field.label if field else thing.field


# What is wrong


def condition_problem(condition: ConditionSetup, here: End) -> str:
    """Return what is wrong with a condition, with what to do about it; "" where nothing is."""
    kind = ConditionKind(condition.kind)
    if kind not in condition_kinds(here):
        return f"{here.name} has no {kind.value}s to test. Choose another condition."
    if kind is ConditionKind.FIELD:
        return _field_problem(condition, here)
    if Operator(condition.operator) not in operators(kind):
        return "Choose an operator."
    if kind is ConditionKind.EXISTS:
        return ""
    named = here.users if kind is ConditionKind.OWNER else here.scopes
    what = lower_first(kind_label(kind, here.offers, here.app))
    if not condition.value:
        return f"Choose at least one {what}."
    return _gone(condition.value, named, what, here)


def _field_problem(condition: ConditionSetup, here: End) -> str:
    field = here.field(condition.field)
    if field is None:
        return f"{here.name} has no field “{condition.field}” any more. Choose another."
    if field.type in REFERENCES:
        return f"“{field.label}” is tested by a condition of its own."
    if Operator(condition.operator) not in operators(ConditionKind.FIELD, field.type):
        return "Choose an operator."
    try:
        operand(field, Operator(condition.operator), condition.value)
    except BadValue as problem:
        return str(problem)
    return ""


def action_problem(action: ActionSetup, here: End, there: End) -> str:
    """Return what is wrong with an action, with what to do about it; "" where nothing is."""
    kind = ActionKind(action.kind)
    if kind not in action_kinds(there):
        return f"{there.name} cannot do that. Choose another action."
    if action.undo and action.when == When.CREATION:
        return "Undo: not with “on creation only”. Untick it, or choose another time."
    if kind is ActionKind.SET_FIELD:
        return _setting_problem(action, there)
    is_owner = kind is ActionKind.SET_OWNER
    tested_as = ConditionKind.OWNER if is_owner else ConditionKind.SCOPE
    what = "label" if kind in LABEL_ACTIONS else kind_label(tested_as, there.offers, there.app)
    if action.value:
        return _gone(action.value, there.users if is_owner else there.scopes, what, there)
    if is_owner and here.app.owner_field:
        return ""
    return f"Choose the {lower_first(what)}."


def _setting_problem(action: ActionSetup, there: End) -> str:
    field = there.field(action.field)
    if field is None:
        return f"{there.name} has no field “{action.field}” any more. Choose another."
    if why := why_not_set(field):
        return f"“{field.label}” {why}. Choose another field."
    if not any(text.strip() for text in action.value):
        return "Give a value."
    try:
        for text in action.value:
            typed(field, text)
    except BadValue as problem:
        return str(problem)
    return ""


def too_long(action: ActionSetup, there: End) -> str:
    """Return why a value does not fit its field; "" where it does, or is no text."""
    field = there.field(action.field) if action.kind == ActionKind.SET_FIELD else None
    if field is None or field.type not in TEXTS or not field.max_length or not action.value:
        return ""
    length = len(action.value[0].strip())
    if length <= field.max_length:
        return ""
    return f"{field.label} holds {field.max_length} characters; this value has {length}."


def _gone(named: Iterable[str], known: Mapping[str, str], what: str, end: End) -> str:
    gone = [each for each in named if each not in known]
    if not gone:
        return ""
    shown = ", ".join(f"“{each}”" for each in gone)
    return f"{end.name} has no {lower_first(what)} {shown} any more. Choose another."
