"""The engine over apps with all their habits, whatever people, faults and kills do [I1 to I5]."""

from __future__ import annotations

from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from tests.syncengine.machine import Machine
from tests.syncengine.machine_memory import memory_world
from tests.syncengine.machine_setup import ANY, SETUPS, Setup
from tests.syncengine.machine_world import MachineWorld

pytestmark = pytest.mark.django_db

SUITE = settings(
    max_examples=4,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


class InMemory(Machine):
    def open_world(self, setup: Setup) -> AbstractContextManager[MachineWorld]:
        return memory_world(setup)


@pytest.mark.parametrize("name", SETUPS)
def test_i1_to_i5_hold_whatever_happens(name: str) -> None:
    class Suite(InMemory):
        setups = st.just(SETUPS[name])

    run_state_machine_as_test(Suite, settings=SUITE)


@pytest.mark.soak
def test_i1_to_i5_hold_whatever_happens_for_long() -> None:
    class Soak(InMemory):
        setups = ANY

    run_state_machine_as_test(Soak, settings=settings(stateful_step_count=30))
