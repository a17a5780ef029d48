"""What the parts of rules are called on screen and in messages. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from connections.connectors.base import App
from connections.models.account import Catalogue
from connections.operands import ConditionKind, Operator
from connections.rules import ActionKind
from connections.schema import DATES, Type

_OPERATORS: Mapping[Operator, str] = {
    Operator.IN: "is in",
    Operator.NOT_IN: "is not in",
    Operator.IS: "is",
    Operator.IS_NOT: "is not",
    Operator.CONTAINS: "contains",
    Operator.CONTAINS_NOT: "does not contain",
    Operator.STARTS_WITH: "starts with",
    Operator.ENDS_WITH: "ends with",
    Operator.LESS: "is less than",
    Operator.AT_MOST: "is at most",
    Operator.MORE: "is more than",
    Operator.AT_LEAST: "is at least",
    Operator.BETWEEN: "is between",
    Operator.LAST_DAYS: "is in the last",
    Operator.NEXT_DAYS: "is in the next",
    Operator.ONE_OF: "is one of",
    Operator.NONE_OF: "is none of",
    Operator.HAS_ANY: "has any of",
    Operator.HAS_ALL: "has all of",
    Operator.HAS_NONE: "has none of",
    Operator.IS_EMPTY: "is empty",
    Operator.NOT_EMPTY: "is not empty",
}
_OF_DATES: Mapping[Operator, str] = {
    Operator.LESS: "is before",
    Operator.AT_MOST: "is on or before",
    Operator.MORE: "is after",
    Operator.AT_LEAST: "is on or after",
}


def operator_words(operator: Operator, type_: Type | None = None) -> str:
    """Return an operator as a sentence has it: "is not in", of a date "is on or before"."""
    words = _OF_DATES if type_ in DATES else {}
    return words.get(operator) or _OPERATORS[operator]


def kind_label(kind: ConditionKind, offers: Catalogue, app: App) -> str:
    """Return what conditions of a kind other than a field's test: "Sales unit", "Owner"."""
    if kind is ConditionKind.LABEL:
        return "Label"
    key = app.unit_field if kind is ConditionKind.SCOPE else app.owner_field
    found = (field.label for field in offers.fields if field.key == key)
    return next(found, kind.value.capitalize())


def action_label(kind: ActionKind, offers: Catalogue, app: App) -> str:
    """Return what a kind of action does: "Set sales unit", "Add label"."""
    if kind in (ActionKind.SET_UNIT, ActionKind.SET_OWNER):
        tested = ConditionKind.SCOPE if kind is ActionKind.SET_UNIT else ConditionKind.OWNER
        return f"Set {lower_first(kind_label(tested, offers, app))}"
    return kind.value.replace("_", " ").capitalize()


def lower_first(label: str) -> str:
    """Return a label as it stands in a sentence; "ZIP code" and "[Company] City" stay."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
