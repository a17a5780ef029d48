"""What the merged fields of one contact come to together: writes, what is sent, and what the
history says. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from connections.configuration import Side, other
from connections.conversion import labels
from connections.schema import (
    CHOICES,
    LISTS,
    REFERENCES,
    Field,
    Value,
    entries_of,
    entry_key,
    is_blank,
)
from syncengine.cases import Case, Merged, Write
from syncengine.state import Base, Effect, FieldChange, Sent


@dataclass(slots=True)
class Plan:
    """Collects what is to be done with one contact, field by field."""

    writes: dict[Side, dict[str, Value]] = field(default_factory=dict)
    base: dict[str, Base] = field(default_factory=dict)
    sent: dict[tuple[str, Side], Sent] = field(default_factory=dict)
    changes: list[FieldChange] = field(default_factory=list)
    flags: list[str] = field(default_factory=list)

    @property
    def unique_flags(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.flags))

    def add(self, case: Case, merged: Merged, *, frozen: bool = False) -> None:
        """Take in one pair of fields; a frozen one is not written and stays as it was agreed."""
        self.flags += merged.flags
        if merged.base is not None:
            self.base[case.pair.key] = merged.base
        if not frozen:
            for side, write in merged.writes.items():
                self._write(case, side, write)

    def _write(self, case: Case, side: Side, write: Write) -> None:
        stands, source = case.stands(side), case.stands(other(side))
        self.writes.setdefault(side, {}).update(case.to_write(side, write.value))
        self.sent[case.pair.key, side] = Sent(write.value, stands, source, case.pair.options_mark)
        self.changes.append(
            FieldChange(
                side,
                case.pair.key,
                case.pair.field(side).label,
                shown(case.pair.field(side), stands),
                shown(case.pair.field(side), write.value),
                _effect(case, side, write.value),
                write.lost,
                write.conflict,
                case.is_first,
            )
        )


_BY_LABEL = CHOICES | REFERENCES


def shown(field: Field, value: Value) -> Value:
    """Return a value as people read it: options, users and labels by their name."""
    if field.type not in _BY_LABEL or is_blank(value):
        return value
    names = labels(field)
    if entries := entries_of(value):
        return tuple(names.get(each, each) for each in entries)
    return names.get(str(value), str(value))


def _effect(case: Case, side: Side, value: Value) -> Effect:
    stands = case.stands(side)
    if is_blank(stands) and not is_blank(value) and not case.is_known(side):
        return Effect.OVERWRITE
    return effect_of(case.pair.field(side), stands, value, case.region)


def effect_of(field: Field, stands: Value, value: Value, region: str | None) -> Effect:
    """Return what a write of a value does to what stands in a field."""
    if is_blank(value):
        return Effect.CLEAR
    if is_blank(stands):
        return Effect.FILL
    if field.type in LISTS:
        keys = {entry_key(field.type, entry, region) for entry in entries_of(value)}
        if all(entry_key(field.type, entry, region) in keys for entry in entries_of(stands)):
            return Effect.FILL
    return Effect.OVERWRITE
