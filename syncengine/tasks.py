"""What the queue calls: the tick that finds connections that are due, and the slices of their runs.

The queue delivers at least once and loses some: a task that comes twice finds the lease taken, and
one that is lost is queued again by the next tick.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import timedelta

from django.db.models import Q
from django_q.tasks import async_task

from connections.models import Account, Connection
from syncengine import clock, control, engine
from syncengine.engine import Progress
from syncengine.models import Run, SyncState
from syncengine.models.heartbeat import Heartbeat

logger = logging.getLogger(__name__)
TICK = "syncengine.tasks.tick"
SLICE = "syncengine.tasks.sync_slice"


def tick() -> dict[str, int]:
    """Queue a slice for each connection that is due or whose run was left, and show that the worker
    lives.
    """
    now = clock.now()
    Heartbeat.objects.update_or_create(pk=1, defaults={"at": now})
    due = list(_due())
    for connection_id in due:
        async_task(SLICE, connection_id)
    Run.objects.filter(kind=Run.Kind.PREVIEW, started_at__lt=now - control.PREVIEW_KEPT).delete()
    return {"queued": len(due)}


def _due() -> Iterable[int]:
    now = clock.now()
    authorized = Account.Status.AUTHORIZED
    running = Q(
        connection__state=Connection.State.ACTIVE,
        connection__left__status=authorized,
        connection__right__status=authorized,
    ) & ~Q(approved_revision="")
    free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)
    left = Run.objects.filter(finished_at=None).values("connection")
    yield from (
        SyncState.objects.filter(free, connection__in=left)
        .exclude(connection=None)
        .values_list("connection", flat=True)
    )
    come = Q(next_sync_at=None) | Q(next_sync_at__lte=now)
    due = SyncState.objects.filter(running, come, free, held={}).exclude(connection__in=left)
    for pk, connection_id, minutes in due.values_list(
        "pk", "connection", "connection__interval_minutes"
    ):
        claimed = SyncState.objects.filter(come, pk=pk).update(
            next_sync_at=now + timedelta(minutes=minutes)
        )
        if claimed:
            yield connection_id


def sync_slice(connection_id: int) -> dict[str, str]:
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
    advance = engine.advance(connection_id)
    if advance.progress is Progress.AGAIN:
        async_task(SLICE, connection_id)
    return {"status": advance.progress.value}
