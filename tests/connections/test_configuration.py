from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connections.configuration import (
    Configuration,
    Direction,
    FirstMerge,
    Pair,
    SideConfiguration,
    default_pairs,
    fields_to_know,
    is_list,
    other,
)
from connections.schema import Field, Role, Type

GIVEN = Field("first_name", "First name", Type.TEXT, Role.GIVEN_NAME)
FAMILY = Field("last_name", "Last name", Type.TEXT, Role.FAMILY_NAME)
JOINED = Field("formatted_name", "Name", Type.TEXT, Role.FULL_NAME, derived=True)
FULL = Field("fn", "Full name", Type.TEXT, Role.FULL_NAME)
MADE_GIVEN = Field("given", "Given name", Type.TEXT, Role.GIVEN_NAME, derived=True)
EMAILS = Field("emails", "Emails", Type.EMAILS, Role.EMAILS)
EMAIL_1 = Field("email1", "Email 1", Type.EMAIL, view_of="emails")
NOTES = Field("notes", "Notes", Type.LONG_TEXT, Role.NOTES)
BORN = Field("born", "Birthday", Type.DATE, Role.BIRTHDAY)
BIRTHDAY = Field("birthday", "Birthday", Type.BIRTHDAY, Role.BIRTHDAY)
CUSTOM = Field("cf_region", "Region", Type.TEXT)
KIND = Field("kind", "Customer type", Type.CHOICE, required=True)


def keys(pairs: tuple[Pair, ...]) -> dict[str, Direction]:
    return {pair.key: pair.direction for pair in pairs}


def test_the_other_side() -> None:
    assert (other("left"), other("right")) == ("right", "left")


@pytest.mark.parametrize(
    ("direction", "left", "right"),
    [
        (Direction.BOTH, True, True),
        (Direction.LEFT_TO_RIGHT, False, True),
        (Direction.RIGHT_TO_LEFT, True, False),
    ],
)
def test_which_side_a_direction_writes(direction: Direction, left: bool, right: bool) -> None:
    assert (direction.writes("left"), direction.writes("right")) == (left, right)


# The default mapping [VA4]


def test_va4_fields_are_mapped_by_their_role() -> None:
    pairs = default_pairs((EMAILS, EMAIL_1, CUSTOM, BORN), (BIRTHDAY, CUSTOM, EMAILS, NOTES))
    assert keys(pairs) == {"emails=emails": Direction.BOTH, "born=birthday": Direction.BOTH}


def test_va7_names_go_part_by_part_where_both_apps_have_parts() -> None:
    pairs = default_pairs((GIVEN, FAMILY, JOINED), (JOINED, GIVEN, FAMILY))
    assert set(keys(pairs)) == {"first_name=first_name", "last_name=last_name"}


@pytest.mark.parametrize("turned", [False, True])
def test_va7_names_go_joined_where_one_app_has_a_single_name(turned: bool) -> None:
    sides = ((GIVEN, FAMILY, JOINED), (FULL, MADE_GIVEN))
    left, right = sides[::-1] if turned else sides
    (pair,) = default_pairs(left, right)
    assert {pair.left.role, pair.right.role} == {Role.FULL_NAME}


def test_va4_a_role_that_is_switched_off_frees_both_fields() -> None:
    pairs = default_pairs((EMAILS, NOTES), (EMAILS, NOTES), switched_off=frozenset({Role.NOTES}))
    assert set(keys(pairs)) == {"emails=emails"}


@pytest.mark.parametrize("wanted", list(Direction))
def test_va5_no_arrow_is_wider_than_the_connections(wanted: Direction) -> None:
    assert keys(default_pairs((NOTES,), (NOTES,), wanted)) == {"notes=notes": wanted}


def test_va5_a_read_only_field_gives_a_one_way_arrow() -> None:
    fixed = replace(NOTES, read_only=True)
    assert keys(default_pairs((fixed,), (NOTES,))) == {"notes=notes": Direction.LEFT_TO_RIGHT}
    assert keys(default_pairs((NOTES,), (fixed,))) == {"notes=notes": Direction.RIGHT_TO_LEFT}
    assert default_pairs((fixed,), (fixed,)) == ()
    assert default_pairs((NOTES,), (fixed,), Direction.LEFT_TO_RIGHT) == ()


def test_va6_an_arrow_points_only_where_the_type_converts() -> None:
    number = Field("website", "Website", Type.INTEGER, Role.WEBSITE)
    text = replace(number, type=Type.TEXT)
    assert keys(default_pairs((number,), (text,))) == {"website=website": Direction.LEFT_TO_RIGHT}
    assert keys(default_pairs((text,), (number,))) == {"website=website": Direction.RIGHT_TO_LEFT}
    assert default_pairs((text,), (number,), Direction.LEFT_TO_RIGHT) == ()
    flag = replace(number, type=Type.BOOLEAN)
    assert default_pairs((flag,), (number,)) == ()


def test_lists_are_merged_entry_by_entry_where_both_sides_have_one() -> None:
    assert is_list(Pair(EMAILS, EMAILS))
    assert not is_list(Pair(EMAIL_1, EMAILS))
    assert not is_list(Pair(NOTES, NOTES))


def test_deciding_knows_names_emails_and_what_is_required() -> None:
    fields = (GIVEN, JOINED, EMAILS, EMAIL_1, NOTES, CUSTOM, KIND)
    assert fields_to_know(fields) == (GIVEN, JOINED, EMAILS, KIND)


# The revision [CN8]


def connection(**settings: Any) -> Configuration:
    side = SideConfiguration("pipeliner", "Pipeliner", 1, frozenset({"north", "south"}))
    made = Configuration(side, replace(side, account_id=2), default_pairs((NOTES,), (NOTES,)))
    return replace(made, **settings)


SIDE = connection().left


@pytest.mark.parametrize(
    "settings",
    [
        {"direction": Direction.LEFT_TO_RIGHT},
        {"first_merge": FirstMerge.FILL_GAPS},
        {"phone_region": "AT"},
        {"time_zone": "Europe/Vienna"},
        {"avoid_duplicates": False},
        {"copy_blanks": False},
        {"pairs": ()},
        {"pairs": (Pair(NOTES, NOTES, options=(("a", "b"),)),)},
        {"pairs": (Pair(NOTES, replace(NOTES, max_length=20)),)},
        {"left": replace(SIDE, scope=None)},
        {"left": replace(SIDE, scope=frozenset({"north"}))},
        {"left": replace(SIDE, fields=(KIND,))},
        {"right": replace(SIDE, create_scope="north")},
    ],
)
def test_cn8_the_revision_changes_with_what_decides(settings: dict[str, Any]) -> None:
    assert connection(**settings).revision != connection().revision


def test_cn8_the_winner_is_no_part_of_the_revision() -> None:
    assert connection(winner="right").revision == connection().revision


def test_the_revision_does_not_hang_on_the_order_of_a_set() -> None:
    turned = replace(SIDE, scope=frozenset(["south", "north"]))
    assert connection(left=turned).revision == connection().revision


def test_the_mark_of_a_pair_changes_with_its_types_and_options_alone() -> None:
    mark = Pair(BORN, BIRTHDAY).options_mark
    assert Pair(BORN, replace(BIRTHDAY, label="Born on", max_length=9)).options_mark == mark
    assert Pair(BORN, BIRTHDAY, Direction.LEFT_TO_RIGHT).options_mark == mark
    assert Pair(BORN, BIRTHDAY, options=(("a", "b"),)).options_mark != mark
    assert Pair(BORN, BORN).options_mark != mark
