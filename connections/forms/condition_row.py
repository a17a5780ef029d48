"""A condition in a rule's form: the operators that fit what is tested, the input that fits the
value, and the values to choose from.
"""

from __future__ import annotations

from dataclasses import dataclass

from connections.forms.rule_rows import EITHER, FIELD, Choice, ChoiceGroup, Input, Row, plain_input
from connections.forms.scopes import Branch, tree
from connections.operands import WITH_DAYS, WITHOUT_VALUE, ConditionKind, Operator, operators
from connections.rule_parts import End, condition_kinds, testable
from connections.rule_words import kind_label, operator_words
from connections.schema import CHOICES, Type
from connections.setups import ConditionSetup


@dataclass
class ConditionRow(Row):
    operator: str = ""

    prefix = "c"
    unsaid = "Choose what to test, or remove this condition."

    @classmethod
    def of(cls, condition: ConditionSetup, here: End, there: End, number: int) -> ConditionRow:
        """Return the row of a condition that is there."""
        is_field = condition.kind == ConditionKind.FIELD
        subject = f"{FIELD}{condition.field}" if is_field else condition.kind
        return cls(here, there, number, subject, condition.value, operator=condition.operator)

    @property
    def kind(self) -> ConditionKind | None:
        if self.field_key:
            return ConditionKind.FIELD
        return ConditionKind(self.subject) if self.subject in set(ConditionKind) else None

    @property
    def subjects(self) -> list[ChoiceGroup]:
        """What can be tested, for a select."""
        here = self.end
        labels = {
            kind: kind_label(kind, here.offers, here.app)
            for kind in condition_kinds(here)
            if kind is not ConditionKind.FIELD
        }
        labels[ConditionKind.EXISTS] = f"Exists in {self.other.name}"
        return self.subjects_of(labels.items(), testable(here))

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
        if field.type in CHOICES:
            return Input.BOXES
        return Input.SELECT if field.type is Type.BOOLEAN else _one_line(plain_input(field))

    @property
    def is_between(self) -> bool:
        return self.chosen_operator == Operator.BETWEEN

    @property
    def choices(self) -> list[Choice]:
        if self.kind is ConditionKind.OWNER:
            return self.choose(self.end.users.items())
        if self.input is Input.SELECT:
            chosen = self.first or "true"
            return [Choice(value, label, value == chosen) for value, label in EITHER]
        if self.input is Input.TREE:
            return self.choose(self.end.scopes.items())
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
        return tree(self.end.offers.scopes, set(self.given))

    @property
    def is_nested(self) -> bool:
        return any(branch.branches for branch in self.branches)

    @property
    def gone(self) -> list[str]:
        return [each for each in self.given if each not in self.end.scopes]

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


def _one_line(given: Input) -> Input:
    return Input.TEXT if given is Input.LONG else given
