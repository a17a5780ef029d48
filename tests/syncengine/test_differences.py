"""What the history says of a field."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connections.setups import ActionSetup, RuleSetup, default_rule
from syncengine.differences import differences
from syncengine.models import Change, Run
from syncengine.setup import rule_names
from tests.syncengine.world import approve, world

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


def test_ru6_what_a_rule_sets_names_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    with world(monkeypatch) as w:
        left, right = w.app("left"), w.app("right")
        left.add(given_name="Ada", emails=("ada@example.org",))
        right.add(given_name="Ada", emails=("ada@example.org",))
        connection = w.connect("left", "right")
        rule = RuleSetup("r1", "left", actions=(ActionSetup("set_field", ("Wien",), "city"),))
        connection.keep_setup(replace(connection.setup(), rules=(default_rule("left"), rule)))
        approve(connection)
        run = w.sync(connection)
        names = rule_names(connection)
        (change,) = Change.objects.filter(run=run, kind=Change.Kind.UPDATED)
        ((field,),) = (side.fields for side in differences(change, connection, names))
        assert (field.label, field.because) == ("City", "rule 2 for contacts from Memory")
        assert because(run) == ["a former rule for contacts from Memory"]
