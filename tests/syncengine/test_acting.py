"""What rules do with one contact: who is taken in, what is set, and what is put back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from connections.configuration import Direction
from connections.operands import ConditionKind, Operator
from connections.rules import Condition, Match, When
from connections.schema import Field, Type, Value
from syncengine.state import Effect, Status
from tests.syncengine.builders import CITY, JOB, NOTES
from tests.syncengine.ruled import (
    ALL,
    EXISTS,
    NORTH,
    OWNER,
    TAG,
    UNIT,
    Ruled,
    alone,
    field_is,
    in_unit,
    labels,
    linked,
    rests,
    rule,
    ruled,
    sets,
)

# Who is taken in


def test_ru8_a_contact_that_leaves_its_rule_is_excluded_and_comes_back_as_the_same_pair() -> None:
    world = linked(ruled((NORTH,)))
    rests(world)

    world.edit("left", unit="south", job="Chef")
    decision = world.run()
    assert (decision.status, decision.reason) == (Status.EXCLUDED, "No rule takes it in")
    assert (decision.writes, decision.matched, decision.leaves_scope) == ({}, (), True)
    assert not world.run().leaves_scope

    world.edit("left", unit="north")
    decision = world.run()
    assert decision.writes == {"right": {"job": "Chef"}}
    assert decision.matched == ("north",)


def test_cn4_updates_flow_both_ways_where_one_side_alone_has_rules() -> None:
    world = linked(ruled(left=ALL, right=()))
    world.edit("right", job="Chef")
    assert world.run().writes == {"left": {"job": "Chef"}}

    alone_on_the_right = Ruled(ruled(left=ALL, right=()), None, dict(world.values("right")))
    alone_on_the_right.linked = False
    decision = alone_on_the_right.decide()
    assert (decision.status, decision.reason) == (Status.EXCLUDED, "No rule takes it in")


@pytest.mark.parametrize(
    ("direction", "status"),
    [
        (Direction.BOTH, Status.IN_SYNC),
        (Direction.RIGHT_TO_LEFT, Status.IN_SYNC),
        (Direction.LEFT_TO_RIGHT, Status.EXCLUDED),
    ],
)
def test_cn5_either_half_keeps_a_contact_in_and_one_way_the_source_alone(
    direction: Direction, status: Status
) -> None:
    south = rule(in_unit("south"))
    world = linked(ruled((south,), ALL, direction))
    assert world.run().status is status


def test_cn4_one_way_the_rules_of_the_receiving_side_do_nothing() -> None:
    acts = rule(sets(TAG, "x"))
    world = linked(ruled(ALL, (acts,), Direction.LEFT_TO_RIGHT))
    decision = world.run()
    assert (decision.writes, decision.matched) == ({}, ("everyone",))


@pytest.mark.parametrize("match", list(Match))
def test_ru5_what_is_only_updated_is_never_created(match: Match) -> None:
    update_only = rule(EXISTS, in_unit("north"), match=match)
    world = alone(ruled((update_only,)))
    decision = world.decide()
    assert (decision.status, decision.create_on) == (Status.EXCLUDED, None)
    assert decision.reason == "The rules take it in only where it exists in the other app already"

    pair = linked(ruled((update_only,)))
    pair.edit("left", job="Chef")
    assert pair.run().writes == {"right": {"job": "Chef"}}


def test_ru2_rules_combine_with_or() -> None:
    update_only, south = rule(EXISTS, key="old"), rule(in_unit("south"), key="south")
    assert alone(ruled((update_only, south))).decide().status is Status.EXCLUDED
    created = alone(ruled((update_only, south)), unit="south").decide()
    assert (created.create_on, created.matched) == ("right", ("south",))


def test_ru4_a_contact_wakes_when_a_condition_of_one_of_its_rules_flips() -> None:
    met = Field("met", "Met on", Type.DATE)
    recent = rule(field_is(met, "7", "last_days"), key="recent")
    world = linked(ruled((NORTH, recent)))
    world.edit("left", met=date(2026, 3, 1))
    midnight = datetime(2026, 3, 8, 23, tzinfo=UTC)  # in Vienna
    decision = world.run()
    assert (decision.matched, decision.wake_at) == (("north", "recent"), midnight)

    world.edit("left", unit="south")
    assert world.run().wake_at == midnight
    world.now = midnight
    decision = world.run()
    assert (decision.status, decision.wake_at) == (Status.EXCLUDED, None)

    world.edit("left", met=date(2026, 4, 1))
    fresh = alone(world.configuration, unit="south")
    fresh.edit("left", met=date(2026, 4, 1))
    for each in (world, fresh):
        decision = each.decide()
        assert decision.status is Status.EXCLUDED
        assert decision.wake_at == datetime(2026, 3, 31, 22, tzinfo=UTC)


# What is set, and when


@pytest.mark.parametrize("when", list(When))
def test_ru6_a_new_contact_gets_what_is_set(when: When) -> None:
    acts = rule(
        sets(OWNER, "bob", when), sets(UNIT, "south", when), sets(TAG, "x", when), labels("vip")
    )
    world = alone(ruled((acts,)))
    decision = world.run()
    assert decision.create_on == "right"
    right = {key: decision.writes["right"][key] for key in ("owner", "unit", "tag", "labels")}
    assert right == {"owner": "bob", "unit": "south", "tag": "x", "labels": ("vip",)}
    assert {each.effect for each in decision.changes} == {Effect.FILL}
    rests(world)


@pytest.mark.parametrize("when", list(When))
def test_ru6_when_an_action_is_done(when: When) -> None:
    world = linked(ruled((rule(NORTH.conditions[0], sets(TAG, "x", when)),)))
    does = when is not When.CREATION
    assert world.run().writes == ({"right": {"tag": "x"}} if does else {})
    rests(world)

    world.edit("right", tag="a person's")
    again = {"right": {"tag": "x"}} if when is When.ALWAYS else {}
    assert world.run().writes == again
    rests(world)

    world.edit("left", unit="south")
    world.run()
    world.edit("right", tag="after")
    world.edit("left", unit="north")
    assert world.run().writes == ({"right": {"tag": "x"}} if does else {})
    rests(world)


def test_ru6_a_value_that_stands_there_is_not_written() -> None:
    world = linked(
        ruled((rule(sets(TAG, "x"), labels("vip")),)), right={"tag": "x", "labels": ("vip",)}
    )
    rests(world)


def test_ru6_a_value_in_another_case_is_set_once() -> None:
    world = linked(ruled((rule(sets(TAG, "VIP", When.ALWAYS)),)), right={"tag": "vip"})
    world.keeps = lambda _side, of, value: str(value).lower() if of == TAG else value
    assert world.run().writes == {"right": {"tag": "VIP"}}
    rests(world)


@pytest.mark.parametrize("undo", [False, True])
def test_ru6_an_edited_value_is_set_anew_and_the_first_former_value_is_put_back(undo: bool) -> None:
    world = linked(
        ruled((rule(in_unit("north"), sets(TAG, "x", undo=undo)),)), right={"tag": "old"}
    )
    world.run()
    world.change(ruled((rule(in_unit("north"), sets(TAG, "y", undo=undo)),)))
    assert world.run().writes == {"right": {"tag": "y"}}
    rests(world)
    world.edit("left", unit="south")
    assert world.run().writes == ({"right": {"tag": "old"}} if undo else {})
    rests(world)


def test_ru6_what_a_record_lets_nobody_write_is_flagged() -> None:
    world = linked(ruled((rule(sets(CITY, "Wien")),)))
    world.half_settings = {"right": {"unwritable": frozenset({"city"})}}
    decision = world.run()
    assert decision.writes == {}
    assert decision.flags == ("Google lets nobody write City here",)
    world.half_settings = {}
    assert world.run().writes == {"right": {"city": "Wien"}}


def test_i4_a_value_that_the_app_cut_is_flagged_and_not_set_again() -> None:
    long = "Comes from the rule and is long"
    world = linked(ruled((rule(sets(TAG, long, When.ALWAYS)),)))
    world.keeps = lambda _side, of, value: str(value)[:25] if of == TAG else value
    assert world.run().writes == {"right": {"tag": long}}
    for _ in range(2):
        decision = world.run()
        assert (decision.writes, decision.flags) == ({}, ("Google cut Tag short",))


def test_i1_an_action_that_another_program_fights_ends_in_the_freeze() -> None:
    world = linked(ruled((rule(sets(TAG, "ours", When.ALWAYS)),)))
    written = 0
    for _ in range(12):
        decision = world.run()
        written += bool(decision.writes)
        world.edit("right", tag="theirs")
        world.later(minutes=5)
    assert written == 7
    assert decision.flags == ("Two programs disagree: Tag",)
    assert decision.wake_at is not None

    world.now = decision.wake_at
    assert world.run().writes == {"right": {"tag": "ours"}}


# Owners


OWNERS: dict[str, Any] = {"owners": (("ann", "bob"),), "lost_owners": ("cleo",)}


@pytest.mark.parametrize(
    ("owner", "fallback", "wanted", "flags"),
    [
        ("ann", "", "bob", ()),
        ("ann", "ann", "bob", ()),
        ("dora", "", None, ()),
        ("dora", "ann", "ann", ()),
        (None, "ann", "ann", ()),
        (
            "cleo",
            "ann",
            "ann",
            ("The owner's partner in the table of owners is no longer in Google",),
        ),
        ("cleo", "", None, ("The owner's partner in the table of owners is no longer in Google",)),
    ],
)
@pytest.mark.parametrize("by_action", [False, True])
def test_va10_a_new_contact_belongs_to_its_owners_partner_or_the_fallback(
    owner: Value, fallback: str, wanted: Value, flags: tuple[str, ...], by_action: bool
) -> None:
    acts = (rule(sets(OWNER, None)),) if by_action else ALL
    configuration = ruled(acts, **OWNERS)
    right = replace(configuration.right, fallback_owner=fallback)
    decision = alone(replace(configuration, right=right), owner=owner).decide()
    assert decision.writes["right"].get("owner") == wanted
    assert decision.flags == flags


def test_va10_a_rules_owner_prevails_over_the_table() -> None:
    configuration = ruled((rule(sets(OWNER, "cleo")),), **OWNERS)
    assert alone(configuration, owner="ann").decide().writes["right"]["owner"] == "cleo"


def test_va10_the_table_is_read_from_either_side() -> None:
    configuration = ruled((), ALL, **OWNERS)
    world = Ruled(
        configuration, None, alone(configuration, owner="bob").values("left"), linked=False
    )
    assert world.decide().writes["left"]["owner"] == "ann"


def test_ru9_an_owner_whose_partner_is_gone_never_empties_the_target() -> None:
    configuration = ruled((rule(sets(OWNER, None, When.ALWAYS, undo=True)),), **OWNERS)
    world = linked(configuration, {"owner": "ann"}, {"owner": "ann"})
    assert world.run().writes == {"right": {"owner": "bob"}}
    world.edit("left", owner="cleo")
    decision = world.run()
    assert decision.writes == {}
    assert decision.flags == ("The owner's partner in the table of owners is no longer in Google",)
    world.change(ruled())
    assert world.run().writes == {"right": {"owner": "ann"}}


# New contacts


def test_a_contact_is_not_created_for_what_rules_set_alone() -> None:
    configuration = ruled((rule(sets(TAG, "x"), sets(OWNER, "bob")),), avoid_duplicates=False)
    bare = replace(
        configuration, pairs=tuple(each for each in configuration.pairs if each.left == JOB)
    )
    decision = alone(bare).decide()
    assert decision.create_on == "right"
    decision = alone(bare, job=None).decide()
    assert (decision.status, decision.reason) == (Status.EXCLUDED, "No mapped field has a value")


def test_ru6_a_new_contact_is_not_told_of_a_label_that_it_does_not_have() -> None:
    decision = alone(ruled((rule(labels("vip", adds=False)),))).decide()
    assert "labels" not in decision.writes["right"]
    assert decision.sent.keys() == {key for key in decision.sent if "=" in key[0]}


def test_ru3_a_condition_on_the_other_sides_half_is_its_own() -> None:
    owned = rule(Condition(ConditionKind.OWNER, Operator.IS, ("bob",)), sets(NOTES, "Bob's"))
    world = linked(ruled(ALL, (owned,)), {"owner": "ann"}, {"owner": "ann"})
    rests(world)
    world.edit("right", owner="bob")
    assert world.run().writes == {"left": {"notes": "Bob's"}}
    rests(world)
