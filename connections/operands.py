"""What a rule's condition may compare, and its values typed as their field. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from zoneinfo import ZoneInfo

from connections.schema import CHOICES, DATES, LISTS, TEXTS, Birthday, Field, Type, Value


class ConditionKind(StrEnum):
    SCOPE = "scope"
    LABEL = "label"
    OWNER = "owner"
    FIELD = "field"
    EXISTS = "exists"


class Operator(StrEnum):
    IN = "in"
    NOT_IN = "not_in"
    IS = "is"
    IS_NOT = "is_not"
    CONTAINS = "contains"
    CONTAINS_NOT = "does_not_contain"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    LESS = "less"
    AT_MOST = "at_most"
    MORE = "more"
    AT_LEAST = "at_least"
    BETWEEN = "between"
    LAST_DAYS = "last_days"
    NEXT_DAYS = "next_days"
    ONE_OF = "one_of"
    NONE_OF = "none_of"
    HAS_ANY = "has_any"
    HAS_ALL = "has_all"
    HAS_NONE = "has_none"
    IS_EMPTY = "is_empty"
    NOT_EMPTY = "not_empty"


_EMPTINESS = (Operator.IS_EMPTY, Operator.NOT_EMPTY)
_OF_TEXT = (
    Operator.IS,
    Operator.IS_NOT,
    Operator.CONTAINS,
    Operator.CONTAINS_NOT,
    Operator.STARTS_WITH,
    Operator.ENDS_WITH,
    *_EMPTINESS,
)
_OF_NUMBER = (
    Operator.IS,
    Operator.IS_NOT,
    Operator.LESS,
    Operator.AT_MOST,
    Operator.MORE,
    Operator.AT_LEAST,
    Operator.BETWEEN,
    *_EMPTINESS,
)
_OF_DATE = (*_OF_NUMBER[:-2], Operator.LAST_DAYS, Operator.NEXT_DAYS, *_EMPTINESS)
_OF_TYPE: Mapping[Type, tuple[Operator, ...]] = {
    **dict.fromkeys(TEXTS | LISTS, _OF_TEXT),
    **dict.fromkeys((Type.INTEGER, Type.DECIMAL), _OF_NUMBER),
    **dict.fromkeys(DATES, _OF_DATE),
    Type.BOOLEAN: (Operator.IS,),
    Type.CHOICE: (Operator.ONE_OF, Operator.NONE_OF),
    Type.MULTI_CHOICE: (Operator.HAS_ANY, Operator.HAS_ALL, Operator.HAS_NONE),
}
_OF_KIND: Mapping[ConditionKind, tuple[Operator, ...]] = {
    ConditionKind.SCOPE: (Operator.IN, Operator.NOT_IN),
    ConditionKind.LABEL: (Operator.IN, Operator.NOT_IN),
    ConditionKind.OWNER: (Operator.IS, Operator.IS_NOT),
    ConditionKind.EXISTS: (Operator.IS,),
}
WITHOUT_VALUE = frozenset(_EMPTINESS)
WITH_DAYS = frozenset({Operator.LAST_DAYS, Operator.NEXT_DAYS})
WITH_SEVERAL = frozenset(
    {
        Operator.IN,
        Operator.NOT_IN,
        Operator.ONE_OF,
        Operator.NONE_OF,
        Operator.HAS_ANY,
        Operator.HAS_ALL,
        Operator.HAS_NONE,
    }
)
"""The operators that compare with any number of values; an owner's do so too."""
MOST_DAYS = 36500


def operators(kind: ConditionKind, type_: Type | None = None) -> tuple[Operator, ...]:
    """Return the operators of a kind of condition; those of a field follow its type [RU4]."""
    if kind is ConditionKind.FIELD:
        return _OF_TYPE.get(type_, ()) if type_ is not None else ()
    return _OF_KIND[kind]


# What a condition compares with


class BadValue(ValueError):
    """A value of a rule that cannot be used; the text says why and what to do."""


def operand(field: Field, operator: Operator, texts: Sequence[str]) -> tuple[Value, ...]:
    """Return what a field's condition compares with, typed as its field; raises `BadValue`."""
    if operator not in operators(ConditionKind.FIELD, field.type):
        raise BadValue(f"{field.label} cannot be compared in this way any more. Choose another.")
    if operator in WITHOUT_VALUE:
        return ()
    given = [text for text in texts if text.strip()]
    if not given:
        raise BadValue("Give a value, or choose “is empty”." if _has_emptiness(field) else _GIVE)
    if operator in WITH_DAYS:
        return (_days(given[0]),)
    if operator in WITH_SEVERAL:
        _check_options(field, given)
        return tuple(given)
    found = tuple(typed(field, text) for text in given)
    if operator is not Operator.BETWEEN:
        return found[:1]
    if len(found) != 2:
        raise BadValue("Give two values.")
    if ordered(found[0], UTC_ZONE) > ordered(found[1], UTC_ZONE):  # type: ignore[operator]
        raise BadValue(f"The first must be the smaller one. Write {given[1]} and {given[0]}.")
    return found


_GIVE = "Give a value."
UTC_ZONE = ZoneInfo("UTC")


def _has_emptiness(field: Field) -> bool:
    return Operator.IS_EMPTY in _OF_TYPE.get(field.type, ())


def _days(text: str) -> int:
    if not text.strip().isascii() or not text.strip().isdigit():
        raise BadValue("Give a whole number of days, such as 90.")
    days = int(text.strip()[:9])
    if not 1 <= days <= MOST_DAYS:
        raise BadValue(f"Give between 1 and {MOST_DAYS:,} days.")
    return days


def _check_options(field: Field, values: Iterable[str]) -> None:
    known = {option.value for option in field.options}
    for value in values:
        if value not in known:
            raise BadValue(f"{field.label} has no option “{value}” any more. Choose another.")


def typed(field: Field, text: str) -> Value:
    """Return the text of one value as its field holds it; raises `BadValue`."""
    text = text.strip()
    if field.type in (Type.INTEGER, Type.DECIMAL):
        return _number(field, text)
    if field.type in DATES:
        return _date(field, text)
    if field.type is Type.BOOLEAN:
        if text not in ("true", "false"):
            raise BadValue("Choose yes or no.")
        return text == "true"
    if field.type in CHOICES:
        _check_options(field, [text])
    return text


def _number(field: Field, text: str) -> Value:
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise BadValue(f"“{text}” is no number. Write it as 1234.5.")
    if field.type is Type.DECIMAL:
        return number
    if number != number.to_integral_value():
        raise BadValue(f"{field.label} holds whole numbers.")
    return int(number)


def _date(field: Field, text: str) -> Value:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise BadValue(f"“{text}” is no date. Write it as 2026-03-31.") from None
    if field.type is Type.BIRTHDAY:
        return Birthday(day.year, day.month, day.day)
    if field.type is Type.DATETIME:
        return datetime.combine(day, time(), UTC)
    return day


def ordered(value: Value, zone: ZoneInfo) -> Decimal | date | None:
    """Return what a number or a day is ordered by; None for a blank, or a day without a year."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | Decimal):
        return Decimal(value)
    return day_of(value, zone)


def day_of(value: Value, zone: ZoneInfo) -> date | None:
    if isinstance(value, Birthday):
        try:
            return date(value.year, value.month, value.day) if value.year else None
        except ValueError:
            return None
    if isinstance(value, datetime):
        try:
            return value.astimezone(zone).date()
        except OverflowError:
            return value.date()  # the first or the last day that there is, as apps write "never"
    return value if isinstance(value, date) else None
