from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.schema import (
    Birthday,
    Type,
    Value,
    entries_of,
    from_json,
    is_blank,
    kept_as,
    same,
    stable_json,
    to_json,
)
from tests.connections.fields import a

NOON = datetime(2026, 5, 17, 10, 0, tzinfo=UTC)


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
