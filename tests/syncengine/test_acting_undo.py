"""What is put back when a contact leaves a rule, and two rules that set the same."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connections.configuration import Direction
from connections.rules import Action, When
from connections.schema import Field, Value
from syncengine.state import Status
from tests.syncengine.ruled import (
    ALL,
    EVERYONE,
    EXISTS,
    OWNER,
    TAG,
    UNIT,
    WHENS,
    alone,
    in_unit,
    labels,
    linked,
    rests,
    rule,
    ruled,
    sets,
)


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
        (("Old", "mine"), ("Old", "mine", "Vip")),
        (("Old", "mine", "Vip"), ("mine", "Vip")),
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
