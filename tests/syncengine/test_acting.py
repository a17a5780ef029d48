"""What rules do with one contact: who is taken in, what is set, and what is put back."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.configuration import Direction
from connections.operands import ConditionKind, Operator
from connections.rules import Action, Condition, Match, Rule, When
from connections.schema import Field, Type, Value
from syncengine.state import Effect, Status
from tests.syncengine.builders import CITY, JOB, NOTES
from tests.syncengine.ruled import (
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
    rule,
    ruled,
    sets,
)

EVERYONE = Rule("everyone")
ALL = (EVERYONE,)
WHENS = [When.START, When.ALWAYS]


def rests(world: Ruled) -> None:
    """Check that nothing is to be done, however often it is looked at [I1, I4]."""
    for _ in range(2):
        assert world.run().writes == {}


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


# Undo


@pytest.mark.parametrize("when", WHENS)
@pytest.mark.parametrize(
    ("action", "right", "restored"),
    [
        (sets(TAG, "x"), {"tag": "old"}, {"tag": "old"}),
        (sets(TAG, "x"), {}, {"tag": None}),
        (sets(UNIT, "south"), {"unit": "north"}, {"unit": "north"}),
        (sets(OWNER, "bob"), {"owner": "ann"}, {"owner": "ann"}),
        (labels("vip"), {"labels": ("old",)}, {"labels": ("old",)}),
        (labels("old", adds=False), {"labels": ("old", "new")}, {"labels": ("new", "old")}),
    ],
)
@pytest.mark.parametrize("how", ["leaves", "deleted", "deleted with its rule"])
def test_ru6_undo_restores_what_stood_before(
    action: Action, right: dict[str, Value], restored: dict[str, Value], when: When, how: str
) -> None:
    acts = replace(action, when=when, undo=True)
    north = rule(in_unit("north"), acts)
    world = linked(ruled((north, rule(EXISTS, key="stays"))), right=right)
    world.values("right").update(right)
    assert world.run().writes.keys() == {"right"}
    rests(world)

    if how == "leaves":
        world.edit("left", unit="south")
    elif how == "deleted":
        world.change(ruled((replace(north, actions=()), rule(EXISTS, key="stays"))))
    else:
        world.change(ruled((rule(EXISTS, key="stays"),)))
    decision = world.run()
    assert decision.writes == {"right": restored}
    assert (decision.status, decision.matched[-1]) == (Status.WAITING, "stays")
    rests(world)
    assert world.acted == {}


@pytest.mark.parametrize("deleted", [False, True])
@pytest.mark.parametrize("of", [OWNER, UNIT])
def test_ru6_an_owner_or_unit_is_never_made_blank(of: Field, deleted: bool) -> None:
    acts = sets(of, "bob" if of is OWNER else "south", undo=True)
    world = linked(
        ruled((rule(in_unit("north"), acts), EVERYONE)), right={"owner": None, "unit": None}
    )
    world.values("right").update(owner=None, unit=None)
    world.run()
    world.edit("left", unit="south")
    if deleted:
        world.change(ruled())
    rests(world)


def test_ru6_what_can_no_longer_be_restored_stays() -> None:
    north = rule(in_unit("north"), sets(OWNER, "bob", undo=True), labels("vip", undo=True))
    world = linked(ruled((north, EVERYONE)), right={"owner": "left the company"})
    world.values("right")["owner"] = "left the company"
    world.run()
    world.edit("left", unit="south")
    assert world.run().writes == {"right": {"labels": ()}}
    rests(world)


@pytest.mark.parametrize("undo", [False, True])
@pytest.mark.parametrize("value", ["a person's", None])
def test_ru6_what_a_person_made_of_it_stays(undo: bool, value: Value) -> None:
    world = linked(
        ruled((rule(in_unit("north"), sets(TAG, "x", undo=undo)), EVERYONE)), right={"tag": "old"}
    )
    world.values("right")["tag"] = "old"
    world.run()
    world.edit("right", tag=value)
    rests(world)
    world.edit("left", unit="south")
    rests(world)
    assert world.values("right")["tag"] == value


@pytest.mark.parametrize("adds", [True, False])
def test_ru6_a_label_that_was_as_wanted_before_stays_so_when_the_rule_is_left(adds: bool) -> None:
    held = ("vip", "old") if adds else ("old",)
    acts = rule(in_unit("north"), labels("vip", adds=adds, undo=True))
    world = linked(ruled((acts, EVERYONE)), right={"labels": held})
    world.values("right")["labels"] = held
    rests(world)
    world.edit("left", unit="south")
    rests(world)


def test_ru6_labels_of_several_actions_are_written_at_once_and_others_stay() -> None:
    acts = rule(in_unit("north"), labels("vip", undo=True), labels("old", adds=False, undo=True))
    world = linked(ruled((acts, EVERYONE)), right={"labels": ("old",)})
    world.values("right")["labels"] = ("old", "mine")
    decision = world.run()
    assert decision.writes == {"right": {"labels": ("mine", "vip")}}
    assert [(each.before, each.after) for each in decision.changes] == [
        (None, "Vip"),
        ("Old", None),
    ]
    world.edit("right", labels=("mine", "vip", "new"))
    world.edit("left", unit="south")
    assert world.run().writes == {"right": {"labels": ("mine", "new", "old")}}
    rests(world)


def test_ru6_one_way_the_source_gets_nothing_back() -> None:
    acts = rule(in_unit("north"), sets(TAG, "x", undo=True))
    world = linked(ruled((acts,), ALL), right={"tag": "old"})
    world.values("right")["tag"] = "old"
    world.run()
    world.change(ruled((acts,), ALL, Direction.RIGHT_TO_LEFT))
    rests(world)
    world.change(ruled((), ALL))
    assert world.run().writes == {"right": {"tag": "old"}}


def test_ru8_leaving_the_last_rule_puts_back_and_counts_as_one_departure() -> None:
    world = linked(ruled((rule(in_unit("north"), sets(TAG, "x", undo=True)),)))
    world.run()
    world.edit("left", unit="south", job="Chef")
    decision = world.run()
    assert decision.writes == {"right": {"tag": None}}
    assert decision.leaves_scope
    decision = world.run()
    assert (decision.status, decision.writes) == (Status.EXCLUDED, {})
    assert not decision.leaves_scope


# Two rules


FIRST = rule(in_unit("north"), sets(TAG, "first", undo=True), key="first")
SECOND = rule(sets(TAG, "second", undo=True), key="second")


def test_ru7_the_first_wins_and_hands_over_with_what_stood_before() -> None:
    world = linked(ruled((FIRST, SECOND)), right={"tag": "old"})
    world.values("right")["tag"] = "old"
    assert world.run().writes == {"right": {"tag": "first"}}
    rests(world)
    world.edit("left", unit="south")
    assert world.run().writes == {"right": {"tag": "second"}}
    rests(world)
    world.edit("left", unit="north")
    assert world.run().writes == {"right": {"tag": "first"}}
    world.edit("left", unit="south")
    world.run()
    world.change(ruled())
    assert world.run().writes == {"right": {"tag": "old"}}


def test_ru7_a_handing_over_that_was_refused_forgets_nothing() -> None:
    world = linked(ruled((FIRST, SECOND)), right={"tag": "old"})
    world.values("right")["tag"] = "old"
    world.run()
    world.edit("left", unit="south")
    for _ in range(2):
        decision = world.decide()
        world.take(decision)
        world.sent = {}  # refused
    world.run()
    world.change(ruled())
    assert world.run().writes == {"right": {"tag": "old"}}


def test_ru7_a_label_is_added_or_removed_by_the_first_that_says_so() -> None:
    adds, removes = rule(labels("vip"), key="a"), rule(labels("vip", adds=False), key="b")
    world = linked(ruled((adds, removes)))
    assert world.run().writes == {"right": {"labels": ("vip",)}}
    rests(world)
    world.change(ruled((removes, adds)))
    assert world.run().writes == {"right": {"labels": ()}}
    rests(world)


def test_ru7_what_is_set_on_creation_alone_gives_way_where_nothing_was_created() -> None:
    born, later = rule(sets(TAG, "born", When.CREATION), key="a"), rule(sets(TAG, "later"), key="b")
    configuration = ruled((born, later))
    assert linked(configuration).run().writes == {"right": {"tag": "later"}}
    created = alone(configuration)
    created.run()
    rests(created)
    assert created.values("right")["tag"] == "born"


@pytest.mark.parametrize("undo", [False, True])
def test_ru6_what_was_set_on_creation_alone_stays(undo: bool) -> None:
    born = rule(in_unit("north"), sets(TAG, "born", When.CREATION, undo=undo))
    world = alone(ruled((born, EVERYONE)))
    world.run()
    world.edit("left", unit="south")
    rests(world)
    assert world.values("right")["tag"] == "born"


# A field that is mapped, and set by an action


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


def test_ru6_the_history_of_a_creation_tells_of_a_field_once() -> None:
    decision = alone(ruled((graz(),)), city="Wien").decide()
    assert [each.after for each in decision.changes if each.label == "City"] == ["Graz"]


def test_ru3_a_condition_on_the_other_sides_half_is_its_own() -> None:
    owned = rule(Condition(ConditionKind.OWNER, Operator.IS, ("bob",)), sets(NOTES, "Bob's"))
    world = linked(ruled(ALL, (owned,)), {"owner": "ann"}, {"owner": "ann"})
    rests(world)
    world.edit("right", owner="bob")
    assert world.run().writes == {"left": {"notes": "Bob's"}}
    rests(world)
