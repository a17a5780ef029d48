from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connections.configuration import Direction, FirstMerge, Side
from connections.schema import Birthday, Field, Role, Type, Value
from syncengine.state import Effect
from tests.syncengine.builders import (
    BIRTHDAY,
    CITY,
    COUNTRY,
    EMAILS,
    JOB,
    NOTES,
    STREET,
    TwoApps,
    configure,
    one_pair,
    synced,
)

LEFT_TO_RIGHT = Direction.LEFT_TO_RIGHT


# One field


@pytest.mark.parametrize(("source", "target"), [("left", "right"), ("right", "left")])
def test_va1_what_changed_on_one_side_is_copied(source: Side, target: Side) -> None:
    world = synced(one_pair(JOB), {"job": "Buyer"})
    world.values(source)["job"] = "Head of purchasing"

    decision = world.run()

    assert decision.writes == {target: {"job": "Head of purchasing"}}
    (change,) = decision.changes
    assert (change.before, change.after) == ("Buyer", "Head of purchasing")
    assert (change.effect, change.lost, change.conflict) == (Effect.OVERWRITE, None, False)
    assert world.run().writes == {}


@pytest.mark.parametrize("winner", ["left", "right"])
def test_va2_where_both_changed_the_winner_stands_and_the_loser_is_kept_in_the_history(
    winner: Side,
) -> None:
    world = synced(one_pair(JOB, winner=winner), {"job": "Buyer"})
    world.values("left")["job"] = "left"
    world.values("right")["job"] = "right"

    decision = world.run()

    loser = "right" if winner == "left" else "left"
    assert decision.writes == {loser: {"job": winner}}
    (change,) = decision.changes
    assert (change.side, change.lost, change.conflict) == (loser, loser, True)
    assert decision.conflicts == 1


def test_va2_both_changed_to_the_same_is_no_conflict() -> None:
    world = synced(one_pair(JOB), {"job": "Buyer"})
    world.values("left")["job"] = "Chief  Buyer"
    world.values("right")["job"] = "Chief Buyer "

    assert world.run().writes == {}
    world.values("right")["job"] = None
    assert world.run().writes == {"left": {"job": None}}


@pytest.mark.parametrize("winner", ["left", "right"])
@pytest.mark.parametrize("copy_blanks", [True, False])
def test_va2_an_empty_value_of_the_winner_never_erases(winner: Side, copy_blanks: bool) -> None:
    world = synced(one_pair(JOB, winner=winner, copy_blanks=copy_blanks), {"job": "Buyer"})
    world.values("left")["job"] = None
    world.values("right")["job"] = "Seller"

    assert world.run().writes == {"left": {"job": "Seller"}}


def test_va3_clearing_is_copied() -> None:
    world = synced(one_pair(JOB), {"job": "Buyer"})
    world.values("left")["job"] = ""

    decision = world.run()

    assert decision.writes == {"right": {"job": None}}
    assert decision.changes[0].effect is Effect.CLEAR


def test_va3_with_the_switch_off_a_clear_is_not_copied_and_later_changes_are() -> None:
    world = synced(one_pair(JOB, copy_blanks=False), {"job": "Buyer"})
    world.values("left")["job"] = None
    assert world.run().writes == {}

    world.configuration = replace(world.configuration, copy_blanks=True)
    assert world.run().writes == {}
    world.values("right")["job"] = "Seller"
    assert world.run().writes == {"left": {"job": "Seller"}}


def test_i3_an_unknown_value_is_no_change() -> None:
    world = synced(one_pair(JOB), {"job": "Buyer"})
    del world.values("left")["job"]
    assert world.run().writes == {}

    world.values("right")["job"] = "Seller"
    assert world.run().writes == {"left": {"job": "Seller"}}


def test_i3_an_unknown_value_is_no_change_when_it_shows_again() -> None:
    world = synced(one_pair(JOB, replace(JOB, max_length=8)), {"job": "Buyer"})
    del world.values("right")["job"]
    world.values("left")["job"] = "Head of purchasing"
    assert world.run().writes == {}
    world.values("right")["job"] = "Buyer"
    assert world.run().writes == {}
    world.values("right")["job"] = "Seller"
    assert world.run().writes == {"left": {"job": "Seller"}}


def test_an_unknown_value_is_not_merged_the_first_time() -> None:
    world = TwoApps(one_pair(JOB, winner="right"), {}, {"job": "Buyer"})
    assert world.run().writes == {}
    assert world.base == {}

    world.values("left")["job"] = "Seller"
    assert world.run().writes == {"left": {"job": "Buyer"}}


def test_a_field_that_the_record_lets_nobody_write_waits() -> None:
    world = synced(one_pair(JOB), {"job": "Buyer"})
    world.half_settings["right"] = {"unwritable": frozenset({"job"})}
    world.values("left")["job"] = "Seller"
    assert world.run().writes == {}

    world.values("right")["job"] = "Driver"  # there the arrow is closed: this side prevails
    assert world.run().writes == {"left": {"job": "Driver"}}
    world.settle()
    world.values("left")["job"] = "Singer"
    assert world.run().writes == {}
    world.half_settings.clear()
    assert world.run().writes == {"right": {"job": "Singer"}}


# One way [CN2]


def test_cn2_the_targets_own_edit_stays_until_the_source_changes() -> None:
    world = synced(one_pair(JOB, direction=LEFT_TO_RIGHT, winner="right"), {"job": "Buyer"})
    world.values("right")["job"] = "own"
    assert world.run().writes == {}
    assert world.run().writes == {}

    world.values("left")["job"] = "Seller"
    decision = world.run()
    assert decision.writes == {"right": {"job": "Seller"}}
    assert decision.changes[0].lost == "own"


@pytest.mark.parametrize("right", [None, "own"])
def test_cn2_a_one_way_first_merge_writes_the_target_alone(right: Value) -> None:
    configuration = one_pair(JOB, direction=LEFT_TO_RIGHT, winner="right")
    world = TwoApps(configuration, {"job": "Buyer"}, {"job": right})
    assert world.run().writes == {"right": {"job": "Buyer"}}


def test_cn2_a_one_way_first_merge_clears_nothing() -> None:
    world = TwoApps(one_pair(JOB, direction=LEFT_TO_RIGHT), {"job": None}, {"job": "own"})
    assert world.run().writes == {}
    world.values("left")["job"] = "Buyer"
    assert world.run().writes == {"right": {"job": "Buyer"}}


# Conversions [VA6, VA12]


def test_va6_too_long_is_left_out_flagged_and_never_flips_back() -> None:
    short = replace(JOB, max_length=10)
    world = synced(
        configure((JOB, NOTES, EMAILS), (short, NOTES, EMAILS)), {"emails": ("a@x.org",)}
    )
    world.left = {"job": "Buyer", "notes": "a", "emails": ("a@x.org",)}
    world.right = dict(world.left)
    world.settle()
    world.values("left").update(job="A very long job title", notes="b")

    decision = world.run()
    assert decision.writes == {"right": {"notes": "b"}}
    assert decision.flags == (
        "Google did not get Job title: Job title holds 10 characters; this value has 21",
    )
    again = world.run()
    assert (again.writes, again.flags) == ({}, decision.flags)
    world.values("right")["job"] = "Seller"
    assert world.run().writes == {"left": {"job": "Seller"}}
    assert world.run().flags == ()


def test_va12_a_birthday_without_its_year_stays_out_of_a_date() -> None:
    day = Field("birthday", "Birthday", Type.DATE, Role.BIRTHDAY)
    world = synced(one_pair(day, BIRTHDAY), {"birthday": date(1990, 5, 17)}, {"birthday": None})
    assert world.values("right")["birthday"] == Birthday(1990, 5, 17)
    world.values("right")["birthday"] = Birthday(None, 5, 18)

    decision = world.run()
    assert decision.writes == {}
    assert "no year" in decision.flags[0]
    assert world.run().flags == decision.flags
    world.values("right")["birthday"] = Birthday(1990, 5, 18)
    assert world.run().writes == {"left": {"birthday": date(1990, 5, 18)}}
    assert world.run().flags == ()


def test_va6_a_date_keeps_the_time_of_day_of_the_other_side() -> None:
    day = Field("day", "Day", Type.DATE)
    moment = Field("moment", "Moment", Type.DATETIME)
    stood = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)  # 1 February, 0:30 in Vienna
    world = synced(one_pair(day, moment), {"day": date(2026, 2, 1)}, {"moment": stood})
    assert world.values("right")["moment"] == stood
    world.values("left")["day"] = date(2026, 7, 1)
    assert world.run().writes == {"right": {"moment": datetime(2026, 6, 30, 22, 30, tzinfo=UTC)}}
    assert world.run().writes == {}


def test_va6_a_fraction_does_not_go_where_whole_numbers_are() -> None:
    amount = Field("amount", "Amount", Type.DECIMAL)
    count = Field("count", "Count", Type.INTEGER)
    world = synced(one_pair(amount, count), {"amount": Decimal(3)}, {"count": 3})
    world.values("left")["amount"] = Decimal("3.5")
    decision = world.run()
    assert decision.writes == {}
    assert "whole numbers" in decision.flags[0]
    assert world.run().writes == {}


def test_a_required_field_is_not_cleared() -> None:
    required = replace(JOB, required=True)
    world = synced(one_pair(JOB, required), {"job": "Buyer"})
    world.values("left")["job"] = None
    decision = world.run()
    assert decision.writes == {}
    assert decision.flags == ("Google did not get Job title: a value is required there",)
    assert world.run().flags == decision.flags


# The address


ADDRESS = (STREET, CITY, COUNTRY)


def address(street: str | None, city: str | None, country: str | None) -> dict[str, Value]:
    return {"street": street, "city": city, "country": country}


def test_an_address_fills_gaps_where_no_part_differs() -> None:
    configuration = configure(ADDRESS, ADDRESS, avoid_duplicates=False)
    world = TwoApps(
        configuration, address("Graben 1", None, "Austria"), address("Graben 1", "Vienna", None)
    )
    assert world.run().writes == {"left": {"city": "Vienna"}, "right": {"country": "Austria"}}


def test_va2_an_address_is_merged_as_a_whole_where_filled_parts_differ() -> None:
    configuration = configure(ADDRESS, ADDRESS, avoid_duplicates=False, winner="right")
    world = TwoApps(
        configuration, address("Graben 1", "Vienna", "Austria"), address("Kai 7", None, "Austria")
    )
    decision = world.run()
    assert decision.writes == {"left": {"street": "Kai 7", "city": None}}
    assert {(change.label, change.lost) for change in decision.changes} == {
        ("Street", "Graben 1"),
        ("City", "Vienna"),
    }
    assert world.run().writes == {}


def test_va2_with_fill_gaps_a_differing_address_stays_as_it_is() -> None:
    configuration = configure(
        ADDRESS, ADDRESS, avoid_duplicates=False, first_merge=FirstMerge.FILL_GAPS
    )
    world = TwoApps(configuration, address("Graben 1", None, None), address("Kai 7", "Linz", None))
    assert world.run().writes == {}


def test_parts_of_an_address_changed_on_different_sides_are_each_copied() -> None:
    configuration = configure(ADDRESS, ADDRESS, avoid_duplicates=False)
    world = synced(configuration, address("Graben 1", "Wien", "Austria"))
    world.values("left")["city"] = "Vienna"
    world.values("right")["street"] = "Graben 12"
    assert world.run().writes == {"right": {"city": "Vienna"}, "left": {"street": "Graben 12"}}


def test_an_address_moved_on_both_sides_is_the_winners_as_a_whole() -> None:
    configuration = configure(ADDRESS, ADDRESS, avoid_duplicates=False)
    world = synced(configuration, address("Graben 1", "Vienna", "Austria"))
    world.values("left").update(address("Kai 7", "Linz", "Austria"))
    world.values("right").update(address("Ring 3", "Vienna", "AT"))
    decision = world.run()
    assert decision.writes == {"right": address("Kai 7", "Linz", "Austria")}
    lost = {change.label: change.lost for change in decision.changes}
    assert lost == {"Street": "Ring 3", "City": "Vienna", "Country": "AT"}


def test_an_address_of_which_a_part_does_not_fit_is_not_copied_in_parts() -> None:
    short = (replace(STREET, max_length=8), CITY, COUNTRY)
    world = TwoApps(
        configure(ADDRESS, short, avoid_duplicates=False),
        address("Mariahilfer Straße 1", "Vienna", None),
        address("Kai 7", "Linz", None),
    )
    decision = world.run()
    assert decision.writes == {}
    assert "Street holds 8" in decision.flags[0]
