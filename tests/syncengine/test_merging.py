from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connections.configuration import Direction, FirstMerge, Pair, Side
from connections.schema import Birthday, Field, Option, Role, Type, Value
from syncengine.state import Effect
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


# First merge


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


# Lists


A, B, C, D, E = (f"{letter}@x.org" for letter in "abcde")


def lists(
    left: tuple[str, ...], right: tuple[str, ...] | None = None, **settings: object
) -> TwoApps:
    return synced(one_pair(EMAILS, **settings), {"emails": left}, {"emails": right or left})


def test_va1_entries_are_added_and_removed_one_by_one() -> None:
    world = lists((A, B))
    world.values("left")["emails"] = (A, B, C)
    world.values("right")["emails"] = (B, D)

    decision = world.run()
    assert decision.writes == {"left": {"emails": (B, C, D)}, "right": {"emails": (B, D, C)}}
    assert decision.conflicts == 0
    assert world.run().writes == {}


def test_an_entry_edited_in_place_keeps_its_place() -> None:
    world = lists((A, B, C), (C, A, B))
    world.values("left")["emails"] = (A, D, C)
    decision = world.run()
    assert decision.writes == {"right": {"emails": (C, A, D)}}
    assert decision.changes[0].effect is Effect.OVERWRITE


def test_order_and_case_alone_are_no_change_and_equal_entries_are_one() -> None:
    world = lists((A, B))
    world.values("left")["emails"] = (B.upper(), A, A.title())
    assert world.run().writes == {}


def test_va11_a_change_of_form_only_is_not_copied() -> None:
    world = synced(
        one_pair(PHONES), {"phones": ("+43 1 58858",)}, {"phones": ("(01) 588 58", "01 4000")}
    )
    assert world.values("right")["phones"] == ("(01) 588 58", "01 4000")
    assert world.values("left")["phones"] == ("+43 1 58858", "01 4000")
    world.values("left")["phones"] = ("0043158858", "01 4000")
    assert world.run().writes == {}


def test_va11_a_placeholder_is_never_copied_and_stays() -> None:
    world = synced(one_pair(PHONES), {"phones": ("000", "+43 1 58858")}, {"phones": ()})
    assert world.values("right")["phones"] == ("+43 1 58858",)
    world.values("right")["phones"] = ()
    world.run()
    assert world.values("left")["phones"] == ("000",)


@pytest.mark.parametrize("winner", ["left", "right"])
def test_an_entry_edited_on_both_sides_is_the_winners_on_both(winner: Side) -> None:
    world = lists((A, B), winner=winner)
    world.values("left")["emails"] = (A, C)
    world.values("right")["emails"] = (A, D)
    decision = world.run()
    loser: Side = "right" if winner == "left" else "left"
    kept, lost = (C, D) if winner == "left" else (D, C)
    assert decision.writes == {loser: {"emails": (A, kept)}}
    assert decision.changes[0].lost == (lost,)
    assert world.run().writes == {}


def test_an_edit_stands_against_a_removal() -> None:
    world = lists((A, B))
    world.values("left")["emails"] = (A,)
    world.values("right")["emails"] = (A, C)
    assert world.run().writes == {"left": {"emails": (A, C)}}


def test_va3_removing_the_last_entry_is_a_clear() -> None:
    world = synced(one_pair(PHONES), {"phones": ("01 4000",)})
    world.values("left")["phones"] = ()
    decision = world.run()
    assert decision.writes == {"right": {"phones": None}}
    assert decision.changes[0].effect is Effect.CLEAR


def test_va3_a_list_that_is_cleared_is_not_cleared_there_with_the_switch_off() -> None:
    world = synced(one_pair(PHONES, copy_blanks=False), {"phones": ("01 4000", "01 5000")})
    world.values("left")["phones"] = ("01 4000",)
    assert world.run().writes == {"right": {"phones": ("01 4000",)}}
    world.values("left")["phones"] = ()
    world.values("right")["phones"] = ("01 4000", "01 6000")
    assert world.run().writes == {"left": {"phones": ("01 6000",)}}
    assert world.run().writes == {}
    assert world.values("right")["phones"] == ("01 4000", "01 6000")


def test_va3_what_was_added_meanwhile_survives_a_clear() -> None:
    world = synced(one_pair(PHONES), {"phones": ("01 4000",)})
    world.values("left")["phones"] = ()
    world.values("right")["phones"] = ("01 4000", "01 6000")
    assert world.run().writes == {
        "left": {"phones": ("01 6000",)},
        "right": {"phones": ("01 6000",)},
    }


def test_a_first_merge_unites_lists() -> None:
    world = TwoApps(one_pair(EMAILS), {"emails": (A, B)}, {"emails": (C, A.upper())})
    decision = world.run()
    assert decision.writes == {
        "left": {"emails": (A, B, C)},
        "right": {"emails": (C, A.upper(), B)},
    }
    assert {change.effect for change in decision.changes} == {Effect.FILL}
    assert world.run().writes == {}


def test_a_first_merge_one_way_adds_to_the_target_alone() -> None:
    world = TwoApps(
        one_pair(EMAILS, direction=LEFT_TO_RIGHT), {"emails": (A, B)}, {"emails": (C, A)}
    )
    assert world.run().writes == {"right": {"emails": (C, A, B)}}
    assert world.run().writes == {}
    world.values("left")["emails"] = (A,)
    assert world.run().writes == {"right": {"emails": (C, A)}}


def test_cn2_an_entry_edited_at_the_target_gives_way_when_the_source_edits_it() -> None:
    world = lists((A, B), direction=LEFT_TO_RIGHT, winner="right")
    world.values("right")["emails"] = (A, C)
    assert world.run().writes == {}
    world.values("left")["emails"] = (A, D)
    decision = world.run()
    assert decision.writes == {"right": {"emails": (A, D)}}
    assert decision.changes[0].lost == (C,)


def test_va8_a_list_never_gets_shorter_because_the_other_app_has_fewer_slots() -> None:
    few = replace(EMAILS, slots=2)
    world = TwoApps(one_pair(few, EMAILS), {"emails": ()}, {"emails": (A, B, C)})
    decision = world.run()
    assert decision.writes == {"left": {"emails": (A, B)}}
    assert decision.flags == ("Pipeliner has no place for 1 entry of Emails",)
    again = world.run()
    assert (again.writes, again.flags) == ({}, decision.flags)

    world.values("left")["emails"] = (A,)
    assert world.run().writes == {"right": {"emails": (A, C)}}
    assert world.run().writes == {}
    assert world.values("left")["emails"] == (A,), "a freed slot is not refilled"

    world.values("right")["emails"] = (A, C, D)
    assert world.run().writes == {"left": {"emails": (A, D)}}


def test_va8_what_finds_no_slot_does_not_undo_what_the_other_side_gets() -> None:
    few = replace(EMAILS, slots=2)
    world = synced(one_pair(few, EMAILS), {"emails": (A,)})
    world.values("left")["emails"] = (A, B)
    world.values("right")["emails"] = (A, C)
    assert world.run().writes == {"right": {"emails": (A, C, B)}}
    assert world.run().writes == {}
    assert world.values("left")["emails"] == (A, B)


def test_an_entry_that_was_added_is_not_taken_for_the_one_removed_elsewhere() -> None:
    world = synced(one_pair(EMAILS, replace(EMAILS, slots=1)), {"emails": (A, B)}, {"emails": (A,)})
    world.values("left")["emails"] = (A,)
    world.values("right")["emails"] = (B,)
    world.settle()
    assert world.values("left")["emails"] == world.values("right")["emails"] == (B,)


def test_an_entry_too_long_for_the_target_is_left_out() -> None:
    world = synced(one_pair(EMAILS, replace(EMAILS, max_length=10)), {"emails": (A,)})
    world.values("left")["emails"] = (A, "somebody@example.org")
    decision = world.run()
    assert decision.writes == {}
    assert decision.flags == ("Google did not get 1 entry of Emails: too long",)
    assert world.run().flags == decision.flags


def test_unknown_lists_are_left_alone() -> None:
    world = lists((A, B))
    del world.values("right")["emails"]
    world.values("left")["emails"] = (A,)
    assert world.run().writes == {}
    world.values("right")["emails"] = (A, B)
    assert world.run().writes == {"right": {"emails": (A,)}}


# One value and many [VA8]


EMAIL = Field("email", "Email", Type.EMAIL, Role.EMAILS)


def one_to_many(email: str | None, emails: tuple[str, ...], **settings: object) -> TwoApps:
    return TwoApps(one_pair(EMAIL, EMAILS, **settings), {"email": email}, {"emails": emails})


def test_va8_many_to_one_takes_the_primary_value() -> None:
    world = one_to_many(None, (A, B))
    assert world.run().writes == {"left": {"email": A}}
    assert world.run().writes == {}
    world.values("right")["emails"] = (B, A)
    assert world.run().writes == {"left": {"email": B}}


def test_va8_one_to_many_replaces_the_value_it_came_from_and_keeps_the_others() -> None:
    world = one_to_many(A, (A, B))
    world.settle()
    world.values("left")["email"] = C
    assert world.run().writes == {"right": {"emails": (C, B)}}
    assert world.run().writes == {}
    world.values("left")["email"] = None
    assert world.run().writes == {"right": {"emails": (B,)}}
    assert world.run().writes == {}


def test_va8_a_winner_of_one_value_comes_first_and_erases_none() -> None:
    world = one_to_many(C, (A, B))
    assert world.run().writes == {"right": {"emails": (C, A, B)}}
    world.settle()
    world.values("right")["emails"] = (B, C, A)
    assert world.run().writes == {"left": {"email": B}}


def test_va8_one_value_finds_no_slot() -> None:
    full = replace(EMAILS, slots=2)
    world = TwoApps(one_pair(EMAIL, full), {"email": C}, {"emails": (A, B)})
    decision = world.run()
    assert decision.writes == {}
    assert decision.flags == ("Google did not get Emails: no place is free",)


# Names [VA7]


def named(left: Value, **parts: Value) -> TwoApps:
    configuration = configure((FULL,), (JOINED, *PARTS), avoid_duplicates=False)
    blank: dict[str, Value] = dict.fromkeys(field.key for field in PARTS)
    return TwoApps(configuration, {"name": left}, {**blank, **parts})


def test_va7_parts_are_joined_and_only_the_part_that_changed_is_written() -> None:
    world = named(None, prefix="Dr.", first_name="Ann", middle_name="M.", last_name="Lee")
    assert world.run().writes == {"left": {"name": "Dr. Ann M. Lee"}}
    assert world.run().writes == {}

    world.values("left")["name"] = "Dr. Ann M. Smith"
    decision = world.run()
    assert decision.writes == {"right": {"last_name": "Smith"}}
    assert decision.changes[0].after == "Dr. Ann M. Smith"
    assert world.run().writes == {}
    assert world.values("right")["prefix"] == "Dr."


def test_va7_an_edit_that_fits_no_part_is_flagged_and_writes_nothing() -> None:
    world = named(None, first_name="Ann", last_name="Lee")
    world.settle()
    world.values("left")["name"] = "The Lee family of Boston"
    decision = world.run()
    assert decision.writes == {}
    assert decision.flags == ("Google did not get Full name: the new name fits no single part",)
    assert world.run().flags == decision.flags
    assert world.values("left")["name"] == "The Lee family of Boston"


def test_va7_a_new_name_is_split_where_that_is_certain_else_goes_whole_into_one_part() -> None:
    world = named("Ann Lee")
    assert world.run().writes == {"right": {"first_name": "Ann", "last_name": "Lee"}}
    assert world.run().writes == {}

    world = named("Cher")
    assert world.run().writes == {"right": {"last_name": "Cher"}}
    assert world.run().writes == {}


def test_a_name_that_is_cleared_is_cleared_in_all_parts() -> None:
    world = named(None, first_name="Ann", last_name="Lee")
    world.settle()
    world.values("left")["name"] = None
    assert world.run().writes == {"right": {"first_name": None, "last_name": None}}
    assert world.run().writes == {}


def test_va7_a_part_too_long_for_its_field_is_left_out() -> None:
    parts = tuple(replace(part, max_length=6) for part in PARTS)
    configuration = configure((FULL,), (JOINED, *parts), avoid_duplicates=False)
    world = TwoApps(configuration, {"name": "Ann Featherstonehaugh"}, {"first_name": None})
    decision = world.run()
    assert decision.writes == {}
    assert "Last name holds 6 characters" in decision.flags[0]
