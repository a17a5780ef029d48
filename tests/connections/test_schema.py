from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.schema import (
    Birthday,
    CannotConvert,
    Field,
    Option,
    Type,
    Value,
    convert,
    converts,
    entries_of,
    from_json,
    is_blank,
    kept_as,
    same,
    stable_json,
    to_json,
)

VIENNA = ZoneInfo("Europe/Vienna")
NOON = datetime(2026, 5, 17, 10, 0, tzinfo=UTC)


def a(type_: Type, **settings: object) -> Field:
    return replace(Field("f", "Field", type_), **settings)  # type: ignore[arg-type]


def into(value: Value, source: Type, target: Type, now: Value = None) -> Value:
    return convert(value, a(source), a(target), time_zone=VIENNA, target_now=now)


# Blank


@pytest.mark.parametrize("value", [None, "", " \n\t", ()])
def test_blank_is_what_holds_nothing(value: Value) -> None:
    assert is_blank(value)


@pytest.mark.parametrize("value", ["x", False, 0, Decimal(0), ("a",), Birthday(None, 1, 1)])
def test_no_and_nought_are_values(value: Value) -> None:
    assert not is_blank(value)


def test_a_birthday_is_no_list() -> None:
    assert entries_of(Birthday(1990, 5, 17)) == ()
    assert entries_of(("a", "b")) == ("a", "b")
    assert entries_of("ab") == ()


# Equality


@pytest.mark.parametrize(
    ("type_", "one", "two"),
    [
        (Type.TEXT, " Ann  Lee ", "Ann Lee"),
        (Type.TEXT, "Ann\u00a0Lee", "Ann Lee"),
        (Type.TEXT, "Cafe\u0301", "Caf\u00e9"),
        (Type.TEXT, None, "  "),
        (Type.LONG_TEXT, "one \r\ntwo\rthree", "one\ntwo\nthree"),
        (Type.EMAIL, "Ann@X.org ", "ann@x.org"),
        (Type.EMAILS, ("b@x.org", "A@x.org"), ("a@x.org", "b@x.org", "B@x.org")),
        (Type.EMAILS, (), None),
        (Type.PHONE, "01 58858", "+43 1 58858"),
        (Type.PHONES, ("01 58858",), ("+43158858", "000")),
        (Type.MULTI_CHOICE, ("a", "b"), ("b", "a")),
        (Type.DECIMAL, Decimal("1.50"), Decimal("1.5")),
    ],
)
def test_va11_a_change_of_form_is_none(type_: Type, one: Value, two: Value) -> None:
    assert same(a(type_), one, two, "AT")
    assert same(a(type_), two, one, "AT")


@pytest.mark.parametrize(
    ("type_", "one", "two"),
    [
        (Type.TEXT, "Ann", "ann"),
        (Type.LONG_TEXT, "one\ntwo", "one two"),
        (Type.EMAILS, ("a@x.org",), ("a@x.org", "b@x.org")),
        (Type.PHONE, "01 58858", "01 58859"),
        (Type.BIRTHDAY, Birthday(None, 5, 17), Birthday(1990, 5, 17)),
        (Type.DATE, date(2026, 5, 17), None),
        (Type.BOOLEAN, False, None),
        (Type.MULTI_CHOICE, ("a",), ("a", "b")),
    ],
)
def test_another_value_is_another_one(type_: Type, one: Value, two: Value) -> None:
    assert not same(a(type_), one, two, "AT")


# How an app kept what we sent [I4]


@pytest.mark.parametrize(
    ("type_", "sent", "seen"),
    [
        (Type.TEXT, "Ann Lee", "ANN LEE"),
        (Type.TEXT, "R&D <1>", "R&amp;D &lt;1&gt;"),
        (Type.LONG_TEXT, "one\ntwo ", "one\r\ntwo"),
        (Type.URL, "https://x.org", "https://x.org/"),
        (Type.DATE, date(2026, 5, 17), datetime(2026, 5, 17, tzinfo=UTC)),
        (Type.INTEGER, 3, Decimal("3.00")),
        (Type.MULTI_CHOICE, ("a", "b"), ("b", "a")),
        (Type.EMAILS, ("B@x.org", "a@x.org"), ("a@x.org", "b@x.org")),
        (Type.TEXT, None, ""),
    ],
)
def test_i4_the_habits_of_apps_change_no_value(type_: Type, sent: Value, seen: Value) -> None:
    assert kept_as(a(type_), sent, seen, "AT") == "same"


@pytest.mark.parametrize(
    ("sent", "seen", "expected"),
    [
        ("a long text that goes on", "a long text that goes", "cut"),
        ("a long text & more that goes on", "a long text &amp; more that", "cut"),
        ("a short text", "a short", ""),
        ("a long text that goes on", "another text that goes", ""),
        ("text", None, ""),
        (date(2026, 5, 17), datetime(2026, 5, 17, 8, tzinfo=UTC), ""),
        (date(2026, 5, 17), date(2026, 5, 18), ""),
        (3, Decimal("3.5"), ""),
        (3, "3", ""),
        (("a@x.org", "b@x.org"), ("a@x.org",), ""),
    ],
)
def test_i4_a_cut_is_told_from_another_value(sent: Value, seen: Value, expected: str) -> None:
    type_ = Type.EMAILS if isinstance(sent, tuple) else Type.LONG_TEXT
    assert kept_as(a(type_), sent, seen, None) == expected


# Conversion [VA6]


@pytest.mark.parametrize("type_", list(Type))
def test_va6_every_type_but_a_reference_goes_into_its_own(type_: Type) -> None:
    assert converts(type_, type_) == (type_ is not Type.REFERENCE)


@pytest.mark.parametrize(
    ("source", "target", "there", "back"),
    [
        (Type.TEXT, Type.LONG_TEXT, True, True),
        (Type.INTEGER, Type.TEXT, True, False),
        (Type.CHOICE, Type.TEXT, True, False),
        (Type.BOOLEAN, Type.LONG_TEXT, True, False),
        (Type.BIRTHDAY, Type.TEXT, True, False),
        (Type.DATE, Type.DATETIME, True, True),
        (Type.DATE, Type.BIRTHDAY, True, True),
        (Type.INTEGER, Type.DECIMAL, True, True),
        (Type.EMAILS, Type.EMAIL, True, True),
        (Type.EMAILS, Type.PHONES, False, False),
        (Type.EMAILS, Type.TEXT, False, False),
        (Type.CHOICE, Type.MULTI_CHOICE, False, False),
        (Type.BOOLEAN, Type.INTEGER, False, False),
        (Type.INTEGER, Type.URL, False, False),
    ],
)
def test_va6_which_type_goes_into_which(
    source: Type, target: Type, there: bool, back: bool
) -> None:
    assert (converts(source, target), converts(target, source)) == (there, back)


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("  ", Type.TEXT, Type.TEXT, None),
        ("one\ntwo", Type.LONG_TEXT, Type.TEXT, "one two"),
        ("one\ntwo", Type.LONG_TEXT, Type.LONG_TEXT, "one\ntwo"),
        (True, Type.BOOLEAN, Type.TEXT, "yes"),
        (False, Type.BOOLEAN, Type.TEXT, "no"),
        (7, Type.INTEGER, Type.TEXT, "7"),
        (Decimal("1.50"), Type.DECIMAL, Type.TEXT, "1.50"),
        (date(2026, 5, 7), Type.DATE, Type.TEXT, "2026-05-07"),
        (NOON, Type.DATETIME, Type.TEXT, "2026-05-17 10:00 UTC"),
        (Birthday(None, 5, 7), Type.BIRTHDAY, Type.TEXT, "--05-07"),
        (Birthday(1990, 5, 7), Type.BIRTHDAY, Type.TEXT, "1990-05-07"),
        (7, Type.INTEGER, Type.DECIMAL, Decimal(7)),
        (Decimal("7.0"), Type.DECIMAL, Type.INTEGER, 7),
        (date(1990, 5, 7), Type.DATE, Type.BIRTHDAY, Birthday(1990, 5, 7)),
        (Birthday(1990, 5, 7), Type.BIRTHDAY, Type.DATE, date(1990, 5, 7)),
        (Birthday(None, 5, 7), Type.BIRTHDAY, Type.BIRTHDAY, Birthday(None, 5, 7)),
        (datetime(2026, 5, 17, 23, tzinfo=UTC), Type.DATETIME, Type.DATE, date(2026, 5, 18)),
        (
            datetime(2026, 5, 17, 23, tzinfo=UTC),
            Type.DATETIME,
            Type.BIRTHDAY,
            Birthday(2026, 5, 18),
        ),
        (date(2026, 5, 18), Type.DATE, Type.DATETIME, datetime(2026, 5, 17, 22, tzinfo=UTC)),
        (("a@x.org", "b@x.org"), Type.EMAILS, Type.EMAIL, "a@x.org"),
    ],
)
def test_va6_conversions(value: Value, source: Type, target: Type, expected: Value) -> None:
    converted = into(value, source, target)
    assert (converted, type(converted)) == (expected, type(expected))


def test_va6_the_time_of_day_stays_where_the_source_has_none() -> None:
    converted = into(date(2026, 12, 24), Type.DATE, Type.DATETIME, now=NOON)
    assert converted == datetime(2026, 12, 24, 11, 0, tzinfo=UTC)  # noon in Vienna


@given(
    st.dates(min_value=date(1, 1, 2), max_value=date(9999, 12, 30)),
    st.none() | st.datetimes(timezones=st.just(UTC), min_value=datetime(1900, 1, 1)),  # noqa: DTZ001
)
def test_va6_a_date_comes_back_from_a_date_and_time(day: date, now: datetime | None) -> None:
    assert into(into(day, Type.DATE, Type.DATETIME, now), Type.DATETIME, Type.DATE) == day


@pytest.mark.parametrize(
    ("value", "source", "target", "reason"),
    [
        (Birthday(None, 5, 7), Type.BIRTHDAY, Type.DATE, "no year"),
        (Birthday(2023, 2, 29), Type.BIRTHDAY, Type.DATE, "no calendar"),
        (date(1, 1, 1), Type.DATE, Type.DATETIME, "no calendar"),
        (Decimal("1.5"), Type.DECIMAL, Type.INTEGER, "whole numbers"),
    ],
)
def test_va6_what_has_no_form_there_is_refused_with_a_reason(
    value: Value, source: Type, target: Type, reason: str
) -> None:
    with pytest.raises(CannotConvert, match=reason):
        into(value, source, target)


def test_va6_too_long_for_the_target() -> None:
    target = a(Type.TEXT, max_length=5)
    assert convert("12345", a(Type.TEXT), target, time_zone=VIENNA) == "12345"
    with pytest.raises(CannotConvert, match="Field holds 5 characters; this value has 6"):
        convert("123456", a(Type.TEXT), target, time_zone=VIENNA)


COLOURS = a(Type.CHOICE, options=(Option("1", "Red"), Option("2", "Blue ")))
FARBEN = a(Type.CHOICE, options=(Option("r", "red"), Option("b", "Blau")))


def test_va5_options_go_by_the_table_then_by_equal_labels() -> None:
    def chosen(value: str, table: dict[str, str] | None = None) -> Value:
        return convert(value, COLOURS, FARBEN, time_zone=VIENNA, options=table)

    assert chosen("1") == "r"
    assert chosen("2", {"2": "b"}) == "b"
    with pytest.raises(CannotConvert, match="no option for “Blue ”"):
        chosen("2")
    with pytest.raises(CannotConvert, match="no option"):
        chosen("1", {"1": "gone"})


def test_va6_options_become_their_labels_in_a_text() -> None:
    assert convert("2", COLOURS, a(Type.TEXT), time_zone=VIENNA) == "Blue "
    several = replace(COLOURS, type=Type.MULTI_CHOICE)
    assert convert(("1", "2"), several, a(Type.TEXT), time_zone=VIENNA) == "Red, Blue "
    target = replace(FARBEN, type=Type.MULTI_CHOICE)
    assert convert(("1",), several, target, time_zone=VIENNA) == ("r",)


# What is stored


VALUES = st.one_of(
    st.none(),
    st.text(),
    st.booleans(),
    st.integers(),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.builds(Birthday, st.none() | st.integers(1, 9999), st.integers(1, 12), st.integers(1, 31)),
    st.lists(st.text()).map(tuple),
)


@given(st.dictionaries(st.text(), VALUES))
def test_values_are_stored_and_read_back_equal(values: dict[str, Value]) -> None:
    read = from_json(json.loads(json.dumps(to_json(values))))
    assert read == values
    assert [type(each) for each in read.values()] == [type(each) for each in values.values()]


def test_a_moment_is_stored_in_utc() -> None:
    local = NOON.astimezone(ZoneInfo("Asia/Tokyo")) + timedelta(microseconds=53)
    stored = from_json(to_json({"at": local}))["at"]
    assert isinstance(stored, datetime)
    assert stored == local
    assert stored.utcoffset() == timedelta()


def test_stable_json_is_equal_for_equal_content() -> None:
    assert stable_json({"b": [1, "ä"], "a": None}) == stable_json({"a": None, "b": [1, "ä"]})
