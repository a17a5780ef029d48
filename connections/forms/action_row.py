"""An action in a rule's form: the input that fits what is set, and the values to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from connections.forms.rule_rows import EITHER, FIELD, Choice, ChoiceGroup, Input, Row, plain_input
from connections.forms.scopes import Branch, tree
from connections.rule_parts import End, action_kinds, settable
from connections.rule_words import action_label
from connections.rules import ActionKind, When
from connections.schema import Type
from connections.setups import ActionSetup

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
    unsaid = "Choose what to do, or remove this action."

    @classmethod
    def of(cls, action: ActionSetup, here: End, there: End, number: int) -> ActionRow:
        """Return the row of an action that is there."""
        is_field = action.kind == ActionKind.SET_FIELD
        subject = f"{FIELD}{action.field}" if is_field else action.kind
        return cls(there, here, number, subject, action.value, when=action.when, undo=action.undo)

    @property
    def kind(self) -> ActionKind | None:
        if self.field_key:
            return ActionKind.SET_FIELD
        return ActionKind(self.subject) if self.subject in set(ActionKind) else None

    @property
    def subjects(self) -> list[ChoiceGroup]:
        """What can be done, for a select."""
        there = self.end
        kinds = [
            (kind, action_label(kind, there.offers, there.app))
            for kind in action_kinds(there)
            if kind is not ActionKind.SET_FIELD
        ]
        return self.subjects_of(kinds, settable(there))

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
        return Input.SELECT if is_select else plain_input(field)

    @property
    def choices(self) -> list[Choice]:
        if self.kind is ActionKind.SET_OWNER:
            by_table = self.other.app.owner_field
            blank = "as the table of owners says" if by_table else "Choose …"
            return [Choice("", blank), *self.choose(self.end.users.items())]
        if self.kind is not ActionKind.SET_FIELD:
            return [
                Choice("", "Choose …"),
                *self.choose(_indented(tree(self.end.offers.scopes, ()))),
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
