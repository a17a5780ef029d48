"""The contacts of the stand-in's Google users: what each write does to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from .base import Clock, Row, Store
from .google_errors import ApiError, error_info, invalid, stale_etag
from .google_feed import Lists, next_number
from .google_person import (
    MY_CONTACTS,
    groups_of,
    membership,
    person_etag,
    profile_items,
    source_etag,
    stored_items,
)
from .google_schema import FIELDS, Items, PersonInput, check

if TYPE_CHECKING:
    from .google_groups import Groups
    from .google_habits import GoogleHabits

TRASH_LIFE = timedelta(days=30)
Fields = Mapping[str, Items]


class Contacts:
    """Contacts as rows of the table "contact", by the id of their contact source.

    That id stays; the resource name (`name`) may change, and former ones go on to lead to the
    contact. A deleted contact stays as a row, for sync requests and the trash.
    """

    def __init__(self, store: Store, clock: Clock, habits: GoogleHabits, groups: Groups) -> None:
        self.store = store
        self.clock = clock
        self.habits = habits
        self.groups = groups
        self.lists = Lists(store, clock, habits)
        self._by_name: dict[tuple[str, str], str] = {}
        store.watch("contact", self._watch)

    def row(self, key: str) -> Row | None:
        """The contact with this source id or resource name, live or deleted, of any user."""
        rows = self.store.table("contact")
        if key in rows:
            return rows[key]
        return next((row for row in rows.values() if row["name"] == key), None)

    def find(self, user: str, name: str) -> Row | None:
        """A user's live contact by its resource name, or a former one."""
        row = self.store.table("contact").get(self._by_name.get((user, name), ""))
        if row is None or row["deleted"]:
            return None
        former = name in row["previous"] and not self.habits.forgets_old_names
        return row if name == row["name"] or former else None

    def live(self, user: str | None = None) -> Iterator[Row]:
        """The contacts that are not deleted, of one user or all."""
        for row in self.store.table("contact").values():
            if not row["deleted"] and user in (None, row["user"]):
                yield row

    def create(self, user: str, fields: Fields) -> Row:
        """A new contact, in `myContacts` if no group is named. Raises ApiError."""
        if self._count(user) >= self.habits.max_contacts:
            raise ApiError(
                400,
                "MY_CONTACTS_OVERFLOW_COUNT",
                error_info("MY_CONTACTS_OVERFLOW_COUNT"),
                status="FAILED_PRECONDITION",
            )
        # An odd factor gives each number another id of 63 bits.
        number = next_number(self.store) * 0x9E3779B97F4A7C15 % 2**63
        row: Row = {
            "id": f"{number:x}",
            "user": user,
            "name": f"people/c{number}",
            "previous": [],
            "fields": {},
            "version": 0,
            "links": 0,
            "deleted": False,
        }
        sent = {key: items for key, items in fields.items() if items}
        return self._write(row, {"memberships": [membership(MY_CONTACTS)], **sent})

    def update(self, row: Row, person: PersonInput, mask: frozenset[str]) -> Row:
        """Replace the fields of `mask` by the person's, absent ones by nothing. Raises ApiError."""
        self._check_source(row, person)
        return self.replace(row, {key: person.fields.get(key, []) for key in mask})

    def replace(self, row: Row, fields: Fields) -> Row:
        """Replace these fields, without a look at etags. Raises ApiError."""
        if self.habits.renames and "emailAddresses" in fields:
            row = self._renamed(row)
        return self._write(row, fields)

    def delete(self, row: Row) -> None:
        """Move a contact to the trash."""
        self._put({**row, "deleted": True, "deleted_at": self.clock.now().timestamp()})

    def restore(self, row: Row) -> Row:
        """Take a contact out of the trash. Raises LookupError after its 30 days."""
        if not row["deleted"] or not self._in_trash(row):
            raise LookupError(row["id"])
        kept = [n for n in groups_of(row) if self.groups.find(row["user"], n)] or [MY_CONTACTS]
        live = {**row, "deleted": False}
        return self._write(live, {"memberships": [membership(name) for name in kept]})

    def rename(self, row: Row) -> Row:
        """Give a contact another resource name, as when it is linked with a profile."""
        return self._relink(self._renamed(row))

    def link_profile(self, row: Row, account: str, fields: Fields) -> Row:
        """Merge a profile's items into the person; no items part them again."""
        profile = {key: profile_items(items, account) for key, items in fields.items() if items}
        changed = {k: v for k, v in row.items() if k not in ("profile", "account")}
        if profile:
            changed = {**changed, "profile": profile, "account": account}
        return self.rename(changed)

    def merge(self, keep: Row, lost: Row) -> Row:
        """Merge one contact into another, which then answers to the names of both."""
        fields: dict[str, Items] = {}
        for key, items in lost["fields"].items():
            mine = keep["fields"].get(key, [])
            if not (mine and FIELDS[key].singleton):
                known = [_content(item) for item in mine]
                # Which one was the other contact's primary one does not count.
                theirs = [_content(item) for item in items]
                fields[key] = [*mine, *(item for item in theirs if item not in known)]
        self.delete(lost)
        names = [*keep["previous"], lost["name"], *lost["previous"]]
        return self._write({**keep, "previous": names}, fields)

    def _write(self, row: Row, fields: Fields) -> Row:
        check(dict(fields))
        if "memberships" in fields:
            self.groups.check_memberships(row["user"], groups_of(row), fields["memberships"])
        merged = dict(row["fields"])
        for key, items in fields.items():
            merged[key] = stored_items(key, items, row["id"], self.habits)
        return self._put({**row, "fields": {key: items for key, items in merged.items() if items}})

    def _put(self, row: Row) -> Row:
        now = self.clock.tick().isoformat(timespec="microseconds").replace("+00:00", "Z")
        self.lists.put({**row, "version": row["version"] + 1, "updated": now})
        return self.store.table("contact")[row["id"]]

    def _relink(self, row: Row) -> Row:
        self.lists.put({**row, "links": row["links"] + 1})
        return self.store.table("contact")[row["id"]]

    def _renamed(self, row: Row) -> Row:
        own = f"people/c{int(row['id'], 16)}"
        name = own
        if row["name"] == own:
            name = f"people/{10**20 + next_number(self.store) * 7_919_000_003}"
        names = [*row["previous"], row["name"]]
        return {**row, "name": name, "previous": [n for n in names if n != name]}

    def _check_source(self, row: Row, person: PersonInput) -> None:
        source = person.contact_source
        if source is None or not source.get("id"):
            raise invalid(
                "person.metadata.sources is required: set the contact source to be updated.",
                "person.metadata.sources",
            )
        if source["id"] != row["id"]:
            raise invalid("The person has no such contact source.", "person.metadata.sources")
        if source.get("etag"):
            fresh = source["etag"] == source_etag(row)
        elif person.etag:
            fresh = person.etag == person_etag(row)
        else:
            raise invalid(
                "Request must set person.etag or person.metadata.sources.etag for the source that"
                " is being updated.",
                "person.etag",
            )
        if not fresh:
            raise stale_etag()

    def _count(self, user: str) -> int:
        rows = self.store.table("contact")
        if len(rows) < self.habits.max_contacts:
            return len(rows)
        return sum(1 for row in rows.values() if row["user"] == user and self._in_trash(row))

    def _in_trash(self, row: Row) -> bool:
        """Whether it still counts: live, or deleted less than 30 days ago."""
        if not row["deleted"]:
            return True
        age = self.clock.now().timestamp() - float(row["deleted_at"])
        return age < TRASH_LIFE.total_seconds()

    def _watch(self, key: str, old: Row | None, new: Row | None) -> None:
        if new is None:
            return
        names = self._by_name
        user, name = new["user"], new["name"]
        # The name of a contact that was merged away leads to the survivor, until it is restored.
        if not new["deleted"] or (user, name) not in names:
            names[user, name] = key
        for former in new["previous"]:
            holder = self.store.table("contact").get(names.get((user, former), ""))
            if holder is None or holder["deleted"] or holder["name"] != former:
                names[user, former] = key


def _content(item: Row) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key != "metadata"}
