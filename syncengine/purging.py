"""Forgets what is needed no more: creations that are done, and the records and contacts of what was
deleted on both sides long ago. The history of these contacts stays, under their names.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from connections.configuration import SIDES, Side, other
from syncengine import leases
from syncengine.leases import Held
from syncengine.models import Contact, Intent, Mirror, Record, SyncState

KEPT = timedelta(days=90)
"""How long a record stays after all its contacts were deleted on both sides."""
CHUNK = 500
"""How many rows go in one transaction: nobody else waits long for the database."""


def purge_intents(closed_before: datetime, seconds: float) -> None:
    """Work for a while on forgetting the creations of which was known before this moment what
    became.
    """
    ends_at = time.monotonic() + seconds
    closed = Intent.objects.filter(closed_at__lt=closed_before).order_by("pk")
    while chunk := list(closed.values_list("pk", flat=True)[:CHUNK]):
        Intent.objects.filter(pk__in=chunk).delete()
        if time.monotonic() >= ends_at:
            return


def purge_records(gone_before: datetime, seconds: float) -> bool:
    """Work for a while on forgetting the records of contacts that were deleted on both sides before
    this moment; return whether it is done.

    An account that is in hand is left for the next time.
    """
    ends_at, done = time.monotonic() + seconds, True
    doomed = _doomed(gone_before)
    for mirror in Mirror.objects.filter(pk__in=doomed.values("mirror")).order_by("pk"):
        with _in_hand(mirror) as held:
            done = bool(held) and _purge(doomed.filter(mirror=mirror), held, ends_at) and done
    return done


def _purge(doomed: QuerySet[Record], held: list[Held], ends_at: float) -> bool:
    while chunk := list(doomed.order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        if time.monotonic() >= ends_at:
            return False
        with leases.commit(*held):
            # `only`: what is encrypted need not be read to be deleted.
            contacts = Contact.objects.filter(Q(left__in=chunk) | Q(right__in=chunk))
            contacts.only("pk").delete()
            Record.objects.filter(pk__in=chunk).only("pk").delete()
    return True


@contextmanager
def _in_hand(mirror: Mirror) -> Iterator[list[Held]]:
    """Hold an account and all its connections, or nothing where a run works on one of them."""
    mine = Q(connection__left=mirror.account_id) | Q(connection__right=mirror.account_id)
    owner, held = leases.new_owner(), []
    for rows in (list(SyncState.objects.filter(mine)), [mirror]):
        if rows:
            held.append(leases.take(rows, owner))
    taken = [each for each in held if each is not None]
    try:
        yield taken if len(taken) == len(held) else []
    finally:
        for each in taken:
            each.release()


def _doomed(gone_before: datetime) -> QuerySet[Record]:
    """Return the records that were gone by then, and whose other halves were too."""

    def is_needed(side: Side) -> Exists:
        there = other(side)
        stands = Q(**{f"{there}__gone_at": None}) | Q(**{f"{there}__gone_at__gte": gone_before})
        return Exists(
            Contact.objects.filter(stands, **{side: OuterRef("pk"), f"{there}__isnull": False})
        )

    left, right = map(is_needed, SIDES)
    return Record.objects.filter(~left, ~right, gone_at__lt=gone_before)
