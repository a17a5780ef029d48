"""What the history says of a field."""

from __future__ import annotations

import pytest

from syncengine.differences import differences
from syncengine.models import Change, Run
from tests.syncengine.world import world

pytestmark = pytest.mark.django_db


def because(run: Run) -> list[str]:
    """Return why fields were written in a run."""
    assert run.connection is not None
    changes = Change.objects.filter(run=run, kind=Change.Kind.UPDATED)
    return [
        field.because
        for change in changes
        for side in differences(change, run.connection)
        for field in side.fields
    ]


def test_va2_a_first_merge_says_that_both_had_a_value(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(monkeypatch) as w:
        left, right = w.app("left"), w.app("right")
        here = left.add(given_name="Ada", emails=("ada@example.org",), city="Wien")
        there = right.add(given_name="Ada", emails=("ada@example.org",), city="Graz")
        connection = w.connect("left", "right")
        assert because(w.sync(connection)) == ["both had a value; Memory won"]

        left.edit(here, city="Linz")
        right.edit(there, city="Rome")
        assert because(w.sync(connection)) == ["changed on both sides; Memory won"]
