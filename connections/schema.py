"""Contact fields: their types, their roles, and which converts into which. Pure: values in, values
out.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from connections import phones


class Birthday(NamedTuple):
    """A birthday; `year` is None where the app knows none."""

    year: int | None
    month: int
    day: int


Value = str | bool | int | Decimal | date | datetime | Birthday | tuple[str, ...] | None
Values = Mapping[str, Value]


class Type(StrEnum):
    TEXT = "text"
    LONG_TEXT = "long text"
    EMAIL = "email"
    PHONE = "phone"
    URL = "url"
    INTEGER = "integer"
    DECIMAL = "decimal"
    BOOLEAN = "yes/no"
    DATE = "date"
    DATETIME = "date and time"
    BIRTHDAY = "birthday"
    CHOICE = "choice"
    MULTI_CHOICE = "multi-choice"
    EMAILS = "email addresses"
    PHONES = "phone numbers"
    REFERENCE = "reference"


TEXTS = frozenset({Type.TEXT, Type.LONG_TEXT, Type.EMAIL, Type.PHONE, Type.URL})
LISTS = frozenset({Type.EMAILS, Type.PHONES})


class Role(StrEnum):
    """What a field means, for the default mapping [VA4]."""

    FULL_NAME = "full_name"
    PREFIX = "prefix"
    GIVEN_NAME = "given_name"
    MIDDLE_NAME = "middle_name"
    FAMILY_NAME = "family_name"
    SUFFIX = "suffix"
    EMAILS = "emails"
    PHONES = "phones"
    COMPANY = "company"
    JOB_TITLE = "job_title"
    STREET = "street"
    CITY = "city"
    POSTAL_CODE = "postal_code"
    REGION = "region"
    COUNTRY = "country"
    WEBSITE = "website"
    BIRTHDAY = "birthday"
    NOTES = "notes"


NAME_PARTS = (
    Role.PREFIX,
    Role.GIVEN_NAME,
    Role.MIDDLE_NAME,
    Role.FAMILY_NAME,
    Role.SUFFIX,
)
ADDRESS_PARTS = frozenset({Role.STREET, Role.CITY, Role.POSTAL_CODE, Role.REGION, Role.COUNTRY})


@dataclass(frozen=True, slots=True)
class Option:
    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field of an app's contact.

    `slots` is the number of entries a list field holds (None: any number). `view_of` names the list
    field whose entry number `view_index` this field shows: such a field is for conditions and
    custom mappings alone. `derived` marks a joined name that is made from parts, or parts that are
    made from one name. `written_while` says under which condition the app takes a value, where it
    does not always.
    """

    key: str
    label: str
    type: Type
    role: Role | None = None
    options: tuple[Option, ...] = ()
    read_only: bool = False
    required: bool = False
    max_length: int | None = None
    slots: int | None = None
    view_of: str = ""
    view_index: int = 0
    derived: bool = False
    written_while: str = ""


def is_blank(value: Value) -> bool:
    """Return whether the value is empty: no text, no entry, nothing; `False` and 0 are values."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value == ()


def entries_of(value: Value) -> tuple[str, ...]:
    """Return the entries of a list; none where the value is no list."""
    return value if isinstance(value, tuple) and not isinstance(value, Birthday) else ()


# What is stored


_AS_THEY_ARE = frozenset({str, type(None), bool, int})


def _encode(value: Any) -> Any:
    if isinstance(value, Birthday):
        return {"birthday": list(value)}
    if isinstance(value, datetime):
        return {"at": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"on": value.isoformat()}
    if isinstance(value, Decimal):
        return {"number": str(value)}
    return list(value) if isinstance(value, tuple) else value


def _decode(value: Any) -> Value:
    if isinstance(value, list):
        return tuple(value)
    if isinstance(value, dict):
        ((kind, content),) = value.items()
        if kind == "birthday":
            return Birthday(*content)
        if kind == "at":
            return datetime.fromisoformat(content)
        if kind == "on":
            return date.fromisoformat(content)
        return Decimal(content)
    return value  # type: ignore[no-any-return]


def to_json(values: Values) -> dict[str, Any]:
    """Return values as JSON holds them; `from_json` gives them back equal."""
    return {
        key: value if type(value) in _AS_THEY_ARE else _encode(value)
        for key, value in values.items()
    }


def from_json(stored: Mapping[str, Any]) -> dict[str, Value]:
    """Return the values that `to_json` stored."""
    return {
        key: value if type(value) in _AS_THEY_ARE else _decode(value)
        for key, value in stored.items()
    }


def stable_json(value: Any) -> str:
    """Return JSON text that is equal for equal content, for hashes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


# Equality

_SPACE = re.compile(r"[ \t\u00a0]+")


def entry_key(type_: Type, entry: str, region: str | None) -> str:
    """Return the form in which an email address or phone number is compared; "" equals nothing."""
    if type_ in (Type.PHONES, Type.PHONE):
        return phones.normal(entry, region)
    return entry.strip().casefold()


def comparable(field: Field, value: Value, region: str | None) -> object:
    """Return what two values of a field are compared by: equal where an app or a person would call
    them the same.

    Space at the ends and in runs, line ends and the Unicode form never count; case does not count
    in addresses.
    """
    if is_blank(value):
        return None
    if field.type in LISTS:
        entries = entries_of(value) or (str(value),)
        keys = (entry_key(field.type, entry, region) for entry in entries)
        return frozenset(key for key in keys if key) or None
    if field.type is Type.MULTI_CHOICE:
        return frozenset(entries_of(value))
    if isinstance(value, str):
        if field.type in (Type.EMAIL, Type.PHONE):
            return entry_key(field.type, value, region) or value.strip()
        return _tidy(value)
    return value


def same(field: Field, one: Value, other: Value, region: str | None) -> bool:
    """Return whether two values of one field are equal for the sync."""
    return one == other or comparable(field, one, region) == comparable(field, other, region)


def _tidy(text: str) -> str:
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return "\n".join(_SPACE.sub(" ", line).strip() for line in lines).strip()


SHORTEST_CUT = 20


def kept_as(field: Field, sent: Value, seen: Value, region: str | None) -> str:
    """Return how an app kept what we sent: "same", "cut", or "" where the value is another one
    [I4].

    "same" allows for the habits of apps: space, case, line ends, Unicode form, phone format,
    escaping, an added midnight, the order of options, a closing slash.
    """
    if same(field, sent, seen, region):
        return "same"
    if isinstance(sent, str) and isinstance(seen, str):
        # What was sent may itself hold what looks like an escape, from an app that escapes.
        forms = {_plain(sent), _plain(html.unescape(sent))}
        theirs = _plain(html.unescape(seen))
        if theirs in forms:
            return "same"
        if len(theirs) >= SHORTEST_CUT and any(form.startswith(theirs) for form in forms):
            return "cut"
    if isinstance(sent, date) and isinstance(seen, date):
        return "same" if _day(sent) == _day(seen) and _midnight(sent) and _midnight(seen) else ""
    if isinstance(sent, int | Decimal) and isinstance(seen, int | Decimal):
        return "same" if Decimal(sent) == Decimal(seen) else ""
    return ""


def _plain(text: str) -> str:
    return _tidy(text).casefold().rstrip("/")


def _day(value: date) -> date:
    return value.date() if isinstance(value, datetime) else value


def _midnight(value: date) -> bool:
    return not isinstance(value, datetime) or value.timetz().replace(tzinfo=None) == time()


# Conversion [VA6]


class CannotConvert(Exception):
    """A value has no form in the target field; `reason` says why, for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_SAME_KIND: tuple[frozenset[Type], ...] = (
    TEXTS,
    frozenset({Type.INTEGER, Type.DECIMAL}),
    frozenset({Type.DATE, Type.DATETIME, Type.BIRTHDAY}),
    frozenset({Type.BOOLEAN}),
    frozenset({Type.CHOICE}),
    frozenset({Type.MULTI_CHOICE}),
    frozenset({Type.EMAILS, Type.EMAIL}),
    frozenset({Type.PHONES, Type.PHONE}),
)
_TO_TEXT_ONLY = frozenset(Type) - TEXTS - LISTS - {Type.REFERENCE}


def converts(source: Type, target: Type) -> bool:
    """Return whether values of one type can be written to the other."""
    if any(source in kind and target in kind for kind in _SAME_KIND):
        return True
    return source in _TO_TEXT_ONLY and target in (Type.TEXT, Type.LONG_TEXT)


def convert(
    value: Value,
    source: Field,
    target: Field,
    *,
    time_zone: ZoneInfo,
    target_now: Value = None,
    options: Mapping[str, str] | None = None,
) -> Value:
    """Return the value as the target field holds it; a blank gives None.

    `target_now` is what stands there: its time of day is kept where the source has none. Lists are
    converted by merging, entry by entry, not here. Raises `CannotConvert`.
    """
    if is_blank(value):
        return None
    converted: Value
    if source.type in LISTS and (entries := entries_of(value)):
        converted = entries[0]
    elif target.type in TEXTS:
        converted = _as_text(value, source)
    elif target.type in (Type.CHOICE, Type.MULTI_CHOICE):
        converted = _as_options(value, source, target, options)
    else:
        converted = _as_kind(value, target.type, time_zone, target_now)
    if isinstance(converted, str) and target.max_length and len(converted) > target.max_length:
        raise CannotConvert(
            f"{target.label} holds {target.max_length} characters; this value has {len(converted)}"
        )
    if isinstance(converted, str) and target.type is Type.TEXT and "\n" in converted.strip():
        return " ".join(converted.split())
    return converted


def _label(option: str, field: Field) -> str:
    return next((each.label for each in field.options if each.value == option), option)


def _as_text(value: Value, source: Field) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Birthday):
        year = f"{value.year:04d}" if value.year else "-"
        return f"{year}-{value.month:02d}-{value.day:02d}"
    if entries := entries_of(value):
        return ", ".join(_label(option, source) for option in entries)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, str) and source.type is Type.CHOICE:
        return _label(value, source)
    return str(value)


def _as_options(
    value: Value, source: Field, target: Field, options: Mapping[str, str] | None
) -> Value:
    by_label = {each.label.strip().casefold(): each.value for each in target.options}
    known = {each.value for each in target.options}

    def one(option: str) -> str:
        chosen = (options or {}).get(option) or by_label.get(
            _label(option, source).strip().casefold()
        )
        if chosen is None or (known and chosen not in known):
            raise CannotConvert(f"{target.label} has no option for “{_label(option, source)}”")
        return chosen

    if entries := entries_of(value):
        return tuple(one(option) for option in entries)
    return one(str(value))


def _as_kind(value: Value, target: Type, time_zone: ZoneInfo, target_now: Value) -> Value:
    if target is Type.INTEGER and isinstance(value, Decimal):
        if value != value.to_integral_value():
            raise CannotConvert("the other field holds whole numbers only")
        return int(value)
    if target is Type.DECIMAL and isinstance(value, int):
        return Decimal(value)
    if target is Type.BIRTHDAY:
        day = value.astimezone(time_zone) if isinstance(value, datetime) else value
        return Birthday(day.year, day.month, day.day) if isinstance(day, date) else day
    if target in (Type.DATE, Type.DATETIME):
        try:
            return _as_date(value, target, time_zone, target_now)
        except (ValueError, OverflowError) as problem:
            raise CannotConvert("this day is in no calendar") from problem
    return value


def _as_date(value: Value, target: Type, time_zone: ZoneInfo, target_now: Value) -> Value:
    if isinstance(value, Birthday):
        if value.year is None:
            raise CannotConvert("the birthday has no year, and the other field needs one")
        value = date(value.year, value.month, value.day)
    if target is Type.DATE:
        return value.astimezone(time_zone).date() if isinstance(value, datetime) else value
    if isinstance(value, datetime) or not isinstance(value, date):
        return value
    clock = target_now.astimezone(time_zone).time() if isinstance(target_now, datetime) else time()
    return datetime.combine(value, clock, time_zone).astimezone(UTC)


def by_key(fields: Sequence[Field]) -> dict[str, Field]:
    """Return the fields by their key."""
    return {field.key: field for field in fields}
