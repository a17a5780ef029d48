from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.conversion import NOT_COPIED, CannotConvert, NotCopied, convert, converts
from connections.schema import Birthday, Field, Option, Type, Value, same
from tests.connections.fields import COLOURS, FARBEN, VIENNA, a

NOON = datetime(2026, 5, 17, 10, 0, tzinfo=UTC)


def into(value: Value, source: Type, target: Type, now: Value = None) -> Value:
    return convert(value, a(source), a(target), time_zone=VIENNA, target_now=now)


# Conversions one by one


@pytest.mark.parametrize("type_", list(Type))
def test_va6_every_type_but_a_reference_goes_into_its_own(type_: Type) -> None:
    assert converts(type_, type_) == (type_ not in (Type.REFERENCE, Type.REFERENCES))


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
        (Type.EMAIL, Type.TEXT, True, True),
        (Type.EMAIL, Type.PHONE, False, False),
        (Type.URL, Type.EMAIL, False, False),
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
        (Decimal("1E+3"), Type.DECIMAL, Type.TEXT, "1000"),
        ("one\r\ntwo\rthree", Type.LONG_TEXT, Type.TEXT, "one two three"),
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
        (datetime.max.replace(tzinfo=UTC), Type.DATETIME, Type.BIRTHDAY, "no calendar"),
        ("Ann Lee", Type.TEXT, Type.EMAIL, "not an email address"),
        ("@x.org", Type.TEXT, Type.EMAIL, "not an email address"),
        ("none yet", Type.LONG_TEXT, Type.PHONE, "not a phone number"),
        ("two words", Type.TEXT, Type.URL, "not a web address"),
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


# Options [VA5, RU9]


COLOUR = a(Type.CHOICE, options=COLOURS)
FARBE = a(Type.CHOICE, options=FARBEN)
COLOUR_SET = replace(COLOUR, type=Type.MULTI_CHOICE)
FARBE_SET = replace(FARBE, type=Type.MULTI_CHOICE)


def chosen(
    value: Value, table: dict[str, str] | None = None, to: Field = FARBE, of: Field = COLOUR
) -> Value:
    return convert(value, of, to, time_zone=VIENNA, options=table)


def test_va5_options_go_by_the_table_then_by_equal_labels() -> None:
    assert chosen("1") == "r"
    assert chosen("1", {"1": "b"}) == "b"
    assert chosen("3", {"1": "b"}) == "g"
    assert chosen("2", {"2": "b"}) == "b"
    with pytest.raises(CannotConvert, match="Field has no option for “Blue ”"):
        chosen("2", {"1": "b"})


def test_va5_an_option_that_the_table_leaves_out_is_not_copied() -> None:
    table = {"1": NOT_COPIED}
    with pytest.raises(NotCopied):
        chosen("1", table)
    assert chosen("3", table) == "g"
    with pytest.raises(CannotConvert, match="“Red” is not copied") as raised:
        chosen(("3", "1"), table, FARBE_SET, COLOUR_SET)
    assert not isinstance(raised.value, NotCopied)


def test_va5_of_two_options_with_one_label_the_first_counts() -> None:
    assert chosen("1", to=replace(FARBE, options=(*FARBEN, Option("r2", "Red")))) == "r"


@pytest.mark.parametrize("kind", [Type.CHOICE, Type.MULTI_CHOICE])
def test_ru9_a_dead_option_of_the_target_is_refused(kind: Type) -> None:
    value: Value = "1" if kind is Type.CHOICE else ("3", "1")
    source, target = replace(COLOUR, type=kind), replace(FARBE, type=kind)
    with pytest.raises(CannotConvert, match="no longer has the option for “Red”"):
        chosen(value, {"1": "gone"}, target, source)
    with pytest.raises(CannotConvert, match="no longer has the option"):
        chosen(value, {"1": "r", "3": "r"}, replace(target, options=()), source)


@pytest.mark.parametrize("kind", [Type.CHOICE, Type.MULTI_CHOICE])
@pytest.mark.parametrize("target", [Type.TEXT, Type.LONG_TEXT, None])
def test_ru9_a_dead_option_of_the_source_is_refused(kind: Type, target: Type | None) -> None:
    value: Value = "gone" if kind is Type.CHOICE else ("1", "gone")
    source = replace(COLOUR, type=kind)
    with pytest.raises(CannotConvert, match="an option that is no longer there"):
        chosen(value, {"gone": "r"}, replace(FARBE, type=target or kind), source)


def test_va6_options_become_their_labels_in_a_text() -> None:
    assert chosen("2", to=a(Type.TEXT)) == "Blue "
    assert chosen(("1", "2"), to=a(Type.TEXT), of=COLOUR_SET) == "Red, Blue "


def test_va5_options_become_the_texts_of_the_table() -> None:
    table = {"1": "R", "3": NOT_COPIED}
    assert chosen("1", table, a(Type.TEXT)) == "R"
    assert chosen("2", table, a(Type.LONG_TEXT)) == "Blue "
    assert chosen(("1", "3", "2"), table, a(Type.TEXT), COLOUR_SET) == "R, Blue "
    with pytest.raises(NotCopied):
        chosen("3", table, a(Type.TEXT))


def test_va5_several_options_may_become_one() -> None:
    table = {"1": "r", "2": "r", "3": "g"}
    assert chosen(("2", "3", "1"), table, FARBE_SET, COLOUR_SET) == ("r", "g")


# Round trips, by properties


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]))
MOMENTS = st.datetimes(
    timezones=st.just(UTC),
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
)
NEVER_WERE = {
    "Pacific/Apia": date(2011, 12, 30),
    "Pacific/Kwajalein": date(1993, 8, 21),
    "Asia/Manila": date(1844, 12, 31),
}
"""The days that were left out where a place changed sides of the date line."""
ZONES = st.sampled_from(
    [
        *NEVER_WERE,
        "UTC",
        "Europe/Vienna",
        "America/New_York",
        "America/Sao_Paulo",  # its clocks used to leave out the first hour of a day
        "Asia/Kolkata",
        "Australia/Lord_Howe",  # its clocks change by half an hour
        "Pacific/Kiritimati",
    ]
).map(ZoneInfo)
DAYS = st.dates(min_value=date(1, 1, 2), max_value=date(9999, 12, 30))


def round_trip(value: Value, source: Field, target: Field, zone: ZoneInfo = VIENNA) -> Value:
    converted = convert(value, source, target, time_zone=zone)
    return convert(converted, target, source, time_zone=zone)


@given(ANY_TEXT, st.sampled_from([Type.TEXT, Type.LONG_TEXT]), st.none() | st.integers(1, 40))
def test_va6_a_text_comes_back_from_a_text_or_is_too_long(
    text: str, target: Type, longest: int | None
) -> None:
    there = a(target, max_length=longest)
    if longest is not None and text.strip() and len(text) > longest:
        with pytest.raises(CannotConvert, match=f"holds {longest} characters"):
            round_trip(text, a(Type.TEXT), there)
    else:
        assert same(there, round_trip(text, a(Type.TEXT), there), text, None)


@given(st.text())
def test_va6_a_long_text_in_a_text_is_one_line_that_stays(text: str) -> None:
    once = into(text, Type.LONG_TEXT, Type.TEXT)
    assert once is None or "\n" not in str(once).strip()
    assert into(into(once, Type.TEXT, Type.LONG_TEXT), Type.LONG_TEXT, Type.TEXT) == once


@given(st.integers())
def test_va6_a_whole_number_comes_back_from_a_number(number: int) -> None:
    back = into(into(number, Type.INTEGER, Type.DECIMAL), Type.DECIMAL, Type.INTEGER)
    assert (back, type(back)) == (number, int)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3))
def test_va6_a_number_comes_back_from_a_whole_number_or_is_refused(number: Decimal) -> None:
    if number == number.to_integral_value():
        assert into(into(number, Type.DECIMAL, Type.INTEGER), Type.INTEGER, Type.DECIMAL) == number
    else:
        with pytest.raises(CannotConvert, match="whole numbers"):
            into(number, Type.DECIMAL, Type.INTEGER)


@given(DAYS, st.none() | MOMENTS, ZONES)
def test_va6_a_date_comes_back_from_a_date_and_time_whatever_stood_there(
    day: date, now: datetime | None, zone: ZoneInfo
) -> None:
    there, here = a(Type.DATETIME), a(Type.DATE)
    try:
        moment = convert(day, here, there, time_zone=zone, target_now=now)
    except CannotConvert:
        assert day == NEVER_WERE.get(zone.key)
        return
    assert convert(moment, there, here, time_zone=zone) == day


@pytest.mark.parametrize(("zone", "day"), NEVER_WERE.items())
def test_va6_a_day_that_never_was_is_refused(zone: str, day: date) -> None:
    with pytest.raises(CannotConvert, match="in no calendar"):
        convert(day, a(Type.DATE), a(Type.DATETIME), time_zone=ZoneInfo(zone))


@given(MOMENTS, MOMENTS, ZONES)
def test_va6_a_changed_date_keeps_the_time_of_day(
    now: datetime, other: datetime, zone: ZoneInfo
) -> None:
    day = other.astimezone(zone).date()
    if day == NEVER_WERE.get(zone.key):
        return
    moment = convert(day, a(Type.DATE), a(Type.DATETIME), time_zone=zone, target_now=now)
    assert isinstance(moment, datetime)
    wanted = datetime.combine(day, now.astimezone(zone).time())
    found = moment.astimezone(zone).replace(tzinfo=None)
    # Where the clocks leave out that hour, it is the next.
    assert found == wanted or timedelta() < found - wanted <= timedelta(hours=1)


@given(MOMENTS, ZONES)
def test_va6_the_day_of_a_moment_is_that_of_the_connections_time_zone(
    moment: datetime, zone: ZoneInfo
) -> None:
    day = convert(moment, a(Type.DATETIME), a(Type.DATE), time_zone=zone)
    assert isinstance(day, date)
    assert day == moment.astimezone(zone).date()
    birthday = convert(moment, a(Type.DATETIME), a(Type.BIRTHDAY), time_zone=zone)
    assert birthday == Birthday(day.year, day.month, day.day)
    back = convert(day, a(Type.DATE), a(Type.DATETIME), time_zone=zone, target_now=moment)
    assert same(a(Type.DATETIME), back, moment, None) or moment.astimezone(zone).fold


@given(DAYS, st.sampled_from([Type.DATE, Type.DATETIME]), ZONES)
def test_va12_a_birthday_comes_back_where_it_has_a_year(
    day: date, target: Type, zone: ZoneInfo
) -> None:
    birthday = Birthday(day.year, day.month, day.day)
    if day != NEVER_WERE.get(zone.key):
        assert round_trip(birthday, a(Type.BIRTHDAY), a(target), zone) == birthday
    without = birthday._replace(year=None)
    assert into(without, Type.BIRTHDAY, Type.BIRTHDAY) == without
    with pytest.raises(CannotConvert, match="no year"):
        into(without, Type.BIRTHDAY, target)


LABELS = st.lists(st.text("abc1ä", min_size=1, max_size=3), unique=True, max_size=6)


@given(LABELS, st.data())
def test_va5_options_come_back_by_any_table_that_is_one_to_one(
    labels: list[str], data: st.DataObject
) -> None:
    left = tuple(Option(f"l{label}", label) for label in labels)
    right = tuple(Option(f"r{label}", label.upper()) for label in labels)
    swapped = data.draw(st.permutations(labels))
    # A part of the table: what it lacks goes by equal labels, so it must leave these alone.
    known = data.draw(st.integers(0, len(labels)))
    table = {f"l{label}": f"r{label}" for label in labels[:known]}
    if data.draw(st.booleans()):
        table = {f"l{one}": f"r{two}" for one, two in zip(labels, swapped, strict=True)}
    back = {theirs: ours for ours, theirs in table.items()}
    which = st.lists(st.sampled_from(labels), unique=True) if labels else st.just([])
    held = tuple(f"l{each}" for each in data.draw(which))
    here, there = (a(Type.MULTI_CHOICE, options=each) for each in (left, right))
    converted = convert(held, here, there, time_zone=VIENNA, options=table)
    assert same(here, convert(converted, there, here, time_zone=VIENNA, options=back), held, None)
    for option in held:
        one = convert(
            option,
            replace(here, type=Type.CHOICE),
            replace(there, type=Type.CHOICE),
            time_zone=VIENNA,
            options=table,
        )
        assert isinstance(converted, tuple)
        assert one in converted
