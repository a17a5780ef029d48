"""What people may edit, what apps may make of values, and what may become of writes."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from hypothesis import strategies as st

from connections.configuration import (
    SIDES,
    Configuration,
    Direction,
    FirstMerge,
    Side,
)
from connections.schema import (
    LISTS,
    Birthday,
    Field,
    Role,
    Type,
    Value,
    entries_of,
)
from syncengine.state import Decision
from tests.syncengine.builders import (
    BIRTHDAY,
    CITY,
    COUNTRY,
    EMAILS,
    FULL,
    JOB,
    JOINED,
    NOTES,
    PARTS,
    PHONES,
    STREET,
    Keeps,
    TwoApps,
    as_it_is,
    configure,
)

WEBSITE = Field("website", "Website", Type.URL, Role.WEBSITE)
LEFT = (FULL, EMAILS, PHONES, JOB, NOTES, STREET, CITY, COUNTRY, BIRTHDAY, WEBSITE)
RIGHT = (
    JOINED,
    *PARTS,
    EMAILS,
    replace(PHONES, slots=3),
    replace(JOB, max_length=30),
    replace(NOTES, type=Type.TEXT),
    STREET,
    CITY,
    COUNTRY,
    replace(BIRTHDAY, type=Type.DATE),
    WEBSITE,
)
TEXTS = [None, "", "Buyer", " buyer ", "R&D <x>", "Caf\u00e9", "Cafe\u0301", "a" * 28, "a" * 40]
_NAMES = [None, "Ann Lee", "Ann Smith", "Dr. Ann Lee", "Cher", "Ann M. Lee", "Two and more of them"]
_LINES = [*TEXTS, "one\ntwo", "one\r\ntwo", "one two"]
_PLACES = [None, "Graben 1", "Kai 7", "Ring 3"]
_EMAILS = ["a@x.org", "A@X.org", "b@x.org", "c@x.org", "d@x.org"]
_PHONES = ["+43 1 58858", "01 58858", "01 4000", "01 5000", "01 6000", "000"]
_DAYS = [None, Birthday(1990, 5, 17), Birthday(1990, 5, 18), Birthday(None, 5, 17)]
_PAGES = [None, "https://x.org", "https://x.org/", "https://y.org"]


def _lists(entries: list[str]) -> st.SearchStrategy[Value]:
    return st.lists(st.sampled_from(entries), max_size=4, unique=True).map(tuple)


def _values(side: Side) -> dict[str, st.SearchStrategy[Value]]:
    """Return what people may type into each field of a side."""
    place = st.sampled_from(_PLACES)
    shared: dict[str, st.SearchStrategy[Value]] = {
        "emails": _lists(_EMAILS),
        "phones": _lists(_PHONES).map(
            lambda value: value if side == "left" else entries_of(value)[:3]
        ),
        "job": st.sampled_from(TEXTS if side == "left" else TEXTS[:-1]),
        "street": place,
        "city": place,
        "country": place,
        "website": st.sampled_from(_PAGES),
    }
    if side == "left":
        lines, days = st.sampled_from(_LINES), st.sampled_from(_DAYS)
        return {**shared, "name": st.sampled_from(_NAMES), "notes": lines, "birthday": days}
    return {
        **shared,
        "prefix": st.sampled_from([None, "Dr."]),
        "first_name": st.sampled_from([None, "Ann", "Eve"]),
        "middle_name": st.sampled_from([None, "M."]),
        "last_name": st.sampled_from([None, "Lee", "Smith"]),
        "suffix": st.none(),
        "notes": st.sampled_from(TEXTS),
        "birthday": st.sampled_from([None, date(1990, 5, 17), date(1990, 5, 18)]),
    }


VALUES: dict[Side, dict[str, st.SearchStrategy[Value]]] = {
    "left": _values("left"),
    "right": _values("right"),
}


def halves(side: Side) -> st.SearchStrategy[dict[str, Value]]:
    return st.fixed_dictionaries(VALUES[side])


# What apps make of values


def trims(_side: Side, _field: Field, value: Value) -> Value:
    if isinstance(value, str):
        lines = unicodedata.normalize("NFC", value).replace("\r\n", "\n").split("\n")
        return "\n".join(" ".join(line.split()) for line in lines).strip()
    return value


def reorders(_side: Side, field: Field, value: Value) -> Value:
    if field.type not in LISTS:
        return value
    entries = [entry.lower().replace(" ", "") for entry in entries_of(value)]
    return tuple(sorted(entries, reverse=True))


def cuts(_side: Side, field: Field, value: Value) -> Value:
    return value[:22] if isinstance(value, str) and field.key in ("job", "notes") else value


def escapes(_side: Side, field: Field, value: Value) -> Value:
    return html.escape(value) if isinstance(value, str) and field.key != "website" else value


def closes(_side: Side, field: Field, value: Value) -> Value:
    is_open = isinstance(value, str) and field.type is Type.URL and not value.endswith("/")
    return f"{value}/" if is_open else value


HABITS = [as_it_is, trims, reorders, cuts, escapes, closes]


@dataclass(frozen=True)
class Habits:
    """What each of the two apps makes of what it gets."""

    of: Mapping[Side, Sequence[Keeps]]

    def __call__(self, side: Side, field: Field, value: Value) -> Value:
        for habit in self.of[side]:
            value = habit(side, field, value)
        return value

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(repr(self))

    def __repr__(self) -> str:
        return repr({side: [habit.__name__ for habit in self.of[side]] for side in SIDES})


@st.composite
def keeping(draw: st.DrawFn) -> Keeps:
    """Draw what each of the two apps makes of what it gets."""
    some = st.lists(st.sampled_from(HABITS), max_size=3, unique_by=lambda habit: habit.__name__)
    return Habits({side: tuple(draw(some)) for side in SIDES})


# What happens


@dataclass(frozen=True)
class Edit:
    side: Side
    key: str
    value: Value


Fate = Literal["answered", "no answer", "not done"]


@dataclass(frozen=True)
class Run:
    """A run, what becomes of its writes, and on which sides those of the one before are judged."""

    left: Fate
    right: Fate
    seen: tuple[Side, ...]


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    side = draw(st.sampled_from(SIDES))
    key = draw(st.sampled_from(sorted(VALUES[side])))
    return Edit(side, key, draw(VALUES[side][key]))


FATES: st.SearchStrategy[Fate] = st.sampled_from(["answered", "answered", "no answer", "not done"])
RUNS = st.builds(Run, FATES, FATES, st.sampled_from([SIDES, SIDES, ("left",), ("right",)]))


def carry_out(world: TwoApps, run: Run) -> Decision:
    decision = world.decide(*run.seen)
    world.take(decision, answered=False)
    fates: dict[Side, Fate] = {"left": run.left, "right": run.right}
    for side, writes in decision.writes.items():
        if fates[side] != "not done":
            world.write(side, writes)
        for key in [key for key in world.sent if key[1] == side]:
            world.sent[key] = replace(world.sent[key], answered=fates[side] == "answered")
    return decision


def play(world: TwoApps, steps: Sequence[Edit | Run | Configuration]) -> None:
    for step in steps:
        world.now += timedelta(hours=5)  # slowly enough that nothing freezes
        if isinstance(step, Run):
            carry_out(world, step)
        elif isinstance(step, Configuration):
            world.configuration = step
        else:
            world.values(step.side)[step.key] = step.value


@st.composite
def connections(draw: st.DrawFn, *, plain: bool = False) -> Configuration:
    """Draw a connection; a plain one copies everything both ways."""
    both = Direction.BOTH
    direction = both if plain else draw(st.sampled_from([both, both, *Direction]))
    configuration = configure(
        LEFT,
        RIGHT,
        direction=direction,
        winner=draw(st.sampled_from(SIDES)),
        avoid_duplicates=False,
        copy_blanks=plain or draw(st.booleans()),
        first_merge=FirstMerge.WINNER if plain else draw(st.sampled_from(FirstMerge)),
    )
    if plain or direction is not both:
        return configuration
    pairs = tuple(
        replace(pair, direction=draw(st.sampled_from([both, both, *Direction])))
        for pair in configuration.pairs
    )
    return replace(configuration, pairs=pairs)


Worlds = st.SearchStrategy[TwoApps]


@st.composite
def worlds(draw: st.DrawFn, *, plain: bool = False) -> TwoApps:
    return TwoApps(
        draw(connections(plain=plain)),
        draw(halves("left")),
        draw(halves("right")),
        keeps=draw(keeping()),
    )
