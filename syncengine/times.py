"""Times and durations in words, for people near the server's time zone."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

HOUR = 3600


def ago(moment: datetime, now: datetime) -> str:
    """Return when something was: "14 seconds ago", "2 minutes ago", "today, 09:07"."""
    seconds = (now - moment).total_seconds()
    if seconds < 5:
        return "just now"
    if seconds < HOUR:
        return f"{_few(seconds)} ago"
    return day_and_time(moment, now)


def ahead(moment: datetime, now: datetime) -> str:
    """Return when something will be: "now", "in 3 minutes", "today, 17:40"."""
    seconds = (moment - now).total_seconds()
    if seconds < 1:
        return "now"
    if seconds < HOUR:
        return f"in {_few(seconds)}"
    return day_and_time(moment, now)


def day_and_time(moment: datetime, now: datetime) -> str:
    """Return "today, 14:05", "yesterday, 17:40", "25 Nov, 08:30" or "25 Nov 2025, 08:30"."""
    local, today = timezone.localtime(moment), timezone.localtime(now).date()
    names = {-1: "yesterday", 0: "today", 1: "tomorrow"}
    day = names.get((local.date() - today).days) or (
        f"{local:%-d %b}" if local.year == today.year else f"{local:%-d %b %Y}"
    )
    return f"{day}, {local:%H:%M}"


def span(first: datetime, last: datetime, now: datetime) -> str:
    """Return "today, 12:40, and 14:00" or "yesterday, 18:10, and today, 11:00"."""
    begin, end = day_and_time(first, now), day_and_time(last, now)
    if begin.rpartition(", ")[0] == end.rpartition(", ")[0]:
        end = end.rpartition(", ")[2]
    return f"{begin}, and {end}"


def day(moment: datetime) -> str:
    """Return the day: "3 Mar 2026"."""
    return f"{timezone.localtime(moment):%-d %b %Y}"


def exact(moment: datetime) -> str:
    """Return a moment without any doubt: "25 November 2026, 14:05:09 UTC"."""
    return f"{timezone.localtime(moment):%-d %B %Y, %H:%M:%S %Z}"


def lasting(seconds: float) -> str:
    """Return how long something took: "0.4 s", "18 s", "1 min 50 s", "2 h 5 min"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // HOUR} h {whole % HOUR // 60} min"


def _few(seconds: float) -> str:
    """Return "40 seconds" or "3 minutes"."""
    whole = timedelta(seconds=round(seconds))
    count, unit = (
        (whole.seconds, "second") if whole.seconds < 60 else (round(whole.seconds / 60), "minute")
    )
    return f"{count} {unit}{'' if count == 1 else 's'}"
