"""Claims on mirrors and on a connection's state: one worker at a time works on them [I8]."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from connections.connectors.base import Unavailable
from syncengine import clock, processes
from syncengine.models.mirror import Lease


class LeaseLost(Exception):
    """Another worker took over: nothing more may be written."""


def request_deadline() -> float:
    """Return how many seconds one request to an app may take, within a lease."""
    return min(60.0, settings.PIPESITE_LEASE_SECONDS / 2)


def new_owner() -> str:
    """Return a name for this worker that people can find: the process, something random, the host
    and the group.
    """
    return f"process {os.getpid()} {uuid.uuid4().hex[:8]} on {processes.group()}"


class Held:
    """Rows of one model that this worker holds, until `release` or the end of the lease."""

    def __init__(self, model: type[Lease], numbers: dict[int, int], owner: str) -> None:
        self.model = model
        self.numbers = numbers
        self.owner = owner
        self._renewed()

    def _renewed(self) -> None:
        self._ends = time.monotonic() + settings.PIPESITE_LEASE_SECONDS

    @property
    def _mine(self) -> Q:
        mine = Q()
        for pk, number in self.numbers.items():
            mine |= Q(pk=pk, lease_number=number)
        return mine

    def renew(self, now: datetime | None = None) -> None:
        """Start the lease's time anew; raises LeaseLost where another worker has taken over."""
        expires = (now or clock.now()) + timedelta(seconds=settings.PIPESITE_LEASE_SECONDS)
        rows = self.model._default_manager.filter(self._mine)
        if rows.update(lease_expires_at=expires) != len(self.numbers):
            raise LeaseLost(f"another worker took over from {self.owner}")
        self._renewed()

    def ensure(self, seconds: float) -> None:
        """Renew unless at least so many seconds are left."""
        if self._ends - time.monotonic() < seconds:
            self.renew()

    def guard(self, seconds: float) -> None:
        """Raise Unavailable unless a request of so many seconds ends within the lease; for any
        thread.
        """
        if self._ends - time.monotonic() < seconds:
            raise Unavailable("the lease on the account would end during the request")

    def release(self) -> None:
        """Give the rows back; those taken over by others stay theirs."""
        self.model._default_manager.filter(self._mine).update(lease_owner="", lease_expires_at=None)


def take(rows: Sequence[Lease], owner: str) -> Held | None:
    """Claim all the rows at once, or none: None where another worker holds one of them."""
    model = type(rows[0])
    pks = sorted({row.pk for row in rows})
    now = clock.now()
    free = Q(lease_expires_at=None) | Q(lease_expires_at__lt=now)
    with transaction.atomic():
        list(
            model._default_manager.select_for_update()
            .filter(pk__in=pks)
            .order_by("pk")
            .values("pk")
        )
        claimed = model._default_manager.filter(free, pk__in=pks).update(
            lease_owner=owner,
            lease_number=F("lease_number") + 1,
            lease_since=now,
            lease_expires_at=now + timedelta(seconds=settings.PIPESITE_LEASE_SECONDS),
        )
        if claimed != len(pks):
            transaction.set_rollback(True)
            return None
        numbers = dict(model._default_manager.filter(pk__in=pks).values_list("pk", "lease_number"))
    return Held(model, numbers, owner)


@contextmanager
def commit(*held: Held) -> Iterator[datetime]:
    """Commit what happens inside, if all that is held is still ours; gives the database's time.

    Raises LeaseLost, with nothing written, where another worker has taken over.
    """
    with ExitStack() as stack:
        stack.enter_context(transaction.atomic())
        now = clock.now()
        for each in held:
            each.renew(now)
        yield now
