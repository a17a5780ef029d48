"""Pipeliner's stand-in as the state machine asks for it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from connections.connectors.base import Scope
from connections.sandbox.base import Fault
from connections.sandbox.pipeliner import PipelinerSandbox
from tests.connectors.harness import Person
from tests.connectors.sandbox_people import PROPERTIES, SLOTS, from_pipeliner, to_pipeliner
from tests.syncengine.machine_sandboxes import Deaths, SandboxApp, Shown, Stored

ENTRIES = {name for names in SLOTS.values() for name in names}
NOT_LOST = {"modified", "revision", *PROPERTIES.values(), *ENTRIES}
"""What a write may change: what is mapped, and what each write changes."""


class PipelinerApp(SandboxApp):
    """A space of Pipeliner."""

    kind = "Contact"
    names_all = True
    slots = 5
    routes: ClassVar = {
        "": (None, "/api/"),
        "changes": ("GET", "/Contacts"),
        "get": ("GET", "/Contacts/"),
        "create": ("POST", "batch-modify"),
        "update": ("PATCH", "/Contacts/"),
    }
    batches = "batch-modify"
    refusal = 422
    _MAPPED: ClassVar = {
        *PROPERTIES.values(),
        *(name for names in SLOTS.values() for name in names),
    }
    _OF_EACH_WRITE: ClassVar = {"modified", "revision"}

    def __init__(
        self, key: str, sandbox: PipelinerSandbox, scopes: Sequence[Scope], deaths: Deaths
    ) -> None:
        super().__init__(key, sandbox, scopes, deaths)
        self.sandbox = sandbox

    def _add(self, person: Person, scopes: Sequence[str]) -> str:
        unit = {"unit_id": scopes[0]} if scopes else {}
        return self.sandbox.add_contact({**to_pipeliner(person), **unit, "cf_nickname": "Nick"})

    def _edit(self, id_: str, changes: Person) -> None:
        with self._in_use(id_):
            self.sandbox.edit_contact(id_, to_pipeliner(changes))

    def _merge(self, kept_id: str, lost_id: str) -> None:
        with self._in_use(kept_id):
            self.sandbox.merge(kept_id, [lost_id])

    def _put_into(self, id_: str, scopes: Sequence[str]) -> None:
        with self._in_use(id_):
            self.sandbox.edit_contact(id_, {"unit_id": scopes[0]})

    def archive(self, id_: str, archived: bool = True) -> None:
        if self.row(id_).archived != archived:
            with self._by_a_person():
                self.sandbox.edit_contact(id_, {"is_archived": archived})

    @contextmanager
    def _in_use(self, id_: str) -> Iterator[None]:
        """Bring a contact back into use for an edit, and archive it again."""
        archived = self.row(id_).archived
        if archived:
            self.sandbox.edit_contact(id_, {"is_archived": False})
        yield
        if archived:
            self.sandbox.edit_contact(id_, {"is_archived": True})

    def _is_mine(self, row: Stored) -> bool:
        return True

    def _is_deleted(self, row: Stored) -> bool:
        return bool(row["is_deleted"])

    def _version(self, row: Stored) -> int:
        return int(row["revision"])

    def _shown(self, row: Stored) -> Shown:
        values = {role.value: value for role, value in from_pipeliner(row).items()}
        return Shown(values, row["is_archived"], (row["unit_id"],))

    def _lost(self, old: Stored, new: Stored) -> Collection[str]:
        own = new.keys() - NOT_LOST
        return [name for name in own if old[name] != new[name]]

    def _lock_out(self) -> None:
        self.sandbox.habits.revoked = True

    def _expire(self) -> None:
        self.sandbox.faults.add(Fault("cursor"))

    def _fill(self) -> None:
        self._fault("status", "POST", self.batches, code=403, times=2)

    def _move(self) -> None:
        return

    def mend(self) -> None:
        super().mend()
        self.sandbox.habits.revoked = False
