from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.configuration import Direction, Pair, default_pairs
from connections.connectors.google_values import FIELDS as GOOGLE
from connections.connectors.pipeliner_fields import standard_fields
from connections.conversion import converts
from connections.pairing import (
    Taken,
    arrows,
    candidates,
    equal_labels,
    groups,
    offered,
    option_rows,
    option_table,
    problem,
    taken_by,
    wants_options,
    why_one_way,
)
from connections.schema import Field, Option, Role, Type, by_key
from tests.connections.fields import COLOURS, FARBEN, a

BOTH, TO_RIGHT, TO_LEFT = Direction
PIPELINER = standard_fields({})
TEXT = Field("cf_region", "Region", Type.TEXT)
NOTE = Field("custom.Region", "Region", Type.TEXT)
FIXED = replace(TEXT, label="Sum", read_only=True)
KIND = Field("cf_kind", "Kind", Type.CHOICE, options=COLOURS)
OWNER = Field("owner_id", "Owner", Type.REFERENCE)
EMAIL_2 = by_key(PIPELINER)["email2"]
MAIL = Field("cf_mail", "Work email", Type.EMAIL)


# Arrows


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (TEXT, NOTE, (BOTH, TO_RIGHT, TO_LEFT)),
        (FIXED, NOTE, (TO_RIGHT,)),
        (NOTE, FIXED, (TO_LEFT,)),
        (FIXED, replace(NOTE, read_only=True), ()),
        (KIND, NOTE, (TO_RIGHT,)),
        (NOTE, KIND, (TO_LEFT,)),
        (KIND, KIND, (BOTH, TO_RIGHT, TO_LEFT)),
        (KIND, replace(NOTE, read_only=True), ()),
        (OWNER, OWNER, ()),
        (EMAIL_2, NOTE, (BOTH, TO_RIGHT, TO_LEFT)),
    ],
)
def test_va5_the_arrows_that_a_mapping_can_have(
    left: Field, right: Field, expected: tuple[Direction, ...]
) -> None:
    assert arrows(left, right, BOTH) == expected


@pytest.mark.parametrize("connection", [TO_RIGHT, TO_LEFT])
def test_va5_no_arrow_is_wider_than_the_connections(connection: Direction) -> None:
    assert arrows(TEXT, NOTE, connection) == (connection,)
    assert arrows(KIND, NOTE, TO_LEFT) == ()


@pytest.mark.parametrize("source", Type)
def test_va5_a_field_is_offered_where_values_could_flow(source: Type) -> None:
    left = a(source)
    for right in map(a, Type):
        there, back = converts(source, right.type), converts(right.type, source)
        assert (candidates(left, [right]) == [right]) == (there or back)
        assert (candidates(left, [right], connection=TO_RIGHT) == [right]) == there
        assert (candidates(left, [right], side="right", connection=TO_RIGHT) == [right]) == back


@pytest.mark.parametrize("source", Type)
@pytest.mark.parametrize("fixed", ["", "left", "right"])
def test_va5_there_is_a_problem_just_where_there_is_no_such_arrow(source: Type, fixed: str) -> None:
    left = a(source, read_only=fixed == "left")
    for right in (a(each, read_only=fixed == "right") for each in Type):
        for direction, connection in product(Direction, Direction):
            is_possible = direction in arrows(left, right, connection)
            assert (problem(left, right, direction, connection) == "") == is_possible
        one_way = len(arrows(left, right, BOTH)) == 1
        assert bool(why_one_way(left, right)) == one_way


# Why not


@pytest.mark.parametrize(
    ("left", "right", "direction", "connection", "expected"),
    [
        (TEXT, NOTE, BOTH, BOTH, ""),
        (
            TEXT,
            NOTE,
            BOTH,
            TO_RIGHT,
            "The connection syncs left to right only, and no mapping goes further.",
        ),
        (
            TEXT,
            NOTE,
            TO_RIGHT,
            TO_LEFT,
            "The connection syncs right to left only, and no mapping goes further.",
        ),
        (FIXED, NOTE, BOTH, BOTH, "Sum is read-only. Left to right is possible."),
        (FIXED, NOTE, TO_LEFT, TO_LEFT, "Sum is read-only."),
        (
            NOTE,
            KIND,
            BOTH,
            BOTH,
            "Text cannot become a choice. Use a rule to set it. Right to left is possible.",
        ),
        (
            a(Type.DATE),
            a(Type.INTEGER),
            TO_RIGHT,
            BOTH,
            "A date cannot become a whole number. Use a rule to set it.",
        ),
        (OWNER, NOTE, TO_RIGHT, BOTH, "“Owner” cannot be mapped. Use a rule to set it."),
        (
            a(Type.TEXT),
            a(Type.REFERENCES, label="Labels"),
            TO_RIGHT,
            BOTH,
            "“Labels” cannot be mapped. Use a rule to set it.",
        ),
    ],
)
def test_va5_why_two_fields_cannot_be_mapped(
    left: Field, right: Field, direction: Direction, connection: Direction, expected: str
) -> None:
    assert problem(left, right, direction, connection) == expected


def test_va5_the_reason_of_a_one_way_arrow() -> None:
    assert why_one_way(NOTE, KIND) == "One way: text cannot become a choice. Use a rule to set it."
    assert why_one_way(FIXED, NOTE) == "One way: Sum is read-only."
    assert why_one_way(FIXED, NOTE, "Pipeliner", "Google") == (
        "One way: Sum is read-only in Pipeliner."
    )
    assert why_one_way(NOTE, FIXED, "Google", "Pipeliner") == (
        "One way: Sum is read-only in Pipeliner."
    )
    assert why_one_way(FIXED, FIXED) == ""


# A field is mapped once [VA4]


def test_va4_a_field_that_is_mapped_is_not_offered_and_not_mapped_again() -> None:
    taken = taken_by([Pair(TEXT, NOTE)], [TEXT, KIND], [NOTE, MAIL])
    assert taken == Taken(frozenset({"cf_region"}), frozenset({"custom.Region"}))
    assert candidates(KIND, [NOTE, replace(NOTE, key="custom.x")], taken.right) == [
        replace(NOTE, key="custom.x")
    ]
    assert problem(TEXT, MAIL, BOTH, BOTH, taken) == "“Region” is mapped already."
    assert problem(KIND, NOTE, TO_RIGHT, BOTH, taken) == "“Region” is mapped already."
    assert problem(KIND, MAIL, TO_RIGHT, BOTH, Taken()) != "“Region” is mapped already."


def test_va4_default_mappings_take_their_fields_while_they_are_on() -> None:
    on = taken_by(default_pairs(PIPELINER, GOOGLE), PIPELINER, GOOGLE)
    off = default_pairs(PIPELINER, GOOGLE, switched_off=frozenset({Role.CITY, Role.EMAILS}))
    less = taken_by(off, PIPELINER, GOOGLE)
    assert on.left - less.left == {"city", "emails", *(f"email{number}" for number in range(1, 6))}
    assert on.right - less.right == {"city", "emails"}
    assert "nickname" not in on.right


def test_va4_a_list_and_the_fields_that_show_its_entries_take_each_other() -> None:
    emails = by_key(PIPELINER)["emails"]
    whole = taken_by([Pair(emails, a(Type.EMAILS))], PIPELINER, GOOGLE).left
    assert whole == {"emails", *(f"email{number}" for number in range(1, 6))}
    assert taken_by([Pair(EMAIL_2, NOTE)], PIPELINER, GOOGLE).left == {"email2", "emails"}
    taken = Taken(whole)
    assert problem(EMAIL_2, NOTE, BOTH, BOTH, taken) == (
        "“Email 2” is mapped already, by itself or as part of its list."
    )


def test_va4_a_joined_name_and_its_parts_take_each_other() -> None:
    fields = by_key(PIPELINER)
    joined = taken_by([Pair(fields["full_name"], NOTE)], PIPELINER, GOOGLE).left
    assert joined == {"full_name", "title", "first_name", "middle_name", "last_name"}
    part = taken_by([Pair(fields["last_name"], NOTE)], PIPELINER, GOOGLE).left
    assert part == {"last_name", "full_name"}
    assert problem(fields["full_name"], NOTE, BOTH, BOTH, Taken(part)) == (
        "“Full name” is mapped already, by itself or as part of the name."
    )


# Options


def test_va5_an_option_table_begins_with_equal_labels() -> None:
    farbe = replace(KIND, options=(*FARBEN, Option("r2", " RED")))
    assert equal_labels(KIND, farbe) == (("1", "r"), ("3", "g"))
    assert equal_labels(farbe, KIND) == (("r", "1"), ("g", "3"), ("r2", "1"))
    assert equal_labels(KIND, TEXT) == ()


def test_va5_options_want_a_table_where_both_fields_have_them() -> None:
    assert wants_options(KIND, KIND)
    assert wants_options(a(Type.MULTI_CHOICE), a(Type.MULTI_CHOICE))
    assert not wants_options(KIND, TEXT)
    assert not wants_options(KIND, a(Type.MULTI_CHOICE))


FARBE = replace(KIND, key="cf_farbe", options=FARBEN)


def words(source: Field, target: Field, table: tuple[tuple[str, str], ...]) -> list[str]:
    """Return what the rows say: "Red: Blau", with what is gone in brackets."""

    def name(option: Option | None, is_gone: bool) -> str:
        label = option.label.strip() if option else "-"
        return f"[{label}]" if is_gone else label

    return [
        f"{name(row.option, row.is_gone)}: {name(row.partner, row.partner_is_gone)}"
        for row in option_rows(source, target, table)
    ]


def test_va5_a_row_for_each_option_says_what_becomes_of_it() -> None:
    assert words(KIND, FARBE, ()) == ["Red: red", "Blue: -", "Green: GREEN"]
    table = (("2", "b"), ("3", ""), ("2", "r"))
    assert words(KIND, FARBE, table) == ["Red: red", "Blue: Blau", "Green: -"]
    assert [row.is_equal for row in option_rows(KIND, FARBE, table)] == [True, False, False]


def test_ru9_options_that_are_gone_stand_in_the_rows() -> None:
    table = (("1", "rot"), ("9", "b"), ("8", ""), ("", "g"))
    assert words(KIND, FARBE, table) == [
        "Red: [rot]",
        "Blue: -",
        "Green: GREEN",
        "[9]: Blau",
        "[8]: -",
    ]


CHOSEN = st.fixed_dictionaries(
    {option.value: st.sampled_from(["", *(each.value for each in FARBEN)]) for option in COLOURS}
)


@given(CHOSEN)
def test_va5_a_table_gives_back_what_was_chosen(chosen: dict[str, str]) -> None:
    rows = option_rows(KIND, FARBE, option_table(KIND, FARBE, chosen))
    assert {row.option.value: row.partner.value if row.partner else "" for row in rows} == chosen


@given(CHOSEN)
def test_va5_what_is_not_copied_does_not_come_back_either(chosen: dict[str, str]) -> None:
    turned = [(two, one) for one, two in option_table(KIND, FARBE, chosen)]
    back = option_rows(FARBE, KIND, turned)
    for row in back:
        if row.partner is not None:
            assert chosen[row.partner.value] == row.option.value


def test_ru9_an_option_that_is_gone_leaves_the_table() -> None:
    assert option_table(KIND, FARBE, {"1": "b", "9": "r"}) == (("1", "b"), ("", "r"))


# Pickers


def test_va5_only_fields_that_fit_something_are_offered() -> None:
    texts, choices = [NOTE, replace(NOTE, key="custom.b")], [KIND]
    assert offered([TEXT, KIND, OWNER], texts) == [TEXT, KIND]
    assert offered([TEXT, KIND], choices) == [TEXT, KIND]
    assert offered([TEXT, KIND], choices, connection=TO_RIGHT) == [KIND]
    assert offered([TEXT, KIND], choices, side="right", connection=TO_LEFT) == [KIND]
    assert offered([TEXT], [FIXED], side="right", connection=TO_LEFT) == []
    assert offered([TEXT, KIND], texts, Taken(frozenset({"cf_kind"}))) == [TEXT]
    everything = frozenset(each.key for each in texts)
    assert offered([TEXT], texts, Taken(right=everything)) == []
    assert offered(texts, [TEXT], Taken(right=frozenset({NOTE.key})), side="right") == texts[1:]


def test_va5_fields_are_grouped_for_a_picker() -> None:
    found = {group.name: [field.label for field in group.fields] for group in groups(GOOGLE)}
    assert found == {
        "Name": [
            "Prefix",
            "First name",
            "Middle name",
            "Last name",
            "Suffix",
            "Full name",
            "Nickname",
        ],
        "Channels": ["Email addresses", "Phone numbers", "Website"],
        "Address": ["Street", "City", "Postal code", "State or province", "Country"],
        "Company": ["Company", "Job title", "Department"],
        "Notes and birthday": ["Birthday", "Notes"],
    }


def test_va9_what_shows_the_company_stands_under_company_and_custom_fields_under_custom() -> None:
    found = dict(groups([*PIPELINER, TEXT, MAIL]))
    assert [field.label for field in found["Company"]][:3] == [
        "Job title",
        "Company",
        "[Company] Name",
    ]
    assert "Email 2" in [field.label for field in found["Channels"]]
    assert found["Custom"] == (TEXT, MAIL)
    assert not any(field.type is Type.REFERENCE for each in found.values() for field in each)
