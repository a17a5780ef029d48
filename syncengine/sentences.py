"""Rules as sentences: IF sales unit is in North THEN add label North in Google Contacts [RU1]."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from connections.configuration import Side, other
from connections.configuring import target_field
from connections.models import Connection
from connections.operands import WITH_DAYS, WITHOUT_VALUE, ConditionKind, Operator
from connections.rule_parts import End, ends
from connections.rule_words import kind_label, lower_first, operator_words
from connections.rules import ActionKind, Match, When
from connections.schema import CHOICES, DATES, Field, Type
from connections.setups import ActionSetup, ConditionSetup, RuleSetup
from syncengine.importing.scopes import ScopeNames


class Style(StrEnum):
    """What a part of a sentence is: a word of the grammar, a name or value, or in between."""

    WORD = "word"
    NAME = "name"
    PLAIN = "plain"


class Part(NamedTuple):
    """A piece of a sentence, with the spaces that belong to it."""

    text: str
    style: Style = Style.PLAIN


NO_VALUE = "…"


def sentence(connection: Connection, rule: RuleSetup) -> str:
    """Return a rule as plain text, with what it names by name; what is gone is marked so.

    "IF sales unit is in North and owner is not Ann THEN add label North in Google Contacts".
    """
    return "".join(
        part.text.upper() if part in (_IF, _THEN) else part.text for part in parts(connection, rule)
    )


def parts(
    connection: Connection, rule: RuleSetup, sides: Mapping[Side, End] | None = None
) -> list[Part]:
    """Return the same sentence in pieces, for a page to give each its look.

    `sides` are `ends` of the connection, where several rules are told.
    """
    sides = sides or ends(connection.left, connection.right)
    here, there = sides[rule.side], sides[other(rule.side)]
    between = " and" if rule.match == Match.ALL else " or"
    conditions = [list(_condition(each, here, there)) for each in rule.conditions]
    if not conditions:
        conditions = [[Part(" "), Part("any contact", Style.NAME), Part(" is in the scope")]]
    actions = [list(_action(each, here, there)) for each in rule.actions]
    actions = actions or [[Part(f"keep it in sync with {there.name}")]]
    return [
        _IF,
        *_joined(conditions, Part(between, Style.WORD)),
        _THEN,
        *_joined(_told(actions, rule, there), Part(" and ", Style.WORD)),
    ]


_IF, _THEN = Part("If", Style.WORD), Part(" then ", Style.WORD)


def _joined(pieces: Iterable[Sequence[Part]], between: Part) -> Iterator[Part]:
    for number, piece in enumerate(pieces):
        if number:
            yield between
        yield from piece


def _told(actions: list[list[Part]], rule: RuleSetup, there: End) -> list[list[Part]]:
    """Return what is done with where and how: "in Google Contacts", "on creation only"."""
    for number, setup in enumerate(rule.actions):
        where = f" in {there.name}" if number == 0 else ""
        manner = _manner(setup)
        comma = "," if setup.undo and number < len(rule.actions) - 1 else ""
        actions[number].append(Part(where + manner + comma))
    return actions


# Conditions


def condition_sentence(condition: ConditionSetup, here: End, there: End) -> str:
    """Return one condition as plain text: "sales unit is in North"."""
    return "".join(part.text for part in _condition(condition, here, there)).strip()


def _condition(condition: ConditionSetup, here: End, there: End) -> Iterator[Part]:
    kind, operator = ConditionKind(condition.kind), Operator(condition.operator)
    if kind is ConditionKind.EXISTS:
        exists = condition.value != ("false",)
        yield Part(" the contact ")
        yield Part(
            f"{'already exists' if exists else 'does not exist'} in {there.name}", Style.NAME
        )
        return
    field = here.field(condition.field) if kind is ConditionKind.FIELD else None
    yield Part(" ")
    yield Part(lower_first(_subject(condition, here)), Style.NAME)
    yield Part(" " + _operator(condition, field))
    if operator in WITHOUT_VALUE:
        return
    shown = [_tested(each, kind, field, here) for each in condition.value] or [NO_VALUE]
    if operator in WITH_DAYS:
        shown = [f"{shown[0]} {'day' if shown[0] == '1' else 'days'}"]
    yield Part(" ")
    yield Part((" and " if operator is Operator.BETWEEN else ", ").join(shown), Style.NAME)


def _subject(condition: ConditionSetup, here: End) -> str:
    kind = ConditionKind(condition.kind)
    if kind is not ConditionKind.FIELD:
        return kind_label(kind, here.offers, here.app)
    field = here.field(condition.field)
    return field.label if field else f"{condition.field or NO_VALUE} (gone)"


def _operator(condition: ConditionSetup, field: Field | None) -> str:
    operator = Operator(condition.operator)
    if condition.kind == ConditionKind.OWNER and len(condition.value) > 1:
        operator = Operator.ONE_OF if operator is Operator.IS else Operator.NONE_OF
    return operator_words(operator, field.type if field else None)


def _tested(text: str, kind: ConditionKind, field: Field | None, here: End) -> str:
    if kind is ConditionKind.OWNER:
        return here.users.get(text, f"{text} (gone)")
    if kind in (ConditionKind.SCOPE, ConditionKind.LABEL):
        return scope_name(text, here)
    return value_name(text, field)


def value_name(text: str, field: Field | None) -> str:
    """Return a value of a field as a sentence has it: an option's label, "yes", "3 Mar 2026"."""
    if field is None:
        return text
    if field.type is Type.BOOLEAN:
        return {"true": "yes", "false": "no"}.get(text, text)
    if field.type in CHOICES:
        labels = {option.value: option.label for option in field.options}
        return labels.get(text, f"{text} (gone)")
    if field.type in DATES:
        try:
            return f"{date.fromisoformat(text):%-d %b %Y}"
        except ValueError:
            return text
    return text


def scope_name(id_: str, end: End) -> str:
    """Return the name of a unit or label, "Europe/North" where others are called the same."""
    return ScopeNames(end.offers).name(id_) if id_ in end.scopes else f"{id_} (gone)"


# Actions


def _action(action: ActionSetup, here: End, there: End) -> Iterator[Part]:
    kind = ActionKind(action.kind)
    if kind is ActionKind.SET_OWNER and not action.value and here.app.owner_field:
        yield Part("set owner ")
        yield Part("as the table of owners says", Style.NAME)
        return
    field = target_field(action, there.offers, there.app)
    yield Part(_does(kind, action, there, field))
    shown = [_set(each, kind, field, there) for each in action.value] or [NO_VALUE]
    yield Part(", ".join(shown), Style.NAME)


def _does(kind: ActionKind, action: ActionSetup, there: End, field: Field | None) -> str:
    if kind is ActionKind.ADD_LABEL:
        return "add label "
    if kind is ActionKind.REMOVE_LABEL:
        return "remove label "
    if kind is ActionKind.SET_FIELD:
        return f"set {field.label if field else f'{action.field or NO_VALUE} (gone)'} to "
    tested = ConditionKind.SCOPE if kind is ActionKind.SET_UNIT else ConditionKind.OWNER
    return f"set {lower_first(kind_label(tested, there.offers, there.app))} to "


def _set(text: str, kind: ActionKind, field: Field | None, there: End) -> str:
    if kind is ActionKind.SET_OWNER:
        return there.users.get(text, f"{text} (gone)")
    return value_name(text, field) if kind is ActionKind.SET_FIELD else scope_name(text, there)


def _manner(action: ActionSetup) -> str:
    if action.when == When.CREATION:
        return " on creation only"
    undone = {ActionKind.ADD_LABEL: "removed again", ActionKind.REMOVE_LABEL: "added again"}
    how = undone.get(ActionKind(action.kind), "put back")
    undo = f", {how} when the contact leaves the rule" if action.undo else ""
    return ("" if action.when == When.START else ", always") + undo
