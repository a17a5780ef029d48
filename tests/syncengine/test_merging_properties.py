"""What holds of merging whatever people edit, apps make of values, and writes end in."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connections.configuration import (
    SIDES,
    Configuration,
    Direction,
    FirstMerge,
    Pair,
    Side,
    is_list,
    other,
)
from connections.schema import (
    LISTS,
    Birthday,
    Field,
    Role,
    Type,
    Value,
    entries_of,
    entry_key,
    is_blank,
    kept_as,
    same,
)
from syncengine.cases import Case
from syncengine.state import Decision, Status
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
_TEXTS = [None, "", "Buyer", " buyer ", "R&D <x>", "Caf\u00e9", "Cafe\u0301", "a" * 28, "a" * 40]
_NAMES = [None, "Ann Lee", "Ann Smith", "Dr. Ann Lee", "Cher", "Ann M. Lee", "Two and more of them"]
_LINES = [*_TEXTS, "one\ntwo", "one\r\ntwo", "one two"]
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
        "job": st.sampled_from(_TEXTS if side == "left" else _TEXTS[:-1]),
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
        "notes": st.sampled_from(_TEXTS),
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


def play(world: TwoApps, steps: Sequence[Edit | Run]) -> None:
    for step in steps:
        world.now += timedelta(hours=5)  # slowly enough that nothing freezes
        if isinstance(step, Run):
            carry_out(world, step)
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


def case_of(world: TwoApps, pair: Pair) -> Case:
    left, right = world.half("left"), world.half("right")
    assert left is not None
    assert right is not None
    return Case(world.configuration, pair, left, right, world.base.get(pair.key))


def keys(case: Case, side: Side) -> set[str]:
    return {case.entry_key(side, entry) for entry in entries_of(case.stands(side))} - {""}


def in_agreement(case: Case) -> bool:
    if is_list(case.pair):
        return keys(case, "left") == keys(case, "right")
    return case.agree() or any(case._kept_as(side) == "same" for side in SIDES)


profile: Callable[[Callable[..., None]], Callable[..., None]] = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@profile
@given(worlds(), st.lists(edits() | RUNS, max_size=12))
def test_i1_left_alone_every_contact_comes_to_rest(world: TwoApps, steps: list[Edit | Run]) -> None:
    play(world, steps)
    world.now += timedelta(days=2)
    decisions = world.settle(most=5)
    last = decisions[-1]
    assert last.status is Status.IN_SYNC
    assert (last.sent, last.changes) == ({}, ())
    again = world.decide()
    assert (again.writes, again.base) == ({}, last.base)
    assert again.flags == last.flags


@profile
@given(worlds(plain=True), st.lists(edits() | RUNS, max_size=12))
def test_i1_both_sides_hold_the_same_but_for_what_is_flagged(
    world: TwoApps, steps: list[Edit | Run]
) -> None:
    play(world, steps)
    last = world.settle(most=5)[-1]
    for pair in world.configuration.pairs:
        case = case_of(world, pair)
        apart = not in_agreement(case)
        flagged = any(pair.right.label in flag or pair.left.label in flag for flag in last.flags)
        slots = pair.right.slots and len(entries_of(case.stands("right"))) <= pair.right.slots
        is_address = pair.left.role in (Role.STREET, Role.CITY, Role.COUNTRY)
        assert not apart or flagged or (is_list(pair) and slots) or (is_address and last.flags), (
            pair.key,
            case.stands("left"),
            case.stands("right"),
        )


@profile
@given(worlds(), st.lists(edits(), min_size=1, max_size=5), st.lists(RUNS, max_size=4))
def test_i3_what_one_side_changed_alone_is_never_overwritten(
    world: TwoApps, made: list[Edit], runs: list[Run]
) -> None:
    world.settle()
    fields: dict[str, str] = {"name": "full_name"}
    fields |= {field.key: "full_name" for field in PARTS}
    by_field = {fields.get(edit.key, edit.key): edit for edit in made}
    play(world, list(by_field.values()))
    typed = {side: dict(world.values(side)) for side in SIDES}
    before = {pair.key: case_of(world, pair) for pair in world.configuration.pairs}
    changed = {key: [s for s in SIDES if case.changed(s)] for key, case in before.items()}
    play(world, runs)
    world.settle()
    address = [f"{key}={key}" for key in ("street", "city", "country")]
    moved_on_both = any(len(changed[key]) == 2 for key in address)
    for key, sides in changed.items():
        pair = before[key].pair
        if is_list(pair) or pair.left.key == "name" or (moved_on_both and key in address):
            continue
        for side in SIDES:
            field, wanted = pair.field(side), typed[side][pair.field(side).key]
            stands = world.values(side)[field.key]
            if not sides:
                assert stands == wanted, key
            if sides == [side]:
                assert same(field, stands, wanted, "AT"), key


@profile
@given(worlds(plain=True), edits(), edits(), st.lists(RUNS, max_size=4))
def test_i3_no_entry_of_a_list_is_lost_that_nobody_removed(
    world: TwoApps, one: Edit, two: Edit, runs: list[Run]
) -> None:
    world.settle()
    pairs = [pair for pair in world.configuration.pairs if is_list(pair)]
    agreed = {pair.key: {s: keys(case_of(world, pair), s) for s in SIDES} for pair in pairs}
    play(world, [one, two])
    edited = {pair.key: {s: keys(case_of(world, pair), s) for s in SIDES} for pair in pairs}
    play(world, runs)
    world.settle()
    for pair in pairs:
        for side in SIDES:
            stands = keys(case_of(world, pair), side)
            base, mine = agreed[pair.key][side], edited[pair.key][side]
            theirs_base = agreed[pair.key][other(side)]
            theirs = edited[pair.key][other(side)]
            gone = theirs_base - theirs
            assert (base & mine) - gone <= stands, "untouched entries stay"
            if not gone:
                assert mine <= stands, "what is added stays"
            removed = (base & theirs_base) - (mine & theirs)
            assert not removed & stands, "what is removed is removed"
            slots, taken = pair.field(side).slots, entries_of(case_of(world, pair).stands(side))
            if not (base - mine) and (slots is None or len(taken) < slots):
                assert theirs - theirs_base <= stands, "what is added arrives"


@profile
@given(connections(), halves("left"), keeping(), st.lists(RUNS, max_size=3))
def test_i1_a_creation_is_agreed_at_first_sight(
    configuration: Configuration, left: dict[str, Value], keeps: Keeps, runs: list[Run]
) -> None:
    world = TwoApps(configuration, left, linked=False, keeps=keeps)
    decision = world.run()
    if decision.create_on is None:
        assert decision.status is Status.EXCLUDED
        return
    created = dict(world.values("right"))
    for run in runs:
        carry_out(world, run)
    world.settle()
    assert world.values("left") == left
    assert world.values("right") == created


def one_field(pair: Pair, winner: Side, direction: Direction) -> Configuration:
    return configure(
        (pair.left,),
        (pair.right,),
        (replace(pair, direction=direction),),
        direction=direction,
        winner=winner,
        avoid_duplicates=False,
    )


@profile
@given(
    st.sampled_from(_TEXTS),
    st.sampled_from(_TEXTS),
    st.sampled_from(_TEXTS),
    st.sampled_from(SIDES),
    st.sampled_from(Direction),
)
def test_va2_the_truth_table_of_one_field(
    agreed: Value, left: Value, right: Value, winner: Side, direction: Direction
) -> None:
    world = TwoApps(one_field(Pair(JOB, JOB), winner, direction), {"job": agreed}, {"job": agreed})
    world.settle()
    world.values("left")["job"] = left
    world.values("right")["job"] = right
    world.run()
    now: Mapping[Side, Value] = {side: world.values(side)["job"] for side in SIDES}

    def equal(one: Value, two: Value) -> bool:
        return same(JOB, one, two, "AT")

    changed = [
        side for side, value in zip(SIDES, (left, right), strict=True) if not equal(value, agreed)
    ]
    if equal(left, right) or not changed:
        assert (now["left"], now["right"]) == (left, right)
        return
    if len(changed) == 1:
        (source,) = changed
        if not direction.writes(other(source)):
            assert (now["left"], now["right"]) == (left, right)
            return
    elif direction is Direction.BOTH:
        source = winner if not is_blank({"left": left, "right": right}[winner]) else other(winner)
    else:
        source = "left" if direction is Direction.LEFT_TO_RIGHT else "right"
    assert equal(now["left"], now["right"])
    assert equal(now[source], left if source == "left" else right)


def test_the_habits_are_those_that_the_engine_allows_for() -> None:
    for habit, field, value in (
        (trims, NOTES, " Cafe\u0301 "),
        (reorders, PHONES, ("01 4000", "01 5000")),
        (escapes, JOB, "R&D <x>"),
        (closes, WEBSITE, "https://x.org"),
    ):
        assert kept_as(field, value, habit("left", field, value), "AT") == "same"
        assert habit("left", field, value) != value
    assert kept_as(JOB, "a" * 40, cuts("left", JOB, "a" * 40), "AT") == "cut"
    assert entry_key(EMAILS.type, " A@x.org", "AT") == "a@x.org"
