"""What the state machine asks of an app, be it in memory or a stand-in over HTTP."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, Protocol

from connections.connectors.base import Scope, Update
from connections.schema import Value, is_blank

Error = Literal["busy", "cut", "down", "killed", "locked out"]
"""What goes wrong with a request; by "killed" our own process ends."""
Verb = Literal["", "changes", "get", "create", "update"]
Point = Literal["before", "middle", "after"]
Misbehaviour = Literal["odd answer", "expired", "refused", "full", "moved"]


class Overtaken(NamedTuple):
    """A field that was written over an edit which the app had not shown yet [I3]."""

    app: str
    id: str
    field: str


class Row(Protocol):
    """A contact as its app stores it, deleted or not; blanks are left out."""

    @property
    def values(self) -> Mapping[str, Value]:
        """The values by the names of the fields' roles, whatever the app calls them."""

    @property
    def archived(self) -> bool: ...

    @property
    def scopes(self) -> Collection[str]: ...


class App(Protocol):
    """The contacts of one account, with what people and the engine do to them."""

    key: str
    """The label of its account."""
    writes: list[tuple[str, str, Mapping[str, Value]]]
    """What the engine did: "create" or "update", the id, and the fields."""
    overtaken: list[Overtaken]
    """What it wrote over without knowing; whoever looks at it empties it."""

    @property
    def one_name(self) -> bool: ...

    @property
    def names_all(self) -> bool:
        """Whether people cannot enter a contact without a name."""

    @property
    def slots(self) -> int | None:
        """How many entries a list can hold."""

    @property
    def late(self) -> float:
        """After how many seconds at most a write is seen by all."""

    @property
    def scopes(self) -> Sequence[Scope]: ...

    def clock(self) -> datetime: ...

    # What people do

    def add(self, *, scopes: tuple[str, ...] = (), **values: Value) -> str: ...

    def edit(self, id_: str, **changes: Value) -> None: ...

    def delete(self, id_: str) -> None: ...

    def restore(self, id_: str) -> None: ...

    def merge(self, kept_id: str, lost_id: str) -> None: ...

    def archive(self, id_: str, archived: bool = True) -> None:
        """Archive a contact or bring it back into use, where the app has such a thing."""

    def put_into(self, id_: str, *scopes: str) -> None: ...

    def row(self, id_: str) -> Row: ...

    def live(self) -> Collection[str]:
        """Return the ids of the contacts that are not deleted."""

    # What goes wrong

    def requested(self) -> int:
        """Return how many requests there were."""

    def break_down(self, error: Error, verb: Verb, point: Point, after: int) -> None:
        """Let a request of a verb (any: "") go wrong, before or after it was done, with `after` of
        them let go by.
        """

    def misbehave(self, what: Misbehaviour) -> None:
        """Behave badly from now on, where the app has such a thing."""

    def mend(self) -> None:
        """Let everything work again."""

    def let_in(self, secrets: Mapping[str, str]) -> Mapping[str, str]:
        """Accept the account again; return its secrets, new ones where the old are of no use."""


def overtaken(app: str, id_: str, update: Update, stands: Mapping[str, Value]) -> list[Overtaken]:
    """Return what an update writes over that is not what was known to stand there."""
    return [
        Overtaken(app, id_, key)
        for key in update.changes
        if (known := update.values.get(key)) != stands.get(key)
        and not (is_blank(known) and is_blank(stands.get(key)))
    ]
