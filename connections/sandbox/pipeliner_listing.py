"""Pipeliner's lists: paging by keyset cursors, order, filters, deleted rows."""

from __future__ import annotations

import base64
import json
import logging
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cmp_to_key
from typing import Any

from werkzeug.datastructures import MultiDict

from .base import Row
from .pipeliner_errors import bad_request
from .pipeliner_filters import SORTABLE_KINDS, Predicate, predicate
from .pipeliner_schema import Property
from .pipeliner_space import Index, Space

logger = logging.getLogger(__name__)

DEFAULT_PAGE = 30
MAX_PAGE = 100
_PLAIN = {
    "first",
    "last",
    "after",
    "before",
    "order-by",
    "include-deleted",
    "expand",
    "load-only",
    "limit",
    "offset",
}
_FILTER = re.compile(r"(filter|filter-op)\[([^\[\]]+)\]")

Key = tuple[Any, ...]
# Names with whether they descend; () is by id. The id always comes last, as the first descends.
Order = tuple[tuple[str, bool], ...]


@dataclass
class Query:
    """The parameters of a list, checked."""

    first: int
    last: int | None
    after: str | None
    before: str | None
    order: Order
    filters: dict[str, tuple[str, str | None]]
    deleted: bool
    window: tuple[int, int] | None


@dataclass
class Page:
    """`rows` of one page; `info` is None where `limit` and `offset` asked."""

    rows: list[Row]
    total: int
    info: dict[str, Any] | None


def flag(text: str, name: str) -> bool:
    """A boolean parameter; 400 unless it is true or false."""
    if text not in {"true", "false"}:
        raise bad_request(f"'{name}' must be true or false.")
    return text == "true"


def read_query(args: MultiDict[str, str], properties: Mapping[str, Property]) -> Query:
    """The parameters of a list; 400 for what is unknown or does not fit."""
    plain: dict[str, str] = {}
    filters: dict[str, str] = {}
    operators: dict[str, str] = {}
    for name, values in args.lists():
        if match := _FILTER.fullmatch(name):
            if len(values) > 1:
                logger.warning("%s is given more than once; the last one counts", name)
            (filters if match[1] == "filter" else operators)[match[2]] = values[-1]
        elif name in _PLAIN and len(values) == 1:
            plain[name] = values[0]
        else:
            raise bad_request(f"Unknown or repeated parameter '{name}'.")
    window = None
    if "limit" in plain or "offset" in plain:
        window = (
            _number(plain, "limit", DEFAULT_PAGE, MAX_PAGE),
            _number(plain, "offset", 0, 10**9, 0),
        )
    return Query(
        first=_number(plain, "first", DEFAULT_PAGE, MAX_PAGE),
        last=_number(plain, "last", 1, MAX_PAGE) if "last" in plain else None,
        after=plain.get("after"),
        before=plain.get("before"),
        order=_order(plain.get("order-by", ""), properties),
        filters={
            name: (operators.get(name, "eq"), filters.get(name)) for name in filters | operators
        },
        deleted=flag(plain.get("include-deleted", "false"), "include-deleted"),
        window=window,
    )


def page_of(space: Space, kind: str, query: Query) -> Page:
    """The rows that a query asks for."""
    index = space.indexes[kind]
    index.catch_up()
    properties = space.properties(kind)
    tests = [predicate(properties, name, *test) for name, test in query.filters.items()]
    if not query.deleted:
        tests.append(lambda row: not row.get("is_deleted"))
    keys = _keys(index, query.order, properties)
    total = _total(index, query, tests)
    if query.window is not None:
        limit, offset = query.window
        found = [index.rows[key[-1]] for key in _matching(index, keys, tests)]
        return Page(found[offset : offset + limit], total, None)
    compare = cmp_to_key(_comparer(query.order))
    try:
        start = (
            0
            if query.after is None
            else bisect_right(keys, compare(_cursor(query.after, query.order)), key=compare)
        )
        end = (
            len(keys)
            if query.before is None
            else bisect_left(keys, compare(_cursor(query.before, query.order)), key=compare)
        )
    except TypeError as problem:
        raise bad_request("The cursor does not fit the order.") from problem
    size = max(1, query.first // 2) if space.habits.short_pages else query.first
    return _page(index, keys, tests, (start, end), size, query, total)


def _page(
    index: Index,
    keys: list[Key],
    tests: list[Predicate],
    span: tuple[int, int],
    size: int,
    query: Query,
    total: int,
) -> Page:
    start, end = span
    if query.before is not None and query.after is None:
        found = _some(_matching(index, keys, tests, reversed(range(start, end))), size)[::-1]
    else:
        found = _some(_matching(index, keys, tests, range(start, end)), size)
    if query.last is not None:
        found = found[-query.last :]
    if not found:
        nothing = {"start_cursor": None, "end_cursor": None}
        return Page([], total, nothing | {"has_previous_page": False, "has_next_page": False})
    compare = cmp_to_key(_comparer(query.order))
    before = bisect_left(keys, compare(found[0]), key=compare)
    after = bisect_right(keys, compare(found[-1]), key=compare)
    info = {
        "start_cursor": _encoded(found[0]),
        "end_cursor": _encoded(found[-1]),
        "has_previous_page": _any(_matching(index, keys, tests, reversed(range(before)))),
        "has_next_page": _any(_matching(index, keys, tests, range(after, len(keys)))),
    }
    return Page([index.rows[key[-1]] for key in found], total, info)


def _matching(
    index: Index, keys: list[Key], tests: list[Predicate], places: Any = None
) -> Iterator[Key]:
    rows = index.rows
    for place in range(len(keys)) if places is None else places:
        row = rows[keys[place][-1]]
        if all(test(row) for test in tests):
            yield keys[place]


def _some(found: Iterator[Key], size: int) -> list[Key]:
    return [key for _, key in zip(range(size), found, strict=False)]


def _any(found: Iterator[Key]) -> bool:
    return next(found, None) is not None


def _total(index: Index, query: Query, tests: list[Predicate]) -> int:
    if not query.filters:
        return len(index.rows) if query.deleted else index.live
    question = (query.deleted, *query.filters.items())
    return index.total(
        question,
        lambda: sum(all(test(row) for test in tests) for row in index.rows.values()),
    )


def _keys(index: Index, order: Order, properties: Mapping[str, Property]) -> list[Key]:
    if not order:
        return index.by_id
    if order == (("modified", False),):
        return index.by_modified
    if order == (("modified", True),):
        return index.by_modified[::-1]
    defaults = {name: properties[name].default for name, _ in order}
    keys = [
        (*(row.get(name, defaults[name]) for name, _ in order), key)
        for key, row in index.rows.items()
    ]
    return sorted(keys, key=cmp_to_key(_comparer(order)))


def _comparer(order: Order) -> Any:
    directions = [descends for _, descends in order]
    directions.append(bool(order) and order[0][1])

    def compare(one: Key, other: Key) -> int:
        for mine, theirs, descends in zip(one, other, directions, strict=True):
            if mine != theirs:
                # Null comes first, as blank text does.
                smaller = mine is None or (theirs is not None and mine < theirs)
                return -1 if smaller != descends else 1
        return 0

    return compare


def _order(text: str, properties: Mapping[str, Property]) -> Order:
    order = []
    for part in text.split(",") if text else []:
        name = part.removeprefix("-")
        each = properties.get(name)
        if each is None or not each.stored or each.kind not in SORTABLE_KINDS:
            raise bad_request(f"Cannot order by '{name}'.")
        order.append((name, part.startswith("-")))
    return () if order == [("id", False)] else tuple(order)


def _encoded(key: Key) -> str:
    return base64.b64encode(json.dumps(key, ensure_ascii=False).encode()).decode()


def _cursor(text: str, order: Order) -> Key:
    try:
        key = json.loads(base64.b64decode(text, validate=True))
    except ValueError as problem:
        raise bad_request("The cursor cannot be read.") from problem
    if not isinstance(key, list) or len(key) != len(order) + 1:
        raise bad_request("The cursor does not fit the order.")
    return tuple(key)


def _number(plain: dict[str, str], name: str, default: int, highest: int, lowest: int = 1) -> int:
    text = plain.get(name, str(default))
    if not text.isascii() or not text.isdigit() or not lowest <= int(text) <= highest:
        raise bad_request(f"'{name}' must be between {lowest} and {highest}.")
    return int(text)
