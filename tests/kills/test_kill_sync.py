"""A first sync that is killed again and again ends like one that nobody disturbed [I2, I3]."""

from __future__ import annotations

import random
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from hypothesis import settings as hypothesis_settings

from connections.sandbox.base import Fault
from syncengine.management.base import Exit
from tests.kills.apps import Ambush, Apps, Call
from tests.kills.harness import (
    LEASE,
    Installation,
    Outcome,
    kill_group,
    outcome,
    until,
    until_done,
)

Install = Callable[..., Installation]
IS_SOAK = hypothesis_settings.get_current_profile_name() == "soak"
PEOPLE = 1000 if IS_SOAK else 625
"""On each side; with 625 there are 250 on both, so 1,000 people in all."""
KILLS = 40 if IS_SOAK else 10
SEEDS = range(1, 6) if IS_SOAK else [1]


def moments(rng: random.Random) -> Iterator[Ambush]:
    """Yield where to strike: while it reads, at a write, and in what follows a write."""
    while True:
        yield Ambush(rng.randint(1, 5), "later", rng.uniform(0, 0.5))
        yield Ambush(rng.randint(1, 2), rng.choice(["unsent", "unanswered"]), writes=True)
        yield Ambush(rng.randint(1, 8), "later", rng.uniform(0, 1))
        yield Ambush(rng.randint(1, 2), "later", rng.uniform(0, 0.6), writes=True)


def trouble(rng: random.Random, apps: Apps) -> None:
    """Let one of the next writes go wrong at an app as well."""
    fault = rng.choice(
        [
            Fault("cut_after"),
            Fault("status", code=503, commit=True),
            # It is done when another process has the connection in hand already.
            Fault("slow", seconds=LEASE + 0.5),
        ]
    )
    rng.choice(apps.both).faults.add(
        replace(fault, method="POST", path_contains="batch", after=rng.randint(0, 1))
    )


def calm_down(apps: Apps) -> None:
    """Let nothing strike any more."""
    apps.watch.lie_in_wait(None)
    for sandbox in apps.both:
        sandbox.faults.clear()


@pytest.mark.soak
@pytest.mark.parametrize("seed", SEEDS)
def test_a_sync_killed_again_and_again_ends_as_if_undisturbed(
    install: Install, undisturbed: Callable[[int], Outcome], seed: int
) -> None:
    expected = undisturbed(PEOPLE)
    it = install(PEOPLE)
    it.apps.be_slow(20)
    rng, strikes = random.Random(seed), it.apps.watch.strikes

    for ambush in moments(rng):
        it.apps.watch.lie_in_wait(ambush)
        if rng.random() < 0.3:
            trouble(rng, it.apps)
        last = it.sync()
        assert last.code in (-signal.SIGKILL, Exit.DONE, Exit.FAILED), last
        if len(strikes) == KILLS:
            break
    calm_down(it.apps)

    assert outcome(it.apps, it.settle()) == expected, strikes


def test_a_worker_group_killed_again_and_again_goes_on_when_started_again(
    install: Install, undisturbed: Callable[[int], Outcome]
) -> None:
    expected = undisturbed(300)
    it = install(300)
    it.apps.be_slow(20)
    watch = it.apps.watch

    def kill_worker(_: Call) -> None:
        kill_group(it.started[-1])

    for ambush in (
        Ambush(2, "later", 0.1),
        Ambush(1, "unsent", writes=True),
        Ambush(1, "later", 0.2, writes=True),
    ):
        watch.lie_in_wait(replace(ambush, strike=kill_worker))
        it.start_worker()
        until(watch.struck.is_set)
    calm_down(it.apps)
    it.start_worker()
    until_done(it)
    kill_group(it.started[-1])

    assert outcome(it.apps, it.settle()) == expected, watch.strikes
