"""The fields of a change for people: what stood there, what stands there then, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby

from django.utils import timezone

from connections.configuration import Side, other
from connections.models import Connection
from connections.schema import Birthday, Value, entries_of, from_json, is_blank
from syncengine.models import Change
from syncengine.state import Effect


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field, before and after, as entries: one for a value, several for a list."""

    label: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    because: str
    is_created: bool


@dataclass(frozen=True, slots=True)
class SideDifference:
    """The fields of one side."""

    side: Side
    label: str
    fields: tuple[FieldDifference, ...]


def entries(value: Value) -> tuple[str, ...]:
    """Return a value as texts for people; none where it is blank."""
    if is_blank(value):
        return ()
    return entries_of(value) or (_shown(value),)


def _shown(value: Value) -> str:
    if isinstance(value, Birthday):
        if value.year is None:
            return f"{date(2000, value.month, value.day):%-d %B}, no year"
        return f"{value.day} {date(2000, value.month, 1):%B} {value.year}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{timezone.localtime(value):%-d %b %Y, %H:%M}"
    return f"{value:%-d %b %Y}" if isinstance(value, date) else str(value)


def differences(
    change: Change, connection: Connection, rules: Mapping[str, str] | None = None
) -> list[SideDifference]:
    """Return the fields of a change, side by side; decrypts them. `rules` has what each rule is
    called, by its key.
    """
    created = change.kind == Change.Kind.CREATED
    return [
        SideDifference(
            side,
            connection.side_label(side),
            tuple(_fields(rows, connection, created, rules or {})),
        )
        for side, rows in groupby(change.fields or [], key=lambda row: row[0])
    ]


def _fields(
    rows: Iterator[list[object]], connection: Connection, created: bool, rules: Mapping[str, str]
) -> Iterator[FieldDifference]:
    for side, label, before, after, lost, effect, conflict, *more in rows:
        first, rule = bool(more[:1] and more[0]), str(more[1]) if len(more) > 1 else ""
        values = from_json({"before": before, "after": after, "lost": lost})
        there = connection.side_label(other("left" if side == "left" else "right"))
        if rule:
            because = rules.get(rule, f"a former rule for contacts from {there}")
        elif created:
            because = "copied"
        elif conflict:
            because = _lost(first, values, there)
        else:
            because = _because(str(effect), values, there)
        yield FieldDifference(
            str(label), entries(values["before"]), entries(values["after"]), because, created
        )


def _lost(first: bool, values: dict[str, Value], there: str) -> str:
    """Return why a value lost; in a `first` merge nothing says which side changed."""
    lost = ", ".join(entries(values["lost"]))
    also = f"; lost: {lost}" if lost and values["lost"] != values["before"] else ""
    met = "both had a value" if first else "changed on both sides"
    return f"{met}; {there} won{also}"


def _because(effect: str, values: dict[str, Value], there: str) -> str:
    if effect == Effect.CLEAR:
        return f"cleared in {there}"
    if effect == Effect.FILL:
        return f"filled from {there}" if is_blank(values["before"]) else f"added in {there}"
    return f"changed in {there}"
