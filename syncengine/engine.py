"""Runs the sync of a connection, slice by slice: read, match, decide, apply."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from traceback import format_tb

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from connections.configuration import SIDES
from connections.connectors.base import AuthorizationLost, ConnectorError, RateLimited
from connections.models import Account, Canary, Connection
from syncengine import brake, clock, garbage, leases, pending
from syncengine.job import Clockwork, Dropped, Job
from syncengine.leases import Held, LeaseLost
from syncengine.models import Contact, Mirror, Run, SyncState
from syncengine.previewing import preview
from syncengine.state import Status
from syncengine.steps import Busy, Steps, holder

logger = logging.getLogger(__name__)
SLICE_SECONDS = 60.0
HELD_BY_ACCOUNT = {"accounts": 1}
"""What stands as `held` where a read of an account was stopped, not a run of the connection."""
MOST_TAKEOVERS = 20
"""How often a run is taken over from workers that died before it is given up."""


class RunFailed(Exception):
    """An error of ours ended a run; the log says where. It holds no contact's data."""


class Progress(Enum):
    """How a slice ended."""

    FINISHED = "finished"
    AGAIN = "again"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Advance:
    """What a slice came to; `who` holds what was needed, where it was busy."""

    progress: Progress
    run: Run | None = None
    who: str = ""


def state_of(connection: Connection) -> SyncState:
    """Return the sync state of a connection, made where there is none yet."""
    return SyncState.objects.get_or_create(connection=connection)[0]


def mirror_of(account: Account) -> Mirror:
    """Return the mirror of an account, made where there is none yet."""
    return Mirror.objects.get_or_create(account=account)[0]


def open_run(connection: Connection, kind: Run.Kind, cause: str) -> Run:
    """Return the connection's run that is not finished, or a new one."""
    going = Run.objects.filter(connection=connection, finished_at=None)
    run = going.first()
    if run is None:
        try:
            with transaction.atomic():
                run = Run.objects.create(
                    connection=connection,
                    connection_name=connection.name,
                    kind=kind,
                    cause=cause,
                    started_at=clock.now(),
                )
        except IntegrityError:
            run = going.get()
    return run


def advance(
    connection_id: int,
    *,
    kind: Run.Kind = Run.Kind.SYNC,
    cause: str = "the schedule",
    asked_at: datetime | None = None,
    seconds: float = SLICE_SECONDS,
) -> Advance:
    """Work on a connection for a slice of time, and return how far it came.

    `asked_at` is when a person asked: what was read since then is not read again. Where another
    worker has the connection in hand, it is `BUSY` and nothing is done.
    """
    Canary.listen()
    garbage.look_seldom()
    connection = Connection.objects.select_related("left", "right").get(pk=connection_id)
    state = state_of(connection)
    was_left = bool(state.lease_owner)
    hand = leases.take([state], leases.new_owner())
    if hand is None:
        return Advance(Progress.BUSY, who=holder(state))
    try:
        state.refresh_from_db()
        run = open_run(connection, kind, cause)
        if was_left:
            run.takeovers += 1
            run.save(update_fields=["takeovers"])
        return Slice(connection, state, run, hand, asked_at, seconds).work()
    except LeaseLost:
        return Advance(Progress.AGAIN)
    finally:
        hand.release()


def to_the_end(
    connection_id: int,
    *,
    kind: Run.Kind = Run.Kind.SYNC,
    cause: str,
    wait: float = 0,
    seconds: float = SLICE_SECONDS,
) -> Iterator[Advance]:
    """Yield slice after slice until a run of this kind has finished.

    A run of the other kind that is in hand is finished first. Where another worker has the
    connection for longer than `wait` seconds, the last one is `BUSY`; an account that another
    connection uses is waited for.
    """
    asked_at = clock.now()
    patience = time.monotonic() + wait
    while True:
        advance_ = advance(
            connection_id, kind=kind, cause=cause, asked_at=asked_at, seconds=seconds
        )
        if advance_.progress is Progress.BUSY:
            if advance_.run is None and time.monotonic() >= patience:
                yield advance_
                return
            time.sleep(0.3)
            continue
        yield advance_
        if advance_.progress is Progress.FINISHED and advance_.run and advance_.run.kind == kind:
            return


class Slice:
    """One slice of a run, while the connection is in hand."""

    def __init__(
        self,
        connection: Connection,
        state: SyncState,
        run: Run,
        hand: Held,
        asked_at: datetime | None,
        seconds: float,
    ) -> None:
        self.began = time.monotonic()
        self.asked_at = asked_at
        self.job = Job(
            run=run,
            connection=connection,
            state=state,
            mirrors={side: mirror_of(connection.account(side)) for side in SIDES},
            hand=hand,
            clockwork=Clockwork(seconds),
        )

    def work(self) -> Advance:
        """Do the steps, and end the run where they come to an end."""
        run = self.job.run
        try:
            if run.takeovers >= MOST_TAKEOVERS:
                return self._finish(Run.Status.INTERRUPTED, "its worker died again and again")
            if run.kind == Run.Kind.SYNC and self.job.connection.state != Connection.State.ACTIVE:
                return self._finish(Run.Status.PAUSED, "paused; nothing further went out")
            self._check_accounts()
            self._configure()
            self.job.open()
            finished = self._steps()
        except Busy as busy:
            return self._stay(Progress.BUSY, str(busy))
        except Dropped:
            return self._dropped()
        except brake.Held as held:
            return self._hold(held)
        except AuthorizationLost as error:
            return self._finish(Run.Status.WAITING, error.message)
        except ConnectorError as error:
            return self._failed(error)
        except LeaseLost:
            raise
        except Exception as error:  # noqa: BLE001
            # Whatever it is, it must not be tried again at once and for ever.
            self._failed(error)
            # Its text may quote a contact; where it came from is enough.
            logger.error("run %s failed: %s", run.pk, "".join(format_tb(error.__traceback__)))
            raise RunFailed(f"run {run.pk}: {type(error).__name__}") from None
        if not finished:
            return self._stay(Progress.AGAIN)
        failed = run.failed and run.kind == Run.Kind.SYNC
        return self._finish(Run.Status.PARTLY_FAILED if failed else Run.Status.DONE)

    def _check_accounts(self) -> None:
        for side in SIDES:
            account = self.job.connection.account(side)
            if account.status != Account.Status.AUTHORIZED:
                raise AuthorizationLost(
                    f"{account.label} needs authorization: {account.status_reason}"
                )

    def _configure(self) -> None:
        connection = self.job.connection
        is_preview = self.job.run.kind == Run.Kind.PREVIEW
        self.job.setup = pending.current(connection) if is_preview else connection.setup()
        self.job.reconfigure()

    def _steps(self) -> bool:
        """Do what is left to do; return False where the slice is over first."""
        steps = Steps(self.job, self.asked_at)
        if not steps.read():
            return False
        if self.job.run.kind == Run.Kind.PREVIEW:
            return preview(self.job)
        return steps.match_decide_apply()

    # How a slice ends

    def _stay(self, progress: Progress, who: str = "") -> Advance:
        run = self.job.run
        with leases.commit(self.job.hand):
            run.slices += 1
            run.seconds += time.monotonic() - self.began
            self.job.save_run("slices", "seconds")
        return Advance(progress, run, who)

    def _finish(self, status: Run.Status, message: str = "") -> Advance:
        run, job = self.job.run, self.job
        with leases.commit(job.hand) as now:
            run.status, run.message, run.finished_at = status, message, now
            run.seconds += time.monotonic() - self.began
            run.slices += 1
            run.revision = job.revision or run.revision
            if run.kind == Run.Kind.SYNC:
                run.excluded, run.review = self._totals()
                self._plan_next(now)
            job.save_run(
                "status",
                "message",
                "finished_at",
                "seconds",
                "slices",
                "revision",
                "excluded",
                "review",
            )
        return Advance(Progress.FINISHED, run)

    def _totals(self) -> tuple[int, int]:
        mine = Contact.objects.filter(connection=self.job.connection)
        return (
            mine.filter(status=Status.EXCLUDED).count(),
            mine.filter(status=Status.REVIEW).count(),
        )

    def _plan_next(self, now: datetime) -> None:
        job, state = self.job, self.job.state
        minutes = timedelta(minutes=job.connection.interval_minutes)
        state.next_sync_at = now + minutes
        ended_well = job.run.status in (Run.Status.DONE, Run.Status.PARTLY_FAILED)
        if brake.UNSEEN in state.allowance and ended_well and not self._any_in_doubt():
            state.allowance = {}
        self._unless_approved_anew().update(
            next_sync_at=state.next_sync_at, allowance=state.allowance
        )

    def _unless_approved_anew(self) -> QuerySet[SyncState]:
        """Return the state as rows; none where an edit was approved meanwhile: its allowance
        counts, and it runs at once.
        """
        state = self.job.state
        return SyncState.objects.filter(pk=state.pk, approved_revision=state.approved_revision)

    def _any_in_doubt(self) -> bool:
        """Return whether writes of this sync may have to be made again."""
        unsure = Contact.objects.filter(status__in=[Status.DOUBT, Status.WAITING])
        return unsure.filter(connection=self.job.connection).exists()

    def _dropped(self) -> Advance:
        now = Connection.objects.filter(pk=self.job.connection.pk).first()
        if now is None or now.state == Connection.State.PAUSED:
            return self._finish(Run.Status.PAUSED, "paused in mid-run; nothing further went out")
        return self._stay(Progress.AGAIN)

    def _hold(self, held: brake.Held) -> Advance:
        state = self.job.state
        with leases.commit(self.job.hand):
            state.held = held.counts or HELD_BY_ACCOUNT
            state.save(update_fields=["held"])
        return self._finish(Run.Status.HELD, held.message)

    def _failed(self, error: Exception) -> Advance:
        known = isinstance(error, ConnectorError)
        message = str(error) if known else f"an error of ours: {type(error).__name__}"
        advance = self._finish(Run.Status.FAILED, message)
        if self.job.run.kind == Run.Kind.SYNC:
            wait = self._wait(error)
            self._unless_approved_anew().update(next_sync_at=clock.now() + wait)
        return advance

    def _wait(self, error: Exception) -> timedelta:
        """Return how long to wait before the next try: it doubles with each failure in a row, up to
        an hour.
        """
        if isinstance(error, RateLimited):
            return timedelta(seconds=error.retry_after)
        last = Run.objects.filter(connection=self.job.connection, kind=Run.Kind.SYNC)
        failures = 0
        for status in last.order_by("-started_at").values_list("status", flat=True)[:7]:
            if status != Run.Status.FAILED:
                break
            failures += 1
        first = settings.PIPESITE_RETRY_SECONDS
        return timedelta(seconds=min(3600, first * 2 ** max(0, failures - 1)))
