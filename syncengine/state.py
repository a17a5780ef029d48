"""The values that deciding takes and gives: two halves, what was agreed, what was sent, and a
decision. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, cast

from connections.configuration import Side
from connections.schema import Value, Values, value_from_json, value_to_json


@dataclass(frozen=True, slots=True)
class Half:
    """One side of a contact, as last seen. `unwritable` names fields that this record lets nobody
    write.
    """

    values: Values
    scopes: tuple[str, ...] = ()
    archived: bool = False
    gone: bool = False
    unwritable: frozenset[str] = frozenset()
    left_out: Mapping[str, str] = field(default_factory=dict)


class Base(NamedTuple):
    """Both sides' own values of one pair of fields when they were last in agreement, and how they
    were mapped.
    """

    left: Value
    right: Value
    direction: str
    options: str

    def of(self, side: Side) -> Value:
        return self.left if side == "left" else self.right


@dataclass(frozen=True, slots=True)
class Sent:
    """What we sent to one side of a pair and have not seen there yet.

    `stood` is what stood there, `source` the other side's value from which it was made, `options`
    how it was converted (`Pair.options_mark`), `answered` whether the app said that it was done.
    """

    value: Value
    stood: Value
    source: Value
    options: str
    answered: bool = False

    def done(self) -> Sent:
        """Return the same with the app's word that it was done."""
        return Sent(self.value, self.stood, self.source, self.options, True)


PUTS_BACK = "puts back"
"""How `options` marks what was sent to put back what stood before an action."""
SentBy = Mapping[tuple[str, Side], Sent]
"""What was sent, by pair key and side."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What an action of a rule has set on a side; `former` is what stood there before.

    For a label both are yes or no: whether the contact has it.
    """

    side: Side
    value: Value
    former: Value
    undo: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """A contact as deciding sees it.

    `seen` has the sides on which what was sent may be judged: the half is newer than an answered
    write, or the settling time of an unanswered one is over. `written_at` has the times of our
    latest writes by (pair, side), at least the last seven as long as the last of them is within 24
    hours.
    """

    left: Half | None
    right: Half | None
    base: Mapping[str, Base] = field(default_factory=dict)
    sent: SentBy = field(default_factory=dict)
    seen: frozenset[Side] = frozenset()
    written_at: Mapping[tuple[str, Side], tuple[datetime, ...]] = field(default_factory=dict)
    was_in_scope: bool = True
    acted: Mapping[str, Applied] = field(default_factory=dict)

    def half(self, side: Side) -> Half | None:
        return self.left if side == "left" else self.right


class Status(StrEnum):
    """What a contact is; a linked one keeps its link in every one of these."""

    IN_SYNC = "in_sync"
    WAITING = "waiting"
    EXCLUDED = "excluded"
    REVIEW = "review"
    FAILING = "failing"
    DOUBT = "doubt"
    GONE = "gone"


class Effect(StrEnum):
    """What a change does to a field, and so which limit of the brake it counts under [I9]."""

    FILL = "fill"
    OVERWRITE = "overwrite"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one side, before and after; `lost` is the other side's value that lost a
    conflict.
    """

    side: Side
    pair: str
    label: str
    before: Value
    after: Value
    effect: Effect
    lost: Value = None
    conflict: bool = False
    is_first: bool = False
    """Whether the field had yet to be merged: then nothing says which side changed."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done with one contact.

    `writes` has the fields to change by side; where `create_on` is a side, its writes are the whole
    new record. `sent` is what is on record as sent once these writes go out; `base` what is agreed
    without them. A decision with writes, or one that waits for the sight of earlier ones, is
    `WAITING`. `wake_at` is when to decide again though nothing changes.
    """

    status: Status
    reason: str = ""
    writes: Mapping[Side, Values] = field(default_factory=dict)
    create_on: Side | None = None
    base: Mapping[str, Base] = field(default_factory=dict)
    sent: SentBy = field(default_factory=dict)
    changes: tuple[FieldChange, ...] = ()
    flags: tuple[str, ...] = ()
    leaves_scope: bool = False
    wake_at: datetime | None = None
    acted: Mapping[str, Applied] = field(default_factory=dict)
    """What actions have set and still counts, by action key."""
    matched: tuple[str, ...] = ()
    """The keys of the rules that its halves match."""
    late: frozenset[Effect] = frozenset()
    """What earlier writes turn out to have done, whose answer was lost."""

    @property
    def conflicts(self) -> int:
        return sum(change.conflict for change in self.changes)

    def puts_back(self, side: Side) -> bool:
        """Return whether what an action set on a side is put back to what stood before."""
        return any(on == side and sent.options == PUTS_BACK for (_, on), sent in self.sent.items())


def base_to_json(base: Mapping[str, Base]) -> dict[str, list[object]]:
    """Return the base as JSON holds it."""
    return {
        key: [
            [value_to_json(each.left), value_to_json(each.right)],
            each.direction,
            each.options,
        ]
        for key, each in base.items()
    }


def base_from_json(stored: Mapping[str, list[object]]) -> dict[str, Base]:
    """Return the base that `base_to_json` stored."""
    result = {}
    for key, (values, direction, options) in stored.items():
        left, right = map(value_from_json, cast(list[Any], values))
        result[key] = Base(left, right, str(direction), str(options))
    return result


def acted_to_json(acted: Mapping[str, Applied]) -> dict[str, list[object]]:
    """Return what actions have set as JSON holds it."""
    return {
        key: [
            each.side,
            {"v": value_to_json(each.value), "f": value_to_json(each.former)},
            each.undo,
        ]
        for key, each in acted.items()
    }


def acted_from_json(stored: Mapping[str, list[object]]) -> dict[str, Applied]:
    """Return what `acted_to_json` stored."""
    result = {}
    for key, (side, values, undo) in stored.items():
        each = cast(dict[str, Any], values)
        value, former = value_from_json(each["v"]), value_from_json(each["f"])
        result[key] = Applied(cast(Side, side), value, former, bool(undo))
    return result


def sent_to_json(sent: SentBy) -> list[list[object]]:
    """Return what was sent as JSON holds it."""
    return [
        [
            pair,
            side,
            {
                "v": value_to_json(each.value),
                "o": value_to_json(each.stood),
                "s": value_to_json(each.source),
            },
            each.options,
            each.answered,
        ]
        for (pair, side), each in sent.items()
    ]


def sent_from_json(stored: list[list[object]]) -> dict[tuple[str, Side], Sent]:
    """Return what `sent_to_json` stored."""
    result: dict[tuple[str, Side], Sent] = {}
    for pair, side, values, options, answered in stored:
        each = cast(dict[str, Any], values)
        result[str(pair), cast(Side, side)] = Sent(
            value_from_json(each["v"]),
            value_from_json(each["o"]),
            value_from_json(each["s"]),
            str(options),
            bool(answered),
        )
    return result
