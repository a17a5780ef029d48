"""The engine over apps with all their habits, whatever people, faults and kills do [I1 to I5]."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from tests.connectors.memory import Habits
from tests.syncengine.machine import SHAPES, Machine, Setup

pytestmark = pytest.mark.django_db

SETUPS = {
    "plain": Setup(),
    "by time, ids alone, one by one": Setup(
        left=Habits(
            feed="modified", get_batch=1, answers_records=False, cut_at=24, page_size=2, late=30
        ),
        right=Habits(
            deletions="gone",
            renames=True,
            compare_and_set=True,
            partial_refusals=False,
            late=100,
            out_of_order=True,
            escapes=True,
        ),
    ),
    "no marks, few slots, tidied": Setup(
        left=Habits(
            normalises=True, marks=False, needs_name=True, late=40, page_size=3, short_pages=True
        ),
        right=Habits(slots=2, reorders=True, escapes=True, partial_refusals=False, marks=False),
    ),
    "one name, swept": Setup(
        left=Habits(feed="modified", deletions="none", normalises=True, answers_records=False),
        right=Habits(one_name=True, compare_and_set=True, cut_at=30, get_batch=1),
    ),
    "addresses that change": Setup(
        left=Habits(
            renames=True,
            forgets_addresses=True,
            compare_and_set=True,
            get_shows_deleted=True,
            write_batch=2,
        ),
        right=Habits(renames=True, late_get=True, late=20, feed="modified", answers_records=False),
    ),
    "star": Setup(
        left=Habits(escapes=True, late=20), right=Habits(cut_at=24, reorders=True), shape="star"
    ),
    "chain": Setup(
        left=Habits(compare_and_set=True, normalises=True),
        right=Habits(feed="modified", late=50, out_of_order=True),
        shape="chain",
    ),
}
HABITS = st.builds(
    lambda feed, late, renames, habits: Habits(
        feed=feed[0], deletions=feed[1], **late, **renames, **habits
    ),
    feed=st.sampled_from(
        (("token", "rows"), ("token", "gone"), ("modified", "rows"), ("modified", "none"))
    ),
    late=st.sampled_from(
        (
            {},
            {"late": 20, "late_get": True},
            {"late": 40},
            {"late": 100, "out_of_order": True},
        )
    ),
    renames=st.sampled_from(
        ({}, {}, {"renames": True}, {"renames": True, "forgets_addresses": True})
    ),
    habits=st.fixed_dictionaries(
        {
            "normalises": st.booleans(),
            "cut_at": st.sampled_from((0, 0, 24)),
            "escapes": st.booleans(),
            "reorders": st.booleans(),
            "get_batch": st.sampled_from((100, 1)),
            "get_shows_deleted": st.booleans(),
            "write_batch": st.sampled_from((50, 2)),
            "page_size": st.sampled_from((100, 2)),
            "short_pages": st.booleans(),
            "compare_and_set": st.booleans(),
            "marks": st.sampled_from((True, True, False)),
            "partial_refusals": st.booleans(),
            "one_name": st.sampled_from((False, False, True)),
            "needs_name": st.booleans(),
            "slots": st.sampled_from((None, None, 2)),
            "answers_records": st.booleans(),
        }
    ),
)
ANY = st.builds(
    Setup,
    left=HABITS,
    right=HABITS,
    shape=st.sampled_from(sorted(SHAPES)),
    settings=st.sampled_from(
        (
            (),
            (),
            (("winner", "right"),),
            (("direction", "left_to_right"),),
            (("copy_blanks", False),),
            (("first_merge", "fill_gaps"),),
        )
    ),
)
SUITE = settings(
    max_examples=6,
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


@pytest.mark.soak
def test_i1_to_i5_hold_for_long_with_any_habits() -> None:
    class AnyMachine(Machine):
        setups = ANY

    long = settings(SUITE, max_examples=500, stateful_step_count=30, derandomize=False)
    run_state_machine_as_test(AnyMachine, settings=long)
