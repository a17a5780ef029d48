"""Runs the queue's cluster and starts it again when it falls silent.

django-q2 hangs for ever when an idle worker is killed (django-q2/django-q2#23), and the processes
of a cluster whose main process is killed go on taking tasks. So the cluster is a process group of
its own, which is killed as a whole.
"""

from __future__ import annotations

import logging
import math
import os
import signal
import subprocess
import time
from contextlib import suppress
from datetime import datetime, timedelta

from django.db import DatabaseError, close_old_connections, transaction
from django.db.models import Max
from django.utils import timezone
from django_q.models import Schedule
from django_q.tasks import async_task

from syncengine import clock, processes
from syncengine.models import Heartbeat, Mirror, SyncState
from syncengine.models.mirror import aged
from syncengine.tasks import BEAT, TICK

logger = logging.getLogger(__name__)
HEALTHY_SECONDS = 180.0
"""The age of the last sign of life from which people are told that the worker is gone."""
KILL_SECONDS = 10.0
LONGEST_PAUSE = 30.0
STOP_SECONDS = 1800.0
"""Twice a task's longest time: one may be in hand, another claimed already."""


def silent_for(worker: str = "") -> float:
    """Return for how many seconds no worker, or not this one, has shown that it lives; infinite if
    none ever did.

    A worker in a long slice holds a lease: it lives.
    """
    now = clock.now()
    for model in (SyncState, Mirror):
        held = model._default_manager.filter(lease_expires_at__gt=now)
        if (held.filter(lease_owner__endswith=f" on {worker}") if worker else held).exists():
            return 0
    return aged(last_sign(worker), now)


def is_missed(silence: float, *, has_work: bool) -> bool:
    """Return whether people are told of a silence; of one that never ran, where it has work."""
    return has_work if silence == math.inf else silence > HEALTHY_SECONDS


def last_sign(worker: str = "") -> datetime | None:
    """Return when any worker, or this one, last showed that it lives."""
    beats = Heartbeat.objects.filter(worker=worker) if worker else Heartbeat.objects.all()
    newest: datetime | None = beats.aggregate(at=Max("at"))["at"]
    return newest


def ensure_schedule() -> None:
    """Leave exactly one schedule of the tick, for every minute from now on."""
    with transaction.atomic():
        ours = Schedule.objects.filter(func=TICK).order_by("pk").first() or Schedule(func=TICK)
        Schedule.objects.filter(func=TICK).exclude(pk=ours.pk).delete()
        ours.name, ours.schedule_type, ours.minutes = "tick", Schedule.MINUTES, 1
        ours.args = ours.kwargs = ours.hook = None
        ours.repeats, ours.next_run = -1, timezone.now()
        ours.save()


class Cluster:
    """The queue's cluster as a group of processes."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = 0.0
        # Its other end is open in this process alone: when that ends, the group sees the end of it.
        self._lifeline, self._our_end = os.pipe()

    def start(self) -> None:
        self._process = processes.start(
            processes.manage("worker", "--lifeline", str(self._lifeline)),
            pass_fds=[self._lifeline],
        )
        self._started_at = time.monotonic()

    @property
    def name(self) -> str:
        """What its signs of life and its leases go by."""
        return processes.group(self._process.pid) if self._process else ""

    @property
    def age(self) -> float:
        """The seconds since it was started."""
        return time.monotonic() - self._started_at

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How its main process ended, None while it runs."""
        return self._process.returncode if self._process else None

    def ask_to_stop(self) -> None:
        """Let it finish what it has in hand; the whole group would die in mid-task."""
        if self._process is not None:
            self._process.terminate()

    def kill(self) -> None:
        """End all its processes at once, and return when none is left."""
        if self._process is None:
            return
        group, ends_at = self._process.pid, time.monotonic() + KILL_SECONDS
        with suppress(ProcessLookupError):
            while time.monotonic() < ends_at:
                os.killpg(group, signal.SIGKILL)
                self._process.poll()
                # The orphans of its main process are our children now.
                with suppress(ChildProcessError):
                    os.waitpid(-group, os.WNOHANG)
                time.sleep(0.05)
        self._process.wait()
        self._process = None


class Watchdog:
    """Keeps a cluster alive: after `silence` seconds without a sign of life it is started again."""

    def __init__(self, silence: float) -> None:
        self.silence = silence
        self.cluster = Cluster()
        self.stopping = False
        self.hurried = False
        self._asked_at = 0.0
        self._busy_at = -math.inf
        self._pause = 1.0

    def stop(self) -> None:
        """Have the cluster stopped gently, and when asked again, at once."""
        self.hurried, self.stopping = self.stopping, True

    def run(self) -> None:
        """Watch until stopped."""
        self._begin()
        while not self.stopping:
            self._sleep(min(5.0, self.silence / 10))
            if self.stopping:
                break
            if not self.cluster.is_running:
                code = self.cluster.exit_code
                self._begin_again(f"the cluster ended by itself (exit code {code})")
            elif self._is_silent():
                self._begin_again(f"no sign of life for {self.silence:g} seconds")
        self._end()

    def _begin(self) -> None:
        self.cluster.start()
        self._ask(TICK)

    def _begin_again(self, why: str) -> None:
        logger.error("The cluster is started again: %s", why)
        self.cluster.kill()
        # One that cannot start must not be started again and again at full speed.
        self._pause = (
            1.0 if self.cluster.age > self.silence else min(LONGEST_PAUSE, self._pause * 2)
        )
        self._sleep(self._pause)
        if not self.stopping:
            self._begin()

    def _is_silent(self) -> bool:
        """Return whether the cluster hangs; from half of the time on it is asked for a sign, and
        again, since another host's cluster that hangs may take the task.
        """
        try:
            silence, patience = self._silence(), self.silence / 10
            if silence > self.silence / 2 and time.monotonic() - self._asked_at > patience:
                until = clock.now() + timedelta(seconds=patience)
                self._ask(BEAT, self.cluster.name, until.isoformat())
        except DatabaseError as error:
            logger.warning("The database does not answer: %s", type(error).__name__)
            return False
        return silence > self.silence

    def _silence(self) -> float:
        close_old_connections()
        silence = silent_for(self.cluster.name)
        if silence == 0:
            # While all were busy, nobody showed a sign; after that, someone has time to do so.
            self._busy_at = time.monotonic()
        return min(silence, self.cluster.age, time.monotonic() - self._busy_at)

    def _ask(self, task: str, *arguments: str) -> None:
        """Queue a task that shows that the cluster lives, without waiting for the schedule."""
        self._asked_at = time.monotonic()
        try:
            async_task(task, *arguments)
        except DatabaseError as error:
            logger.warning("The database does not answer: %s", type(error).__name__)

    def _end(self) -> None:
        """Let the cluster finish what it has in hand, and see to it that nothing of it is left."""
        self.cluster.ask_to_stop()
        ends_at = time.monotonic() + STOP_SECONDS
        while self.cluster.is_running and not self.hurried:
            if time.monotonic() > ends_at or self._is_hanging():
                logger.error("The cluster does not stop; it is killed")
                break
            time.sleep(0.2)
        self.cluster.kill()

    def _is_hanging(self) -> bool:
        try:
            return self._silence() > self.silence
        except DatabaseError:
            return False

    def _sleep(self, seconds: float) -> None:
        ends_at = time.monotonic() + seconds
        while not self.stopping and time.monotonic() < ends_at:
            time.sleep(min(0.2, seconds))
