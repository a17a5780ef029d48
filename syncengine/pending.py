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
from syncengine.models import Run, SyncState

DECIDES_NOTHING_ANEW = ("winner", "interval_minutes", "brake_percent")
"""The parts of a set-up whose change lets all contacts stand as they were decided [CN8]."""


class Refused(Exception):
    """What was asked of a connection cannot be done; the message says why and what to do."""


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
    return edit.value if edit else None


def current(connection: Connection) -> Setup:
    """Return what the page of a connection edits: the edit that waits, else what is stored."""
    return previewed(connection) or connection.setup()


def configuration(connection: Connection) -> Configuration:
    """Return the configuration that a preview would be of."""
    return configure(current(connection), connection.left, connection.right)


def was_started(connection: Connection) -> bool:
    """Return whether a connection's first run was approved: from then on edits wait."""
    if connection.state == Connection.State.DRAFT:
        return False
    return SyncState.objects.filter(connection=connection).exclude(approved_revision="").exists()


def save(connection_id: int, setup: Setup, by: Any, *, seen: Setup) -> bool:
    """Store an edit, and return whether it waits to be applied.

    That of a connection which was never started is stored at once, as is one that decides no
    contact anew; any other waits until its preview was looked at. One that comes to what is stored
    already drops the edit that waited. `seen` is what was edited; raises `Outdated` where that is
    no longer how it is.
    """
    with transaction.atomic():
        connection = Connection.objects.select_for_update().get(pk=connection_id)
        edit = of(connection)
        stored = connection.setup()
        now = edit.value if edit else stored
        if setup == now:
            return edit is not None
        if now != seen:
            raise Outdated(now)
        if _decides_nothing(stored, setup) or not was_started(connection):
            drop(connection)
            if setup != stored:
                connection.keep_setup(setup)
            if setup.winner != stored.winner:
                _outdate_preview(connection)
            return False
        PendingEdit.objects.update_or_create(
            connection=connection,
            defaults={"setup": setup.to_json(), "saved_at": clock.now(), "saved_by": by},
        )
        return True


def _decides_nothing(stored: Setup, setup: Setup) -> bool:
    old, new = stored.to_json(), setup.to_json()
    return all(old[name] == new[name] for name in old if name not in DECIDES_NOTHING_ANEW)


def _outdate_preview(connection: Connection) -> None:
    """Let no preview count that was of another winner: the revision does not tell these apart."""
    previews = Run.objects.filter(connection=connection, kind=Run.Kind.PREVIEW)
    previews.exclude(finished_at=None).update(revision="")


def drop(connection: Connection, edit: PendingEdit | None = None) -> None:
    """Forget the edit that waits; with `edit`, only if none was saved since."""
    mine = PendingEdit.objects.filter(connection=connection)
    (mine.filter(saved_at=edit.saved_at) if edit else mine).delete()


def apply(connection_id: int) -> Connection:
    """Make the edit that waits what counts, and return the connection; raises `Refused` where none
    waits, or it would close a ring [CN11].
    """
    with transaction.atomic():
        rows = Connection.objects.select_for_update(of=("self",)).select_related("left", "right")
        connection = rows.get(pk=connection_id)
        edit = of(connection)
        if edit is None:
            raise Refused(f"No edit of “{connection}” waits. Somebody applied or dropped it.")
        setup = edit.value
        connection.direction = setup.direction
        if connection.state == Connection.State.ACTIVE and (ring := closes_ring(connection)):
            raise Refused(ring)
        connection.keep_setup(setup)
        edit.delete()
        return connection
