"""What the rows of a rule's form share: a condition or an action each, as far as a person has come
with it. A row knows what it can still become.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from connections.pairing import groups
from connections.rule_parts import End
from connections.schema import DATES, Field, Type

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
    """`end` is the side that has what the row is about, `other` the one across; `subject` says what
    that is; `values` are as typed.
    """

    end: End
    other: End
    number: int
    subject: str = ""
    values: Sequence[str] = ()
    error: str = ""
    has_focus: bool = False

    prefix = ""
    verb = ""
    """What is said before a field that is chosen."""
    unsaid = ""
    """What to do where nothing is chosen."""

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
    def field(self) -> Field | None:
        return self.end.field(self.field_key) if self.field_key else None

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

    def subjects_of(
        self, kinds: Iterable[tuple[str, str]], fields: Sequence[Field]
    ) -> list[ChoiceGroup]:
        """Return what the row can be about, for a select: kinds with their labels, and fields."""
        of_kinds = [Choice(kind, label, kind == self.subject) for kind, label in kinds]
        of_fields = [
            ChoiceGroup(group.name, [self._about(each.key, each) for each in group.fields])
            for group in groups(fields)
        ]
        found = [ChoiceGroup("Contact", of_kinds), *of_fields]
        listed = {choice.value for group in found for choice in group.choices}
        more = []
        if self.field_key and self.subject not in listed:
            more.append(self._about(self.field_key, self.field))
        if self.end.app.custom_prefix:
            label = (self.verb + "a custom field by its name …").capitalize()
            more.append(Choice(CUSTOM, label, self.subject == CUSTOM))
        return [*found, ChoiceGroup("Not listed", more)] if more else found

    def _about(self, key: str, field: Field | None) -> Choice:
        label = _labelled(field) if field else f"{key} (gone)"
        return Choice(f"{FIELD}{key}", self.verb + label, key == self.field_key)


def _labelled(field: Field) -> str:
    """Return the label of a field with its type, where that says more."""
    return field.label if field.label.casefold() == field.type else f"{field.label} ({field.type})"


def plain_input(field: Field) -> Input:
    """Return what a single value of a field is typed with."""
    if field.type in DATES:
        return Input.DATE
    if field.type in (Type.INTEGER, Type.DECIMAL):
        return Input.NUMBER
    return Input.LONG if field.type is Type.LONG_TEXT else Input.TEXT
