from __future__ import annotations

from dataclasses import replace

from connections.schema import Value
from tests.syncengine.builders import FULL, JOINED, PARTS, TwoApps, configure


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
