"""What the queue calls: the tick that finds connections that are due, and the slices of their runs.

The queue delivers at least once and loses some: a task that comes twice finds the lease taken, and
one that is lost is queued again by the next tick.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db.models import Q
from django_q.tasks import async_task

from connections.models import Account, Connection
from syncengine import clock, control, deleting, engine, forgetting, processes, purging
from syncengine.engine import Progress
from syncengine.models import Run, SyncState
from syncengine.models.heartbeat import Heartbeat
from syncengine.neighbourhood import INTENT_MEMORY

logger = logging.getLogger(__name__)
TICK = "syncengine.tasks.tick"
BEAT = "syncengine.tasks.beat"
SLICE = "syncengine.tasks.sync_slice"
PREVIEW = "syncengine.tasks.preview_slice"
DELETE = "syncengine.tasks.delete_connection"
DELETE_ACCOUNT = "syncengine.tasks.delete_account"
DELETION_SECONDS = 50
"""How long a deletion goes on before the tick has it go on."""
BETWEEN_TICKS = timedelta(minutes=1)
BELL_LOST = timedelta(minutes=3)
"""After how long a sync that was queued and never begun is queued again."""
PURGING_SECONDS = 5
"""How long a tick goes on forgetting old records; the next one goes on."""
BEATS_KEPT = timedelta(days=1)
SERVED = 2
"""How many of those that wait for an account get their turn when a slice has ended there."""
PATIENCE = 1
"""For how many seconds a person waits for a deletion, before it is left to the worker."""


def tick() -> dict[str, int]:
    """Queue a slice for each connection that is due or whose run was left, and show that the worker
    lives.
    """
    now = clock.now()
    _show_life(now)
    Heartbeat.objects.filter(at__lt=now - BEATS_KEPT).delete()
    due = list(_due())
    for connection_id, slices in due:
        async_task(SLICE, connection_id, slices=slices)
    for connection_id in _previews_asked():
        async_task(PREVIEW, connection_id)
    for connection in Connection.objects.filter(state=Connection.State.DELETING):
        async_task(DELETE, connection.pk)
    for account_id in Account.objects.filter(status=Account.Status.DELETING).values_list("pk"):
        async_task(DELETE_ACCOUNT, *account_id)
    Run.objects.filter(kind=Run.Kind.PREVIEW, started_at__lt=now - control.PREVIEW_KEPT).delete()
    purging.purge_intents(now - 2 * INTENT_MEMORY, PURGING_SECONDS)
    purging.purge_records(now - purging.KEPT, PURGING_SECONDS)
    return {"queued": len(due)}


def _show_life(now: datetime) -> None:
    Heartbeat.objects.update_or_create(worker=processes.group(), defaults={"at": now})


def beat(worker: str, until: str) -> None:
    """Tick, and so show that this worker lives; where another one was asked, leave it to the others
    until then: the queue gives a task to whoever comes first.
    """
    if worker == processes.group():
        tick()
        return
    now = clock.now()
    _show_life(now)
    if now < datetime.fromisoformat(until):
        async_task(BEAT, worker, until)


def _free() -> Q:
    """Rows that no worker holds."""
    return Q(lease_expires_at=None) | Q(lease_expires_at__lt=clock.now())


def _previews_asked() -> Iterable[int]:
    """Return the connections whose preview was asked for and has not begun."""
    asked = SyncState.objects.filter(_free(), preview_asked_at__isnull=False)
    return asked.values_list("connection", flat=True)


def _due() -> Iterable[tuple[int, int | None]]:
    """Yield connections, with how many slices their run has had where one was left."""
    now = clock.now()
    authorized = Account.Status.AUTHORIZED
    running = Q(
        connection__state=Connection.State.ACTIVE,
        connection__left__status=authorized,
        connection__right__status=authorized,
    ) & ~Q(approved_revision="")
    free = _free()
    going = Run.objects.filter(finished_at=None).exclude(connection=None)
    left = going.values("connection")
    idle = SyncState.objects.filter(free).values("connection")
    yield from (
        going.filter(connection__in=idle)
        .exclude(connection__state=Connection.State.DELETING)
        .values_list("connection", "slices")
    )
    come = Q(next_sync_at=None) | Q(next_sync_at__lte=now + BETWEEN_TICKS / 2)
    due = SyncState.objects.filter(running, come, free, held={}).exclude(connection__in=left)
    for pk, connection_id in due.values_list("pk", "connection"):
        claimed = SyncState.objects.filter(come, pk=pk).update(next_sync_at=now + BELL_LOST)
        if claimed:
            yield connection_id, None


def _in_line(connection: Connection) -> Iterable[tuple[int, int]]:
    """Return who has waited longest for an account of a connection, with the slices of its run."""
    accounts = [connection.left_id, connection.right_id]
    sharing = Q(connection__left__in=accounts) | Q(connection__right__in=accounts)
    waiting = Run.objects.filter(sharing, finished_at=None).exclude(connection=connection)
    return waiting.order_by("started_at").values_list("connection", "slices")[:SERVED]


def ask_sync(connection_id: int, cause: str) -> None:
    """Queue a sync that a person asked for: what was read before now is read again."""
    async_task(SLICE, connection_id, cause=cause, asked_at=clock.now().isoformat())


def sync_slice(
    connection_id: int,
    cause: str = "the schedule",
    asked_at: str = "",
    slices: int | None = None,
) -> dict[str, str]:
    """Work on a connection for a slice, and queue its continuation behind the others where it is
    not done.

    A continuation says how many `slices` the run has had; one that comes twice does nothing.
    """
    connection = Connection.objects.filter(pk=connection_id).select_related("left", "right").first()
    if connection is None:
        return {"status": "deleted"}
    state = engine.state_of(connection)
    run = Run.objects.filter(connection=connection, finished_at=None).first()
    if slices is not None and (run is None or run.slices != slices):
        return {"status": "another has gone on"}
    why = control.blocked(connection, state) or control.held_why(connection, state)
    if why and run is None:
        return {"status": why}
    advance = engine.advance(
        connection_id,
        cause=cause,
        asked_at=datetime.fromisoformat(asked_at) if asked_at else None,
    )
    if advance.progress is not Progress.BUSY:
        for waiting, had in _in_line(connection):
            async_task(SLICE, waiting, slices=had)
    if advance.progress is Progress.AGAIN:
        slices = advance.run.slices if advance.run else None
        async_task(SLICE, connection_id, cause=cause, asked_at=asked_at, slices=slices)
    return {"status": advance.progress.value}


def ask_account_deletion(account_id: int) -> None:
    """Delete an account that is marked for it: a small one now, a large one by the worker."""
    if not forgetting.delete_account(account_id, PATIENCE):
        async_task(DELETE_ACCOUNT, account_id)


def delete_account(account_id: int) -> dict[str, str]:
    """Work for a while on deleting an account; the tick has it go on where it is not done."""
    done = forgetting.delete_account(account_id, DELETION_SECONDS)
    return {"status": "deleted" if done else "goes on"}


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
