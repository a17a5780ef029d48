"""The rows of a rule's form: a condition or an action each, as far as a person has come with it.

A row knows what it can still become: the operators that fit what is tested, the input that fits the
value, and the values to choose from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from connections.forms.scopes import Branch, tree
from connections.operands import (
    WITH_DAYS,
    WITHOUT_VALUE,
    ConditionKind,
    Operator,
    operators,
)
from connections.pairing import groups
from connections.rule_parts import End, action_kinds, condition_kinds, settable, testable
from connections.rule_words import DATES, action_label, kind_label, operator_words
from connections.rules import ActionKind, When
from connections.schema import Field, Type
from connections.setups import ActionSetup, ConditionSetup

FIELD = "field:"
CUSTOM = "custom"
"""How a row says that it is about a field, by its key; or about a custom one yet to be named."""
EITHER = (("true", "yes"), ("false", "no"))


class Input(StrEnum):
    """What a value is given with."""

    NONE = "none"
    TEXT = "text"
    LONG = "long"
    NUMBER = "number"
    DATE = "date"
    DAYS = "days"
    SELECT = "select"
    BOXES = "boxes"
    TREE = "tree"


class Choice(NamedTuple):
    value: str
    label: str
    chosen: bool = False


class ChoiceGroup(NamedTuple):
    label: str
    choices: list[Choice]


@dataclass
class Row:
    """`subject` says what it is about, `made_for` for which subject its inputs were made; `values`
    are as typed.
    """

    here: End
    there: End
    number: int
    subject: str = ""
    values: list[str] = field(default_factory=list)
    error: str = ""
    has_focus: bool = False

    prefix = ""
    verb = ""
    """What is said before a field that is chosen."""

    @property
    def name(self) -> str:
        """How the names of its inputs begin."""
        return f"{self.prefix}-{self.number}"

    @property
    def place(self) -> str:
        return str(self.number + 1)

    @property
    def field_key(self) -> str:
        return self.subject.removeprefix(FIELD) if self.subject.startswith(FIELD) else ""

    @property
    def given(self) -> tuple[str, ...]:
        return tuple(each.strip() for each in self.values if each.strip())

    @property
    def first(self) -> str:
        return self.values[0] if self.values else ""

    @property
    def second(self) -> str:
        return self.values[1] if len(self.values) > 1 else ""

    def choose(self, options: Iterable[tuple[str, str]]) -> list[Choice]:
        """Return values to choose from; what is chosen and no longer there is among them."""
        listed = list(options)
        known = {value for value, _ in listed}
        gone = [(each, f"{each} (gone)") for each in self.given if each not in known]
        return [Choice(value, label, value in self.given) for value, label in (*listed, *gone)]

    def summary(self, choices: Sequence[Choice]) -> str:
        """Return what is ticked of boxes that are folded away."""
        return ", ".join(each.label for each in choices if each.chosen) or "Choose …"


def _of_fields(fields: Sequence[Field], row: Row) -> list[ChoiceGroup]:
    """Return fields to choose from, in their groups."""
    return [
        ChoiceGroup(
            group.name,
            [
                Choice(f"{FIELD}{each.key}", row.verb + _labelled(each), each.key == row.field_key)
                for each in group.fields
            ],
        )
        for group in groups(fields)
    ]


def _labelled(field: Field) -> str:
    """Return the label of a field with its type, where that says more."""
    return field.label if field.label.casefold() == field.type else f"{field.label} ({field.type})"


def _with_unlisted(found: list[ChoiceGroup], row: Row, end: End) -> list[ChoiceGroup]:
    """Add the field that a row names and no list has, and how to name another one."""
    more = []
    listed = {choice.value for group in found for choice in group.choices}
    if row.field_key and row.subject not in listed:
        known = end.field(row.field_key)
        label = row.verb + (_labelled(known) if known else f"{row.field_key} (gone)")
        more.append(Choice(row.subject, label, True))
    if end.app.custom_prefix:
        more.append(
            Choice(
                CUSTOM,
                (row.verb + "a custom field by its name …").capitalize(),
                row.subject == CUSTOM,
            )
        )
    return [*found, ChoiceGroup("Not listed", more)] if more else found


def _plain_input(field: Field) -> Input:
    if field.type in DATES:
        return Input.DATE
    if field.type in (Type.INTEGER, Type.DECIMAL):
        return Input.NUMBER
    return Input.LONG if field.type is Type.LONG_TEXT else Input.TEXT


# Conditions


@dataclass
class ConditionRow(Row):
    operator: str = ""

    prefix = "c"

    @classmethod
    def of(cls, condition: ConditionSetup, here: End, there: End, number: int) -> ConditionRow:
        """Return the row of a condition that is there."""
        is_field = condition.kind == ConditionKind.FIELD
        subject = f"{FIELD}{condition.field}" if is_field else condition.kind
        return cls(here, there, number, subject, list(condition.value), operator=condition.operator)

    @property
    def kind(self) -> ConditionKind | None:
        if self.field_key:
            return ConditionKind.FIELD
        return ConditionKind(self.subject) if self.subject in set(ConditionKind) else None

    @property
    def field(self) -> Field | None:
        return self.here.field(self.field_key) if self.field_key else None

    @property
    def subjects(self) -> list[ChoiceGroup]:
        """What can be tested, for a select."""
        here = self.here
        kinds = []
        for kind in condition_kinds(here):
            label = (
                f"Exists in {self.there.name}"
                if kind is ConditionKind.EXISTS
                else kind_label(kind, here.offers, here.app)
            )
            if kind is not ConditionKind.FIELD:
                kinds.append(Choice(kind.value, label, self.subject == kind.value))
        found = [ChoiceGroup("Contact", kinds), *_of_fields(testable(here), self)]
        return _with_unlisted(found, self, here)

    @property
    def operators(self) -> list[Choice]:
        kind = self.kind
        if kind is None:
            return []
        type_ = self.field.type if self.field else None
        return [
            Choice(each.value, operator_words(each, type_), each.value == self.chosen_operator)
            for each in operators(kind, type_)
        ]

    @property
    def chosen_operator(self) -> str:
        """The operator, the first that fits where the chosen one does not; any where none fits."""
        kind = self.kind
        fitting = operators(kind, self.field.type if self.field else None) if kind else ()
        if self.operator in (fitting or set(Operator)):
            return self.operator
        return (*fitting, Operator.IS)[0].value

    @property
    def input(self) -> Input:
        kind, operator, field = self.kind, self.chosen_operator, self.field
        if kind is None or operator in WITHOUT_VALUE:
            return Input.NONE
        if operator in WITH_DAYS:
            return Input.DAYS
        if kind in (ConditionKind.SCOPE, ConditionKind.LABEL):
            return Input.TREE
        if kind is ConditionKind.OWNER:
            return Input.BOXES
        if kind is ConditionKind.EXISTS:
            return Input.SELECT
        if field is None:
            return Input.TEXT
        if field.type in (Type.CHOICE, Type.MULTI_CHOICE):
            return Input.BOXES
        return Input.SELECT if field.type is Type.BOOLEAN else _short(_plain_input(field))

    @property
    def is_between(self) -> bool:
        return self.chosen_operator == Operator.BETWEEN

    @property
    def choices(self) -> list[Choice]:
        if self.kind is ConditionKind.OWNER:
            return self.choose(self.here.users.items())
        if self.input is Input.SELECT:
            chosen = self.first or "true"
            return [Choice(value, label, value == chosen) for value, label in EITHER]
        if self.input is Input.TREE:
            return self.choose(self.here.scopes.items())
        return (
            self.choose((each.value, each.label) for each in self.field.options)
            if self.field
            else []
        )

    @property
    def boxes(self) -> list[Choice]:
        return self.choices

    @property
    def branches(self) -> list[Branch]:
        return tree(self.here.offers.scopes, set(self.given))

    @property
    def is_nested(self) -> bool:
        return any(branch.branches for branch in self.branches)

    @property
    def gone(self) -> list[str]:
        return [each for each in self.given if each not in self.here.scopes]

    @property
    def picked(self) -> str:
        return self.summary(self.choices)

    def setup(self) -> ConditionSetup | None:
        """Return the condition; None where it is not said yet what is tested."""
        kind = self.kind
        if kind is None:
            return None
        operator = self.chosen_operator
        value = () if operator in WITHOUT_VALUE else self.given
        if kind is ConditionKind.EXISTS:
            value = value or ("true",)
        return ConditionSetup(kind.value, operator, value, self.field_key)


def _short(given: Input) -> Input:
    return Input.TEXT if given is Input.LONG else given


# Actions

WHENS = (
    (When.START, "it starts to match"),
    (When.CREATION, "on creation only"),
    (When.ALWAYS, "always, whenever either half changes"),
)


@dataclass
class ActionRow(Row):
    when: str = When.START.value
    undo: bool = False

    prefix = "a"
    verb = "Set "

    @classmethod
    def of(cls, action: ActionSetup, here: End, there: End, number: int) -> ActionRow:
        """Return the row of an action that is there."""
        is_field = action.kind == ActionKind.SET_FIELD
        subject = f"{FIELD}{action.field}" if is_field else action.kind
        return cls(
            here, there, number, subject, list(action.value), when=action.when, undo=action.undo
        )

    @property
    def kind(self) -> ActionKind | None:
        if self.field_key:
            return ActionKind.SET_FIELD
        return ActionKind(self.subject) if self.subject in set(ActionKind) else None

    @property
    def field(self) -> Field | None:
        return self.there.field(self.field_key) if self.field_key else None

    @property
    def subjects(self) -> list[ChoiceGroup]:
        """What can be done, for a select."""
        there = self.there
        kinds = [
            Choice(
                kind.value,
                action_label(kind, there.offers, there.app),
                self.subject == kind.value,
            )
            for kind in action_kinds(there)
            if kind is not ActionKind.SET_FIELD
        ]
        of_fields = _of_fields(settable(there), self)
        return _with_unlisted([ChoiceGroup("Contact", kinds), *of_fields], self, there)

    @property
    def input(self) -> Input:
        field = self.field
        if self.kind is None:
            return Input.NONE
        if self.kind is not ActionKind.SET_FIELD:
            return Input.SELECT
        if field is None:
            return Input.TEXT
        if field.type is Type.MULTI_CHOICE:
            return Input.BOXES
        is_select = field.type in (Type.BOOLEAN, Type.CHOICE)
        return Input.SELECT if is_select else _plain_input(field)

    @property
    def choices(self) -> list[Choice]:
        if self.kind is ActionKind.SET_OWNER:
            by_table = self.here.app.owner_field
            blank = "as the table of owners says" if by_table else "Choose …"
            return [Choice("", blank), *self.choose(self.there.users.items())]
        if self.kind is not ActionKind.SET_FIELD:
            return [
                Choice("", "Choose …"),
                *self.choose(_indented(tree(self.there.offers.scopes, ()))),
            ]
        if self.field is None:
            return []
        is_boolean = self.field.type is Type.BOOLEAN
        options = (
            EITHER if is_boolean else [(each.value, each.label) for each in self.field.options]
        )
        return [Choice("", "Choose …"), *self.choose(options)]

    @property
    def boxes(self) -> list[Choice]:
        return self.choices[1:]

    @property
    def picked(self) -> str:
        return self.summary(self.boxes)

    @property
    def whens(self) -> list[Choice]:
        return [Choice(each.value, label, each.value == self.when) for each, label in WHENS]

    @property
    def cannot_undo(self) -> bool:
        return self.when == When.CREATION

    @property
    def note(self) -> str:
        """What there is to know of the field that is set."""
        if self.field is None or not self.field.written_while:
            return ""
        return f"{self.field.label} takes a value only while {self.field.written_while}."

    def setup(self) -> ActionSetup | None:
        """Return the action; None where it is not said yet what is done."""
        kind = self.kind
        if kind is None:
            return None
        return ActionSetup(kind.value, self.given, self.field_key, self.when, self.undo)


def _indented(branches: Iterable[Branch], depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield units or labels for a select, each below the one that it belongs to."""
    for branch in branches:
        yield branch.scope.id, "\N{NO-BREAK SPACE}" * 3 * depth + branch.scope.name
        yield from _indented(branch.branches, depth + 1)
