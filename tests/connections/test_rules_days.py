"""Conditions that time alone lets hold or not: the last and the next days [RU4, VA12]."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from connections import rules
from connections.rules import Condition, Match, Rule, Verdict, check
from connections.schema import Type
from tests.connections.conditions import VIENNA, of_field, rule, subject


def near(operator: str, days: int, type_: Type = Type.DATE) -> Condition:
    return of_field(type_, operator, str(days))


def midnight(*day: int) -> datetime:
    return datetime(*day, tzinfo=VIENNA).astimezone(UTC)  # type: ignore[misc,arg-type]


@pytest.mark.parametrize(
    ("operator", "day", "expected", "until"),
    [
        ("last_days", date(2026, 3, 3), True, midnight(2026, 3, 11)),
        ("last_days", date(2026, 2, 24), True, midnight(2026, 3, 4)),
        ("last_days", date(2026, 2, 23), False, None),
        ("last_days", date(2026, 3, 4), False, midnight(2026, 3, 4)),
        ("next_days", date(2026, 3, 3), True, midnight(2026, 3, 4)),
        ("next_days", date(2026, 3, 10), True, midnight(2026, 3, 11)),
        ("next_days", date(2026, 3, 11), False, midnight(2026, 3, 4)),
        ("next_days", date(2026, 3, 2), False, None),
        ("last_days", None, False, None),
        ("last_days", date(9999, 12, 31), False, None),
        ("next_days", date(1, 1, 3), False, None),
    ],
)
def test_va12_the_last_and_the_next_days_flip_at_midnight_in_the_zone(
    operator: str, day: date | None, expected: bool, until: datetime | None
) -> None:
    assert check(near(operator, 7), subject(day)) == Verdict(expected, until)


def test_va12_a_time_counts_by_its_day_in_the_zone() -> None:
    late = datetime(2026, 2, 23, 23, 30, tzinfo=UTC)  # the 24th in Vienna
    assert check(near("last_days", 7, Type.DATETIME), subject(late)).holds


def test_a_rule_is_certain_until_its_first_condition_flips() -> None:
    seven, three = near("last_days", 7), near("last_days", 3)
    for match in Match:
        verdict = rules.test(rule(seven, three, match=match), subject(date(2026, 3, 3)))
        assert verdict == Verdict(True, midnight(2026, 3, 7))


ZONES = ["UTC", "Europe/Vienna", "America/New_York", "Pacific/Apia", "Asia/Beirut", "Asia/Kolkata"]
DAYS = st.dates(date(2015, 1, 1), date(2036, 1, 1))
MOMENTS = st.builds(
    lambda day, minutes: (
        datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
    DAYS,
    st.integers(0, 1439),
)


@st.composite
def dated_rules(draw: st.DrawFn) -> Rule:
    operators = st.sampled_from(["last_days", "next_days"])
    days = st.integers(1, 40)
    made = [
        near(draw(operators), draw(days))
        for _ in range(draw(st.integers(min_value=1, max_value=3)))
    ]
    return rule(*made, match=draw(st.sampled_from(list(Match))))


@given(dated_rules(), DAYS, st.integers(-60, 60), st.sampled_from(ZONES), st.data())
@example(rule(near("last_days", 1)), date(2026, 3, 28), 0, "Asia/Beirut", None)
def test_ru4_a_verdict_stays_until_the_moment_it_names(
    dated: Rule, day: date, away: int, zone: str, data: st.DataObject | None
) -> None:
    """It holds just before that moment as now; a run then judges it anew, and time goes on."""
    now = datetime(day.year, day.month, day.day, 9, 15, tzinfo=UTC) + timedelta(days=away)
    at = subject(day, now=now, zone=ZoneInfo(zone))
    for _ in range(8):
        verdict = rules.test(dated, at)
        far = at.now + timedelta(days=200)
        until = verdict.until or far
        assert until > at.now
        moments = [until - timedelta(microseconds=1), at.now + (until - at.now) / 2]
        if data is not None:
            share = data.draw(st.floats(0, 1, exclude_max=True))
            moments.append(at.now + (until - at.now) * share)
        for moment in moments:
            if moment < until:
                assert rules.test(dated, at._replace(now=moment)).holds is verdict.holds
        if verdict.until is None:
            return
        at = at._replace(now=until)
    raise AssertionError("it flips for ever")


@given(st.sampled_from(["last_days", "next_days"]), st.integers(1, 40), DAYS, MOMENTS)
def test_ru4_one_condition_flips_at_the_very_moment(
    operator: str, days: int, day: date, now: datetime
) -> None:
    condition = near(operator, days)
    verdict = check(condition, subject(day, now=now))
    if verdict.until is not None:
        assert check(condition, subject(day, now=verdict.until)).holds is not verdict.holds


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
@pytest.mark.parametrize(
    "never", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, tzinfo=UTC)]
)
def test_a_moment_at_the_end_of_time_is_compared_in_every_zone(never: datetime, zone: str) -> None:
    of = subject(never, zone=ZoneInfo(zone))
    for operator, texts in [
        ("is", ("2026-01-01",)),
        ("less", ("2026-01-01",)),
        ("last_days", ("3",)),
        ("next_days", ("3",)),
    ]:
        found = check(of_field(Type.DATETIME, operator, *texts), of)
        assert found.holds is (operator == "less" and never.year == 1)
