"""The state of one Pipeliner space: rows, their order, what points at what, custom fields."""

from __future__ import annotations

import random
from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from .base import Clock, Habits, Row, Store
from .pipeliner_schema import ENTITIES, Property, default_of
from .pipeliner_values import new_id, parsed_time, wire_time

_TYPE_KINDS = {
    "input": "text",
    "text_area": "long",
    "email": "email",
    "phone": "phone",
    "url": "text",
    "checkbox": "bool",
    "integer": "int",
    "float": "number",
    "currency": "number",
    "currency_foreign": "money",
    "date": "date",
    "datetime": "time",
    "dropdown": "option",
    "radio": "option",
    "multiselect_checkbox": "options",
    "sequence": "text",
}
_NO_MONEY = {"base_value": 0.0, "currency_id": None, "value_foreign": 0.0}
_COMPUTED_BY = ("calc_formula", "lookup", "rollup", "advanced_formula", "sequence", "ai_options")

# Columns by which rows are found: those behind `many` properties, and a few more.
_LINKS = {
    each.argument
    for entity in ENTITIES.values()
    for each in entity.properties.values()
    if each.kind == "many"
} | {
    "ContactAccountRelation.account_id",
    "Data.data_set_id",
    "SalesUnit.parent_id",
}


@dataclass
class PipelinerHabits(Habits):
    """Pipeliner trims texts; the other switches are off. Those of its own:

    - `delete_keeps_modified`: deleting and restoring do not raise `modified`
    - `revision_check`: a PATCH with another `revision` than the row's answers 422
    - `skew_seconds`: `modified` may be earlier than the write by up to so many seconds
    - `forbidden`: the key may not read contacts (403)
    - `revoked`: the key is no longer accepted (401)
    - `plain_auth_errors`: 401 and 403 have an HTML body
    - `rate_limit`: requests in any `rate_window_seconds` before 429; 0 is no limit
    - `rate_empty`: 429 comes without body and `Retry-After`
    """

    trim: bool = True
    delete_keeps_modified: bool = False
    revision_check: bool = False
    skew_seconds: float = 0
    forbidden: bool = False
    revoked: bool = False
    plain_auth_errors: bool = False
    rate_limit: int = 0
    rate_window_seconds: float = 1
    rate_empty: bool = False


class Index:
    """The rows of one entity as lists show them, in order of id and of modification.

    `by_id` holds (id,), `by_modified` (modified, id), both sorted. With the habit `late_seconds` a
    change shows after a random part of that time, so not in the order of writing.
    """

    def __init__(self, table: Mapping[str, Row], clock: Clock, habits: Habits) -> None:
        self.rows: dict[str, Row] = {}
        self.by_id: list[tuple[str, ...]] = []
        self.by_modified: list[tuple[str, ...]] = []
        self.live = 0
        self._totals: dict[Any, int] = {}
        self._table = table
        self._clock = clock
        self._habits = habits
        self._due: dict[str, datetime] = {}

    def changed(self, key: str, old: Row | None, new: Row | None) -> None:
        """Take note of a change, to show it now or later; together with one that is to come."""
        if self._habits.late_seconds <= 0:
            self._show(key, new)
            return
        now = self._clock.now()
        due = self._due.get(key)
        if due is not None and due <= now:
            # Nobody has looked since; lists show it nevertheless.
            self._show(key, old)
            due = None
        if due is None:
            wait = random.uniform(0, self._habits.late_seconds)  # noqa: S311 - no secret
            self._due[key] = now + timedelta(seconds=wait)

    def catch_up(self) -> None:
        """Show what has become due."""
        if self._due:
            now = self._clock.now()
            for key in [key for key, due in self._due.items() if due <= now]:
                del self._due[key]
                self._show(key, self._table.get(key))

    def total(self, question: Any, count: Callable[[], int]) -> int:
        """The remembered answer to a question of how many, until a row changes."""
        if question not in self._totals:
            self._totals[question] = count()
        return self._totals[question]

    def _show(self, key: str, new: Row | None) -> None:
        self._totals.clear()
        old = self.rows.pop(key, None)
        if old is not None:
            _drop(self.by_modified, (old.get("modified", ""), key))
            self.live -= not old.get("is_deleted")
            if new is None:
                _drop(self.by_id, (key,))
        if new is not None:
            self.rows[key] = new
            insort(self.by_modified, (new.get("modified", ""), key))
            self.live += not new.get("is_deleted")
            if old is None:
                insort(self.by_id, (key,))


def _drop(items: list[tuple[str, ...]], item: tuple[str, ...]) -> None:
    del items[bisect_left(items, item)]


class Space:
    """Rows by entity name and id, in the form that bodies have, without URIs."""

    def __init__(self, store: Store, clock: Clock, habits: PipelinerHabits) -> None:
        self.store = store
        self.clock = clock
        self.habits = habits
        self.new_id = new_id
        self.indexes = {kind: Index(store.table(kind), clock, habits) for kind in ENTITIES}
        self._linked: dict[str, defaultdict[str, dict[str, None]]] = {}
        self._properties: dict[str, dict[str, Property]] = {}
        for link in sorted(_LINKS):
            self._linked[link] = defaultdict(dict)
            kind, _, column = link.partition(".")
            store.watch(kind, partial(self._relink, link, column))
        for kind, index in self.indexes.items():
            store.watch(kind, index.changed)
            if index.by_modified and index.by_modified[-1][0]:
                clock.at_least(parsed_time(index.by_modified[-1][0]))
        store.watch("Field", lambda key, old, new: self._properties.clear())

    def row(self, kind: str, key: str | None) -> Row | None:
        """A row, deleted or not; None if there never was one."""
        return None if key is None else self.store.table(kind).get(key)

    def live(self, kind: str, key: str | None) -> Row | None:
        """A row that is there and not deleted."""
        row = self.row(kind, key)
        return None if row is None or row.get("is_deleted") else row

    def rows(self, kind: str) -> list[Row]:
        """All live rows of an entity, in order of creation."""
        return [row for row in self.store.table(kind).values() if not row.get("is_deleted")]

    def related(self, link: str, key: str) -> list[Row]:
        """The live rows whose column holds `key`: `related("TagRelation.contact_id", id)`."""
        keys = self._linked[link].get(key)
        if not keys:
            return []
        table = self.store.table(link.partition(".")[0])
        return [row for each in keys if not (row := table[each]).get("is_deleted")]

    def properties(self, kind: str) -> dict[str, Property]:
        """An entity's properties, the live and published custom ones included."""
        if kind not in self._properties:
            custom = {
                row["api_name"]: _custom_property(row)
                for row in self.rows("Field")
                if row["entity_name"] == kind
                and row["api_name"].startswith("cf_")
                and row["is_published"]
            }
            self._properties[kind] = ENTITIES[kind].properties | custom
        return self._properties[kind]

    def field_ids(self, kind: str) -> dict[str, str]:
        """Ids of an entity's rows in Fields by api name."""
        return {
            row["api_name"]: row["id"] for row in self.rows("Field") if row["entity_name"] == kind
        }

    def primary_link(self, contact: str) -> Row | None:
        """A contact's relation to its primary account, if it has one that lives."""
        for link in self.related("ContactAccountRelation.contact_id", contact):
            if link["is_primary"] and self.live("Account", link["account_id"]):
                return link
        return None

    def put(self, kind: str, row: Row, *, keep_modified: bool = False) -> Row:
        """Commit a row with the next revision and, unless told otherwise, a new `modified`."""
        counter = self.store.table("_counter").get("revision", {"value": 0})
        revision = counter["value"] + 1
        self.store.put("_counter", "revision", {"value": revision})
        properties = ENTITIES[kind].properties
        row = dict(row)
        if "revision" in properties:
            row["revision"] = revision
        if "modified" in properties and not keep_modified:
            row["modified"] = wire_time(self._stamp())
        if "created" in properties and not row.get("created"):
            # The recorded service stamps a new row's `created` a little after its `modified`.
            row["created"] = wire_time(parsed_time(row["modified"]) + timedelta(microseconds=3))
        self.store.put(kind, row["id"], row)
        return row

    def _stamp(self) -> datetime:
        moment = self.clock.tick()
        if self.habits.skew_seconds:
            back = random.uniform(0, self.habits.skew_seconds)  # noqa: S311 - no secret
            moment -= timedelta(seconds=back)
        return moment

    def _relink(self, link: str, column: str, key: str, old: Row | None, new: Row | None) -> None:
        linked = self._linked[link]
        if old is not None and (new is None or old[column] != new[column]):
            linked[old[column]].pop(key, None)
        if new is not None:
            linked[new[column]][key] = None


def _custom_property(row: Row) -> Property:
    kind = _TYPE_KINDS[row["type_id"]]
    # A number of a sequence is the service's own too.
    computed = any(row[name] is not None for name in _COMPUTED_BY)
    default: Any = default_of(kind, custom=True)
    if row["type_id"] == "currency":
        default = 0
    elif kind == "money":
        default = _NO_MONEY
    return Property(
        row["api_name"],
        kind,
        row["data_set_id"] or "",
        access="r" if computed or row["type_id"] == "sequence" else "w",
        custom=True,
        unique=row["is_unique"],
        default=default,
    )
