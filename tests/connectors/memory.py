"""A connector to an app in memory: the contract's reference, and what the engine is tested with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import ClassVar, TypeVar

from connections.connectors.base import (
    App,
    Connector,
    Creation,
    Cursor,
    CursorExpired,
    Doubt,
    Identity,
    Known,
    Login,
    Moved,
    Outcome,
    Page,
    Rejected,
    RemoteRecord,
    Scope,
    SweepPage,
    Update,
    User,
    Written,
)
from connections.connectors.http import Session
from connections.connectors.intake import Unusable, text
from connections.schema import LISTS, Field, Type, Value
from tests.connectors.memory_app import APPS, MemoryApp, Row
from tests.connectors.memory_habits import (
    Fault,
    Habits,
    Killed,
    Refusal,
    declared,
    fields_of,
    joined,
    split,
)

__all__ = [
    "APPS",
    "Fault",
    "Habits",
    "Killed",
    "Memory",
    "MemoryApp",
    "OtherMemory",
    "Refusal",
    "behaving",
    "connect",
]

LATENESS = timedelta(minutes=1)
"""How late a list by time of change may show a write, at least."""

MANY = LISTS | {Type.REFERENCES, Type.MULTI_CHOICE}

T = TypeVar("T")
Item = TypeVar("Item", Creation, Update)


class Memory(Connector):
    """Talks to the `MemoryApp` that the account's settings name under "app"; needs no session."""

    app: ClassVar[App] = declared("memory", "Memory", Habits())
    setting_keys: ClassVar[tuple[str, ...]] = ("app",)
    secret_keys: ClassVar[tuple[str, ...]] = ("token",)

    def __init__(self, login: Login, session: Session) -> None:
        super().__init__(login, session)
        self.store = APPS[login.settings["app"]]

    @property
    def habits(self) -> Habits:
        return self.store.habits

    def identify(self) -> Identity:
        self._ask("identify")
        return Identity(self.store.identity, f"{self.app.label} {self.store.identity}")

    def users(self) -> list[User]:
        return list(self.habits.users)

    def scopes(self) -> list[Scope]:
        self._ask("scopes")
        return list(self.habits.scopes)

    def fields(self) -> list[Field]:
        self._ask("fields")
        return fields_of(self.habits)

    def _ask(self, verb: str) -> None:
        self.store.request(verb)
        self.store.fault(verb, "after")

    # -- reading -----------------------------------------------------------------------------------

    def changes(self, cursor: Cursor | None, known: Known) -> Iterator[Page]:
        if cursor is None or cursor["all"]:
            return self._read_all(cursor)
        if self.habits.feed == "token":
            return self._read_by_token(cursor)
        return self._read_newest_first(cursor, known)

    def _read_all(self, cursor: Cursor | None) -> Iterator[Page]:
        """In order of id; what changes meanwhile is read later, by where this read began."""
        complete = False
        while not complete:
            listed = self._list("changes", cursor)
            at = cursor or self._new_cursor() | {"all": True, "after": ""}
            rows = [row for _, row in listed if row.id > at["after"] and self._is_shown(row)]
            page = self._page(rows)
            complete = len(page) == len(rows)
            cursor = at | {"all": not complete, "after": page[-1].id if page else at["after"]}
            if complete:
                cursor["after"] = None
            yield Page(self._records(page), cursor, complete, full=True)

    def _read_by_token(self, cursor: Cursor) -> Iterator[Page]:
        complete = False
        while not complete:
            since = cursor["number"]
            listed = self._list("changes", cursor)
            changed = sorted((each for each in listed if each[0] > since), key=lambda each: each[0])
            shown = [
                each for each in changed if self.habits.deletions != "none" or not each[1].deleted
            ]
            page = self._page(shown)
            complete = len(page) == len(shown)
            number = self.store.number if complete else page[-1][0] if page else since
            cursor = cursor | {"number": number, "began": self.store.clock().isoformat()}
            rows = [row for _, row in page]
            gone = [row.id for row in rows if row.deleted and self.habits.deletions == "gone"]
            told = [row for row in rows if not row.deleted or self.habits.deletions == "rows"]
            yield Page(self._records(told), cursor, complete, gone=gone)

    def _read_newest_first(self, cursor: Cursor, known: Known) -> Iterator[Page]:
        """To the first page of known rows that reaches back past the start of the last read."""
        lateness = max(LATENESS, timedelta(seconds=self.habits.late))
        until = datetime.fromisoformat(cursor["began"]) - lateness
        complete = False
        while not complete:
            listed = self._list("changes", cursor)
            if cursor["after"] is None:
                cursor = cursor | {"next": self._new_cursor()}
            rows = sorted(
                (row for _, row in listed if self._is_shown(row)), key=_place, reverse=True
            )
            if cursor["after"]:
                rows = [row for row in rows if _place(row) < tuple(cursor["after"])]
            page = self._page(rows)
            records = self._records(page)
            past = bool(page) and page[-1].changed_at <= until and known(records)
            complete = past or len(page) == len(rows)
            if complete:
                cursor = cursor["next"]
            elif page:
                cursor = cursor | {"after": list(_place(page[-1]))}
            yield Page(records, cursor, complete)

    def _new_cursor(self) -> Cursor:
        return {
            "all": False,
            "epoch": self.store.epoch,
            "number": self.store.number,
            "began": self.store.clock().isoformat(),
            "after": None,
        }

    def sweep(self, cursor: Cursor | None) -> Iterator[SweepPage]:
        if self.app.sweep_every is None:
            yield from super().sweep(cursor)
        after, complete = (cursor or {"after": ""})["after"], False
        while not complete:
            listed = self._list("sweep", None)
            rows = [row for _, row in listed if row.id > after and not row.deleted]
            page = self._page(rows)
            complete = len(page) == len(rows)
            after = page[-1].id if page else after
            yield SweepPage([(row.id, _version(row)) for row in page], {"after": after}, complete)

    def _list(self, verb: str, cursor: Cursor | None) -> list[tuple[int, Row]]:
        """Return what lists show; one request."""
        self.store.request(verb)
        if cursor is not None and cursor["epoch"] != self.store.epoch:
            raise CursorExpired("The cursor is no longer known")
        listed = self.store.listed()
        self.store.fault(verb, "after")
        return listed

    def _page(self, rows: Sequence[T]) -> Sequence[T]:
        size = self.habits.page_size
        return rows[: self.store.random.randint(0, size) if self.habits.short_pages else size]

    def _is_shown(self, row: Row) -> bool:
        """Return whether a list that is not a token's shows this row."""
        return not row.deleted or (
            self.habits.feed == "modified" and self.habits.deletions == "rows"
        )

    def get(self, addresses: Sequence[str]) -> dict[str, RemoteRecord | None]:
        found: dict[str, RemoteRecord | None] = {}
        for chunk in _chunks(addresses, self.habits.get_batch):
            self.store.request("get")
            for address in chunk:
                row = self.store.find(address)
                hidden = row is None or (row.deleted and not self.habits.get_shows_deleted)
                found[address] = None if row is None or hidden else self._record(row)
            self.store.fault("get", "after")
        return found

    def get_written(self, ids: Sequence[str]) -> dict[str, RemoteRecord]:
        if self.habits.get_batch > 1:
            got = self.get([self.store.rows[id_].asked_as for id_ in ids if id_ in self.store.rows])
            return {record.id: record for record in got.values() if record is not None}
        if not ids:
            return {}
        wanted = set(ids)
        found: dict[str, RemoteRecord] = {}
        after = None
        for _ in range(len(ids) // self.habits.page_size + 2):
            listed = sorted((row for _, row in self._list("get", None)), key=_place, reverse=True)
            page = self._page([row for row in listed if after is None or _place(row) < after])
            found |= {row.id: self._record(row) for row in page if row.id in wanted}
            if not page or found.keys() == wanted:
                break
            after = _place(page[-1])
        return found

    def _records(self, rows: Sequence[Row]) -> list[RemoteRecord]:
        return [self._record(row) for row in rows]

    def _record(self, row: Row) -> RemoteRecord:
        if row.deleted:
            return RemoteRecord(row.id, _version(row), address=row.address, deleted=True)
        values: dict[str, Value] = {
            key: row.values.get(key, () if type_ in MANY else None)
            for key, type_ in self.store.types.items()
        }
        if self.habits.one_name:
            values |= split(values["full_name"])
        else:
            values["full_name"] = joined(values)
        left_out = {key: reason for key, value in values.items() if (reason := _unfit(value))}
        return RemoteRecord(
            id=row.id,
            version=_version(row),
            values={key: value for key, value in values.items() if key not in left_out},
            raw={"version": row.version},
            address=row.address,
            mark=row.mark,
            archived=row.archived,
            scopes=row.scopes,
            previous_addresses=row.former,
            left_out=left_out,
        )

    # -- writing -----------------------------------------------------------------------------------

    def create(self, batch: Sequence[Creation]) -> list[Outcome]:
        def refused(creation: Creation) -> Rejected | None:
            return self._refused(creation.values, creating=True)

        def done(creation: Creation) -> Row:
            scopes = (creation.scope,) if creation.scope else ()
            return self.store.create(creation.values, creation.mark, scopes)

        return self._write("create", batch, refused, done)

    def update(self, batch: Sequence[Update]) -> list[Outcome]:
        def refused(update: Update) -> Rejected | Moved | None:
            row = self.store.find(update.asked_as)
            if row is None or row.deleted:
                return Rejected("There is no such contact")
            if row.archived:
                return Rejected("The contact is archived")
            if self.habits.compare_and_set and update.raw["version"] != row.version:
                return Moved()
            return self._refused(update.changes, creating=False)

        def done(update: Update) -> Row:
            row = self.store.find(update.asked_as)
            assert row is not None
            return self.store.change(row.id, update.changes)

        return self._write("update", batch, refused, done)

    def _refused(self, values: Mapping[str, Value], *, creating: bool) -> Rejected | None:
        refusal = self.store.refusal(values, creating=creating)
        if refusal is None:
            return None
        return Rejected(
            "The content is refused", field=refusal.field, stops_creations=refusal.stops_creations
        )

    def _write(
        self,
        verb: str,
        batch: Sequence[Item],
        refused: Callable[[Item], Rejected | Moved | None],
        done: Callable[[Item], Row],
    ) -> list[Outcome]:
        if len(batch) > self.habits.write_batch:
            raise ValueError(f"a batch of {len(batch)}")
        self.store.request(verb)
        refusals = [refused(item) for item in batch]
        bad = next((each for each in refusals if each is not None), None)
        if bad is not None and not self.habits.partial_refusals:
            raise bad if isinstance(bad, Rejected) else Rejected("A contact has changed")
        outcomes: list[Outcome] = []
        for number, (item, refusal) in enumerate(zip(batch, refusals, strict=True)):
            if number == len(batch) // 2:
                self.store.fault(verb, "middle")
            outcomes.append(refusal or self._outcome(done(item)))
        self.store.fault(verb, "after")
        return outcomes

    def _outcome(self, row: Row) -> Outcome:
        if self.store.doubts:
            self.store.doubts -= 1
            return Doubt("The answer fits no request")
        return Written(row.id, self._record(row) if self.habits.answers_records else None)


class OtherMemory(Memory):
    """A second kind of app, to be declared apart from the first."""

    app = declared("othermemory", "Other memory", Habits())


@contextmanager
def behaving(connector: type[Memory], habits: Habits) -> Iterator[None]:
    """Let a connector class declare what these habits allow, meanwhile.

    Each `MemoryApp` that it talks to has the same ones, but for what no `App` declares.
    """
    before = connector.app
    connector.app = declared(before.key, before.label, habits)
    try:
        yield
    finally:
        connector.app = before


def connect(app: MemoryApp, connector: type[Memory] = Memory) -> Memory:
    """Return a connector to an app in memory."""
    login = Login({"app": app.key}, {"token": "unused secret"}, lambda _old, new: new)
    session = Session(app_label="Memory", allow_local=False, concurrency=1, calls_per_second=1)
    return connector(login, session)


def _chunks(items: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _place(row: Row) -> tuple[str, str]:
    """Return what a list by time of change is ordered by."""
    return row.changed_at.isoformat(timespec="microseconds"), row.id


def _version(row: Row) -> str:
    return f"{row.version:012d}"


def _unfit(value: Value) -> str:
    """Return why a value cannot be taken, "" if it can."""
    try:
        for each in value if isinstance(value, tuple) else (value,):
            if isinstance(each, str):
                text(each)
    except Unusable as problem:
        return problem.reason
    return ""
