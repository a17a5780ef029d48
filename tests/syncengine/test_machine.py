"""The engine over apps with all their habits, whatever people, faults and kills do [I1 to I5]."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from tests.connectors.memory import Habits
from tests.syncengine.machine import Machine, Setup

pytestmark = pytest.mark.django_db

SETUPS = {
    "plain": Setup(),
}
SUITE = settings(
    max_examples=20,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("name", SETUPS)
def test_i1_to_i5_hold_whatever_happens(name: str) -> None:
    class ThisMachine(Machine):
        setups = st.just(SETUPS[name])

    run_state_machine_as_test(ThisMachine, settings=SUITE)
