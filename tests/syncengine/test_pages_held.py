"""What the brake held: the page with its counts, and the ways out."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from connections.models import Connection
from syncengine import control
from syncengine.models import Mirror, Run, SyncState
from tests.syncengine.pages import text
from tests.syncengine.previews import add, draft, page
from tests.syncengine.world import World

pytestmark = pytest.mark.django_db


def held(w: World) -> Connection:
    """Return a connection whose run the brake held: 14 of 40 contacts would lose a value."""
    left, _ = w.app("left"), w.app("right")
    ids = add(left, *(f"N{number}" for number in range(40)), city="Wien", notes="x")
    connection = w.connect("left", "right")
    w.sync(connection)
    for id_ in ids[:7]:
        left.edit(id_, city=None)
    for id_ in ids[7:14]:
        left.edit(id_, notes=None)
    assert w.sync(connection).status == Run.Status.HELD
    return connection


def test_i9_the_page_of_a_held_run_has_the_counts_against_the_limits(
    w: World, boss: Client
) -> None:
    connection = held(w)
    shown = text(boss, page(connection, "held"))
    assert "Values cleared 14 0 10 4 over" in shown
    assert "Contacts created 0 0 25 Within" in shown
    assert "Clear values in 14 contacts, once" in shown
    assert "Nothing has been written." in shown


def go_on(client: Client, connection: Connection) -> str:
    html = client.get(page(connection, "held")).content.decode()
    found = re.search(r'name="run" value="(\d+)"', html)
    assert found
    posted = {"run": found[1]}
    return client.post(page(connection, "go_on"), posted, follow=True).content.decode()


def test_pl3_what_was_held_goes_on_once_and_the_brake_stays(w: World, boss: Client) -> None:
    connection = held(w)
    assert "goes on: it may clear values in 14 contacts, once." in go_on(boss, connection)
    assert "Approved what the brake held" in LogEntry.objects.get().get_change_message()
    run = w.sync(connection)
    assert (run.status, run.updated_right) == (Run.Status.DONE, 14)


def test_what_is_held_by_now_must_be_what_was_looked_at(w: World, boss: Client) -> None:
    connection = held(w)
    shown = boss.post(page(connection, "go_on"), {"run": "0"}, follow=True).content.decode()
    assert "Something else is held by now." in shown
    assert SyncState.objects.get().held


def test_pl3_what_was_held_of_another_set_up_is_not_approved(w: World, boss: Client) -> None:
    connection = held(w)
    Connection.objects.update(switched_off=["notes"])
    shown = go_on(boss, connection)
    assert f"Nothing of “{connection.name}” was approved" in shown
    assert "is not held" not in shown
    state = SyncState.objects.get()
    assert (state.held, state.allowance.get("clears")) == ({}, None)
    run = w.sync(connection)
    assert (run.status, run.updated_right) == (Run.Status.DONE, 7)


def test_pl3_a_run_that_was_held_under_new_fields_of_an_app_is_approved(
    w: World, boss: Client
) -> None:
    connection, right = held(w), w.apps["right"]
    before = connection.configuration().revision
    control.check_again(connection)
    w.clock.go(3600)
    right.habits = replace(right.habits, slots=3)
    assert w.sync(connection).status == Run.Status.HELD
    assert Connection.objects.get().configuration().revision != before
    assert "goes on: it may clear values in 14 contacts, once." in go_on(boss, connection)


def test_what_was_put_right_is_checked_again_and_runs_by_itself(w: World, boss: Client) -> None:
    connection = held(w)
    left = w.apps["left"]
    for id_, values in left.live().items():
        left.edit(id_, city=values.get("city") or "Wien", notes=values.get("notes") or "x")
    shown = boss.post(page(connection, "check_again"), follow=True).content.decode()
    assert "is checked again now." in shown
    assert SyncState.objects.get().allowance == {}
    assert w.sync(connection).status == Run.Status.DONE


def test_what_was_not_put_right_is_held_again(w: World, boss: Client) -> None:
    connection = held(w)
    boss.post(page(connection, "check_again"))
    assert w.sync(connection).status == Run.Status.HELD


def test_what_a_read_saw_is_shown_for_a_hold_of_an_account(w: World, boss: Client) -> None:
    left, _ = w.app("left"), w.app("right")
    ids = add(left, *(f"N{number}" for number in range(12)), city="Wien")
    connection = w.connect("left", "right")
    w.sync(connection)
    for id_ in ids:
        left.edit(id_, city=None)
    assert w.sync(connection).status == Run.Status.HELD
    shown = text(boss, page(connection, "held"))
    assert "“city” turned blank in 12 of 12 contacts" in shown
    assert "Believe what the read saw, once" in shown
    assert "Check again" not in shown
    go_on(boss, connection)
    assert not Mirror.objects.exclude(held_reason="").exists()


def test_a_connection_that_is_not_held_has_no_such_page(w: World, boss: Client) -> None:
    connection = draft(w)
    answer = boss.get(page(connection, "held"), follow=True)
    assert "is not held" in answer.content.decode()
