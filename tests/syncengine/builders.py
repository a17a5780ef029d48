"""Builders of what deciding takes, and two apps in memory that keep what it writes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from connections import names
from connections.configuration import (
    SIDES,
    Configuration,
    Direction,
    Pair,
    Side,
    SideConfiguration,
    default_pairs,
    fields_to_know,
)
from connections.names import Name
from connections.schema import Field, Role, Type, Value, Values
from syncengine.deciding import decide
from syncengine.state import Base, Decision, Half, Sent, State

NOW = datetime(2026, 3, 3, 9, 15, tzinfo=UTC)

GIVEN = Field("first_name", "First name", Type.TEXT, Role.GIVEN_NAME)
FAMILY = Field("last_name", "Last name", Type.TEXT, Role.FAMILY_NAME)
EMAILS = Field("emails", "Emails", Type.EMAILS, Role.EMAILS)
PHONES = Field("phones", "Phones", Type.PHONES, Role.PHONES)
JOB = Field("job", "Job title", Type.TEXT, Role.JOB_TITLE)
NOTES = Field("notes", "Notes", Type.LONG_TEXT, Role.NOTES)
STREET = Field("street", "Street", Type.TEXT, Role.STREET)
CITY = Field("city", "City", Type.TEXT, Role.CITY)
COUNTRY = Field("country", "Country", Type.TEXT, Role.COUNTRY)
BIRTHDAY = Field("birthday", "Birthday", Type.BIRTHDAY, Role.BIRTHDAY)
PARTS = (
    Field("prefix", "Prefix", Type.TEXT, Role.PREFIX),
    GIVEN,
    Field("middle_name", "Middle name", Type.TEXT, Role.MIDDLE_NAME),
    FAMILY,
    Field("suffix", "Suffix", Type.TEXT, Role.SUFFIX),
)
JOINED = Field("full_name", "Full name", Type.TEXT, Role.FULL_NAME, derived=True)
FULL = Field("name", "Name", Type.TEXT, Role.FULL_NAME)
FIELDS = (GIVEN, FAMILY, EMAILS, PHONES, JOB, NOTES, STREET, CITY, COUNTRY)


def side(app: str, *fields: Field, **settings: Any) -> SideConfiguration:
    """Return one side with its app's fields."""
    made = SideConfiguration(app.lower(), app, 1, fields=fields_to_know(fields))
    return replace(made, **settings)


def configure(
    left: tuple[Field, ...] = FIELDS,
    right: tuple[Field, ...] = FIELDS,
    pairs: tuple[Pair, ...] | None = None,
    direction: Direction = Direction.BOTH,
    **settings: Any,
) -> Configuration:
    """Return a connection of Pipeliner (left) and Google (right), mapped by default."""
    made = Configuration(
        side("Pipeliner", *left),
        side("Google", *right),
        default_pairs(left, right, direction) if pairs is None else pairs,
        direction=direction,
        phone_region="AT",
        time_zone="Europe/Vienna",
    )
    return replace(made, **settings)


def one_pair(left: Field, right: Field | None = None, **settings: Any) -> Configuration:
    """Return a connection that maps one field besides the name, without a word on emails."""
    pair = Pair(left, right or left, settings.get("direction", Direction.BOTH))
    return configure((left,), (right or left,), (pair,), **{"avoid_duplicates": False, **settings})


Keeps = Callable[[Side, Field, Value], Value]


def as_it_is(_side: Side, _field: Field, value: Value) -> Value:
    """Return what a perfect app keeps."""
    return value


@dataclass(repr=False)
class TwoApps:
    """One contact in two apps, and what the engine would keep of it.

    `run` decides and does what is decided; `keeps` says what an app makes of a value.
    """

    configuration: Configuration
    left: dict[str, Value] | None = None
    right: dict[str, Value] | None = None
    base: Mapping[str, Base] = field(default_factory=dict)
    sent: dict[tuple[str, Side], Sent] = field(default_factory=dict)
    linked: bool = True
    keeps: Keeps = as_it_is
    written_at: dict[tuple[str, Side], tuple[datetime, ...]] = field(default_factory=dict)
    now: datetime = NOW
    half_settings: dict[Side, dict[str, Any]] = field(default_factory=dict)
    was_in_scope: bool = True

    def __repr__(self) -> str:
        """Return what tells one from another in the report of a failing property."""
        made = self.configuration
        settings = (made.winner, made.first_merge.value, f"copy_blanks={made.copy_blanks}")
        one_way = [
            f"{each.key}: {each.direction}" for each in made.pairs if each.direction != "both"
        ]
        halves = [{k: v for k, v in (half or {}).items() if v} for half in (self.left, self.right)]
        return f"TwoApps({settings}, {one_way}, {halves}, {self.keeps})"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))

    def values(self, side: Side) -> dict[str, Value]:
        found = self.left if side == "left" else self.right
        assert found is not None
        return found

    def half(self, side: Side) -> Half | None:
        stored = self.left if side == "left" else self.right
        if stored is None:
            return None
        settings = self.half_settings.get(side, {})
        return Half(self._with_joined_name(side, stored), **settings)

    def _with_joined_name(self, side: Side, values: Values) -> Values:
        fields = {field.role: field for field in self.configuration.side(side).fields}
        joined = fields.get(Role.FULL_NAME)
        if joined is None or not joined.derived:
            return values
        roles = (Role.PREFIX, Role.GIVEN_NAME, Role.MIDDLE_NAME, Role.FAMILY_NAME, Role.SUFFIX)
        texts = [
            str(values.get(fields[role].key) or "") if role in fields else "" for role in roles
        ]
        return {**values, joined.key: names.join(Name(*texts)) or None}

    def state(self, *seen: Side) -> State:
        return State(
            self.half("left"),
            self.half("right"),
            self.base,
            self.sent,
            frozenset(seen or SIDES),
            self.written_at,
            self.was_in_scope,
        )

    def decide(self, *seen: Side) -> Decision:
        return decide(self.configuration, self.state(*seen), self.now, linked=self.linked)

    def run(self) -> Decision:
        """Decide, and do it: every write is answered and seen."""
        decision = self.decide()
        self.take(decision)
        for side in SIDES:
            self.write(side, decision.writes.get(side, {}))
        return decision

    def take(self, decision: Decision, *, answered: bool = True) -> None:
        """Keep what the decision says, as of when its writes went out."""
        self.base = decision.base
        self.sent = {
            key: replace(sent, answered=answered or sent.answered)
            for key, sent in decision.sent.items()
        }
        if decision.create_on == "left":
            self.left = {}
        elif decision.create_on == "right":
            self.right = {}
        if decision.create_on:
            self.linked = True
            made = self.values(decision.create_on)
            made.update(
                {pair.field(decision.create_on).key: None for pair in self.configuration.pairs}
            )
        for key in decision.sent:
            self.written_at[key] = (*self.written_at.get(key, ()), self.now)

    def write(self, side: Side, writes: Values) -> None:
        known = {
            field.key: field
            for field in (
                *self.configuration.side(side).fields,
                *(pair.field(side) for pair in self.configuration.pairs),
            )
        }
        for key, value in writes.items():
            self.values(side)[key] = self.keeps(side, known[key], value)

    def settle(self, most: int = 6) -> list[Decision]:
        """Run until a run does nothing; fails where that takes too long [I1]."""
        decisions = []
        for _ in range(most):
            decisions.append(self.run())
            if not decisions[-1].writes:
                return decisions
        raise AssertionError(f"does not come to rest: {decisions[-1].writes}")


def synced(configuration: Configuration, left: Values, right: Values | None = None) -> TwoApps:
    """Return a linked contact whose halves are in agreement."""
    world = TwoApps(configuration, dict(left), dict(left if right is None else right))
    world.settle()
    world.written_at.clear()
    return world


ANN: dict[str, Value] = {
    **dict.fromkeys(field.key for field in FIELDS),
    "first_name": "Ann",
    "last_name": "Lee",
    "emails": ("ann@x.org",),
    "job": "Buyer",
}


def linked(**settings: Any) -> TwoApps:
    """Return a linked contact, Ann, in agreement."""
    return synced(configure(**settings), ANN)
