"""What the engine keeps of rules when writes are refused and people approve in mid-run."""

from __future__ import annotations

import pytest

from connections.setups import default_rule
from syncengine import control, engine
from syncengine.models import Run, SyncState
from syncengine.state import Status
from tests.connectors.memory import Refusal
from tests.syncengine.rule_setups import EVERYONE, IN_NORTH, action, add, decide_by, only, rule, w
from tests.syncengine.world import World, contact_of, writes

pytestmark = pytest.mark.django_db
__all__ = ["w"]
UNDO = action("set_field", "x", field="tag", undo=True)


def test_i1_what_the_app_no_longer_takes_is_not_put_back_and_the_sync_goes_on(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    ada = add(left, "Ada")
    add(right, "Ada", tag="old")
    connection = w.connect("left", "right")
    decide_by(connection, rule(IN_NORTH, UNDO), EVERYONE, default_rule("right"))
    w.settle(connection)
    right.refusals.append(Refusal(lambda values: values.get("tag") == "old", "tag"))
    left.edit(ada, unit="south", city="Linz")
    w.sync(connection)
    assert (only(right)["tag"], only(right)["city"]) == ("x", "Linz")
    contact = contact_of(connection, left="Ada")
    assert (contact.status, contact.acted) == (Status.IN_SYNC, None)
    assert writes(w.sync(connection)) == 0


def test_i9_a_departure_counts_once_though_what_is_put_back_is_refused(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    ada = add(left, "Ada")
    connection = w.connect("left", "right")
    decide_by(connection, rule(IN_NORTH, UNDO))
    w.settle(connection)
    right.refusals.append(Refusal(lambda values: "tag" in values, ""))
    left.edit(ada, unit="south")
    assert w.sync(connection).braked.get("departures") == 1
    for _ in range(2):
        w.clock.go(4000)
        assert w.sync(connection).braked.get("departures", 0) == 0
    right.refusals.clear()
    w.clock.go(4000)
    assert w.sync(connection).braked.get("departures", 0) == 0
    w.clock.go(4000)
    assert w.sync(connection).braked.get("departures", 0) == 0
    assert contact_of(connection, left="Ada").status == Status.EXCLUDED


def test_i9_what_is_approved_while_a_run_ends_is_kept(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    w.app("left"), w.app("right")
    connection = w.connect("left", "right")
    decide_by(connection, EVERYONE)
    w.settle(connection)
    totals = engine.Slice._totals
    approved = {"approved_revision": "another", "allowance": {"creations": 40}}

    def meanwhile(slice_: engine.Slice) -> tuple[int, int]:
        mine = SyncState.objects.filter(connection=connection)
        mine.update(**approved, next_sync_at=None)
        return totals(slice_)

    monkeypatch.setattr(engine.Slice, "_totals", meanwhile)
    w.sync(connection)
    state = SyncState.objects.get(connection=connection)
    assert (state.allowance, state.next_sync_at) == ({"creations": 40}, None)


def test_i9_a_preview_approves_the_set_up_that_it_was_of(w: World) -> None:
    add(w.app("left"), "Ada")
    w.app("right")
    connection = w.connect("left", "right")
    decide_by(connection, EVERYONE)
    preview = w.preview(connection)
    assert preview.kind == Run.Kind.PREVIEW
    decide_by(connection, rule(IN_NORTH))
    control.start(connection, preview)
    state = SyncState.objects.get(connection=connection)
    assert state.approved_revision == preview.revision != connection.configuration().revision
