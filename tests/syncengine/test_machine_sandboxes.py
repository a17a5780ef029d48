"""The engine over both stand-ins by real HTTP, whatever people, faults and kills do [I1 to I5]."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest
from hypothesis import seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from tests.syncengine.machine import Machine
from tests.syncengine.machine_sandbox_setup import ANY, SETUPS
from tests.syncengine.machine_sandbox_world import sandbox_world
from tests.syncengine.machine_setup import Setup
from tests.syncengine.machine_world import MachineWorld
from tests.syncengine.test_machine import SUITE

pytestmark = pytest.mark.django_db


class OverHttp(Machine):
    def open_world(self, setup: Setup) -> AbstractContextManager[MachineWorld]:
        return sandbox_world(setup)


@pytest.mark.parametrize(("number", "name"), list(enumerate(SETUPS, start=3)))
def test_i1_to_i5_hold_over_http(number: int, name: str) -> None:
    @seed(number)
    class Suite(OverHttp):
        setups = st.just(SETUPS[name])

    # The first example is the smallest one; the seed makes the second.
    short = settings(SUITE, max_examples=2, stateful_step_count=40, derandomize=False)
    run_state_machine_as_test(Suite, settings=short)


@pytest.mark.soak
def test_i1_to_i5_hold_over_http_for_long() -> None:
    class Soak(OverHttp):
        setups = ANY

    run_state_machine_as_test(Soak, settings=settings(stateful_step_count=30))
