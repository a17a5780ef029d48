"""What a dead worker had in hand is taken over without a person [I8]."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import psutil
import pytest

from connections.configuration import SIDES, Side, other
from syncengine.management.base import Exit
from tests.kills.apps import Ambush
from tests.kills.harness import (
    LEASE,
    NAME,
    SILENCE,
    Installation,
    Outcome,
    kill_group,
    outcome,
    until,
    until_done,
)

Install = Callable[..., Installation]


@pytest.mark.db_matters
def test_a_run_is_taken_over_when_the_lease_of_a_killed_worker_ends(
    install: Install, undisturbed: Callable[[int], Outcome]
) -> None:
    expected = undisturbed(300)
    it = install(300)
    it.apps.be_slow(20)
    watch = it.apps.watch
    watch.lie_in_wait(Ambush(2, "unanswered"))
    worker = it.start_worker()

    until(watch.struck.is_set)
    struck_at = time.monotonic()
    until_done(it)
    kill_group(worker)

    assert time.monotonic() - struck_at < LEASE + SILENCE + 20
    assert it.look().runs == [("done", 1)]
    (_, died_at, died), (took_over_at, _, took_over) = watch.spans()[-2:]
    assert died != took_over
    assert died_at < took_over_at
    assert outcome(it.apps, it.settle()) == expected


@pytest.mark.parametrize("side", SIDES)
def test_i2_a_creation_that_lands_after_the_takeover_is_not_made_twice(
    install: Install, side: Side
) -> None:
    it = install(0, settling=600)
    it.apps.add(other(side), ["ann", "bob", "cem"])
    it.apps.watch.lie_in_wait(Ambush(1, "late", writes=True))
    assert it.sync().code == -signal.SIGKILL

    assert it.sync().code == Exit.DONE
    assert it.look().statuses == {"doubt": 3}
    it.apps.watch.landing.set()
    it.settle()

    once = dict.fromkeys(["ann@example.org", "bob@example.org", "cem@example.org"], 1)
    assert it.apps.addresses() == (once, once)
    assert len(it.look().links) == 3


def test_syncs_go_on_after_an_idle_worker_was_killed(install: Install) -> None:
    it = install(5, state="draft")
    worker = it.start_worker()
    until(lambda: len(idle(worker.pid)) == 2)
    for each in idle(worker.pid):
        # One of the two waits with the lock of the queue in hand, which nobody gives back now.
        each.kill()

    assert it.run("start", NAME, "--yes").code == 0
    until_done(it)


def idle(pid: int) -> list[psutil.Process]:
    """Return the queue's workers that wait for a task."""
    children = psutil.Process(pid).children(recursive=True)
    return [each for each in children if " ".join(each.cmdline()).split()[-1:] == ["idle"]]
