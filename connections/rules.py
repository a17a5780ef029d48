"""Rules as deciding sees them: whether a contact's half matches, and what is to be done then. Pure.

A rule is IF conditions THEN actions; its side is the one whose contacts it selects, its actions
write to the other [RU1, RU6].
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple
from zoneinfo import ZoneInfo

from connections.operands import (
    UTC_ZONE,
    WITH_DAYS,
    WITHOUT_VALUE,
    ConditionKind,
    Operator,
    day_of,
    ordered,
)
from connections.schema import (
    CHOICES,
    LISTS,
    TEXTS,
    Field,
    Type,
    Value,
    Values,
    entries_of,
    is_blank,
)


class Match(StrEnum):
    ALL = "all"
    ANY = "any"


class ActionKind(StrEnum):
    SET_UNIT = "set_unit"
    SET_OWNER = "set_owner"
    SET_FIELD = "set_field"
    ADD_LABEL = "add_label"
    REMOVE_LABEL = "remove_label"


LABEL_ACTIONS = frozenset({ActionKind.ADD_LABEL, ActionKind.REMOVE_LABEL})


class When(StrEnum):
    START = "start"
    CREATION = "creation"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True)
class Condition:
    """`operand` holds ids of scopes or users, typed values of `field`, or one yes or no.

    Where a field is compared with nothing, though its operator wants a value, it never holds.
    """

    kind: ConditionKind
    operator: Operator
    operand: tuple[Value, ...] = ()
    field: Field | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule writes to the field of the other side; for a label `value` is its id.

    `key` tells it from all other actions of its connection, also after an edit of its value.
    """

    key: str
    kind: ActionKind
    field: Field
    value: Value
    when: When = When.START
    undo: bool = False

    @property
    def can_undo(self) -> bool:
        """Whether it is undone when its rule is left; of what is done on creation it never is."""
        return self.undo and self.when is not When.CREATION


def action_key(rule: str, kind: ActionKind, field: str, label: str) -> str:
    """Return what tells an action from all others of its connection, whatever it sets."""
    return f"{ACTION}{rule}:{kind}:{field}" + (f":{label}" if kind in LABEL_ACTIONS else "")


ACTION = "rule:"


class ActionKey(NamedTuple):
    """What an action's key says; `label` is empty where the action sets no label."""

    rule: str
    kind: ActionKind
    field: str
    label: str = ""

    @classmethod
    def of(cls, key: str) -> ActionKey:
        _, rule, kind, what = key.split(":", 3)
        if kind in LABEL_ACTIONS:
            field, label = what.split(":", 1)
            return cls(rule, ActionKind(kind), field, label)
        return cls(rule, ActionKind(kind), what)

    @property
    def adds(self) -> bool:
        """Whether the contact is to have the label."""
        return self.kind is ActionKind.ADD_LABEL

    @property
    def thing(self) -> tuple[str, str]:
        """What it sets: a field, or one label. Of two actions that set the same the first wins."""
        return self.field, self.label


@dataclass(frozen=True, slots=True)
class Rule:
    key: str
    match: Match = Match.ALL
    conditions: tuple[Condition, ...] = ()
    actions: tuple[Action, ...] = ()

    @property
    def updates_only(self) -> bool:
        """Whether it takes in contacts that exist in the other app, and never creates one [RU5]."""
        return any(
            each.kind is ConditionKind.EXISTS and each.operand == (True,)
            for each in self.conditions
        )


class Subject(NamedTuple):
    """The half that is tested. `owner_field` is the key of the field that holds its owner."""

    values: Values
    scopes: Sequence[str]
    linked: bool
    owner_field: str
    now: datetime
    zone: ZoneInfo


class Verdict(NamedTuple):
    """Whether something holds, and until when that is certain where time alone may change it."""

    holds: bool
    until: datetime | None = None


def test(rule: Rule, subject: Subject) -> Verdict:
    """Return whether a half matches a rule [RU2]."""
    if not rule.conditions:
        return _ALWAYS
    if rule.updates_only and not subject.linked:
        return Verdict(holds=False)
    found = [check(condition, subject) for condition in rule.conditions]
    combine: Callable[[Iterable[bool]], bool] = all if rule.match is Match.ALL else any
    flips = [each.until for each in found if each.until is not None]
    return Verdict(combine(each.holds for each in found), min(flips, default=None))


_ALWAYS = Verdict(holds=True)


def check(condition: Condition, subject: Subject) -> Verdict:
    """Return whether one condition holds for a half."""
    kind, operator, operand_ = condition.kind, condition.operator, condition.operand
    if kind is ConditionKind.EXISTS:
        return Verdict(subject.linked is operand_[0])
    if kind is ConditionKind.OWNER:
        is_one = subject.values.get(subject.owner_field) in operand_
        return Verdict(is_one is (operator is Operator.IS))
    if kind in (ConditionKind.SCOPE, ConditionKind.LABEL):
        inside = not set(operand_).isdisjoint(subject.scopes)
        return Verdict(inside is (operator is Operator.IN))
    assert condition.field is not None
    value = subject.values.get(condition.field.key)
    if operator in WITHOUT_VALUE:
        return Verdict(is_blank(value) is (operator is Operator.IS_EMPTY))
    if not operand_:
        return Verdict(holds=False)
    if operator in WITH_DAYS:
        return _near(operator, operand_[0], value, subject)
    return Verdict(_compare(operator, condition.field, operand_, value, subject.zone))


def _compare(
    operator: Operator, field: Field, operand_: tuple[Value, ...], value: Value, zone: ZoneInfo
) -> bool:
    if field.type in TEXTS | LISTS:
        return _compare_text(operator, str(operand_[0]), value)
    if field.type is Type.BOOLEAN:
        return value is operand_[0]
    if field.type in CHOICES:
        held, wanted = (
            set(entries_of(value) or (() if is_blank(value) else (value,))),
            set(operand_),
        )
        if operator is Operator.HAS_ALL:
            return wanted <= held
        return held.isdisjoint(wanted) is (operator in (Operator.NONE_OF, Operator.HAS_NONE))
    return _compare_order(operator, operand_, value, zone)


def _fold(text: str) -> str:
    return " ".join(text.split()).casefold()


def _compare_text(operator: Operator, wanted: str, value: Value) -> bool:
    """Compare without case and surrounding space; of a list, whether any entry does [RU4]."""
    entries = entries_of(value) or (() if is_blank(value) else (str(value),))
    texts, wanted = [_fold(entry) for entry in entries], _fold(wanted)
    if operator in (Operator.IS, Operator.IS_NOT):
        return (wanted in texts) is (operator is Operator.IS)
    if operator is Operator.STARTS_WITH:
        return any(text.startswith(wanted) for text in texts)
    if operator is Operator.ENDS_WITH:
        return any(text.endswith(wanted) for text in texts)
    return any(wanted in text for text in texts) is (operator is Operator.CONTAINS)


_ORDERS: Mapping[Operator, Callable[[object, object], bool]] = {
    Operator.LESS: lambda mine, theirs: mine < theirs,  # type: ignore[operator]
    Operator.AT_MOST: lambda mine, theirs: mine <= theirs,  # type: ignore[operator]
    Operator.MORE: lambda mine, theirs: mine > theirs,  # type: ignore[operator]
    Operator.AT_LEAST: lambda mine, theirs: mine >= theirs,  # type: ignore[operator]
}


def _compare_order(
    operator: Operator, operand_: tuple[Value, ...], value: Value, zone: ZoneInfo
) -> bool:
    mine = ordered(value, zone)
    wanted = [ordered(each, UTC_ZONE) for each in operand_]
    if operator in (Operator.IS, Operator.IS_NOT):
        return (mine == wanted[0]) is (operator is Operator.IS)
    if type(mine) is not type(wanted[0]):
        return False
    if operator is Operator.BETWEEN:
        return wanted[0] <= mine <= wanted[1]  # type: ignore[operator]
    return _ORDERS[operator](mine, wanted[0])


def _near(operator: Operator, days: Value, value: Value, subject: Subject) -> Verdict:
    """Return whether a day is at most so many days ago, or ahead, in the connection's zone [VA12].

    It is certain until the midnight at which the day comes into the span or leaves it.
    """
    day = day_of(value, subject.zone)
    if day is None:
        return Verdict(holds=False)
    assert isinstance(days, int)
    span = timedelta(days=days)
    try:
        first, last = (day, day + span) if operator is Operator.LAST_DAYS else (day - span, day)
        today = subject.now.astimezone(subject.zone).date()
        flips = [_midnight(each, subject.zone) for each in (first, last + timedelta(days=1))]
    except OverflowError:
        return Verdict(holds=False)
    ahead = [each for each in flips if each > subject.now]
    return Verdict(first <= today <= last, min(ahead, default=None))


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
