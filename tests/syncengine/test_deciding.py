from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connections.configuration import Configuration, Direction, Pair, Side, other
from connections.schema import Field, Type, Value
from syncengine.state import Effect, Status
from tests.syncengine.builders import (
    ANN,
    EMAILS,
    FIELDS,
    FULL,
    JOB,
    JOINED,
    NOTES,
    NOW,
    PARTS,
    TwoApps,
    configure,
    linked,
)


def alone(configuration: Configuration, values: dict[str, Value], **half: Any) -> TwoApps:
    """Return a contact that is at Pipeliner only."""
    return TwoApps(configuration, left=values, linked=False, half_settings={"left": half})


# Creating the other half


def test_a_contact_is_created_with_all_that_is_mapped() -> None:
    world = alone(configure(), {**ANN, "phones": ("01 4000", "01 5000"), "notes": "", "extra": "x"})

    decision = world.run()

    assert decision.status is Status.WAITING
    assert decision.create_on == "right"
    filled = {key: value for key, value in ANN.items() if value}
    assert decision.writes == {"right": {**filled, "phones": ("01 4000", "01 5000")}}
    assert {change.effect for change in decision.changes} == {Effect.FILL}
    assert all(sent.stood is None for sent in decision.sent.values())
    assert decision.sent["job=job", "right"].source == "Buyer"
    assert world.run().writes == {}
    assert world.decide().status is Status.IN_SYNC


def test_what_the_new_half_lacks_is_a_gap_that_its_app_may_have_filled() -> None:
    world = alone(configure(), dict(ANN))
    world.run()
    world.values("right")["country"] = "Austria"
    assert world.run().writes == {"left": {"country": "Austria"}}


def test_mappings_that_write_the_other_way_alone_are_not_part_of_a_creation() -> None:
    pairs = (
        Pair(EMAILS, EMAILS),
        Pair(JOB, JOB, Direction.RIGHT_TO_LEFT),
        Pair(NOTES, NOTES, Direction.LEFT_TO_RIGHT),
    )
    world = alone(configure(pairs=pairs), {**ANN, "notes": "tall"})
    assert world.run().writes == {"right": {"emails": ("ann@x.org",), "notes": "tall"}}


def test_va6_a_creation_leaves_out_what_does_not_fit() -> None:
    right = tuple(
        {"job": replace(JOB, max_length=3), "emails": replace(EMAILS, slots=1)}.get(
            field.key, field
        )
        for field in FIELDS
    )
    world = alone(configure(right=right), {**ANN, "emails": ("ann@x.org", "lee@x.org")})

    decision = world.run()

    assert decision.writes["right"]["emails"] == ("ann@x.org",)
    assert "job" not in decision.writes["right"]
    assert decision.flags == (
        "Google has no place for 1 entry of Emails",
        "Google did not get Job title: Job title holds 3 characters; this value has 5",
    )
    again = world.run()
    assert again.writes == {}
    assert set(again.flags) == set(decision.flags)
    assert world.values("left")["emails"] == ("ann@x.org", "lee@x.org")


def test_va1_a_creation_takes_each_entry_once_and_no_placeholder() -> None:
    emails, phones = ("Ann@x.org", "ann@x.org", "lee@x.org"), ("000", "+43 1 58858", "01 58858")
    world = alone(configure(phone_region="AT"), {**ANN, "emails": emails, "phones": phones})
    writes = world.run().writes["right"]
    assert writes["emails"] == ("Ann@x.org", "lee@x.org")
    assert writes["phones"] == ("+43 1 58858",)
    assert world.run().writes == {}


@pytest.mark.parametrize(
    ("half", "reason"),
    [
        ({"gone": True}, "Deleted in Pipeliner"),
        ({"archived": True}, "Archived in Pipeliner"),
        ({"scopes": ("south",)}, "Outside the scope in Pipeliner"),
        ({"scopes": ("north", "south")}, ""),
    ],
)
def test_what_is_gone_archived_or_out_of_scope_creates_nothing(
    half: dict[str, object], reason: str
) -> None:
    scope = frozenset({"north", "aarhus"})
    configuration = configure(left=FIELDS)
    configuration = replace(configuration, left=replace(configuration.left, scope=scope))
    decision = alone(configuration, dict(ANN), **{"scopes": ("north",), **half}).decide()
    assert decision.reason == reason
    assert (decision.status is Status.EXCLUDED) == bool(reason)
    assert bool(decision.writes) != bool(reason)


def test_cn4_the_receiving_side_of_one_direction_creates_nothing() -> None:
    decision = alone(configure(direction=Direction.RIGHT_TO_LEFT), dict(ANN)).decide()
    assert (decision.status, decision.reason) == (
        Status.EXCLUDED,
        "The direction writes nothing to Google",
    )


@pytest.mark.parametrize("emails", [None, (), ("",), "unknown"])
def test_ma2_a_contact_without_an_email_is_excluded(emails: Value) -> None:
    values = {**ANN, "emails": emails}
    if emails == "unknown":
        del values["emails"]
    decision = alone(configure(), values).decide()
    assert (decision.status, decision.reason) == (
        Status.EXCLUDED,
        "No email address, and avoid duplicates is on",
    )
    assert alone(configure(avoid_duplicates=False), values).decide().create_on == "right"


def test_ma2_the_email_counts_though_it_is_not_mapped() -> None:
    configuration = configure(pairs=(Pair(JOB, JOB),))
    assert alone(configuration, dict(ANN)).decide().writes == {"right": {"job": "Buyer"}}


def test_ma2_a_contact_with_neither_email_nor_name_is_excluded() -> None:
    configuration = configure(avoid_duplicates=False)
    decision = alone(configuration, {"job": "Buyer"}).decide()
    assert (decision.status, decision.reason) == (Status.EXCLUDED, "No name and no email address")


def test_ma6_a_contact_without_a_name_does_not_go_where_one_is_needed() -> None:
    configuration = configure()
    nameless: dict[str, Value] = {"emails": ("ann@x.org",), "job": "Buyer"}
    assert alone(configuration, nameless).decide().create_on == "right"

    picky = replace(configuration, right=replace(configuration.right, needs_name=True))
    decision = alone(picky, nameless).decide()
    assert (decision.status, decision.reason) == (
        Status.EXCLUDED,
        "Google wants a first or last name",
    )
    assert alone(picky, {**nameless, "last_name": "Lee"}).decide().create_on == "right"


def test_a_required_field_that_nothing_fills_is_named() -> None:
    kind = Field("kind", "Customer type", Type.TEXT, required=True)
    configuration = configure(right=(*FIELDS, kind))
    decision = alone(configuration, dict(ANN)).decide()
    assert (decision.status, decision.reason, decision.writes) == (
        Status.FAILING,
        "Google wants a value in Customer type",
        {},
    )
    mapped = replace(configuration, pairs=(*configuration.pairs, Pair(NOTES, kind)))
    assert alone(mapped, {**ANN, "notes": "big"}).decide().create_on == "right"
    assert alone(mapped, dict(ANN)).decide().status is Status.FAILING


def test_va7_a_creation_where_names_are_in_parts() -> None:
    configuration = configure((FULL, EMAILS), (JOINED, *PARTS, EMAILS))
    world = alone(configuration, {"name": "Dr. Ann Lee", "emails": ("ann@x.org",)})
    assert world.run().writes == {
        "right": {
            "prefix": "Dr.",
            "first_name": "Ann",
            "last_name": "Lee",
            "emails": ("ann@x.org",),
        }
    }
    assert world.run().writes == {}

    world = alone(configuration, {"name": "Þórhildur", "emails": ("ann@x.org",)})
    decision = world.run()
    assert decision.writes["right"]["last_name"] == "Þórhildur"
    assert world.run().writes == {}


# Linked, and not in sync


@pytest.mark.parametrize("gone", [["left"], ["right"], ["left", "right"]])
def test_du2_a_counterpart_that_was_deleted_is_not_made_again(gone: list[Side]) -> None:
    world = linked()
    world.values("left")["job"] = "Seller"
    for each in gone:
        world.half_settings[each] = {"gone": True}
    decision = world.run()
    assert (decision.status, decision.writes, decision.create_on) == (Status.GONE, {}, None)
    assert decision.reason == "Deleted in " + " and ".join(
        {"left": "Pipeliner", "right": "Google"}[each] for each in gone
    )

    world.half_settings.clear()  # restored: the link goes on
    assert world.run().writes == {"right": {"job": "Seller"}}


def test_du2_a_half_of_which_nothing_is_kept_any_more_is_gone() -> None:
    world = linked()
    world.right = None
    assert world.decide().status is Status.GONE
    world.left = None
    assert world.decide().status is Status.GONE


@pytest.mark.parametrize("archived", ["left", "right"])
def test_ma6_an_archived_contact_is_never_written(archived: Side) -> None:
    world = linked()
    world.half_settings[archived] = {"archived": True}
    world.values("left")["job"] = "Seller"
    decision = world.run()
    assert (decision.status, decision.writes) == (Status.EXCLUDED, {})
    assert decision.reason.startswith("Archived in ")
    assert not decision.leaves_scope


@pytest.mark.parametrize("outside", ["left", "right"])
def test_ac6_a_contact_that_leaves_the_scope_is_excluded_and_goes_on_when_it_is_back(
    outside: Side,
) -> None:
    world = linked()
    here = replace(world.configuration.side(outside), scope=frozenset({"north"}))
    there = world.configuration.side(other(outside))
    both = {outside: here, other(outside): there}
    world.configuration = replace(world.configuration, left=both["left"], right=both["right"])
    world.half_settings[outside] = {"scopes": ("north",)}
    assert world.run().status is Status.IN_SYNC

    world.half_settings[outside] = {"scopes": ("south",)}
    world.values("left")["job"] = "Seller"
    decision = world.run()
    assert (decision.status, decision.writes, decision.leaves_scope) == (Status.EXCLUDED, {}, True)
    assert decision.reason == f"Outside the scope in {here.app_label}"
    world.was_in_scope = False
    assert not world.decide().leaves_scope

    world.half_settings[outside] = {"scopes": ("north",)}
    assert world.run().writes == {"right": {"job": "Seller"}}


@pytest.mark.parametrize("without", ["left", "right"])
def test_ma4_a_linked_contact_that_loses_its_last_email_is_excluded_until_it_has_one(
    without: Side,
) -> None:
    world = linked()
    world.values(without)["emails"] = ()
    world.values("left")["job"] = "Seller"
    decision = world.run()
    assert (decision.status, decision.writes) == (Status.EXCLUDED, {})
    assert decision.reason == "No email address, and avoid duplicates is on"

    world.values(without)["emails"] = ("lee@x.org",)
    decision = world.run()
    assert decision.writes[other(without)]["emails"] == ("lee@x.org",)
    assert decision.writes["right"]["job"] == "Seller"


def test_ma4_a_half_that_never_had_an_email_gets_the_other_halfs() -> None:
    world = TwoApps(configure(), dict(ANN), {**ANN, "emails": ()})
    assert world.run().writes == {"right": {"emails": ("ann@x.org",)}}


def test_ma4_without_avoid_duplicates_the_clear_is_copied() -> None:
    world = linked(avoid_duplicates=False)
    world.values("left")["emails"] = ()
    assert world.run().writes == {"right": {"emails": None}}


def test_ma6_a_name_is_not_cleared_where_one_is_needed() -> None:
    world = linked()
    right = replace(world.configuration.right, needs_name=True)
    world.configuration = replace(world.configuration, right=right)
    world.values("left").update(first_name=None)
    assert world.run().writes == {"right": {"first_name": None}}
    world.values("left").update(last_name=None, job="Seller")
    decision = world.run()
    assert (decision.status, decision.writes) == (Status.EXCLUDED, {})
    assert decision.reason == "Google wants a first or last name"
    world.values("left").update(last_name="Smith")
    assert world.run().writes == {"right": {"last_name": "Smith", "job": "Seller"}}


def test_what_could_not_be_read_of_a_mapped_field_is_flagged() -> None:
    world = linked()
    del world.values("left")["job"]
    world.half_settings["left"] = {"left_out": {"job": "it holds NUL", "other": "too large"}}
    assert world.run().flags == ("Job title was not taken from Pipeliner: it holds NUL",)


# Two programs disagree [I1]


def test_i1_a_field_that_was_written_more_than_six_times_a_day_is_frozen() -> None:
    world = linked()
    key: tuple[str, Side] = ("job=job", "right")
    for number in range(7):
        world.values("left")["job"] = f"Buyer {number}"
        world.now += timedelta(hours=1)
        assert world.run().writes == {"right": {"job": f"Buyer {number}"}}
    assert len(world.written_at[key]) == 7

    world.values("left").update(job="Buyer 8", notes="tall")
    decision = world.run()
    assert decision.writes == {"right": {"notes": "tall"}}
    world.take(replace(decision, sent={}))
    decision = world.run()
    assert (decision.status, decision.writes) == (Status.IN_SYNC, {})
    assert decision.flags == ("Two programs disagree: Job title",)
    assert decision.wake_at == world.written_at[key][-1] + timedelta(hours=24)

    world.now = decision.wake_at
    decision = world.run()
    assert decision.writes == {"right": {"job": "Buyer 8"}}
    assert decision.flags == ()


def test_i1_seven_writes_in_more_than_a_day_are_no_freeze() -> None:
    world = linked()
    times = tuple(NOW - timedelta(hours=5 * number) for number in range(7))
    world.written_at["job=job", "right"] = times
    world.values("left")["job"] = "Seller"
    assert world.run().writes == {"right": {"job": "Seller"}}


def test_i1_a_thawed_field_goes_on_from_where_it_was_agreed() -> None:
    world = linked()
    world.written_at["job=job", "left"] = (NOW,) * 7
    world.values("right")["job"] = "Seller"
    assert world.run().writes == {}
    world.written_at.clear()
    assert world.run().writes == {"left": {"job": "Seller"}}
