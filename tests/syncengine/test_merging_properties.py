"""What holds of merging whatever people edit, apps make of values, and writes end in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connections.configuration import (
    SIDES,
    Configuration,
    Direction,
    Pair,
    Side,
    is_list,
    other,
)
from connections.schema import (
    Role,
    Value,
    entries_of,
    entry_key,
    is_blank,
    kept_as,
    same,
)
from syncengine.cases import Case
from syncengine.state import Status
from tests.syncengine.builders import (
    EMAILS,
    JOB,
    NOTES,
    PARTS,
    PHONES,
    Keeps,
    TwoApps,
    configure,
)
from tests.syncengine.strategies import (
    RUNS,
    TEXTS,
    WEBSITE,
    Edit,
    Run,
    carry_out,
    closes,
    connections,
    cuts,
    edits,
    escapes,
    halves,
    keeping,
    play,
    reorders,
    trims,
    worlds,
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
    return case.agree() or any(case.kept_as(side) == "same" for side in SIDES)


profile: Callable[[Callable[..., None]], Callable[..., None]] = settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow]
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
    st.sampled_from(TEXTS),
    st.sampled_from(TEXTS),
    st.sampled_from(TEXTS),
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
