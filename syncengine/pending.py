"""The one edit of a connection that waits to be applied or dropped [CN10]."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from connections.configuration import Configuration
from connections.configuring import configure
from connections.models import Connection, PendingEdit
from connections.neighbours import closes_ring
from connections.setups import Setup
from syncengine import clock

DECIDES_NOTHING_ANEW = ("winner", "interval_minutes", "brake_percent")
"""The parts of a set-up whose change lets all contacts stand as they were decided [CN8]."""


class Refused(Exception):
    """An edit cannot be applied; the message says why and what to do."""


class Outdated(Exception):
    """Somebody edited the set-up meanwhile; `now` is how it is now."""

    def __init__(self, now: Setup) -> None:
        super().__init__("the set-up was edited meanwhile")
        self.now = now


def of(connection: Connection) -> PendingEdit | None:
    """Return the edit that waits, with who saved it; None where none does."""
    found = PendingEdit.objects.select_related("saved_by").filter(connection=connection)
    return found.first()


def previewed(connection: Connection) -> Setup | None:
    """Return the set-up of the edit that waits, which is what a preview is of; None without one."""
    edit = of(connection)
    return Setup.from_json(edit.setup) if edit else None


def current(connection: Connection) -> Setup:
    """Return what the page of a connection edits: the edit that waits, else what is stored."""
    return previewed(connection) or connection.setup()


def configuration(connection: Connection) -> Configuration:
    """Return the configuration that a preview would be of."""
    return configure(current(connection), connection.left, connection.right)


def save(connection_id: int, setup: Setup, by: Any, *, seen: Setup) -> bool:
    """Store an edit, and return whether it waits to be applied.

    That of a draft is stored at once, as is one that decides no contact anew; any other waits until
    its preview was looked at. One that comes to what is stored already drops the edit that waited.
    `seen` is what was edited; raises `Outdated` where that is no longer how it is.
    """
    with transaction.atomic():
        connection = Connection.objects.select_for_update().get(pk=connection_id)
        if (now := current(connection)) != seen:
            raise Outdated(now)
        stored = connection.setup()
        if connection.state == Connection.State.DRAFT or _decides_nothing(stored, setup):
            drop(connection)
            if setup != stored:
                connection.keep_setup(setup)
            return False
        PendingEdit.objects.update_or_create(
            connection=connection,
            defaults={"setup": setup.to_json(), "saved_at": clock.now(), "saved_by": by},
        )
        return True


def _decides_nothing(stored: Setup, setup: Setup) -> bool:
    old, new = stored.to_json(), setup.to_json()
    return all(old[name] == new[name] for name in old if name not in DECIDES_NOTHING_ANEW)


def drop(connection: Connection) -> None:
    """Forget the edit that waits."""
    PendingEdit.objects.filter(connection=connection).delete()


def apply(connection: Connection) -> None:
    """Make the edit that waits what counts; raises `Refused` where none waits, or it would close a
    ring.
    """
    edit = of(connection)
    if edit is None:
        raise Refused(f"No edit of “{connection}” waits. Somebody applied or dropped it.")
    setup = Setup.from_json(edit.setup)
    connection.direction = setup.direction
    if ring := closes_ring(connection):
        connection.refresh_from_db(fields=["direction"])
        raise Refused(ring)
    with transaction.atomic():
        connection.keep_setup(setup)
        edit.delete()
