"""An app in memory: people edit its contacts here, the `Memory` connector reads and writes them."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush

from connections.schema import Value
from tests.connectors.memory_habits import (
    Fault,
    Habits,
    Point,
    Refusal,
    fields_of,
    kept,
    own_names,
    scopes_in,
    unknown_reference,
    with_references,
)


@dataclass(frozen=True, slots=True)
class Row:
    """A contact in one version. `values` holds what is stored; blanks are left out."""

    id: str
    version: int
    changed_at: datetime
    values: Mapping[str, Value] = field(default_factory=dict)
    address: str = ""
    former: tuple[str, ...] = ()
    mark: str = ""
    deleted: bool = False
    archived: bool = False
    scopes: tuple[str, ...] = ()

    @property
    def asked_as(self) -> str:
        return self.address or self.id


@dataclass(slots=True)
class _Listed:
    """What lists show of a contact, and the number of the change in the feed by which they do."""

    row: Row
    number: int


APPS: dict[str, MemoryApp] = {}
"""The apps by key; an account's `settings["app"]` names one."""


class MemoryApp:
    """The contacts of one account, with what people and the API do to them.

    `requests` counts what was asked by verb, `writes` lists (verb, id, fields) of what the API
    did. A new app takes the place of an older one of the same key. Threads may share one.
    """

    def __init__(
        self,
        key: str,
        habits: Habits | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        seed: int = 0,
    ) -> None:
        self.key = key
        self.habits = habits or Habits()
        self.clock = clock
        self.identity = key
        self.lock = threading.RLock()
        self.faults: list[Fault] = []
        self.refusals: list[Refusal] = []
        self.doubts = 0
        """How many writes to come are done, but answered by something that fits no request."""
        self.requests: Counter[str] = Counter()
        self.writes: list[tuple[str, str, Mapping[str, Value]]] = []
        self.rows: dict[str, Row] = {}
        self.epoch = 0
        self._listed: dict[str, _Listed] = {}
        self._late: list[tuple[datetime, int, Row]] = []
        self._at: dict[str, str] = {}
        """The id by each address that a contact ever had."""
        self._number = 0
        self._version = 0
        self._last = datetime(1970, 1, 1, tzinfo=UTC)
        self.random = random.Random(seed)
        self.types = {each.key: each.type for each in fields_of(self.habits)}
        APPS[key] = self

    # -- what people do ----------------------------------------------------------------------------

    def add(self, *, scopes: tuple[str, ...] = (), **values: Value) -> str:
        """Create a contact and return its id."""
        return self.create(values, scopes=scopes, by_api=False).id

    def edit(self, id_: str, **changes: Value) -> None:
        """Change fields of a contact; None empties one."""
        self.change(id_, changes, by_api=False)

    def delete(self, id_: str) -> None:
        """Delete a contact."""
        with self.lock:
            self._put(replace(self._live(id_), deleted=True))

    def restore(self, id_: str) -> None:
        """Bring a deleted contact back as it was."""
        with self.lock:
            self._put(replace(self.rows[id_], deleted=False))

    def merge(self, kept_id: str, lost_id: str) -> None:
        """Delete a contact; the kept one takes over its address as a former one, and fills gaps."""
        with self.lock:
            gone, stays = self._live(lost_id), self._live(kept_id)
            self._put(replace(gone, deleted=True))
            values = {**gone.values, **stays.values}
            former = (*stays.former, gone.asked_as)
            self._put(replace(stays, values=values, former=former))
            self._at[gone.asked_as] = kept_id

    def archive(self, id_: str, archived: bool = True) -> None:
        """Archive a contact, or bring it back into use."""
        with self.lock:
            self._put(replace(self._live(id_), archived=archived))

    def put_into(self, id_: str, *scopes: str) -> None:
        """Let a contact be in these scopes and no other; where fields name them, edit these."""
        if self.habits.units or self.habits.labels:
            raise KeyError("its fields say where a contact is")
        with self.lock:
            self._put(replace(self._live(id_), scopes=scopes))

    def plant(self, id_: str, **values: Value) -> None:
        """Store values past all habits, as an app does that has bad content."""
        with self.lock:
            row = self._live(id_)
            self._put(replace(row, values={**row.values, **values}))

    def live(self) -> dict[str, dict[str, Value]]:
        """Return the contacts that exist, by id, as stored: without blanks and derived names."""
        return {id_: dict(row.values) for id_, row in self.rows.items() if not row.deleted}

    def expire_cursors(self) -> None:
        """Forget all cursors that were handed out."""
        self.epoch += 1

    def quiet(self) -> datetime:
        """Return the time from which on lists show all that was written until now."""
        return max((shown_at for shown_at, _, _ in self._late), default=self.clock())

    # -- what the API does -------------------------------------------------------------------------

    def request(self, verb: str) -> None:
        """Count a request; a fault may happen before anything is done."""
        with self.lock:
            self.requests[verb] += 1
        self.fault(verb, "before")

    def fault(self, verb: str, point: Point) -> None:
        """Raise the error of the first fault that fits."""
        with self.lock:
            for fault in self.faults:
                if fault.verb in ("", verb) and fault.point == point:
                    if fault.after:
                        fault.after -= 1
                        continue
                    fault.times -= 1
                    if not fault.times:
                        self.faults.remove(fault)
                    raise fault.error

    def refusal(self, values: Mapping[str, Value], *, creating: bool) -> Refusal | None:
        """Return why this content is refused, if it is."""
        slots = self.habits.slots
        for key in ("emails", "phones"):
            entries = values.get(key)
            if slots and isinstance(entries, tuple) and len(entries) > slots:
                return Refusal(bool, key)
        if creating and self.habits.needs_name and not _is_named(values):
            return Refusal(bool, "family_name")
        named = {key: value for key, value in values.items() if value or not creating}
        if key := unknown_reference(self.habits, named):
            return Refusal(bool, key)
        fitting = (each for each in self.refusals if creating or not each.stops_creations)
        return next((each for each in fitting if each.when(values)), None)

    def create(
        self,
        values: Mapping[str, Value],
        mark: str = "",
        scopes: tuple[str, ...] = (),
        *,
        by_api: bool = True,
    ) -> Row:
        """Store a new contact and return it."""
        with self.lock:
            id_ = f"{self.key}-{len(self.rows) + 1:05d}"
            row = Row(id_, 0, self._last, {}, f"{id_}/0" if self.habits.renames else "")
            row = replace(row, mark=mark if self.habits.marks else "", scopes=scopes)
            whole = with_references(self.habits, values, scopes)
            stored = self._put(self._with(row, whole, by_api))
            if by_api:
                self.writes.append(("create", id_, dict(values)))
            return stored

    def change(self, id_: str, changes: Mapping[str, Value], *, by_api: bool = True) -> Row:
        """Store changes of a contact and return it."""
        with self.lock:
            row = self._with(self._live(id_), changes, by_api)
            if self.habits.renames:
                address = f"{id_}/{len(row.former) + 1}"
                row = replace(row, former=(*row.former, row.address), address=address)
            if by_api:
                self.writes.append(("update", id_, dict(changes)))
            return self._put(row)

    def listed(self) -> list[tuple[int, Row]]:
        """Return (number in the feed, row) of all that lists show now, deleted ones too, by id."""
        with self.lock:
            now = self.clock()
            while self._late and self._late[0][0] <= now:
                _, _, row = heappop(self._late)
                shown = self._listed.get(row.id)
                self._number += 1
                newer = row if shown is None or shown.row.version < row.version else shown.row
                self._listed[row.id] = _Listed(newer, self._number)
            return [(each.number, each.row) for _, each in sorted(self._listed.items())]

    @property
    def number(self) -> int:
        """The number of the last change that lists show."""
        return self._number

    def find(self, address: str) -> Row | None:
        """Return the contact at an address or a former one, deleted or not."""
        self.listed()
        with self.lock:
            id_ = self._at.get(address, "")
            if self.habits.late_get:
                row = self._listed[id_].row if id_ in self._listed else None
            else:
                row = self.rows.get(id_)
        forgotten = row is not None and self.habits.forgets_addresses and row.asked_as != address
        return None if forgotten else row

    def _live(self, id_: str) -> Row:
        row = self.rows[id_]
        if row.deleted:
            raise KeyError(id_)
        return row

    def _with(self, row: Row, changes: Mapping[str, Value], by_api: bool) -> Row:
        if unknown := changes.keys() - self.types.keys():
            raise KeyError(f"no such fields: {sorted(unknown)}")
        own = own_names(self.habits, row.values, changes)
        stored = {
            key: kept(self.habits, self.types[key], value, by_api=by_api)
            for key, value in own.items()
        }
        stored = {
            key: value
            for key, value in {**row.values, **stored}.items()
            if value not in (None, "", ())
        }
        if self.habits.units or self.habits.labels:
            row = replace(row, scopes=scopes_in(self.habits, stored))
        return replace(row, values=stored)

    def _put(self, row: Row) -> Row:
        self._version += 1
        self._last = max(self.clock(), self._last + timedelta(microseconds=1))
        row = replace(row, version=self._version, changed_at=self._last)
        self.rows[row.id] = row
        self._at[row.asked_as] = row.id
        if self.habits.deletions == "none":
            # A sweep tells ids alone.
            self._at[row.id] = row.id
        share = self.random.random() if self.habits.out_of_order else 1
        shown_at = self.clock() + timedelta(seconds=self.habits.late * share)
        heappush(self._late, (shown_at, row.version, row))
        return row


def _is_named(values: Mapping[str, Value]) -> bool:
    return any(values.get(key) for key in ("full_name", "given_name", "family_name"))
