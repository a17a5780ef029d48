from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from connections.operands import (
    BadValue,
    ConditionKind,
    Operator,
    operand,
    operators,
    ordered,
    typed,
)
from connections.schema import Birthday, Field, Option, Type, Value

RED, BLUE = Option("o1", "Red"), Option("o2", "Blue")
VIENNA = ZoneInfo("Europe/Vienna")


def field(type_: Type) -> Field:
    options = (RED, BLUE) if type_ in (Type.CHOICE, Type.MULTI_CHOICE) else ()
    return Field("f", "Colour", type_, options=options)


# Which operators there are


TEXT = (
    "is is_not contains does_not_contain starts_with ends_with is_empty not_empty",
    "TEXT LONG_TEXT EMAIL PHONE URL EMAILS PHONES",
)
NUMBER = ("is is_not less at_most more at_least between is_empty not_empty", "INTEGER DECIMAL")
DAY = (
    "is is_not less at_most more at_least between last_days next_days is_empty not_empty",
    "DATE DATETIME BIRTHDAY",
)
OTHERS = [
    ("is", "BOOLEAN"),
    ("one_of none_of", "CHOICE"),
    ("has_any has_all has_none", "MULTI_CHOICE"),
    ("", "REFERENCE REFERENCES"),
]


def test_ru4_operators_follow_the_type_of_the_field() -> None:
    expected = {
        Type[name]: tuple(words.split())
        for words, names in [TEXT, NUMBER, DAY, *OTHERS]
        for name in names.split()
    }
    assert {type_: operators(ConditionKind.FIELD, type_) for type_ in Type} == expected


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (ConditionKind.SCOPE, "in not_in"),
        (ConditionKind.LABEL, "in not_in"),
        (ConditionKind.OWNER, "is is_not"),
        (ConditionKind.EXISTS, "is"),
        (ConditionKind.FIELD, ""),
    ],
)
def test_ru3_operators_of_what_is_no_field(kind: ConditionKind, words: str) -> None:
    assert operators(kind) == tuple(words.split())


# What is compared with


@pytest.mark.parametrize(
    ("type_", "operator", "texts", "value"),
    [
        (Type.TEXT, "is", [" Wien "], ("Wien",)),
        (Type.TEXT, "is", ["", "Wien", "Graz"], ("Wien",)),
        (Type.LONG_TEXT, "contains", ["a\nb"], ("a\nb",)),
        (Type.EMAILS, "ends_with", ["@x.org"], ("@x.org",)),
        (Type.TEXT, "is_empty", ["left over"], ()),
        (Type.INTEGER, "is", ["12"], (12,)),
        (Type.INTEGER, "less", ["12.0"], (12,)),
        (Type.DECIMAL, "at_most", ["-1.50"], (Decimal("-1.5"),)),
        (Type.DECIMAL, "between", ["1", "2.5"], (Decimal(1), Decimal("2.5"))),
        (Type.DATE, "is", ["2026-03-31"], (date(2026, 3, 31),)),
        (Type.DATETIME, "more", ["2026-03-31"], (datetime(2026, 3, 31, tzinfo=UTC),)),
        (Type.BIRTHDAY, "less", ["1990-02-28"], (Birthday(1990, 2, 28),)),
        (
            Type.DATE,
            "between",
            ["2026-03-31", "2026-03-31"],
            (date(2026, 3, 31), date(2026, 3, 31)),
        ),
        (Type.DATE, "last_days", [" 90 "], (90,)),
        (Type.DATETIME, "next_days", ["36500"], (36500,)),
        (Type.BOOLEAN, "is", ["true"], (True,)),
        (Type.BOOLEAN, "is", ["false"], (False,)),
        (Type.CHOICE, "one_of", ["o1", "o2"], ("o1", "o2")),
        (Type.MULTI_CHOICE, "has_all", ["o2"], ("o2",)),
    ],
)
def test_an_operand_is_typed_as_its_field(
    type_: Type, operator: str, texts: list[str], value: tuple[Value, ...]
) -> None:
    found = operand(field(type_), Operator(operator), texts)
    assert found == value
    assert [type(each) for each in found] == [type(each) for each in value]


@pytest.mark.parametrize(
    ("type_", "operator", "texts", "message"),
    [
        (Type.TEXT, "is", [], "Give a value, or choose “is empty”."),
        (Type.TEXT, "contains", ["  "], "Give a value, or choose “is empty”."),
        (Type.BOOLEAN, "is", [], "Give a value."),
        (Type.CHOICE, "one_of", [], "Give a value."),
        (Type.INTEGER, "is", ["twelve"], "“twelve” is no number. Write it as 1234.5."),
        (Type.DECIMAL, "is", ["NaN"], "“NaN” is no number. Write it as 1234.5."),
        (Type.DECIMAL, "is", ["Infinity"], "“Infinity” is no number. Write it as 1234.5."),
        (Type.DECIMAL, "is", ["1,5"], "“1,5” is no number. Write it as 1234.5."),
        (Type.INTEGER, "is", ["1.5"], "Colour holds whole numbers."),
        (Type.DATE, "is", ["31.3.2026"], "“31.3.2026” is no date. Write it as 2026-03-31."),
        (Type.DATETIME, "is", ["2026-02-30"], "“2026-02-30” is no date. Write it as 2026-03-31."),
        (Type.BIRTHDAY, "is", ["03-31"], "“03-31” is no date. Write it as 2026-03-31."),
        (Type.DATE, "last_days", ["2.5"], "Give a whole number of days, such as 90."),
        (Type.DATE, "last_days", ["-3"], "Give a whole number of days, such as 90."),
        (Type.DATE, "next_days", ["²"], "Give a whole number of days, such as 90."),
        (Type.DATE, "next_days", ["0"], "Give between 1 and 36,500 days."),
        (Type.DATE, "last_days", ["36501"], "Give between 1 and 36,500 days."),
        (Type.DATE, "last_days", ["9" * 5000], "Give between 1 and 36,500 days."),
        (Type.INTEGER, "between", ["1"], "Give two values."),
        (Type.INTEGER, "between", ["1", "2", "3"], "Give two values."),
        (Type.INTEGER, "between", ["2", "1"], "The first must be the smaller one. Write 1 and 2."),
        (Type.BOOLEAN, "is", ["maybe"], "Choose yes or no."),
        (
            Type.CHOICE,
            "none_of",
            ["o1", "o9"],
            "Colour has no option “o9” any more. Choose another.",
        ),
        (
            Type.MULTI_CHOICE,
            "has_any",
            ["Red"],
            "Colour has no option “Red” any more. Choose another.",
        ),
        (
            Type.INTEGER,
            "contains",
            ["1"],
            "Colour cannot be compared in this way any more. Choose another.",
        ),
        (
            Type.TEXT,
            "last_days",
            ["9"],
            "Colour cannot be compared in this way any more. Choose another.",
        ),
    ],
)
def test_a_value_that_cannot_be_used_is_told_with_what_to_do(
    type_: Type, operator: str, texts: list[str], message: str
) -> None:
    with pytest.raises(BadValue) as told:
        operand(field(type_), Operator(operator), texts)
    assert str(told.value) == message


def test_an_option_is_typed_only_while_it_is_there() -> None:
    assert typed(field(Type.CHOICE), "o1") == "o1"
    with pytest.raises(BadValue, match="no option “o3” any more"):
        typed(field(Type.MULTI_CHOICE), "o3")


# What numbers and days are ordered by


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (None, None),
        (True, None),
        ("12", None),
        (12, Decimal(12)),
        (Decimal("1.50"), Decimal("1.5")),
        (date(2026, 3, 3), date(2026, 3, 3)),
        (Birthday(1990, 3, 3), date(1990, 3, 3)),
        (Birthday(None, 3, 3), None),
        (Birthday(2023, 2, 29), None),
        (datetime(2026, 3, 3, 23, 30, tzinfo=UTC), date(2026, 3, 4)),
    ],
)
def test_va12_numbers_and_days_are_ordered_and_a_birthday_without_year_is_not(
    value: Value, place: object
) -> None:
    assert ordered(value, VIENNA) == place
