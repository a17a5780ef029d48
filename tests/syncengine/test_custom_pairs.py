"""Custom mappings as they are merged: each kind of pair, both ways [VA5, VA6, VA8, RU9]."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from connections.configuration import SIDES, Direction, FirstMerge, Pair, Side, other
from connections.conversion import converts
from connections.schema import Birthday, Field, Type, Value
from syncengine.state import Status
from tests.syncengine.builders import GIVEN, TwoApps, configure
from tests.syncengine.custom_pairs import (
    BLUE,
    LEFT,
    MORNING,
    NOON,
    RED,
    RIGHT,
    ROT,
    TABLE,
    Kind,
    connection,
    person,
)

BOTH_WAYS = [
    Kind(Type.TEXT, Type.LONG_TEXT, ("a", "b"), ("a", "b")),
    Kind(Type.TEXT, Type.EMAIL, ("a@x.org", "b@x.org"), ("a@x.org", "b@x.org")),
    Kind(Type.PHONE, Type.TEXT, ("+43 1 1000", "+43 1 2000"), ("+43 1 1000", "+43 1 2000")),
    Kind(
        Type.URL, Type.URL, ("https://x.org", "https://y.org"), ("https://x.org", "https://y.org")
    ),
    Kind(Type.INTEGER, Type.DECIMAL, (3, 4), (Decimal(3), Decimal(4))),
    Kind(Type.BOOLEAN, Type.BOOLEAN, (True, False), (True, False)),
    Kind(
        Type.DATE,
        Type.BIRTHDAY,
        (date(1990, 5, 17), date(1991, 1, 2)),
        (Birthday(1990, 5, 17), Birthday(1991, 1, 2)),
    ),
    Kind(
        Type.DATE,
        Type.DATETIME,
        (date(2026, 5, 17), date(2026, 5, 18)),
        (datetime(2026, 5, 16, 22, tzinfo=UTC), datetime(2026, 5, 17, 22, tzinfo=UTC)),
    ),
    Kind(
        Type.BIRTHDAY,
        Type.BIRTHDAY,
        (Birthday(None, 2, 29), Birthday(1990, 5, 17)),
        (Birthday(None, 2, 29), Birthday(1990, 5, 17)),
    ),
    Kind(Type.CHOICE, Type.CHOICE, ("1", "2"), ("r", "b"), TABLE),
    Kind(Type.MULTI_CHOICE, Type.MULTI_CHOICE, (("1",), ("2", "1")), (("r",), ("b", "r")), TABLE),
]
ONE_WAY = [
    Kind(Type.INTEGER, Type.TEXT, (3, 4), ("3", "4")),
    Kind(Type.DECIMAL, Type.LONG_TEXT, (Decimal("1.50"), Decimal(2)), ("1.50", "2")),
    Kind(Type.BOOLEAN, Type.TEXT, (True, False), ("yes", "no")),
    Kind(Type.DATE, Type.TEXT, (date(2026, 5, 7), date(2026, 5, 8)), ("2026-05-07", "2026-05-08")),
    Kind(
        Type.DATETIME,
        Type.TEXT,
        (NOON, MORNING),
        ("2026-05-17 10:00 UTC", "2026-05-18 06:30 UTC"),
    ),
    Kind(
        Type.BIRTHDAY,
        Type.TEXT,
        (Birthday(None, 5, 7), Birthday(1990, 5, 7)),
        ("--05-07", "1990-05-07"),
    ),
    Kind(Type.CHOICE, Type.TEXT, ("1", "2"), ("Red", "Blue")),
    Kind(Type.MULTI_CHOICE, Type.LONG_TEXT, (("1",), ("1", "2")), ("Red", "Red, Blue")),
]
both_ways = pytest.mark.parametrize("kind", BOTH_WAYS, ids=str)
one_way = pytest.mark.parametrize("kind", ONE_WAY, ids=str)
all_ways = pytest.mark.parametrize("kind", [*BOTH_WAYS, *ONE_WAY], ids=str)


# Each kind of pair


@all_ways
def test_va5_a_change_is_copied_in_the_other_fields_terms(kind: Kind) -> None:
    direction = Direction.BOTH if kind in BOTH_WAYS else Direction.LEFT_TO_RIGHT
    world = person(kind.lefts[0], kind.rights[0], kind.pair(direction))
    assert world.run().writes == {}
    world.values("left")[LEFT] = kind.lefts[1]
    decision = world.run()
    assert decision.writes == {"right": {RIGHT: kind.rights[1]}}
    assert type(world.values("right")[RIGHT]) is type(kind.rights[1])
    assert (world.run().writes, decision.flags) == ({}, ())


@both_ways
def test_va5_and_back(kind: Kind) -> None:
    world = person(kind.lefts[0], kind.rights[0], kind.pair())
    world.values("right")[RIGHT] = kind.rights[1]
    assert world.run().writes == {"left": {LEFT: kind.lefts[1]}}
    assert type(world.values("left")[LEFT]) is type(kind.lefts[1])
    assert world.run().writes == {}


@both_ways
@pytest.mark.parametrize("source", SIDES)
def test_va3_a_clear_is_copied(kind: Kind, source: Side) -> None:
    world = person(kind.lefts[0], kind.rights[0], kind.pair())
    keys: dict[Side, str] = {"left": LEFT, "right": RIGHT}
    world.values(source)[keys[source]] = () if kind.left is Type.MULTI_CHOICE else None
    assert world.run().writes == {other(source): {keys[other(source)]: None}}
    assert world.run().writes == {}


@one_way
def test_va3_a_clear_is_copied_one_way_and_the_targets_own_edit_stays(kind: Kind) -> None:
    world = person(kind.lefts[0], kind.rights[0], kind.pair(Direction.LEFT_TO_RIGHT))
    world.values("right")[RIGHT] = "their own"
    assert world.run().writes == {}
    world.values("left")[LEFT] = kind.lefts[1]
    decision = world.run()
    assert decision.writes == {"right": {RIGHT: kind.rights[1]}}
    assert [change.lost for change in decision.changes] == ["their own"]
    world.values("left")[LEFT] = None
    assert world.run().writes == {"right": {RIGHT: None}}
    assert world.run().writes == {}


@both_ways
@pytest.mark.parametrize("winner", SIDES)
def test_va2_a_conflict_goes_to_the_winner(kind: Kind, winner: Side) -> None:
    world = person(None, None, kind.pair(), winner=winner)
    world.values("left")[LEFT] = kind.lefts[0]
    world.values("right")[RIGHT] = kind.rights[1]
    decision = world.run()
    if winner == "left":
        assert decision.writes == {"right": {RIGHT: kind.rights[0]}}
    else:
        assert decision.writes == {"left": {LEFT: kind.lefts[1]}}
    assert decision.conflicts == 1
    assert world.run().writes == {}


@both_ways
def test_va2_a_new_mapping_is_a_first_merge(kind: Kind) -> None:
    world = person(kind.lefts[0], None, winner="right")
    assert world.base.keys() == {"job=job"}
    world.configuration = connection(kind.pair(), winner="right")
    assert world.run().writes == {"right": {RIGHT: kind.rights[0]}}
    apart = TwoApps(
        connection(kind.pair(), first_merge=FirstMerge.FILL_GAPS),
        {"job": "Buyer", LEFT: kind.lefts[0]},
        {"job": "Buyer", RIGHT: kind.rights[1]},
    )
    assert apart.run().writes == {}


@all_ways
def test_a_creation_gets_the_custom_fields(kind: Kind) -> None:
    pair = kind.pair(Direction.LEFT_TO_RIGHT)
    configuration = configure((GIVEN, pair.left), (GIVEN, pair.right), (Pair(GIVEN, GIVEN), pair))
    world = TwoApps(
        replace(configuration, avoid_duplicates=False),
        {"first_name": "Ann", LEFT: kind.lefts[0]},
        linked=False,
    )
    decision = world.run()
    assert decision.writes == {"right": {"first_name": "Ann", RIGHT: kind.rights[0]}}
    assert world.run().writes == {}


# What does not convert


REFUSED = [
    (Kind(Type.TEXT, Type.EMAIL, ("a@x.org", "none"), ("a@x.org", None)), "not an email address"),
    (Kind(Type.DECIMAL, Type.INTEGER, (Decimal(1), Decimal("1.5")), (1, None)), "whole numbers"),
    (
        Kind(
            Type.BIRTHDAY,
            Type.DATE,
            (Birthday(1990, 5, 17), Birthday(None, 5, 18)),
            (date(1990, 5, 17), None),
        ),
        "has no year",
    ),
    (Kind(Type.CHOICE, Type.CHOICE, ("1", "2"), ("r", None)), "no option for “Blue”"),
    (
        Kind(Type.MULTI_CHOICE, Type.MULTI_CHOICE, (("1",), ("1", "2")), (("r",), None)),
        "no option for “Blue”",
    ),
    (Kind(Type.CHOICE, Type.CHOICE, ("1", "dead"), ("r", None), TABLE), "no longer there"),
    (
        Kind(Type.MULTI_CHOICE, Type.MULTI_CHOICE, (("1",), ("1", "dead")), (("r",), None), TABLE),
        "no longer there",
    ),
    (
        Kind(Type.CHOICE, Type.CHOICE, ("1", "2"), ("r", None), (("1", "r"), ("2", "dead"))),
        "no longer has the option for “Blue”",
    ),
    (Kind(Type.CHOICE, Type.TEXT, ("1", "dead"), ("Red", None)), "no longer there"),
    (Kind(Type.TEXT, Type.TEXT, ("a", "a text that is too long"), ("a", None)), "9 characters"),
]


@pytest.mark.parametrize(("kind", "reason"), REFUSED)
@pytest.mark.parametrize("winner", SIDES)
def test_ru9_what_has_no_form_there_is_flagged_and_leaves_the_target_and_the_rest(
    kind: Kind, reason: str, winner: Side
) -> None:
    back = converts(kind.right, kind.left)
    pair = kind.pair(Direction.BOTH if back else Direction.LEFT_TO_RIGHT, max_length=9)
    world = person(kind.lefts[0], kind.rights[0], pair, winner=winner)
    world.values("left").update({LEFT: kind.lefts[1], "job": "Seller"})
    for _ in range(3):
        decision = world.run()
        (flag,) = decision.flags
        assert flag.startswith("Google did not get Theirs: ")
        assert reason in flag
        assert world.values("right") == {"job": "Seller", RIGHT: kind.rights[0]}
        assert world.values("left")[LEFT] == kind.lefts[1]
    assert decision.status is Status.IN_SYNC
    world.values("left")[LEFT] = None
    decision = world.run()
    assert (decision.writes, decision.flags) == ({"right": {RIGHT: None}}, ())


@pytest.mark.parametrize("first_merge", FirstMerge)
def test_ru9_an_option_that_dies_later_flags_and_changes_nothing(first_merge: FirstMerge) -> None:
    kind = Kind(Type.CHOICE, Type.CHOICE, ("1", "2"), ("r", "b"), TABLE)
    world = person("2", "b", kind.pair(), first_merge=first_merge)
    for options in ((ROT,), ()):
        world.configuration = connection(kind.pair(options=options), first_merge=first_merge)
        decision = world.run()
        assert decision.writes == {}
        assert "Google did not get Theirs: Theirs no longer has the option for “Blue”" in (
            decision.flags
        )
    world.configuration = connection(kind.pair(), first_merge=first_merge)
    assert (world.run().writes, world.run().flags) == ({}, ())


def test_ru9_another_option_may_take_the_place_of_a_dead_one() -> None:
    kind = Kind(Type.CHOICE, Type.CHOICE, ("1", "2"), ("r", "b"), TABLE)
    world = person("2", "b", kind.pair())
    world.configuration = connection(kind.pair(options=(ROT,)))
    world.run()
    world.values("left")[LEFT] = "1"
    decision = world.run()
    assert (decision.writes, decision.flags) == ({"right": {RIGHT: "r"}}, ())


@pytest.mark.parametrize("first_merge", FirstMerge)
def test_va5_an_option_that_is_not_copied_leaves_the_other_side_and_is_no_flaw(
    first_merge: FirstMerge,
) -> None:
    kind = Kind(
        Type.CHOICE, Type.CHOICE, ("1", "2"), ("r", "b"), (("2", "b"), ("1", ""), ("", "r"))
    )
    world = person("2", "b", kind.pair(), first_merge=first_merge)
    world.values("left")[LEFT] = "1"
    decision = world.run()
    assert (decision.writes, decision.flags) == ({}, ())
    assert (world.values("left")[LEFT], world.values("right")[RIGHT]) == ("1", "b")
    world.values("right")[RIGHT] = "r"
    decision = world.run()
    assert (decision.writes, decision.flags) == ({}, ())
    world.values("left")[LEFT] = None
    world.settle()
    assert world.values("right")[RIGHT] is None


def test_va5_two_options_that_stand_for_one_stay_apart_on_their_side() -> None:
    kind = Kind(Type.CHOICE, Type.CHOICE, ("1", "2"), ("r", "b"), (("1", "r"), ("2", "r")))
    world = person("2", "r", kind.pair())
    assert world.values("left")[LEFT] == "2"
    world.values("right")[RIGHT] = None
    world.run()
    world.values("right")[RIGHT] = "r"
    assert world.run().writes == {"left": {LEFT: "1"}}


def test_va5_an_option_whose_value_is_the_label_of_another_is_not_taken_for_it() -> None:
    """A text “1” is not equal to the option whose value is “1”, but whose label is “Red”."""
    text, choice = Field("text", "Text", Type.TEXT), Field("kind", "Kind", Type.CHOICE)
    pair = Pair(text, replace(choice, options=(RED, BLUE)), Direction.RIGHT_TO_LEFT)
    world = TwoApps(connection(pair), {"job": "Buyer", "text": "1"}, {"job": "Buyer", "kind": "1"})
    assert world.run().writes == {"left": {"text": "Red"}}


# Days


def test_va6_the_time_of_day_stays_where_only_the_date_is_synced() -> None:
    kind = Kind(Type.DATETIME, Type.DATE, (NOON, MORNING), (date(2026, 5, 17), date(2026, 5, 18)))
    world = person(NOON, date(2026, 5, 17), kind.pair())
    world.values("left")[LEFT] = NOON + timedelta(hours=3)
    assert world.run().writes == {}
    world.values("right")[RIGHT] = date(2026, 12, 24)
    # 15:00 in Vienna, in winter an hour later in UTC
    assert world.run().writes == {"left": {LEFT: datetime(2026, 12, 24, 14, 0, tzinfo=UTC)}}
    assert world.run().writes == {}


def test_va6_the_date_of_a_moment_is_that_of_the_connections_time_zone() -> None:
    late = datetime(2026, 5, 17, 23, 0, tzinfo=UTC)
    kind = Kind(Type.DATETIME, Type.DATE, (late, late), (date(2026, 5, 18), date(2026, 5, 18)))
    world = person(None, None, kind.pair())
    world.values("left")[LEFT] = late
    assert world.run().writes == {"right": {RIGHT: date(2026, 5, 18)}}
    abroad = person(None, None, kind.pair(), time_zone="America/New_York")
    abroad.values("left")[LEFT] = late
    assert abroad.run().writes == {"right": {RIGHT: date(2026, 5, 17)}}


# Lists and single values [VA8]


EMAILS = Field(LEFT, "Emails", Type.EMAILS, slots=3)
EMAIL = Field(RIGHT, "Email", Type.EMAIL)
LISTED = Pair(EMAILS, EMAIL)


def test_va8_a_single_value_shows_the_first_of_a_list_and_replaces_it() -> None:
    world = person(("a@x.org", "b@x.org"), None, LISTED)
    assert world.values("right")[RIGHT] == "a@x.org"
    world.values("right")[RIGHT] = "c@x.org"
    assert world.run().writes == {"left": {LEFT: ("c@x.org", "b@x.org")}}
    world.values("right")[RIGHT] = "b@x.org"
    assert world.run().writes == {"left": {LEFT: ("b@x.org",)}}
    world.values("right")[RIGHT] = None
    assert world.run().writes == {"left": {LEFT: None}}


def test_va8_a_change_of_the_primary_is_a_change_there() -> None:
    world = person(("a@x.org", "b@x.org"), "a@x.org", LISTED)
    world.values("left")[LEFT] = ("b@x.org", "a@x.org")
    assert world.run().writes == {"right": {RIGHT: "b@x.org"}}
    world.values("left")[LEFT] = ("b@x.org", "c@x.org")
    assert world.run().writes == {}


def test_va8_what_finds_no_slot_is_flagged() -> None:
    full = Pair(replace(EMAILS, slots=2), EMAIL)
    world = person((" ", "  "), None, full)
    world.values("right")[RIGHT] = "c@x.org"
    decision = world.run()
    assert decision.writes == {}
    assert decision.flags == ("Pipeliner did not get Emails: no place is free",)


@pytest.mark.parametrize("turned", [False, True])
def test_va8_a_field_that_shows_an_entry_of_a_list_is_a_field_like_any_other(turned: bool) -> None:
    second = Field("email2", "Email 2", Type.EMAIL, view_of="emails", view_index=1)
    fields = (EMAIL, second) if turned else (second, EMAIL)
    side: Side = "right" if turned else "left"
    start: list[dict[str, Value]] = [{"email2": "b@x.org"}, {RIGHT: None}]
    left, right = reversed(start) if turned else start
    world = TwoApps(connection(Pair(*fields)), {"job": None, **left}, {"job": None, **right})
    assert world.run().writes == {other(side): {RIGHT: "b@x.org"}}
    world.values(other(side))[RIGHT] = "c@x.org"
    assert world.run().writes == {side: {"email2": "c@x.org"}}
    world.values(other(side))[RIGHT] = None
    assert world.run().writes == {side: {"email2": None}}
