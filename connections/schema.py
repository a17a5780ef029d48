"""Contact fields: their types, their roles, and when two values of one are equal. Pure: values in,
values out.
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
    REFERENCES = "references"


TEXTS = frozenset({Type.TEXT, Type.LONG_TEXT, Type.EMAIL, Type.PHONE, Type.URL})
LISTS = frozenset({Type.EMAILS, Type.PHONES})
DATES = frozenset({Type.DATE, Type.DATETIME, Type.BIRTHDAY})
CHOICES = frozenset({Type.CHOICE, Type.MULTI_CHOICE})
REFERENCES = frozenset({Type.REFERENCE, Type.REFERENCES})


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
    if type(value) is tuple:
        return list(value)
    if isinstance(value, Birthday):
        return {"birthday": list(value)}
    if isinstance(value, datetime):
        return {"at": value.astimezone(UTC).isoformat()}
    if isinstance(value, date):
        return {"on": value.isoformat()}
    if isinstance(value, Decimal):
        return {"number": str(value)}
    return value


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


def value_to_json(value: Value) -> Any:
    """Return a value as JSON holds it; `value_from_json` gives it back equal."""
    return value if type(value) in _AS_THEY_ARE else _encode(value)


def value_from_json(stored: Any) -> Value:
    """Return the value that `value_to_json` stored."""
    return stored if type(stored) in _AS_THEY_ARE else _decode(stored)


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
    """Return JSON text that is equal for equal content, for hashes; it may hold values."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=_encode
    )


# Equality

_SPACE = re.compile(r"[ \t\u00a0]+")


def entry_key(type_: Type, entry: str, region: str | None) -> str:
    """Return the form in which an email address or phone number is compared; "" equals nothing."""
    if type_ in (Type.PHONES, Type.PHONE):
        return phones.normal(entry, region)
    return entry.strip().casefold()


def is_no_entry(type_: Type, entry: str) -> bool:
    """Return whether an entry equals nothing, see `entry_key`; much cheaper than that."""
    return phones.is_blank(entry) if type_ is Type.PHONES else not entry.strip()


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
    if field.type in (Type.MULTI_CHOICE, Type.REFERENCES):
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


def by_key(fields: Sequence[Field]) -> dict[str, Field]:
    """Return the fields by their key."""
    return {field.key: field for field in fields}
