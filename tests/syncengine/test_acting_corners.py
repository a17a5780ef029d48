"""Actions over fields that are required, unknown, newly mapped, or taken over by another action."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connections.configuration import Configuration, Pair
from connections.rules import Rule, When
from connections.schema import Value
from syncengine.state import Effect
from tests.syncengine.ruled import (
    ALL,
    EVERYONE,
    OWNER,
    TAG,
    alone,
    in_unit,
    labels,
    linked,
    rests,
    rule,
    ruled,
    sets,
)

REQUIRED = replace(TAG, required=True)


def requiring(*rules: Rule) -> Configuration:
    """Return a connection whose right app requires the tag."""
    made = ruled(rules, ALL)
    return replace(made, right=replace(made.right, fields=(*made.right.fields, REQUIRED)))


@pytest.mark.parametrize("deleted", [False, True])
def test_ru6_what_the_app_requires_is_never_made_blank(deleted: bool) -> None:
    tags = replace(sets(TAG, "x", undo=True), field=REQUIRED)
    world = alone(requiring(rule(in_unit("north"), tags), EVERYONE))
    world.run()
    rests(world)
    if deleted:
        world.change(requiring(EVERYONE))
    else:
        world.edit("left", unit="south")
    rests(world)
    assert world.values("right")["tag"] == "x"
    assert world.acted == {}


def test_va10_an_owner_by_the_table_that_has_nobody_takes_no_undo_away() -> None:
    first = rule(in_unit("north"), sets(OWNER, "bob", undo=True), key="a")
    second = rule(sets(OWNER, None), key="b")
    world = linked(ruled((first, second), ALL), right={"owner": "cleo"})
    world.values("right")["owner"] = "cleo"
    world.run()
    world.edit("left", unit="south")
    assert world.run().writes == {"right": {"owner": "cleo"}}
    rests(world)


@pytest.mark.parametrize("when", [When.START, When.ALWAYS])
def test_va10_an_owner_by_the_table_is_set_once_unless_always(when: When) -> None:
    table = (("ann", "bob"), ("cleo", "cleo"))
    configuration = ruled((rule(sets(OWNER, None, when)),), ALL, owners=table)
    world = linked(configuration, {"owner": "ann"}, {"owner": "cleo"})
    assert world.run().writes == {"right": {"owner": "bob"}}
    world.edit("right", owner="ann")
    world.edit("left", owner="cleo")
    assert world.run().writes == ({"right": {"owner": "cleo"}} if when is When.ALWAYS else {})
    rests(world)


@pytest.mark.parametrize("when", [When.CREATION, When.START])
def test_ru6_undo_goes_back_to_what_another_action_left_for_good(when: When) -> None:
    born = rule(in_unit("north"), sets(TAG, "born", when), key="born")
    over = rule(in_unit("north"), sets(TAG, "over", undo=True), key="over")
    world = alone(ruled((born, EVERYONE), ALL))
    world.run()
    rests(world)
    world.change(ruled((over, born, EVERYONE), ALL))
    assert world.run().writes == {"right": {"tag": "over"}}
    world.edit("left", unit="south")
    assert world.run().writes == {"right": {"tag": "born"}}
    rests(world)


# A field of which nothing is known


@pytest.mark.parametrize("when", [When.START, When.ALWAYS])
def test_i3_what_nobody_has_seen_is_not_put_back_as_a_blank(when: When) -> None:
    configuration = ruled((rule(in_unit("north"), sets(TAG, "x", when, undo=True)), EVERYONE), ALL)
    world = linked(configuration)
    del world.values("right")["tag"]
    decision = world.decide()
    assert decision.writes == {"right": {"tag": "x"}}
    assert [each.effect for each in decision.changes] == [Effect.OVERWRITE]
    world.take(decision)
    rests(world)

    world.values("right")["tag"] = "x"
    rests(world)
    world.edit("left", unit="south")
    rests(world)


def test_i3_labels_that_nobody_has_seen_are_not_written_over() -> None:
    world = linked(ruled((rule(labels("vip"), labels("old", adds=False)),), ALL))
    del world.values("right")["labels"]
    rests(world)
    world.values("right")["labels"] = ("mine", "old")
    assert world.run().writes == {"right": {"labels": ("mine", "vip")}}


def test_i3_a_custom_field_that_a_record_lacks_is_blank() -> None:
    made = ruled((rule(in_unit("north"), sets(TAG, "x", undo=True)), EVERYONE), ALL)
    world = linked(replace(made, right=replace(made.right, custom_prefix="ta")))
    del world.values("right")["tag"]
    world.run()
    world.edit("left", unit="south")
    assert world.run().writes == {"right": {"tag": None}}


# A mapping that is new


@pytest.mark.parametrize("at_once", [False, True])
@pytest.mark.parametrize("winner", ["left", "right"])
@pytest.mark.parametrize(("left", "right"), [("mine", "old"), ("mine", None), (None, "old")])
def test_va2_a_new_mapping_is_merged_once_what_was_set_is_put_back(
    left: Value, right: Value, winner: str, at_once: bool
) -> None:
    tags = rule(in_unit("north"), sets(TAG, "x", undo=True))
    world = linked(ruled((tags, EVERYONE), ALL, winner=winner))
    world.values("left")["tag"], world.values("right")["tag"] = left, right
    world.run()
    rests(world)
    bare = ruled(ALL, ALL, winner=winner)
    mapped = replace(bare, pairs=(*bare.pairs, Pair(TAG, TAG)))
    if not at_once:
        world.change(replace(world.configuration, pairs=mapped.pairs))
        rests(world)
    world.change(mapped)
    assert world.run().writes == {"right": {"tag": right}}
    world.settle()
    merged = (left if winner == "left" else right) or left or right
    assert world.values("left")["tag"] == world.values("right")["tag"] == merged
