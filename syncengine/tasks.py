"""What the queue calls: the tick that finds connections that are due, and the slices of their runs.

The queue delivers at least once and loses some: a task that comes twice finds the lease taken, and
one that is lost is queued again by the next tick.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django_q.tasks import async_task

from connections.models import Account, Connection
from syncengine import clock, control, deleting, engine
from syncengine.engine import Progress
from syncengine.models import Intent, Mirror, Record, Run, SyncState
from syncengine.models.heartbeat import Heartbeat

logger = logging.getLogger(__name__)
TICK = "syncengine.tasks.tick"
SLICE = "syncengine.tasks.sync_slice"
PREVIEW = "syncengine.tasks.preview_slice"
DELETE = "syncengine.tasks.delete_connection"
DELETE_ACCOUNT = "syncengine.tasks.delete_account"
DELETION_SECONDS = 50
"""How long a deletion goes on before the tick has it go on."""
BETWEEN_TICKS = timedelta(minutes=1)
BELL_LOST = timedelta(minutes=3)
"""After how long a sync that was queued and never begun is queued again."""
CHUNK = 500
"""How many rows are deleted at once."""


def tick() -> dict[str, int]:
    """Queue a slice for each connection that is due or whose run was left, and show that the worker
    lives.
    """
    now = clock.now()
    Heartbeat.objects.update_or_create(pk=1, defaults={"at": now})
    due = list(_due())
    for connection_id in due:
        async_task(SLICE, connection_id)
    for connection_id in _previews_asked():
        async_task(PREVIEW, connection_id)
    for connection in Connection.objects.filter(state=Connection.State.DELETING):
        async_task(DELETE, connection.pk)
    for account_id in Account.objects.filter(status=Account.Status.DELETING).values_list("pk"):
        async_task(DELETE_ACCOUNT, *account_id)
    Run.objects.filter(kind=Run.Kind.PREVIEW, started_at__lt=now - control.PREVIEW_KEPT).delete()
    return {"queued": len(due)}


def _free() -> Q:
    """Rows that no worker holds."""
    return Q(lease_expires_at=None) | Q(lease_expires_at__lt=clock.now())


def _previews_asked() -> Iterable[int]:
    """Return the connections whose preview was asked for and has not begun."""
    asked = SyncState.objects.filter(_free(), preview_asked_at__isnull=False)
    return asked.values_list("connection", flat=True)


def _due() -> Iterable[int]:
    now = clock.now()
    authorized = Account.Status.AUTHORIZED
    running = Q(
        connection__state=Connection.State.ACTIVE,
        connection__left__status=authorized,
        connection__right__status=authorized,
    ) & ~Q(approved_revision="")
    free = _free()
    left = Run.objects.filter(finished_at=None).values("connection")
    yield from (
        SyncState.objects.filter(free, connection__in=left)
        .exclude(connection__state=Connection.State.DELETING)
        .values_list("connection", flat=True)
    )
    come = Q(next_sync_at=None) | Q(next_sync_at__lte=now + BETWEEN_TICKS / 2)
    due = SyncState.objects.filter(running, come, free, held={}).exclude(connection__in=left)
    for pk, connection_id in due.values_list("pk", "connection"):
        claimed = SyncState.objects.filter(come, pk=pk).update(next_sync_at=now + BELL_LOST)
        if claimed:
            yield connection_id


def ask_sync(connection_id: int, cause: str) -> None:
    """Queue a sync that a person asked for: what was read before now is read again."""
    async_task(SLICE, connection_id, cause=cause, asked_at=clock.now().isoformat())


def sync_slice(
    connection_id: int, cause: str = "the schedule", asked_at: str = ""
) -> dict[str, str]:
    """Work on a connection for a slice, and queue its continuation behind the others where it is
    not done.
    """
    connection = Connection.objects.filter(pk=connection_id).select_related("left", "right").first()
    if connection is None:
        return {"status": "deleted"}
    state = engine.state_of(connection)
    going = Run.objects.filter(connection=connection, finished_at=None).exists()
    why = control.blocked(connection, state) or control.held_why(connection, state)
    if why and not going:
        return {"status": why}
    advance = engine.advance(
        connection_id,
        cause=cause,
        asked_at=datetime.fromisoformat(asked_at) if asked_at else None,
    )
    if advance.progress is Progress.AGAIN:
        async_task(SLICE, connection_id, cause=cause, asked_at=asked_at)
    return {"status": advance.progress.value}


def delete_account(account_id: int) -> dict[str, str]:
    """Delete an account that is marked for it with all that was seen of it, in chunks; the tick has
    it go on where that takes longer than a slice.
    """
    account = Account.objects.filter(pk=account_id, status=Account.Status.DELETING).first()
    if account is None:
        return {"status": "nothing to do"}
    if Connection.objects.filter(Q(left=account) | Q(right=account)).exists():
        # What is left of its records is no use without the rest.
        Mirror.objects.filter(account=account).update(cursor=None)
        account.lose_authorization("A connection was made with it while it was being deleted.")
        return {"status": "in use"}
    ends_at = time.monotonic() + DELETION_SECONDS
    for model in (Record, Intent):
        while ids := list(
            model._default_manager.filter(mirror__account=account).values_list("pk", flat=True)[
                :CHUNK
            ]
        ):
            if time.monotonic() > ends_at:
                return {"status": "goes on"}
            # Without the content: nothing has to be decrypted for it.
            model._default_manager.filter(pk__in=ids).only("pk").delete()
    account.delete()
    return {"status": "deleted"}


def ask_preview(connection_id: int, by: str) -> None:
    """Note that a person asked for a preview, and queue it."""
    SyncState.objects.update_or_create(
        connection_id=connection_id,
        defaults={"preview_asked_at": clock.now(), "preview_asked_by": by},
    )
    async_task(PREVIEW, connection_id)


def preview_slice(connection_id: int) -> dict[str, str]:
    """Work for a slice on a preview that was asked for; a sync in hand is finished first.

    Where another worker has the connection in hand, the next tick queues it again.
    """
    kept = SyncState.objects.exclude(connection__state=Connection.State.DELETING)
    state = kept.filter(connection=connection_id).first()
    going = Run.objects.filter(connection=connection_id, finished_at=None).exists()
    if state is None or (state.preview_asked_at is None and not going):
        return {"status": "nothing was asked for"}
    try:
        advance = engine.advance(
            connection_id,
            kind=Run.Kind.PREVIEW,
            cause=state.preview_asked_by,
            asked_at=state.preview_asked_at,
        )
    finally:
        _note_begun(state)
    is_preview = advance.run is not None and advance.run.kind == Run.Kind.PREVIEW
    is_done = advance.progress is Progress.FINISHED and is_preview
    if not is_done and advance.progress is not Progress.BUSY:
        async_task(PREVIEW, connection_id)
    return {"status": advance.progress.value}


def _note_begun(state: SyncState) -> None:
    """Take back that a preview was asked for, once one has begun since."""
    previews = Run.objects.filter(connection=state.connection_id, kind=Run.Kind.PREVIEW)
    newest = previews.order_by("-started_at").values_list("started_at", flat=True).first()
    if newest is not None:
        SyncState.objects.filter(pk=state.pk, preview_asked_at__lte=newest).update(
            preview_asked_at=None
        )


def ask_deletion(connection: Connection) -> None:
    """Let nothing run for a connection any more, and queue its deletion."""
    control.begin_deleting(connection)
    async_task(DELETE, connection.pk)


def delete_connection(connection_id: int) -> dict[str, str]:
    """Work for a while on deleting a connection; the tick has it go on where it is not done."""
    done = deleting.delete_connection(connection_id, DELETION_SECONDS)
    return {"status": "deleted" if done else "goes on"}
