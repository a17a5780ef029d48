"""Which type of field converts into which, and values of one field as another holds them [VA6].
Pure: values in, values out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from connections.schema import (
    CHOICES,
    LISTS,
    TEXTS,
    Birthday,
    Field,
    Type,
    Value,
    entries_of,
    is_blank,
)

# The matrix


class Way(StrEnum):
    """How values of one type become values of another."""

    LOSSLESS = "nothing is lost"
    CHECKED = "where the value fits"
    REDUCED = "in part"
    OPTIONS = "option by option"
    AS_TEXT = "as text, one way"
    NO = "no"


WAYS: Mapping[Way, str] = {
    Way.LOSSLESS: "Each value has its form there, and comes back as it was.",
    Way.CHECKED: "What has no form there is left out, and the contact is flagged; the rest comes "
    "back as it was.",
    Way.REDUCED: "Something is lost on the way: line breaks, the time of day, or all but the "
    "primary entry.",
    Way.OPTIONS: "By a table of options, or by equal labels; an option without its like is left "
    "out, and the contact is flagged.",
    Way.AS_TEXT: "Written out; a text never becomes such a value again.",
    Way.NO: "Not at all.",
}
"""What each way means, for people."""

_OUT = {Type.TEXT: Way.AS_TEXT, Type.LONG_TEXT: Way.AS_TEXT}
MATRIX: Mapping[Type, Mapping[Type, Way]] = {
    Type.TEXT: {
        Type.TEXT: Way.LOSSLESS,
        Type.LONG_TEXT: Way.LOSSLESS,
        Type.EMAIL: Way.CHECKED,
        Type.PHONE: Way.CHECKED,
        Type.URL: Way.CHECKED,
    },
    Type.LONG_TEXT: {
        Type.TEXT: Way.REDUCED,
        Type.LONG_TEXT: Way.LOSSLESS,
        Type.EMAIL: Way.CHECKED,
        Type.PHONE: Way.CHECKED,
        Type.URL: Way.CHECKED,
    },
    Type.EMAIL: {
        Type.TEXT: Way.LOSSLESS,
        Type.LONG_TEXT: Way.LOSSLESS,
        Type.EMAIL: Way.LOSSLESS,
        Type.EMAILS: Way.LOSSLESS,
    },
    Type.PHONE: {
        Type.TEXT: Way.LOSSLESS,
        Type.LONG_TEXT: Way.LOSSLESS,
        Type.PHONE: Way.LOSSLESS,
        Type.PHONES: Way.LOSSLESS,
    },
    Type.URL: {
        Type.TEXT: Way.LOSSLESS,
        Type.LONG_TEXT: Way.LOSSLESS,
        Type.URL: Way.LOSSLESS,
    },
    Type.INTEGER: {Type.INTEGER: Way.LOSSLESS, Type.DECIMAL: Way.LOSSLESS, **_OUT},
    Type.DECIMAL: {Type.INTEGER: Way.CHECKED, Type.DECIMAL: Way.LOSSLESS, **_OUT},
    Type.BOOLEAN: {Type.BOOLEAN: Way.LOSSLESS, **_OUT},
    Type.DATE: {
        Type.DATE: Way.LOSSLESS,
        Type.DATETIME: Way.LOSSLESS,
        Type.BIRTHDAY: Way.LOSSLESS,
        **_OUT,
    },
    Type.DATETIME: {
        Type.DATE: Way.REDUCED,
        Type.DATETIME: Way.LOSSLESS,
        Type.BIRTHDAY: Way.REDUCED,
        **_OUT,
    },
    Type.BIRTHDAY: {
        Type.DATE: Way.CHECKED,
        Type.DATETIME: Way.CHECKED,
        Type.BIRTHDAY: Way.LOSSLESS,
        **_OUT,
    },
    Type.CHOICE: {Type.CHOICE: Way.OPTIONS, **_OUT},
    Type.MULTI_CHOICE: {Type.MULTI_CHOICE: Way.OPTIONS, **_OUT},
    Type.EMAILS: {Type.EMAIL: Way.REDUCED, Type.EMAILS: Way.LOSSLESS},
    Type.PHONES: {Type.PHONE: Way.REDUCED, Type.PHONES: Way.LOSSLESS},
    Type.REFERENCE: {},
    Type.REFERENCES: {},
}
"""For each type, the types that it becomes, and how; what is not here does not convert."""

NOUNS: Mapping[Type, str] = {
    Type.TEXT: "text",
    Type.LONG_TEXT: "a long text",
    Type.EMAIL: "an email address",
    Type.PHONE: "a phone number",
    Type.URL: "a web address",
    Type.INTEGER: "a whole number",
    Type.DECIMAL: "a number",
    Type.BOOLEAN: "a yes or no",
    Type.DATE: "a date",
    Type.DATETIME: "a date and time",
    Type.BIRTHDAY: "a birthday",
    Type.CHOICE: "a choice",
    Type.MULTI_CHOICE: "a choice of several",
    Type.EMAILS: "a list of email addresses",
    Type.PHONES: "a list of phone numbers",
    Type.REFERENCE: "a user, unit or label",
    Type.REFERENCES: "a list of users, units or labels",
}


def way(source: Type, target: Type) -> Way:
    """Return how values of one type become values of the other."""
    return MATRIX[source].get(target, Way.NO)


def converts(source: Type, target: Type) -> bool:
    """Return whether values of one type can be written to the other."""
    return target in MATRIX[source]


def why_not(source: Type, target: Type) -> str:
    """Return why values of one type cannot become values of the other, as a sentence that begins in
    lower case; "" where they can.
    """
    if converts(source, target):
        return ""
    reason = f"{NOUNS[source]} cannot become {NOUNS[target]}."
    return reason if target in LISTS else f"{reason} Use a rule to set it."


# Values

_LINE_END = re.compile(r"[\r\n]")


class CannotConvert(Exception):
    """A value has no form in the target field; `reason` says why, for people."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NotCopied(CannotConvert):
    """The table of options says that this one is not copied: the target stays, and all is well."""


NOT_COPIED = ""
"""What a table of options gives for an option that is not copied."""


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

    `target_now` is what stands there: its time of day is kept where the source has none. A list
    gives its first entry to a single value, and a single value is an entry of a list; two lists are
    merged elsewhere, entry by entry. `options` has the target's option, or the text, or
    `NOT_COPIED`, by the source's; what it lacks goes by equal labels, and becomes its label as
    text. Raises `CannotConvert`.
    """
    if not converts(source.type, target.type):
        raise CannotConvert(why_not(source.type, target.type).rstrip("."))
    if is_blank(value):
        return None
    converted: Value
    if target.type in TEXTS:
        converted = _as_text(value, source, target, options or {})
    elif target.type in CHOICES:
        converted = _as_options(value, source, target, options)
    elif target.type in LISTS:
        converted = value
    else:
        converted = _as_kind(value, target.type, time_zone, target_now)
    if isinstance(converted, str) and target.max_length and len(converted) > target.max_length:
        raise CannotConvert(
            f"{target.label} holds {target.max_length} characters; this value has {len(converted)}"
        )
    return converted


def _as_text(value: Value, source: Field, target: Field, options: Mapping[str, str]) -> str:
    text = _written_out(value, source, options)
    if target.type is Type.LONG_TEXT:
        return text
    if _LINE_END.search(text.strip()):
        text = " ".join(text.split())
    if source.type in (Type.TEXT, Type.LONG_TEXT) and not _looks_like(target.type, text.strip()):
        raise CannotConvert(f"this text is not {NOUNS[target.type]}")
    return text


def _looks_like(type_: Type, text: str) -> bool:
    """Return whether a text could be of a type; whether it is, its app decides."""
    if type_ is Type.EMAIL:
        before, at, after = text.rpartition("@")
        return bool(before and at and after) and not any(map(str.isspace, text))
    if type_ is Type.PHONE:
        return any(map(str.isdigit, text))
    return type_ is not Type.URL or not any(map(str.isspace, text))


def _written_out(value: Value, source: Field, options: Mapping[str, str]) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Birthday):
        year = f"{value.year:04d}" if value.year else "-"
        return f"{year}-{value.month:02d}-{value.day:02d}"
    if entries := entries_of(value):
        if source.type in LISTS:
            return entries[0]
        copied = [each for each in entries if options.get(each) != NOT_COPIED]
        return ", ".join(_text_for(each, source, options) for each in copied)
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, str) and source.type is Type.CHOICE:
        return _text_for(value, source, options)
    return str(value)


def _text_for(option: str, source: Field, options: Mapping[str, str]) -> str:
    """Return what the table of options has for one that becomes text, its label where it has
    nothing.
    """
    label, chosen = _label(option, source), options.get(option)
    if chosen == NOT_COPIED:
        raise NotCopied(f"“{label}” is not copied")
    return chosen or label


# Options


@lru_cache(maxsize=1024)
def labels(field: Field) -> Mapping[str, str]:
    """Return the labels of a field's options by their values."""
    return {option.value: option.label for option in field.options}


def label_key(label: str) -> str:
    """Return the form in which labels of options are compared."""
    return " ".join(label.split()).casefold()


@lru_cache(maxsize=1024)
def _by_label(field: Field) -> Mapping[str, str]:
    return {label_key(option.label): option.value for option in reversed(field.options)}


def _label(option: str, field: Field) -> str:
    if option not in labels(field):
        raise CannotConvert(f"{field.label} holds an option that is no longer there")
    return labels(field)[option]


def _as_options(
    value: Value, source: Field, target: Field, options: Mapping[str, str] | None
) -> Value:
    def one(option: str) -> str:
        label = _label(option, source)
        chosen = (options or {}).get(option)
        if chosen == NOT_COPIED:
            raise NotCopied(f"“{label}” is not copied")
        chosen = chosen or _by_label(target).get(label_key(label))
        if chosen is None:
            raise CannotConvert(f"{target.label} has no option for “{label}”")
        if chosen not in labels(target):
            raise CannotConvert(f"{target.label} no longer has the option for “{label}”")
        return chosen

    if target.type is not Type.MULTI_CHOICE:
        return one(str(value))
    try:
        return tuple(dict.fromkeys(one(option) for option in entries_of(value)))
    except NotCopied as problem:
        # The others are not copied either, which nobody chose.
        raise CannotConvert(problem.reason) from problem


# Numbers and days


def _as_kind(value: Value, target: Type, time_zone: ZoneInfo, target_now: Value) -> Value:
    if target is Type.INTEGER and isinstance(value, Decimal):
        if value != value.to_integral_value():
            raise CannotConvert("the other field holds whole numbers only")
        return int(value)
    if target is Type.DECIMAL and isinstance(value, int):
        return Decimal(value)
    try:
        if target is Type.BIRTHDAY:
            day = value.astimezone(time_zone) if isinstance(value, datetime) else value
            return Birthday(day.year, day.month, day.day) if isinstance(day, date) else day
        if target in (Type.DATE, Type.DATETIME):
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
    moment = datetime.combine(value, clock, time_zone).astimezone(UTC)
    if moment.astimezone(time_zone).date() != value:
        raise ValueError  # a day that was skipped where a country changed sides of the date line
    return moment
