"""Which values Pipeliner takes for a property, and in which form it stores them."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, date, datetime
from typing import Any

from .base import Habits
from .pipeliner_schema import TEXT_KINDS, WEBHOOK_EVENTS, Property

LINE_LENGTH = 255
TEXT_BYTES = 65_535
_TIME = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)?")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# What a database of Unicode text refuses: NUL, and half of a surrogate pair.
_UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class BadValue(Exception):
    """A value that the property cannot hold; the text says why."""


def wire_time(moment: datetime) -> str:
    """`2024-07-09 12:51:48.050073+00:00`; these texts sort as the times do."""
    return str(moment.astimezone(UTC))


def parsed_time(text: str) -> datetime:
    """A time in any form that the API takes, UTC where it names no offset; else BadValue."""
    if not _TIME.fullmatch(text):
        raise BadValue(f"'{text}' is not a date and time.")
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as problem:
        raise BadValue(f"'{text}' is not a date and time.") from problem
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def is_uuid(value: object) -> bool:
    """Whether this is an id as the API writes them: lower case, with dashes."""
    return isinstance(value, str) and _UUID.fullmatch(value) is not None


def new_id() -> str:
    """An id for a new row."""
    return str(uuid.uuid4())


def stored_value(each: Property, value: Any, habits: Habits) -> Any:
    """What is stored for `value`; BadValue where it does not fit. Rows named are not looked up."""
    if each.kind in TEXT_KINDS:
        return _text(each, value, habits)
    if value is None and each.kind not in {"bool", "enum", "strings", "options", "nothing"}:
        return each.default
    if value == [] and each.kind == "nothing":
        return []
    reader = _READERS.get(each.kind)
    if reader is None:
        raise BadValue(f"'{each.name}' takes no such value here.")
    return reader(each, value)


def _text(each: Property, value: Any, habits: Habits) -> str | None:
    if value is None:
        return each.default if each.default is None else ""
    if not isinstance(value, str):
        raise BadValue(f"'{each.name}' must be a string.")
    text = habits.text(value, phone=each.kind == "phone")
    if _UNSTORABLE.search(text):
        raise BadValue(f"'{each.name}' holds a character that cannot be stored.")
    if each.kind == "long":
        if len(text.encode()) > TEXT_BYTES:
            raise BadValue(f"'{each.name}' is longer than {TEXT_BYTES} bytes.")
    elif len(text) > LINE_LENGTH:
        raise BadValue(f"'{each.name}' is longer than {LINE_LENGTH} characters.")
    if each.kind == "email" and text and "@" not in text:
        raise BadValue(f"'{each.name}' is not an email address.")
    return text


def _bool(each: Property, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadValue(f"'{each.name}' must be true or false.")
    return value


def _int(each: Property, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**31:
        raise BadValue(f"'{each.name}' must be an integer of 32 bits.")
    return value


def _enum(each: Property, value: Any) -> int:
    low, high = map(int, each.argument.split("-"))
    if not low <= _int(each, value) <= high:
        raise BadValue(f"'{each.name}' must be between {low} and {high}.")
    return int(value)


def _number(each: Property, value: Any) -> int | float:
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > 1e15:
        raise BadValue(f"'{each.name}' must be a number.")
    return value


def _money(each: Property, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or set(value) != {"base_value", "currency_id", "value_foreign"}:
        raise BadValue(f"'{each.name}' must hold base_value, currency_id and value_foreign.")
    _number(each, value["base_value"])
    _number(each, value["value_foreign"])
    if value["currency_id"] is not None:
        _id(each, value["currency_id"])
    return value


def _date(each: Property, value: Any) -> str:
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return str(date.fromisoformat(value))
        except ValueError:
            pass
    raise BadValue(f"'{each.name}' must be a date such as 2022-03-17.")


def _time(each: Property, value: Any) -> str:
    if not isinstance(value, str):
        raise BadValue(f"'{each.name}' must be a date and time.")
    return wire_time(parsed_time(value))


def _id(each: Property, value: Any) -> str:
    if not is_uuid(value):
        raise BadValue(f"'{each.name}' must be an id or null.")
    return str(value)


def _ids(each: Property, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise BadValue(f"'{each.name}' must be a list of ids.")
    return list(dict.fromkeys(_id(each, item) for item in value))


def _events(each: Property, value: Any) -> list[str]:
    if not isinstance(value, list) or not value or not WEBHOOK_EVENTS.issuperset(value):
        raise BadValue(f"'{each.name}' must be a list of events.")
    return list(value)


def _json(each: Property, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadValue(f"'{each.name}' must be an object.")
    return value


_READERS = {
    "bool": _bool,
    "int": _int,
    "enum": _enum,
    "number": _number,
    "money": _money,
    "date": _date,
    "time": _time,
    "uuid": _id,
    "ref": _id,
    "option": _id,
    "options": _ids,
    "strings": _events,
    "json": _json,
}
