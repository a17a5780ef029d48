"""The form of a rule: IF any number of conditions, THEN any number of actions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from django.http import QueryDict

from connections.configuration import Side, other
from connections.forms.action_row import ActionRow
from connections.forms.condition_row import ConditionRow
from connections.forms.rule_rows import CUSTOM, FIELD, Row
from connections.rule_checks import Problem
from connections.rule_parts import End
from connections.rules import Match, When
from connections.setups import RuleSetup

MOST = 50
"""How many conditions, or actions, a rule has at most."""
AnyRow = TypeVar("AnyRow", ConditionRow, ActionRow)


@dataclass
class RuleForm:
    """A rule as far as a person has come with it."""

    key: str
    side: Side
    sides: dict[Side, End]
    match: str = Match.ALL.value
    conditions: list[ConditionRow] = field(default_factory=list)
    actions: list[ActionRow] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @property
    def ends(self) -> tuple[End, End]:
        return self.sides[self.side], self.sides[other(self.side)]

    @property
    def rows(self) -> list[ConditionRow | ActionRow]:
        return [*self.conditions, *self.actions]

    @classmethod
    def of(cls, rule: RuleSetup, sides: dict[Side, End]) -> RuleForm:
        """Return the form of a rule that is there."""
        form = cls(rule.key, rule.side, sides, rule.match)
        form.conditions = [
            ConditionRow.of(each, *form.ends, number) for number, each in enumerate(rule.conditions)
        ]
        form.actions = [
            ActionRow.of(each, *form.ends, number) for number, each in enumerate(rule.actions)
        ]
        return form

    @classmethod
    def posted(cls, key: str, side: Side, sides: dict[Side, End], data: QueryDict) -> RuleForm:
        """Return the form as it was submitted."""
        form = cls(key, side, sides)
        form.match = (Match.ANY if data.get("match") == Match.ANY else Match.ALL).value
        form.conditions = [_condition(form, data, number) for number in _numbers(data, "c")]
        form.actions = [_action(form, data, number) for number in _numbers(data, "a")]
        return form

    def rule(self) -> RuleSetup:
        """Return the rule of what is said so far."""
        conditions = (each.setup() for each in self.conditions)
        actions = (each.setup() for each in self.actions)
        return RuleSetup(
            self.key,
            self.side,
            self.match,
            tuple(each for each in conditions if each is not None),
            tuple(each for each in actions if each is not None),
        )

    # What the buttons do

    def press(self, data: QueryDict) -> None:
        """Do what buttons of the form ask for: choose, remove and add. The script may send several;
        all name rows as they were submitted.
        """
        chosen, added = data.getlist("_choose"), data.getlist("_add")
        for row in self.rows:
            row.has_focus = row.name in chosen and not added
        gone = data.getlist("_remove")
        self.conditions = _without(self.conditions, gone)
        self.actions = _without(self.actions, gone)
        for what in added:
            self.add(what)

    def add(self, what: str) -> None:
        """Add an empty row: a "condition" or an "action"."""
        if what == "action" and len(self.actions) < MOST:
            here, there = self.ends
            self.actions.append(ActionRow(there, here, len(self.actions), has_focus=True))
        elif what == "condition" and len(self.conditions) < MOST:
            self.conditions.append(ConditionRow(*self.ends, len(self.conditions), has_focus=True))

    # What is wrong

    def is_complete(self) -> bool:
        """Return whether each row says what it is about; those that do not get a message."""
        for row in self.rows:
            row.error = _unsaid(row)
        return not any(row.error for row in self.rows)

    def blame(self, problems: Iterable[Problem], key: str) -> None:
        """Put each message beside what it is about; `key` is that of the rule as it is saved."""
        for each in problems:
            kind, _, number = each.place.partition(":")
            rows: Sequence[Row] = self.conditions if kind == "condition" else self.actions
            if each.rule == key and number:
                rows[int(number)].error = each.message
            else:
                self.errors.append(each.message)


def _unsaid(row: ConditionRow | ActionRow) -> str:
    if row.subject == CUSTOM:
        return "Give the name of the custom field."
    return "" if row.kind else row.unsaid


def _without(rows: list[AnyRow], names: Sequence[str]) -> list[AnyRow]:
    kept = [row for row in rows if row.name not in names]
    for number, row in enumerate(kept):
        row.number = number
    return kept


# What was submitted


def _numbers(data: QueryDict, prefix: str) -> list[int]:
    return [each for each in range(MOST) if f"{prefix}-{each}-subject" in data]


def _condition(form: RuleForm, data: QueryDict, number: int) -> ConditionRow:
    row = ConditionRow(*form.ends, number)
    _fill(row, data)
    row.operator = data.get(f"{row.name}-operator", "")
    return row


def _action(form: RuleForm, data: QueryDict, number: int) -> ActionRow:
    here, there = form.ends
    row = ActionRow(there, here, number)
    _fill(row, data)
    when = data.get(f"{row.name}-when", "")
    row.when = when if when in set(When) else When.START.value
    row.undo = f"{row.name}-undo" in data
    return row


def _fill(row: Row, data: QueryDict) -> None:
    """Take over what a row is about, and its values where its inputs were made for that."""
    row.subject = data.get(f"{row.name}-subject", "")
    name = data.get(f"{row.name}-custom", "").strip()
    if row.subject == CUSTOM and name and row.end.app.custom_prefix:
        row.subject = f"{FIELD}{row.end.app.custom_prefix}{name}"
    if row.subject == data.get(f"{row.name}-for", ""):
        values = data.getlist(f"{row.name}-value")
        row.values = [each.replace("\r\n", "\n").replace("\0", "")[:5000] for each in values]
