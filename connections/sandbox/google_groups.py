"""Contact groups, which people know as labels."""

from __future__ import annotations

from .base import Clock, Row, Store
from .google_errors import ApiError, invalid
from .google_feed import next_number
from .google_person import MY_CONTACTS
from .google_schema import Items

SYSTEM_GROUPS = {
    "myContacts": "My Contacts",
    "starred": "Starred",
    "friends": "Friends",
    "family": "Family",
    "coworkers": "Coworkers",
    "chatBuddies": "Chat contacts",
    "all": "All Contacts",
    "blocked": "Blocked",
}
# Other system groups are deprecated: contacts can only be taken out of them.
OPEN_SYSTEM_GROUPS = frozenset({MY_CONTACTS, "contactGroups/starred"})


class Groups:
    """The groups of all users, rows of the table "group" by user and id."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self.store = store
        self.clock = clock

    def add_user(self, user: str) -> None:
        """Give a new user the system groups."""
        for key, label in SYSTEM_GROUPS.items():
            row = {"user": user, "id": key, "name": key, "label": label, "system": True}
            self._put({**row, "version": 0, "deleted": False})

    def of(self, user: str) -> list[Row]:
        """A user's groups, deleted ones too."""
        return [row for row in self.store.table("group").values() if row["user"] == user]

    def find(self, user: str, name: str) -> Row | None:
        """A live group by its resource name."""
        kind, _, key = name.partition("/")
        row = self.store.table("group").get(f"{user}/{key}") if kind == "contactGroups" else None
        return None if row is None or row["deleted"] else row

    def named(self, user: str, name: str) -> Row | None:
        """A live group by the name that people see."""
        for row in self.of(user):
            if not row["deleted"] and name.casefold() in (
                row["name"].casefold(),
                row["label"].casefold(),
            ):
                return row
        return None

    def create(self, user: str, name: str, client_data: Items | None = None) -> Row:
        """A new user group. Raises ApiError, 409, if the name is taken."""
        self._check_name(user, name)
        key = f"{next_number(self.store) * 0x9E3779B97F4A7C15 % 2**62:x}"
        row = {"user": user, "id": key, "name": name, "label": name, "system": False}
        return self._put({**row, "version": 0, "deleted": False, "data": client_data or []})

    def update(self, row: Row, name: str | None, client_data: Items | None) -> Row:
        """Rename a user group, or replace its client data, where given."""
        if name is not None and name != row["name"]:
            self._check_name(row["user"], name)
        kept = {"name": row["name"], "label": row["name"]}
        named = kept if name is None else {"name": name, "label": name}
        data = row["data"] if client_data is None else client_data
        return self._put({**row, **named, "data": data})

    def remove(self, row: Row) -> None:
        """Delete a user group; its contacts are another matter."""
        self._put({**row, "deleted": True})

    def check_memberships(self, user: str, current: list[str], items: Items) -> None:
        """Raises ApiError, 400, for a group that is not there, or takes no new members."""
        for item in items:
            group = item.get("contactGroupMembership") or {}
            name = group.get("contactGroupResourceName", "")
            if name and name not in current:
                self.check_open(self.find(user, name), name)

    def check_open(self, row: Row | None, name: str) -> None:
        """Raises ApiError, 400, if contacts cannot be added to the group."""
        if row is None:
            raise invalid(f"Contact group {name} does not exist.", "person.memberships")
        if row["system"] and name not in OPEN_SYSTEM_GROUPS:
            raise invalid(f"Contacts cannot be added to {name}.", "person.memberships")

    def _check_name(self, user: str, name: str) -> None:
        if not name.strip():
            raise invalid("Contact group name is required.", "contact_group.name")
        if self.named(user, name):
            raise ApiError(409, "Contact group name already exists.", status="ALREADY_EXISTS")

    def _put(self, row: Row) -> Row:
        updated = self.clock.tick().isoformat(timespec="microseconds").replace("+00:00", "Z")
        feed = next_number(self.store)
        row = {"data": [], **row, "version": row["version"] + 1, "updated": updated, "feed": feed}
        self.store.put("group", f"{row['user']}/{row['id']}", row)
        return row
