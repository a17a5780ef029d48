"""What is taken of an app's answers: text that can be kept, else a reason for people."""

from __future__ import annotations

import json
from collections.abc import Mapping

LONGEST = 64 * 1024
"""Bytes of UTF-8 that one value may have."""


class Unusable(Exception):
    """A value that cannot be taken; `reason` says why, for people, and holds nothing of it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def text(value: object) -> str:
    """Return a text as it is, "" for None. Raises `Unusable`."""
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Unusable("is not text")
    if "\x00" in value:
        raise Unusable("contains a NUL character")
    if not value.isascii():
        try:
            size = len(value.encode())
        except UnicodeEncodeError:
            raise Unusable("contains half a character") from None
    else:
        size = len(value)
    if size > LONGEST:
        raise Unusable(f"is longer than {LONGEST // 1024} KiB")
    return value


def is_storable(value: object) -> bool:
    """Return whether every text within a JSON value can be kept."""
    if isinstance(value, str):
        try:
            text(value)
        except Unusable:
            return False
        return True
    if _is_plainly_storable(value):
        return True
    if isinstance(value, Mapping):
        return all(is_storable(key) and is_storable(each) for key, each in value.items())
    if isinstance(value, list):
        return all(is_storable(each) for each in value)
    return True


def _is_plainly_storable(value: object) -> bool:
    """Return whether a JSON value as a whole is as short and clean as a single text may be."""
    try:
        dumped = json.dumps(value, ensure_ascii=False)
    except TypeError:
        return False
    # A NUL is escaped in JSON; half a character cannot be encoded.
    return len(dumped) <= LONGEST // 4 and "\\u0000" not in dumped and _is_encodable(dumped)


def _is_encodable(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
