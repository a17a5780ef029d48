"""Deleting a connection: in small steps, touching no contact in any app, leaving its history."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.test import Client
from django_q.models import OrmQ

from connections.models import Connection
from syncengine import brake, control, deleting, engine, tasks
from syncengine.management.base import Usage
from syncengine.models import Change, Contact, Run, SyncState
from tests.syncengine.apps import FILE, Apps, apps, edited, refusal, take
from tests.syncengine.pages import text
from tests.syncengine.previews import add, draft, page, previewed, started
from tests.syncengine.world import World

pytestmark = pytest.mark.django_db
__all__ = ["apps"]


def test_cn6_deleting_says_first_what_goes_and_what_stays(w: World, boss: Client) -> None:
    connection = draft(w)
    started(boss, connection, previewed(boss, connection))
    w.sync(connection)
    shown = text(boss, page(connection, "delete"))
    assert "Deleting touches no contact in any app" in shown
    assert "Pipesite forgets 4 contacts, 3 of them linked" in shown
    assert "The history of 1 run stays" in shown
    assert Connection.objects.exists()


def test_cn6_a_deleted_connection_runs_no_more_and_leaves_its_history(
    w: World, boss: Client
) -> None:
    connection = draft(w)
    started(boss, connection, previewed(boss, connection))
    w.sync(connection)
    before = {key: dict(app.live()) for key, app in w.apps.items()}
    changes = Change.objects.filter(run__kind=Run.Kind.SYNC).count()
    shown = boss.post(page(connection, "delete"), follow=True).content.decode()
    assert "“left-right” is being deleted." in shown
    assert "Being deleted" in shown
    connection.refresh_from_db()
    with pytest.raises(control.Refused):
        control.resume(connection)
    assert "is being deleted" in control.blocked(connection, engine.state_of(connection))

    assert tasks.delete_connection(connection.pk) == {"status": "deleted"}
    assert not Connection.objects.exists()
    assert not Contact.objects.exists()
    run = Run.objects.get(kind=Run.Kind.SYNC)
    assert (run.connection, run.connection_name) == (None, "left-right")
    assert Change.objects.count() == changes
    assert {key: dict(app.live()) for key, app in w.apps.items()} == before
    assert not Run.objects.filter(kind=Run.Kind.PREVIEW).exists()


def test_a_deletion_goes_on_where_it_was_broken_off(
    w: World, boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deleting, "CHUNK", 2)
    connection = draft(w)
    started(boss, connection, previewed(boss, connection))
    w.sync(connection)
    boss.post(page(connection, "delete"))
    assert not deleting.delete_connection(connection.pk, seconds=0)
    OrmQ.objects.all().delete()
    tasks.tick()
    assert tasks.DELETE in [row.task["func"] for row in OrmQ.objects.all()]
    assert deleting.delete_connection(connection.pk, seconds=60)
    assert deleting.delete_connection(connection.pk, seconds=60)
    assert not Contact.objects.exists()


def test_a_deletion_waits_for_the_worker_that_has_the_connection_in_hand(w: World) -> None:
    connection = draft(w)
    control.begin_deleting(connection)
    state = engine.state_of(connection)
    SyncState.objects.filter(pk=state.pk).update(
        lease_owner="other", lease_expires_at=w.clock() + brake.WINDOW
    )
    assert not deleting.delete_connection(connection.pk, seconds=60)
    assert Connection.objects.exists()


def test_a_run_in_hand_writes_nothing_more_once_deleting_has_begun(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    add(left, "Ada")
    connection = w.connect("left", "right")
    engine.open_run(connection, Run.Kind.SYNC, "the test")
    control.begin_deleting(connection)
    assert w.sync(connection).status == Run.Status.PAUSED
    assert right.live() == {}


def test_a_start_that_comes_late_does_not_bring_back_what_is_being_deleted(w: World) -> None:
    connection = draft(w)
    stale = Connection.objects.get(pk=connection.pk)
    control.begin_deleting(connection)
    with pytest.raises(control.Refused):
        control.start(stale, None)
    connection.refresh_from_db()
    assert connection.state == Connection.State.DELETING


@pytest.mark.parametrize("command", ["sync", "start", "pause", "resume", "preview"])
def test_no_command_works_on_a_connection_that_is_being_deleted(w: World, command: str) -> None:
    control.begin_deleting(draft(w))
    with pytest.raises(Usage, match="is being deleted"):
        call_command(command, "left-right")


def test_an_export_leaves_out_what_is_being_deleted(
    w: World, capsys: pytest.CaptureFixture[str]
) -> None:
    connection = draft(w)
    call_command("exportconnections")
    assert "left-right" in capsys.readouterr().out
    control.begin_deleting(connection)
    call_command("exportconnections")
    assert "left-right" not in capsys.readouterr().out


def test_an_import_refuses_the_name_of_what_is_being_deleted(apps: Apps) -> None:
    take(apps)
    control.begin_deleting(Connection.objects.get())
    problem = refusal(apps, FILE)
    assert "which is being deleted" in problem.message


def test_no_import_marks_a_connection_as_being_deleted(apps: Apps) -> None:
    problem = refusal(apps, edited("state: active", "state: deleting"))
    assert "allowed: draft, active, paused" in problem.message
