"""What holds of rules and their actions whatever people edit, and writes end in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connections.configuration import SIDES, Configuration, Direction, Side, other
from connections.rules import Action, ActionKey, Condition, Match, Rule, When
from connections.schema import Field, Option, Value, entries_of
from syncengine import acting
from tests.syncengine.builders import CITY, JOB
from tests.syncengine.ruled import (
    EVERYONE,
    EXISTS,
    OWNER,
    TAG,
    UNIT,
    Ruled,
    field_is,
    in_unit,
    labels,
    linked,
    person,
    rule,
    ruled,
    sets,
)
from tests.syncengine.strategies import RUNS, Run, carry_out

NORTH, SOUTH = in_unit("north"), in_unit("south")
CONDITIONS: list[tuple[Condition, ...]] = [
    *[(NORTH,)] * 4,
    (SOUTH,),
    (),
    (in_unit("mine"), NORTH),
    (in_unit("vip"),),
    (EXISTS, field_is(JOB, "Chef", "is_not")),
    (field_is(CITY, "Wien"),),
    (field_is(TAG, "", "is_empty"), field_is(TAG, "set 1")),
]
ONE_VALUE: list[tuple[Field, Sequence[Value]]] = [
    (TAG, ("set 1", "set 2")),
    (CITY, ("Graz", "Linz")),
    (OWNER, ("bob", "cleo", None)),
    (UNIT, ("north", "south")),
]
TABLE = (("ann", "bob"),)
THEIRS = (Option("dora", "Dora"), Option("east", "East"), Option("west", "West"))
"""A user and a unit that no action sets."""


@dataclass(frozen=True)
class Edit:
    """A person's edit; of labels it adds or removes the one that no action sets."""

    side: Side
    key: str
    value: Value


def _actions() -> Iterator[Action]:
    for when in (When.START, When.ALWAYS, When.CREATION):
        for undo in (True, False):
            for of, values in ONE_VALUE:
                for value in values:
                    made = sets(of, value, when, undo=undo)
                    options = (*made.field.options, *THEIRS) if made.field.options else ()
                    yield replace(made, field=replace(made.field, options=options))
            for label in ("vip", "old"):
                yield labels(label, adds=label == "vip", when=when, undo=undo)
    yield labels("vip", adds=False)


ACTIONS = list(_actions())
UNDONE = [each for each in ACTIONS if each.can_undo]


@st.composite
def rules(draw: st.DrawFn, of: Sequence[Action] = ACTIONS) -> tuple[Rule, ...]:
    """Draw the rules of a side, in an order; each sets a thing once."""
    some = st.lists(
        st.sampled_from(of),
        min_size=1,
        max_size=3,
        unique_by=lambda each: ActionKey.of(each.key).thing,
    )
    keys = draw(st.sampled_from([("a",), ("a", "b"), ("b", "a"), ("b",), ()]))
    made = [
        rule(
            *draw(st.sampled_from(CONDITIONS)),
            *draw(some),
            key=key,
            match=draw(st.sampled_from(Match)),
        )
        for key in keys
    ]
    return (*made, EVERYONE) if draw(st.booleans()) else tuple(made)


@st.composite
def edits(draw: st.DrawFn) -> Edit:
    side = draw(st.sampled_from(SIDES))
    key = draw(st.sampled_from(["city", "job", "tag", "unit", "labels"]))
    typed: dict[str, Sequence[Value]] = {
        "city": (None, "Wien", "Rom", "Oslo"),
        "job": (None, "Buyer", "Chef"),
        "tag": (None, "typed 1", "typed 2"),
        "unit": ("north", "south") if side == "left" else ("east", "west"),
        "labels": (True, False),
    }
    return Edit(side, key, draw(st.sampled_from(typed[key])))


@dataclass
class Story:
    """A contact with its people, who remember what they typed."""

    world: Ruled
    typed: dict[tuple[Side, str], Value] = field(default_factory=dict)
    ever: set[tuple[str, Value]] = field(default_factory=set)
    touched: set[tuple[Side, str]] = field(default_factory=set)

    def edit(self, edit: Edit) -> None:
        values = self.world.values(edit.side)
        if edit.key == "labels":
            others = tuple(each for each in entries_of(values["labels"]) if each != "mine")
            values["labels"] = (*others, "mine") if edit.value else others
        else:
            values[edit.key] = edit.value
        self.typed[edit.side, edit.key] = edit.value
        self.ever.add((edit.key, edit.value))

    def play(self, steps: Sequence[Edit | Run | Configuration], hours: float) -> None:
        for step in steps:
            self.world.later(hours=hours)
            if isinstance(step, Run):
                carry_out(self.world, step)
            elif isinstance(step, Configuration):
                self.world.change(step)
            else:
                self.edit(step)


def story(configuration: Configuration) -> Story:
    left = person(owner="ann", labels=("old",), city="Wien", tag="first")
    made = Story(linked(configuration, left, {**left, "owner": "dora", "unit": "east"}))
    for side in SIDES:
        for key, value in made.world.values(side).items():
            made.typed[side, key] = value
            made.ever.add((key, value))
    return made


def steps(changes: st.SearchStrategy[Configuration]) -> st.SearchStrategy[list[object]]:
    moves = st.builds(Edit, st.just("left"), st.just("unit"), st.sampled_from(["north", "south"]))
    ran = st.just(Run("answered", "answered", SIDES))
    return st.lists(edits() | moves | ran | ran | RUNS | changes, min_size=2, max_size=14)


def of_left(of: Sequence[Action] = ACTIONS) -> st.SearchStrategy[Configuration]:
    """Rules of the left side act on the right one; those of the right side take in alone."""
    return st.builds(
        lambda left, right, winner: ruled(left, right, winner=winner, owners=TABLE),
        rules(of),
        st.sampled_from([(), (EVERYONE,)]),
        st.sampled_from(SIDES),
    )


def of_both() -> st.SearchStrategy[Configuration]:
    return st.builds(
        lambda left, right, direction: ruled(left, right, direction, owners=TABLE),
        rules(),
        rules(),
        st.sampled_from([Direction.BOTH, Direction.BOTH, *Direction]),
    )


def things_set(world: Ruled, target: Side) -> set[tuple[str, str]]:
    halves = {side: half for side in SIDES if (half := world.half(side)) is not None}
    matches = acting.match(world.configuration, halves, world.now, linked=True)
    return set(matches.actions(target, world.acted))


profile = settings(
    max_examples=settings().max_examples * 3 // 5, suppress_health_check=[HealthCheck.too_slow]
)


@profile
@given(st.data())
def test_i3_undo_leaves_what_people_typed(data: st.DataObject) -> None:
    """With undo, each thing that no action sets any more is as people left it."""
    configurations = of_left(UNDONE)
    told = story(data.draw(configurations))
    told.play(data.draw(steps(configurations)), 5)  # type: ignore[arg-type]
    told.world.later(days=2)
    told.world.settle(8)
    stays = told.world.decide()
    assert (stays.writes, stays.sent) == ({}, {})
    right, set_ = told.world.values("right"), things_set(told.world, "right")
    for key in ("tag", "unit", "owner"):
        if (key, "") not in set_:
            assert right[key] == told.typed["right", key], key
    for label in ("vip", "old"):
        if ("labels", label) not in set_:
            assert (label in entries_of(right["labels"])) is (label == "old"), label
    assert told.world.acted.keys() <= {
        each.key for rule in told.world.configuration.left.rules for each in rule.actions
    }


@profile
@given(st.data())
def test_i3_i4_what_actions_set_on_one_side_never_shows_on_the_other(data: st.DataObject) -> None:
    told = story(data.draw(of_left()))
    told.play(data.draw(steps(of_left())), 5)  # type: ignore[arg-type]
    told.world.later(days=2)
    told.world.settle(8)
    left, right = told.world.values("left"), told.world.values("right")
    for key in ("tag", "unit", "owner"):
        assert left[key] == told.typed["left", key], key
    for side in SIDES:
        wanted = told.typed[side, "labels"] is True
        held = entries_of(told.world.values(side)["labels"])
        assert ("mine" in held) is wanted
    assert set(entries_of(left["labels"])) - {"mine"} == {"old"}
    assert ("city", left["city"]) in told.ever
    assert {("job", left["job"]), ("job", right["job"])} <= told.ever
    if told.world.decide().matched:
        assert left["job"] == right["job"]
        if ("city", "") not in things_set(told.world, "right"):
            told.edit(Edit("left", "city", "Last"))
            told.world.settle(8)
            matched = told.world.decide().matched
            resting = ("city", "") in things_set(told.world, "right")
            assert not matched or resting or right["city"] == "Last"


@profile
@given(st.data())
def test_i1_rules_of_both_sides_come_to_rest_or_end_in_the_freeze(data: st.DataObject) -> None:
    told = story(data.draw(of_both()))
    world = told.world
    told.play(data.draw(steps(of_both())), 5)  # type: ignore[arg-type]
    world.later(days=2)
    for _ in range(90):
        if not world.run().writes:
            break
        world.later(minutes=5)
    for _ in range(2):
        decision = world.run()
        assert (decision.writes, decision.sent) == ({}, {})
    for side in SIDES:
        wanted = told.typed[side, "labels"] is True
        assert ("mine" in entries_of(world.values(side)["labels"])) is wanted
        ours = {"set 1", "set 2"}
        tag = world.values(side)["tag"]
        assert tag in ours or ("tag", tag) in told.ever


@profile
@given(st.data())
def test_i1_i2_a_contact_is_created_once_as_its_rules_have_it(data: st.DataObject) -> None:
    configuration = data.draw(of_both())
    half = person(owner="ann", city="Wien")
    side = data.draw(st.sampled_from(SIDES))
    world = Ruled(configuration, linked=False)
    setattr(world, side, dict(half))
    decision = world.run()
    if decision.create_on is None:
        assert decision.writes == {}
        return
    set_ = dict(decision.writes[decision.create_on])
    assert {key: world.values(other(side))[key] for key in set_} == set_
    assert world.values(side) == half
    for _ in range(90):
        decision = world.run()
        assert decision.create_on is None
        if not decision.writes:
            break
        world.later(minutes=5)
    assert world.run().writes == {}
    made = world.values(other(side))
    assert made["job"] == "Buyer"
