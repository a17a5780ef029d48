"""However often a sync is started at once, one runs and the others leave [I8]."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise

import pytest

from connections.configuration import SIDES
from syncengine.management.base import Exit
from tests.kills.harness import NAME, ROOT, Installation, ended, until

pytestmark = pytest.mark.db_matters
Install = Callable[..., Installation]
ROUNDS = 6


def test_one_runs_and_the_other_says_who_runs_since_when(install: Install) -> None:
    it = install(30, lease=120)
    it.apps.watch.gate.clear()
    both = [it.start("sync", NAME, "--json") for _ in range(2)]
    until(lambda: any(each.poll() is not None for each in both))
    (runs,) = (each for each in both if each.poll() is None)
    (leaves,) = (each for each in both if each is not runs)
    waits = it.start("sync", NAME, "--wait", "60", "--json")
    gives_up = it.start("sync", NAME, "--wait", "1", "--json")

    for each in (leaves, gives_up):
        left = ended(each)
        assert left.code == Exit.FAILED
        assert f"process {runs.pid} " in left.err
        assert " since 20" in left.err
        assert json.loads(left.out)["status"] == "failed"
    assert waits.poll() is None

    it.apps.watch.gate.set()
    first, second = ended(runs), ended(waits)
    assert (first.code, second.code) == (Exit.DONE, Exit.DONE)
    assert all(json.loads(first.out)["created"].values())
    assert json.loads(second.out)["created"] == {"left": 0, "right": 0}


def test_never_do_two_run_at_once(install: Install) -> None:
    it = install(0, brake_percent=100)
    it.apps.be_slow(10)
    starter = subprocess.Popen(
        [sys.executable, "-m", "tests.kills.starter", NAME, "3"],
        cwd=ROOT,
        env=it.environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    it.started.append(starter)
    assert starter.stdin is not None
    assert starter.stdout is not None
    for number in range(ROUNDS):
        for side in SIDES:
            it.apps.add(side, [f"{side}-{number}-{index}" for index in range(10)])
        starter.stdin.write("go\n")
        starter.stdin.flush()
        results = json.loads(starter.stdout.readline())
        assert Exit.DONE in [code for code, _ in results]
        assert all("is being synced by" in said for code, said in results if code != Exit.DONE)
    it.settle()

    spans = it.apps.watch.spans()
    assert len(spans) > ROUNDS
    assert all(one[1] <= two[0] for one, two in pairwise(spans)), spans
    for emails in it.apps.addresses():
        assert len(emails) == 20 * ROUNDS
        assert set(emails.values()) == {1}
