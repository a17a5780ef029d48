"""Deletes a connection in small steps: its contacts first; its history stays under its name [CN6].

Nothing is asked of the apps.
"""

from __future__ import annotations

import time

from connections.models import Connection
from syncengine import engine, leases
from syncengine.leases import Held, LeaseLost
from syncengine.models import Change, Contact, Run

CHUNK = 500
"""How many rows go in one transaction: nobody else waits long for the database."""


def delete_connection(connection_id: int, seconds: float) -> bool:
    """Work for a while on deleting a connection that is marked so; return whether it is done.

    Where another worker has the connection in hand, nothing is done yet.
    """
    connection = Connection.objects.filter(
        pk=connection_id, state=Connection.State.DELETING
    ).first()
    if connection is None:
        return True
    hand = leases.take([engine.state_of(connection)], leases.new_owner())
    if hand is None:
        return False
    try:
        return _delete(connection, hand, time.monotonic() + seconds)
    except LeaseLost:
        return False
    finally:
        hand.release()


def _delete(connection: Connection, hand: Held, ends_at: float) -> bool:
    previews = Run.objects.filter(connection=connection, kind=Run.Kind.PREVIEW)
    # `only`: what is encrypted need not be read to be deleted.
    doomed = (
        Change.objects.filter(run__in=previews).only("pk"),
        Contact.objects.filter(connection=connection).only("pk"),
    )
    for rows in doomed:
        while chunk := list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
            if time.monotonic() >= ends_at:
                return False
            with leases.commit(hand):
                rows.filter(pk__in=chunk).delete()
    with leases.commit(hand) as now:
        previews.delete()
        Run.objects.filter(connection=connection, finished_at=None).update(
            status=Run.Status.INTERRUPTED,
            message="the connection was deleted",
            finished_at=now,
        )
        connection.delete()
    return True
