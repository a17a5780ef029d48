"""The worker and its watchdog, with real processes that are really killed."""

from __future__ import annotations

import math
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from django.conf import settings
from django_q.models import OrmQ, Schedule

from connections.models import Account
from syncengine import clock, processes
from syncengine.models import Heartbeat, Mirror
from syncengine.tasks import TICK, beat
from syncengine.watching import ensure_schedule, silent_for

MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
ELSEWHERE = "elsewhere group 1"
SILENCE = 6
PATIENCE = 50.0


@pytest.mark.django_db
def test_the_last_sign_of_life_is_aged_by_the_database() -> None:
    assert silent_for() == math.inf
    Heartbeat.objects.create(at=clock.now() - timedelta(seconds=70))
    assert 70 <= silent_for() < 80


@pytest.mark.django_db
def test_a_worker_that_holds_a_lease_is_not_silent() -> None:
    account = Account.objects.create(label="one", app="google")
    lease = Mirror.objects.create(account=account, lease_expires_at=clock.now())
    assert silent_for() == math.inf

    lease.lease_expires_at = clock.now() + timedelta(seconds=60)
    lease.save()
    assert silent_for() == 0


@pytest.mark.django_db
def test_a_worker_is_silent_whatever_another_one_shows() -> None:
    account = Account.objects.create(label="one", app="google")
    ends_at = clock.now() + timedelta(seconds=60)
    lease = Mirror.objects.create(
        account=account, lease_owner="process 9 ab on east group 7", lease_expires_at=ends_at
    )
    assert silent_for("east group 7") == 0
    assert silent_for("west group 7") == math.inf
    assert silent_for("least group 7") == math.inf

    lease.delete()
    Heartbeat.objects.create(worker="east group 7", at=clock.now())
    Heartbeat.objects.create(worker="west group 7", at=clock.now() - timedelta(seconds=70))
    assert silent_for() < 10
    assert 70 <= silent_for("west group 7") < 80


@pytest.mark.django_db
def test_a_sign_asked_of_another_worker_is_left_to_it_for_a_while() -> None:
    soon = (clock.now() + timedelta(seconds=60)).isoformat()
    beat(processes.group(), soon)
    beat(ELSEWHERE, clock.now().isoformat())
    assert OrmQ.objects.count() == 0
    assert silent_for(processes.group()) < 10

    beat(ELSEWHERE, soon)
    assert OrmQ.objects.get().task["args"] == (ELSEWHERE, soon)
    assert silent_for(ELSEWHERE) == math.inf


@pytest.mark.django_db
def test_there_is_one_schedule_whatever_was_there() -> None:
    ensure_schedule()
    ensure_schedule()
    Schedule.objects.create(func=TICK, schedule_type=Schedule.DAILY, args="broken (")
    ensure_schedule()

    (schedule,) = Schedule.objects.all()
    assert (schedule.func, schedule.minutes, schedule.args) == (TICK, 1, None)
    assert (schedule.schedule_type, schedule.repeats) == (Schedule.MINUTES, -1)


class Worker:
    """A `manage.py worker` of its own database."""

    def __init__(self, database: Path) -> None:
        self.database = database
        self.log = database.with_suffix(".log")
        environment = {**os.environ, "DATABASE_URL": f"sqlite:///{database}"}
        self.process = subprocess.Popen(
            [*MANAGE, "worker", f"--silence={SILENCE}"],
            env=environment,
            stderr=self.log.open("wb"),
        )
        self.me = psutil.Process(self.process.pid)
        self.until(self.beats, "a first sign of life")

    def beats(self) -> str:
        with closing(sqlite3.connect(self.database)) as database:
            (at,) = database.execute(
                "SELECT MAX(at) FROM syncengine_heartbeat WHERE worker <> ?", [ELSEWHERE]
            ).fetchone()
        return at or ""

    def another_beats(self) -> None:
        """Have a worker on another host show that it lives, from now on."""
        with closing(sqlite3.connect(self.database)) as database:
            database.execute(
                "INSERT INTO syncengine_heartbeat (worker, at) VALUES (?, '2099-01-01 00:00:00')",
                [ELSEWHERE],
            )
            database.commit()

    def cluster(self) -> list[psutil.Process]:
        return list(self.me.children(recursive=True))

    def idle(self) -> list[psutil.Process]:
        """Return the queue's workers that wait for a task."""
        return [each for each in self.cluster() if _title(each).split()[-1:] == ["idle"]]

    def until(self, holds: Callable[[], object], what: str) -> None:
        ends_at = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < ends_at, f"{what} did not come: {self.log.read_text()}"
            time.sleep(0.1)

    def end(self) -> None:
        for each in (*self.cluster(), self.me) if self.process.poll() is None else ():
            with suppress(psutil.NoSuchProcess):
                each.kill()
        self.process.wait()


def _title(process: psutil.Process) -> str:
    with suppress(psutil.NoSuchProcess):
        return " ".join(process.cmdline()).strip()
    return ""


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [each for each in processes if each.is_running() and each.status() != "zombie"]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("database") / "template.sqlite3"
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{path}"}
    subprocess.run([*MANAGE, "migrate", "-v0"], env=environment, check=True)
    return path


@pytest.fixture
def worker(template: Path, tmp_path: Path) -> Iterator[Worker]:
    made = Worker(Path(shutil.copy(template, tmp_path / "database.sqlite3")))
    yield made
    made.end()


def test_a_cluster_that_hangs_is_started_again(worker: Worker) -> None:
    worker.until(lambda: len(worker.idle()) == 2, "idle workers")
    first = worker.cluster()
    worker.another_beats()
    for each in worker.idle():
        # One of the two waits with the lock of the queue in hand, which nobody gives back now.
        each.kill()
    hung_at = worker.beats()

    worker.until(lambda: not alive(first), "the end of the cluster that hangs")
    worker.until(lambda: worker.beats() > hung_at, "a sign of life of a new cluster")
    assert "no sign of life" in worker.log.read_text()

    worker.until(lambda: len(worker.idle()) == 2, "idle workers")
    second = worker.cluster()
    worker.process.send_signal(signal.SIGTERM)
    assert worker.process.wait(PATIENCE) == 0
    assert not alive(second)
    assert "killed" not in worker.log.read_text()


def test_no_process_outlives_a_worker_that_is_killed(worker: Worker) -> None:
    worker.until(lambda: len(worker.idle()) == 2, "idle workers")
    cluster = worker.cluster()
    worker.process.kill()
    worker.process.wait()

    worker.until(lambda: not alive(cluster), "the end of the cluster")


def test_a_cluster_that_ends_is_started_again(worker: Worker) -> None:
    worker.until(lambda: len(worker.idle()) == 2, "idle workers")
    first = worker.cluster()
    (main,) = (each for each in first if each.ppid() == worker.process.pid)
    main.kill()

    worker.until(lambda: not alive(first), "the end of the cluster's other processes")
    worker.until(lambda: len(worker.idle()) == 2, "a new cluster")
    assert "ended by itself" in worker.log.read_text()
