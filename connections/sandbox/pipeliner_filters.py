"""The `filter[...]` and `filter-op[...]` parameters of Pipeliner's lists."""

from __future__ import annotations

import operator
from collections.abc import Callable
from datetime import date
from typing import Any

from .base import Row
from .pipeliner_errors import bad_request
from .pipeliner_schema import TEXT_KINDS, Property
from .pipeliner_values import BadValue, is_uuid, parsed_time, wire_time

Predicate = Callable[[Row], bool]

_TEXT_TESTS: dict[str, Callable[[str, str], bool]] = {
    "eq": operator.eq,
    "not-eq": operator.ne,
    "contains": operator.contains,
    "starts": str.startswith,
    "ends": str.endswith,
}
_ORDER_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "not-eq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
}
_BLANK_TESTS: dict[str, Callable[[Any], bool]] = {
    "null": lambda value: value is None,
    "not-null": lambda value: value is not None,
    "empty": lambda value: value in (None, "", []),
    "not-empty": lambda value: value not in (None, "", []),
}
_IGNORING_CASE = {
    "ieq": "eq",
    "not-ieq": "not-eq",
    "icontains": "contains",
    "istarts": "starts",
    "iends": "ends",
}
_ORDERED_KINDS = frozenset({"int", "enum", "number", "date", "time"})
_EQUAL_KINDS = frozenset({"bool", "uuid", "ref", "option"})
SORTABLE_KINDS = TEXT_KINDS | _ORDERED_KINDS | _EQUAL_KINDS


def predicate(properties: dict[str, Property], name: str, op: str, raw: str | None) -> Predicate:
    """What one filter tests; 400 for an unknown field or operator, or a value that does not fit.

    `revision`, relations and worked-out properties cannot be filtered, and `between` is refused:
    its syntax is not documented.
    """
    each = properties.get(name)
    if each is None or not each.stored or name == "revision":
        raise bad_request(f"'{name}' cannot be filtered.")
    if op in _BLANK_TESTS:
        blank = _BLANK_TESTS[op]
        return lambda row: blank(row.get(name, each.default))
    if raw is None:
        raise bad_request(f"filter-op[{name}] needs filter[{name}].")
    if each.kind in TEXT_KINDS:
        return _text_predicate(each, op, raw)
    tests = _ORDER_TESTS if each.kind in _ORDERED_KINDS else {}
    if each.kind in _EQUAL_KINDS:
        tests = {"eq": operator.eq, "not-eq": operator.ne}
    if op not in tests:
        raise bad_request(f"Operator '{op}' does not fit '{name}'.")
    test, wanted = tests[op], _parsed(each, raw)

    def holds(row: Row) -> bool:
        value = row.get(name, each.default)
        if value is None:
            return op == "not-eq"
        return test(value, wanted)

    return holds


def _text_predicate(each: Property, op: str, raw: str) -> Predicate:
    folded = op in _IGNORING_CASE
    test = _TEXT_TESTS.get(_IGNORING_CASE.get(op, op))
    if test is None:
        raise bad_request(f"Operator '{op}' does not fit '{each.name}'.")
    wanted = raw.casefold() if folded else raw

    def holds(row: Row) -> bool:
        value = row.get(each.name, each.default) or ""
        return test(value.casefold() if folded else value, wanted)

    return holds


def _parsed(each: Property, raw: str) -> Any:
    try:
        match each.kind:
            case "bool":
                return {"true": True, "false": False}[raw]
            case "int" | "enum":
                return int(raw)
            case "number":
                return float(raw)
            case "date":
                return str(date.fromisoformat(raw))
            case "time":
                return wire_time(parsed_time(raw))
    except (BadValue, KeyError, ValueError) as problem:
        raise bad_request(f"'{raw}' is no value for '{each.name}'.") from problem
    if not is_uuid(raw):
        raise bad_request(f"'{raw}' is not an id.")
    return raw
