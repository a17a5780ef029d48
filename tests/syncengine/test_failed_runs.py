"""What a run that fails, and an approval of what stopped one, leave as they were."""

from __future__ import annotations

import pytest

from connections.connectors.base import Unavailable
from connections.models import Account
from syncengine import brake, control, engine, tasks
from syncengine.models import Mirror, Run, SyncState
from tests.connectors.memory import Fault
from tests.syncengine.world import World, pair

pytestmark = pytest.mark.django_db


def break_down(w: World) -> None:
    w.apps["left"].faults.append(Fault(Unavailable("down"), verb="changes"))
    w.clock.go(120)


def test_a_preview_that_fails_does_not_move_the_next_sync(w: World) -> None:
    *_, connection = pair(w, interval_minutes=1440)
    w.settle(connection)
    planned = SyncState.objects.get().next_sync_at
    break_down(w)
    assert w.preview(connection).status == Run.Status.FAILED
    assert SyncState.objects.get().next_sync_at == planned


def test_an_edit_that_is_applied_while_a_run_fails_still_runs_at_once(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    *_, connection = pair(w)
    w.settle(connection)
    break_down(w)
    failed = engine.Slice._failed

    def meanwhile(slice_: engine.Slice, error: Exception) -> engine.Advance:
        SyncState.objects.update(next_sync_at=None, approved_revision="another")
        return failed(slice_, error)

    monkeypatch.setattr(engine.Slice, "_failed", meanwhile)
    assert w.sync(connection).status == Run.Status.FAILED
    assert SyncState.objects.get().next_sync_at is None


def test_a_run_of_an_app_that_this_version_does_not_know_fails_and_is_tried_again_later(
    w: World,
) -> None:
    *_, connection = pair(w)
    w.settle(connection)
    Account.objects.filter(label="left").update(app="another")
    with pytest.raises(engine.RunFailed):
        tasks.sync_slice(connection.pk)
    run = Run.objects.latest("pk")
    assert (run.status, run.message) == (Run.Status.FAILED, "an error of ours: KeyError")
    next_sync_at = SyncState.objects.get().next_sync_at
    assert next_sync_at is not None
    assert next_sync_at > w.clock()


def stop_read(w: World, deleted: int) -> None:
    """Have the next read of the left stopped, as it finds too few."""
    left = w.apps["left"]
    for id_ in list(left.live())[:deleted]:
        left.delete(id_)
    left.expire_cursors()


def test_i9_believing_a_read_keeps_what_a_preview_approved(w: World) -> None:
    left, right, connection = pair(w)
    for number in range(100):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))
    w.settle(connection)
    stop_read(w, 80)
    approved = {kind.value: 40 if kind is brake.Kind.CREATIONS else 0 for kind in brake.Kind}
    SyncState.objects.update(allowance=approved)
    for number in range(40):
        left.add(given_name=f"O{number}", emails=(f"o{number}@example.org",))
    assert w.sync(connection).status == Run.Status.HELD

    control.resume(connection, approve=True)

    assert SyncState.objects.get().allowance == approved
    assert not Mirror.objects.exclude(held_reason="").exists()
    run = w.sync(connection)
    assert (run.status, run.created_right) == (Run.Status.DONE, 40)
    assert len(right.live()) == 140


def test_pl1_believing_a_read_starts_nothing_that_waits_for_its_preview(w: World) -> None:
    left, _ = w.app("left"), w.app("right")
    for number in range(30):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))
    connection = w.connect("left", "right", approved=False)
    w.preview(connection)
    stop_read(w, 20)
    w.clock.go(120)
    assert w.preview(connection).status == Run.Status.HELD

    control.resume(connection, approve=True)

    assert SyncState.objects.get().approved_revision == ""
    assert control.blocked(connection, SyncState.objects.get())
