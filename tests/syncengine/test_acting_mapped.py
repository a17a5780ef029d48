"""A field that is mapped, and set by an action of a rule [RU6]."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.configuration import default_pairs, fields_to_know
from connections.rules import Rule, When
from tests.syncengine.builders import CITY, EMAILS, FULL, JOINED, PARTS
from tests.syncengine.ruled import (
    ALL,
    EVERYONE,
    WHENS,
    Ruled,
    alone,
    in_unit,
    linked,
    person,
    rests,
    rule,
    ruled,
    sets,
)


def graz(*, undo: bool = False, when: When = When.START) -> Rule:
    return rule(in_unit("north"), sets(CITY, "Graz", when, undo=undo), key="graz")


@pytest.mark.parametrize("when", WHENS)
def test_ru6_a_field_that_an_action_sets_is_not_mapped_meanwhile(when: When) -> None:
    world = linked(ruled((graz(when=when), EVERYONE), ALL), {"city": "Wien"})
    assert world.run().writes == {"right": {"city": "Graz"}}
    rests(world)
    world.edit("left", city="Linz", job="Chef")
    assert world.run().writes == {"right": {"job": "Chef"}}
    world.edit("right", city="Steyr")
    assert "left" not in world.run().writes
    rests(world)


@pytest.mark.parametrize(
    ("undo", "left", "right"), [(False, "Wien", "Graz"), (True, "Wien", "Wien")]
)
@pytest.mark.parametrize("created", [False, True])
def test_ru6_once_the_rule_is_left_nothing_of_it_is_copied_to_the_source(
    undo: bool, left: str, right: str, created: bool
) -> None:
    configuration = ruled((graz(undo=undo), EVERYONE), ALL)
    world = (
        alone(configuration, city="Wien") if created else linked(configuration, {"city": "Wien"})
    )
    world.run()
    rests(world)
    world.edit("left", unit="south")
    world.settle()
    assert (world.values("left")["city"], world.values("right")["city"]) == (left, right)
    world.edit("right", city="Steyr")
    assert world.run().writes == {"left": {"city": "Steyr"}}
    world.settle()


@pytest.mark.parametrize("winner", ["left", "right"])
@pytest.mark.parametrize("undo", [False, True])
@pytest.mark.parametrize("at_once", [False, True])
def test_i3_an_edit_of_the_source_meanwhile_arrives_once_the_rule_is_left(
    undo: bool, at_once: bool, winner: str
) -> None:
    rules = ruled((graz(undo=undo), EVERYONE), ALL, winner=winner)
    world = linked(rules, {"city": "Wien"})
    world.run()
    world.edit("left", city="Linz")
    if not at_once:
        rests(world)
    world.edit("left", unit="south")
    decision = world.run()
    assert decision.writes == {"right": {"city": "Wien" if undo else "Linz"}}
    assert len(decision.sent) == 1
    world.settle()
    assert world.values("left")["city"] == world.values("right")["city"] == "Linz"


def test_i3_a_persons_edit_of_what_was_set_arrives_once_the_rule_is_left() -> None:
    world = linked(ruled((graz(undo=True), EVERYONE), ALL), {"city": "Wien"})
    world.run()
    world.edit("right", city="Steyr")
    rests(world)
    world.edit("left", unit="south")
    assert world.run().writes == {"left": {"city": "Steyr"}}
    world.settle()


@pytest.mark.parametrize("winner", ["left", "right"])
@pytest.mark.parametrize("undo", [False, True])
def test_i3_a_first_merge_of_what_an_action_sets_copies_nothing(undo: bool, winner: str) -> None:
    rules = ruled((graz(undo=undo), EVERYONE), ALL, winner=winner)
    world = linked(rules, {"city": "Wien"})
    world.base = {}
    world.edit("right", city="Rom")
    world.run()
    world.edit("left", unit="south")
    world.settle()
    assert world.values("left")["city"] == "Wien"
    merged = "Wien" if winner == "left" else "Rom"
    assert world.values("right")["city"] == (merged if undo else "Graz")


@pytest.mark.parametrize("refused", [False, True])
def test_ru6_a_gap_that_an_action_fills_is_put_back_to_what_the_source_has(refused: bool) -> None:
    world = linked(ruled((graz(undo=True), EVERYONE), ALL), {"city": "Wien"})
    world.base = {}
    world.edit("right", city=None)
    if refused:
        world.take(world.decide())
        world.sent = {}
    assert world.run().writes == {"right": {"city": "Graz"}}
    rests(world)
    world.edit("left", unit="south")
    assert world.run().writes == {"right": {"city": "Wien"}}
    rests(world)


def test_ru6_a_mapping_of_what_was_set_before_rests_too() -> None:
    configuration = ruled((graz(), EVERYONE), ALL, winner="right")
    unmapped = replace(
        configuration, pairs=tuple(each for each in configuration.pairs if each.left != CITY)
    )
    world = linked(unmapped, {"city": "Wien"})
    world.run()
    world.change(configuration)
    rests(world)
    world.edit("left", unit="south")
    rests(world)
    assert world.values("left")["city"] == "Wien"


def test_i4_a_put_back_that_a_person_wrote_over_is_that_persons_edit() -> None:
    world = linked(ruled((graz(undo=True), EVERYONE), ALL), {"city": "Wien"})
    world.run()
    world.run()
    world.edit("left", unit="south")
    world.run()
    world.edit("right", city="Steyr")
    assert world.run().writes == {"left": {"city": "Steyr"}}


@given(
    undo=st.booleans(),
    when=st.sampled_from(WHENS),
    steps=st.lists(st.sampled_from(["unit", "left", "right", "run", "other"]), max_size=9),
)
def test_i1_i3_whatever_happens_while_a_rule_sets_a_mapped_field(
    undo: bool, when: When, steps: list[str]
) -> None:
    """It comes to rest; the source holds what a person typed on either side; where the rule is
    left, a later edit makes both sides equal.
    """
    world = linked(ruled((graz(undo=undo, when=when), EVERYONE), ALL), {"city": "Wien"})
    world.run()
    typed = {"Wien"}
    for number, step in enumerate(steps):
        if step == "unit":
            unit = world.values("left")["unit"]
            world.edit("left", unit="south" if unit == "north" else "north")
        elif step == "run":
            world.run()
        elif step == "other":
            world.edit("right", job=f"Job {number}")
        else:
            typed.add(f"City {number}")
            world.edit(step, city=f"City {number}")  # type: ignore[arg-type]
        world.written_at.clear()
    world.settle(8)
    assert world.values("left")["city"] in typed
    assert world.values("left")["job"] == world.values("right")["job"]
    if world.values("left")["unit"] == "south":
        world.edit("left", city="Last")
        world.settle()
        assert world.values("right")["city"] == "Last"


def test_ru6_the_history_of_a_creation_tells_of_a_field_once() -> None:
    decision = alone(ruled((graz(),)), city="Wien").decide()
    assert [each.after for each in decision.changes if each.label == "City"] == ["Graz"]


@pytest.mark.parametrize("created", [False, True])
def test_ru6_a_part_of_a_joined_name_that_an_action_sets_is_not_copied(created: bool) -> None:
    prefix = PARTS[0]
    titled = rule(in_unit("north"), sets(prefix, "Dr.", undo=True), key="titled")
    plain = ruled((titled, EVERYONE), ALL)
    left, right = (FULL, EMAILS), (JOINED, *PARTS, EMAILS)
    configuration = replace(
        plain,
        left=replace(plain.left, fields=fields_to_know(left)),
        right=replace(plain.right, fields=fields_to_know(right)),
        pairs=default_pairs(left, right),
        winner="right",
    )
    known = {**dict.fromkeys(each.key for each in PARTS), **person()}
    world = Ruled(configuration, person(name="Ann Lee"), None if created else known, linked=False)
    world.linked = not created
    world.run()
    world.run()
    rests(world)
    assert world.values("right")["prefix"] == "Dr."
    assert world.values("left")["name"] == "Ann Lee"

    world.edit("left", name="Ann Smith")
    rests(world)
    world.edit("left", unit="south")
    world.settle()
    right_parts = [world.values("right").get(each.key) for each in PARTS]
    assert right_parts == [None, "Ann", None, "Smith", None]
    assert world.values("left")["name"] == "Ann Smith"
