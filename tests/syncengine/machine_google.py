"""Google's stand-in as the state machine asks for it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import ClassVar

from connections.connectors.base import Scope
from connections.sandbox.base import Fault
from connections.sandbox.google import GoogleSandbox
from connections.sandbox.google_habits import GoogleHabits
from connections.sandbox.google_person import MY_CONTACTS, groups_of, membership
from tests.connectors.harness import Person
from tests.connectors.sandbox_people import LISTS, PARTS_OF, from_google, to_google
from tests.syncengine.machine_sandboxes import Deaths, SandboxApp, Shown, Stored
from tests.syncengine.machine_truth import SHORTEST_CUT, bare

COMPUTED = {
    *("metadata", "canonicalForm", "contentType", "displayName", "displayNameLastFirst"),
    *("formattedType", "formattedValue", "unstructuredName"),
}
"""What Google makes of the rest of an item."""


class GoogleApp(SandboxApp):
    """The contacts of one Google user."""

    kind = "contact"
    names_all = False
    slots = None
    routes: ClassVar = {
        "": (None, "/v1/"),
        "changes": ("GET", "/connections"),
        "get": ("GET", ":batchGet"),
        "create": ("POST", ":batchCreate"),
        "update": ("POST", ":batchUpdate"),
    }
    batches = ":batch"
    refusal = 400

    def __init__(
        self,
        key: str,
        sandbox: GoogleSandbox,
        scopes: Sequence[Scope],
        deaths: Deaths,
        user: str,
    ) -> None:
        self.user = user
        super().__init__(key, sandbox, scopes, deaths)
        self.sandbox = sandbox
        self._revoked: list[tuple[str, str, Stored]] = []

    def _add(self, person: Person, scopes: Sequence[str]) -> str:
        fields = to_google(person, {})
        for item in fields.get("phoneNumbers", ()):
            item["type"] = "mobile"
        fields["organizations"] = [*fields.get("organizations", ()), {"name": "Elsewhere"}]
        extras = {
            "nicknames": [{"value": "Nick"}],
            "userDefined": [{"key": "Room", "value": "7"}],
            "memberships": _memberships(scopes),
        }
        # A full account takes what people add: only the engine meets the limit.
        habits = self.sandbox.habits
        habits.max_contacts = max(habits.max_contacts, self._held()) + 1
        return self.sandbox.add_contact({**fields, **extras}, self.user)

    def _edit(self, id_: str, changes: Person) -> None:
        now = self.sandbox.store.table(self.kind)[id_]["fields"]
        self.sandbox.edit_contact(id_, to_google(changes, now))

    def _merge(self, kept_id: str, lost_id: str) -> None:
        self.sandbox.merge(kept_id, lost_id)

    def _put_into(self, id_: str, scopes: Sequence[str]) -> None:
        self.sandbox.edit_contact(id_, {"memberships": _memberships(scopes)})

    def _is_mine(self, row: Stored) -> bool:
        return bool(row["user"] == self.user)

    def _is_deleted(self, row: Stored) -> bool:
        return bool(row["deleted"])

    def _version(self, row: Stored) -> int:
        return int(row["version"])

    def _shown(self, row: Stored) -> Shown:
        values = {role.value: value for role, value in from_google(row["fields"]).items()}
        return Shown(values, False, groups_of(row))

    def _lost(self, old: Stored, new: Stored) -> Collection[str]:
        """Return the fields of which a part was lost that is not mapped."""
        fields = {*old["fields"], *new["fields"]}
        pairs = {name: [each["fields"].get(name, []) for each in (old, new)] for name in fields}
        return [name for name, (one, two) in pairs.items() if not _is_kept(name, one, two)]

    def _lock_out(self) -> None:
        store = self.sandbox.store
        with store.transaction():
            for kind in ("access", "refresh"):
                for key, row in list(store.table(kind).items()):
                    if row["user"] == self.user:
                        self._revoked.append((kind, key, row))
                        store.remove(kind, key)

    def _expire(self) -> None:
        self.sandbox.expire_sync_tokens()

    def _fill(self) -> None:
        self.sandbox.habits.max_contacts = self._held()

    def _held(self) -> int:
        """Return how many contacts the account has, deleted ones too; another account of the
        stand-in may have fewer.
        """
        return sum(map(self._is_mine, self.sandbox.store.table(self.kind).values()))

    def _move(self) -> None:
        self.sandbox.faults.add(Fault("stale_etag", path_contains=":batchUpdate"))

    def mend(self) -> None:
        super().mend()
        self.sandbox.habits.max_contacts = GoogleHabits.max_contacts
        with self.sandbox.store.transaction():
            for kind, key, row in self._revoked:
                self.sandbox.store.put(kind, key, row)
        self._revoked.clear()


def _memberships(scopes: Sequence[str]) -> list[Stored]:
    return [membership(group) for group in (MY_CONTACTS, *scopes)]


def _is_kept(name: str, old: list[Stored], new: list[Stored]) -> bool:
    """Return whether what is not mapped of a field's items is as it was."""
    before, after = ([_without_computed(item) for item in items] for items in (old, new))
    if name in LISTS.values():
        types = {item["value"]: item.get("type") for item in before}
        kept = [item for item in after if item["value"] in types]
        return all(types[item["value"]] == item.get("type") for item in kept)
    if name not in PARTS_OF:
        return sorted(map(repr, before)) == sorted(map(repr, after))
    if not (before and after):
        return len(before) <= 1
    (one, *others), (two, *others_now) = before, after
    own = (one.keys() | two.keys()) - PARTS_OF[name]
    are_kept = sorted(map(repr, others)) == sorted(map(repr, others_now))
    return are_kept and all(one.get(key) == two.get(key) for key in own)


def _without_computed(item: Stored) -> Stored:
    own = {key: value for key, value in sorted(item.items()) if key not in COMPUTED}
    return {
        key: bare(value)[:SHORTEST_CUT] if isinstance(value, str) else value
        for key, value in own.items()
    }
