from __future__ import annotations

from dataclasses import replace

import pytest

from connections.configuration import Direction, FirstMerge, Pair
from connections.schema import Field, Option, Type
from syncengine.state import Effect
from tests.syncengine.builders import (
    EMAILS,
    JOB,
    TwoApps,
    configure,
    one_pair,
    synced,
)

LEFT_TO_RIGHT = Direction.LEFT_TO_RIGHT


def test_va2_the_first_merge_fills_gaps_both_ways_and_the_winner_decides() -> None:
    world = TwoApps(
        configure(winner="right"),
        {"first_name": "Ann", "emails": ("ann@x.org",), "job": "Buyer", "notes": None},
        {"first_name": None, "emails": ("ann@x.org",), "job": "Seller", "notes": "tall"},
    )
    decision = world.run()

    assert decision.writes == {
        "left": {"job": "Seller", "notes": "tall"},
        "right": {"first_name": "Ann"},
    }
    effects = {change.label: (change.effect, change.lost) for change in decision.changes}
    assert effects["Job title"] == (Effect.OVERWRITE, "Buyer")
    assert effects["Notes"] == (Effect.FILL, None)
    assert decision.conflicts == 1
    assert world.run().writes == {}


def test_va2_fill_gaps_leaves_what_differs() -> None:
    world = TwoApps(
        configure(first_merge=FirstMerge.FILL_GAPS),
        {"first_name": "Ann", "emails": ("ann@x.org",), "job": "Buyer", "notes": None},
        {"first_name": None, "emails": ("ann@x.org",), "job": "Seller", "notes": "tall"},
    )
    assert world.run().writes == {"left": {"notes": "tall"}, "right": {"first_name": "Ann"}}
    assert world.run().writes == {}
    world.values("right")["job"] = "Driver"
    assert world.run().writes == {"left": {"job": "Driver"}}


def test_va2_link_only_writes_nothing_and_later_changes_sync() -> None:
    world = TwoApps(
        configure(first_merge=FirstMerge.LINK_ONLY),
        {"first_name": "Ann", "emails": ("ann@x.org",), "job": "Buyer", "notes": None},
        {"first_name": None, "emails": ("ann@x.org", "b@x.org"), "job": "Seller", "notes": "tall"},
    )
    assert world.run().writes == {}
    world.values("left")["notes"] = "short"
    world.values("left")["emails"] = ("ann@x.org", "c@x.org")
    decision = world.run()
    assert decision.writes == {
        "right": {"notes": "short", "emails": ("ann@x.org", "b@x.org", "c@x.org")}
    }


def test_va3_a_direction_that_is_widened_makes_a_first_merge() -> None:
    world = synced(one_pair(JOB, direction=LEFT_TO_RIGHT, winner="right"), {"job": "Buyer"})
    world.values("right")["job"] = "own"
    world.run()
    world.configuration = one_pair(JOB, winner="right")

    decision = world.run()
    assert decision.writes == {"left": {"job": "own"}}
    assert decision.conflicts == 1


def test_va3_narrowed_and_widened_again_is_a_first_merge_too() -> None:
    world = synced(one_pair(JOB, winner="right"), {"job": "Buyer"})
    world.configuration = one_pair(JOB, direction=LEFT_TO_RIGHT)
    world.run()
    assert world.base["job=job"].direction == LEFT_TO_RIGHT
    world.values("right")["job"] = "own"
    world.run()
    world.configuration = one_pair(JOB, winner="left")
    assert world.run().writes == {"right": {"job": "Buyer"}}


def test_a_mapping_whose_options_changed_is_merged_anew() -> None:
    left = Field("kind", "Kind", Type.CHOICE, options=(Option("1", "A"), Option("2", "B")))
    right = Field("sort", "Sort", Type.CHOICE, options=(Option("x", "X"), Option("y", "Y")))
    pair = Pair(left, right, options=(("1", "x"), ("2", "y")))
    configuration = configure((left,), (right,), (pair,), avoid_duplicates=False)
    world = TwoApps(configuration, {"kind": "1"}, {"sort": None})
    world.settle()
    assert world.values("right") == {"sort": "x"}

    swapped = replace(pair, options=(("1", "y"), ("2", "x")))
    world.configuration = replace(world.configuration, pairs=(swapped,))
    assert world.run().writes == {"right": {"sort": "y"}}
    assert world.run().writes == {}
    world.values("right")["sort"] = "x"
    assert world.run().writes == {"left": {"kind": "2"}}


KIND = Field("kind", "Kind", Type.CHOICE, options=(Option("1", "A"), Option("2", "B")))
SORT = Field("sort", "Sort", Type.CHOICE, options=(Option("1", "B"), Option("2", "A")))


def test_va5_options_are_the_same_by_their_labels_not_by_their_values() -> None:
    world = TwoApps(one_pair(KIND, SORT), {"kind": "1"}, {"sort": "1"})
    assert world.run().writes == {"right": {"sort": "2"}}
    assert world.run().writes == {}


def test_va5_of_several_options_for_one_the_first_goes_back() -> None:
    pair = Pair(KIND, SORT, options=(("1", "1"), ("2", "1")))
    world = TwoApps(
        configure((KIND,), (SORT,), (pair,), avoid_duplicates=False), {"kind": "2"}, {"sort": None}
    )
    assert world.run().writes == {"right": {"sort": "1"}}
    assert world.run().writes == {}
    world.values("right")["sort"] = None
    world.settle()
    world.values("right")["sort"] = "1"
    assert world.run().writes == {"left": {"kind": "1"}}


def test_a_gap_that_the_record_lets_nobody_write_is_filled_later() -> None:
    world = TwoApps(one_pair(JOB), {"job": "Buyer"}, {"job": None})
    world.half_settings["right"] = {"unwritable": frozenset({"job"})}
    assert world.run().writes == {}
    assert world.run().writes == {}
    world.half_settings.clear()
    assert world.run().writes == {"right": {"job": "Buyer"}}


@pytest.mark.parametrize("kept", ["R&amp;D and all that belongs to it", "R&D and all that belongs"])
def test_i4_a_first_merge_copies_nothing_back_that_an_app_made_of_our_value(kept: str) -> None:
    world = TwoApps(
        one_pair(JOB, direction=LEFT_TO_RIGHT),
        {"job": "R&D and all that belongs to it"},
        {"job": None},
        keeps=lambda _side, _field, _value: kept,
    )
    world.settle()
    assert world.values("right")["job"] == kept
    world.configuration = one_pair(JOB, winner="right")
    assert world.run().writes == {}
    world.values("right")["job"] = "Seller"
    assert world.run().writes == {"left": {"job": "Seller"}}


def test_fields_that_are_no_longer_mapped_are_forgotten() -> None:
    world = synced(configure(), {"job": "Buyer", "emails": ("a@x.org",)})
    assert "job=job" in world.base
    world.configuration = configure((EMAILS,), (EMAILS,))
    world.run()
    assert set(world.base) == {"emails=emails"}
