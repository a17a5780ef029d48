"""What an app answered over HTTP, and what its headers say of time."""

from __future__ import annotations

import json as jsonlib
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from connections.connectors.base import Unavailable

DEFAULT_RETRY_AFTER = 60.0
LONGEST_RETRY_AFTER = 3600.0


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds that `Retry-After` asks for (RFC 9110, 10.2.3), at most an hour.

    Without it, and where it is junk, a minute.
    """
    text = (headers.get("Retry-After") or "").strip()
    seconds = math.nan
    if re.fullmatch(r"[0-9]+(\.[0-9]*)?", text):
        seconds = float(text)
    elif (moment := http_date(text)) is not None:
        seconds = (moment - (server_time(headers) or datetime.now(UTC))).total_seconds()
    if math.isnan(seconds):
        return DEFAULT_RETRY_AFTER
    return min(max(seconds, 0.0), LONGEST_RETRY_AFTER)


def http_date(text: str) -> datetime | None:
    """Return the moment that an HTTP date names, None if it is none."""
    try:
        moment = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """Return the `Date` of an answer, in whole seconds."""
    return http_date(headers.get("Date") or "")


@dataclass(frozen=True, slots=True)
class Answer:
    """What an app answered. `headers` are found in any case."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    label: str
    in_doubt: bool = False
    """Whether an answer that cannot be read leaves open if something was done."""

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """Return the decoded body, None for a refusal that has none.

        Raises `Unavailable` for a success that has none.
        """
        for decode in (jsonlib.loads, _liberal_json):
            try:
                return decode(self.content)
            except (ValueError, RecursionError):
                continue
        if not self.ok:
            return None
        raise Unavailable(f"{self.label} gave an answer that is not JSON", in_doubt=self.in_doubt)


def _liberal_json(content: bytes) -> Any:
    """Return JSON that has control characters in strings, bytes not UTF-8, or endless numbers."""

    def number(digits: str) -> int | None:
        return int(digits) if len(digits) < 1000 else None

    return jsonlib.loads(content.decode("utf-8", "replace"), strict=False, parse_int=number)
