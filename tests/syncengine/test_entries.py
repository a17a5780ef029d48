from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connections.configuration import Direction, Side
from connections.schema import Field, Role, Type
from syncengine.state import Effect
from tests.syncengine.builders import EMAILS, PHONES, TwoApps, one_pair, synced

LEFT_TO_RIGHT = Direction.LEFT_TO_RIGHT


# Lists


A, B, C, D, E = (f"{letter}@x.org" for letter in "abcde")


def lists(left: tuple[str, ...], right: tuple[str, ...] | None = None, **settings: Any) -> TwoApps:
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


def one_to_many(email: str | None, emails: tuple[str, ...], **settings: Any) -> TwoApps:
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
