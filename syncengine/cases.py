"""One mapping of one contact, as merging sees it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from connections.configuration import SIDES, Configuration, Direction, Pair, Side, is_list, other
from connections.conversion import CannotConvert, NotCopied, convert, converts
from connections.schema import (
    CHOICES,
    LISTS,
    Value,
    entries_of,
    entry_key,
    is_blank,
    kept_as,
    same,
)
from syncengine import naming, wording
from syncengine.state import Base, Half


class Write(NamedTuple):
    """A value to write; `lost` is what stands there and lost a conflict."""

    value: Value
    lost: Value = None
    conflict: bool = False


@dataclass(frozen=True, slots=True)
class Merged:
    """What to write to one pair of fields; `base` is what is agreed where nothing is written."""

    base: Base | None
    writes: Mapping[Side, Write] = field(default_factory=dict)
    flags: tuple[str, ...] = ()


@dataclass(slots=True)
class Case:
    """One mapping of one contact: what stands on each side and what was agreed.

    A list that is mapped to a single value shows as its primary entry [VA8], see `value`.
    `creating` is the side whose half is yet to be made.
    """

    configuration: Configuration
    pair: Pair
    left: Half
    right: Half
    stored: Base | None
    creating: Side | None = None
    _stands: dict[Side, Value] = field(init=False, repr=False)
    _values: dict[Side, Value] = field(init=False, repr=False)
    _agree: bool | None = field(init=False, repr=False, default=None)

    def __post_init__(self) -> None:
        pair = self.pair
        self._stands = self._values = {
            "left": self.left.values.get(pair.left.key),
            "right": self.right.values.get(pair.right.key),
        }
        if (pair.left.type in LISTS) is not (pair.right.type in LISTS):
            side: Side = "left" if pair.left.type in LISTS else "right"
            self._values = {**self._stands, side: self.view(side, self._stands[side])}

    def half(self, side: Side) -> Half:
        return self.left if side == "left" else self.right

    def app(self, side: Side) -> str:
        return self.configuration.side(side).app_label

    @property
    def region(self) -> str:
        return self.configuration.phone_region

    # What stands there

    def stands(self, side: Side) -> Value:
        """Return the whole value of a side; None too where it is unknown."""
        return self._stands[side]

    def value(self, side: Side) -> Value:
        """Return the value of a side that this mapping is about."""
        return self._values[side]

    def view(self, side: Side, value: Value) -> Value:
        """Return what this mapping is about of a whole value of a side."""
        if self.is_one_of_many(side) and (entries := entries_of(value)):
            return next((entry for entry in entries if self.entry_key(side, entry)), None)
        return value

    def is_one_of_many(self, side: Side) -> bool:
        """Return whether this side has a list and the other side one value."""
        return self.pair.field(side).type in LISTS and not is_list(self.pair)

    def entry_key(self, side: Side, entry: str) -> str:
        return entry_key(self.pair.field(side).type, entry, self.region)

    def is_known(self, side: Side) -> bool:
        here = self.configuration.side(side)
        return here.is_known(self.pair.field(side).key, self.half(side).values)

    # What was agreed

    @property
    def is_first(self) -> bool:
        """Whether these fields have yet to be merged for the first time: new, converted anew, or
        flowing further.
        """
        if self.stored is None or self.stored.options != self.pair.options_mark:
            return True
        before = Direction(self.stored.direction)
        return before is not self.pair.direction and any(
            self.pair.direction.writes(side) and not before.writes(side) for side in SIDES
        )

    def changed(self, side: Side) -> bool:
        """Return whether a side's value is another one than was agreed."""
        if self.stored is None or not self.is_known(side):
            return False
        before, now = self.stored.of(side), self.stands(side)
        if before == now:
            return False
        return not same(
            self.pair.field(side), self.view(side, before), self.view(side, now), self.region
        )

    def is_open(self, side: Side) -> bool:
        """Return whether values may flow to a side of this contact."""
        return self.pair.direction.writes(side) and not self.is_shut(side)

    def is_shut(self, side: Side) -> bool:
        """Return whether this record, for now, lets nobody write the field."""
        return self.pair.field(side).key in self.half(side).unwritable

    # Outcomes

    def settled(self, *flags: str) -> Merged:
        """Return that what stands is agreed."""
        left, right = map(self._agreed_now, SIDES)
        base = Base(left, right, self.pair.direction.value, self.pair.options_mark)
        return Merged(base, flags=flags)

    def _agreed_now(self, side: Side) -> Value:
        if self.stored is not None and not self.is_known(side):
            return self.stored.of(side)
        return self.stands(side)

    def kept(self) -> Merged:
        """Return that nothing is written and what was agreed stays."""
        return Merged(self.base, flags=self.standing_flags())

    @property
    def base(self) -> Base | None:
        """What was agreed, under the present direction where that is no wider."""
        if self.stored is None or self.is_first or self.stored.direction == self.pair.direction:
            return self.stored
        return self.stored._replace(direction=self.pair.direction.value)

    def standing_flags(self) -> tuple[str, ...]:
        """Return what keeps the fields apart though nothing changed."""
        return tuple(flag for side in SIDES if self.is_open(side) and (flag := self._flag(side)))

    def _flag(self, target: Side) -> str:
        source, field_ = other(target), self.pair.field(target)
        is_wanted = field_.required and not is_blank(self.stands(target))
        if self.agree() or (is_blank(self.value(source)) and not is_wanted):
            return ""
        if self.kept_as(target) == "cut":
            return wording.cut(self.app(target), field_)
        try:
            self.fitted(target)
        except CannotConvert as problem:
            return self.left_out(target, problem)
        return ""

    def left_out(self, target: Side, problem: CannotConvert) -> str:
        """Return what a value that the target did not get is flagged with, "" where it was meant to
        be left out.
        """
        if isinstance(problem, NotCopied):
            return ""
        return wording.left_out(self.app(target), self.pair.field(target), problem.reason)

    # What the value of one side becomes on the other

    def agree(self) -> bool:
        """Return whether a side holds what the other side's value becomes there, in one direction
        at least.
        """
        if self._agree is None:
            self._agree = self._do_agree()
        return self._agree

    def _do_agree(self) -> bool:
        left, right = self.value("left"), self.value("right")
        if is_blank(left) or is_blank(right):
            return is_blank(left) and is_blank(right)
        if left == right and not _has_options(self.pair):
            return True
        return any(map(self._holds_other, SIDES))

    def stands_as_written(self) -> bool:
        """Return whether a side still holds what its app made of our value: it is never copied back
        [I4].
        """
        if self.stored is None or any(map(self.changed, SIDES)):
            return False
        written = Direction(self.stored.direction)
        return any(written.writes(side) and self.kept_as(side) for side in SIDES)

    def kept_as(self, target: Side) -> str:
        """Return how the target holds the source's value, see `schema.kept_as`."""
        try:
            wanted = self.converted(target)
        except CannotConvert:
            return ""
        return kept_as(self.pair.field(target), wanted, self.value(target), self.region)

    def _holds_other(self, target: Side) -> bool:
        field_ = self.pair.field(target)
        if not converts(self.pair.field(other(target)).type, field_.type):
            return False
        try:
            wanted = self.converted(target)
        except CannotConvert:
            return False
        return same(field_, wanted, self.value(target), self.region)

    def converted(self, target: Side) -> Value:
        """Return what the source's value is in the terms of the target field; raises
        `CannotConvert`.
        """
        source = other(target)
        value = self.value(source)
        if self.is_one_of_many(source) and value is not None:
            value = (str(value),)
        return convert(
            value,
            self.pair.field(source),
            self.pair.field(target),
            time_zone=self.configuration.zone,
            target_now=self.stands(target),
            options=option_table(self.pair.options, target) if self.pair.options else None,
        )

    def fitted(self, target: Side) -> Value:
        """Return the whole value to write to the target; raises `CannotConvert`."""
        value = self.converted(target)
        field_ = self.pair.field(target)
        side = self.configuration.side(target)
        if is_blank(value) and field_.required:
            raise CannotConvert("a value is required there")
        if self.is_one_of_many(target):
            return self._in_list(target, value)
        if naming.is_joined(side, field_):
            return naming.edit_parts(side, self.half(target).values, value)[0] or None
        return value

    def to_write(self, target: Side, value: Value) -> dict[str, Value]:
        """Return the fields by key that are written so that this pair has the value there."""
        side, field_ = self.configuration.side(target), self.pair.field(target)
        if naming.is_joined(side, field_):
            return naming.edit_parts(side, self.half(target).values, value)[1]
        return {field_.key: value}

    def _in_list(self, target: Side, value: Value) -> Value:
        """Return the target's list with the value in the place of the one it came from [VA8]."""
        agreed = self.view(target, self.stored.of(target)) if self.stored else None
        old = self.entry_key(target, str(agreed)) if agreed else ""
        new = "" if is_blank(value) else self.entry_key(target, str(value))
        entries = [(self.entry_key(target, each), each) for each in entries_of(self.stands(target))]
        place = next((index for index, (key, _) in enumerate(entries) if key and key == old), 0)
        before = [each for key, each in entries[:place] if not key or key != new]
        after = [each for key, each in entries[place:] if not key or key not in (old, new)]
        if is_blank(value):
            return (*before, *after) or None
        slots = self.pair.field(target).slots
        if slots is not None and len(before) + len(after) >= slots:
            raise CannotConvert("no place is free")
        return (*before, str(value), *after)


def _has_options(pair: Pair) -> bool:
    """Return whether labels count on a side, and not values."""
    return not {pair.left.type, pair.right.type}.isdisjoint(CHOICES)


@lru_cache(maxsize=1024)
def option_table(options: tuple[tuple[str, str], ...], target: Side) -> Mapping[str, str]:
    """Return the option of the target, or `NOT_COPIED`, for each of the source; where several fit,
    the first of the table.
    """
    table: dict[str, str] = {}
    for left, right in options:
        source, chosen = (left, right) if target == "right" else (right, left)
        if source:
            table.setdefault(source, chosen)
    return table
