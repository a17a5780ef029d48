"""The preview of an edit: what it would change and cost, nothing written, applied or dropped."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django_q.models import OrmQ

from connections.models import Connection, PendingEdit
from connections.schema import Field, Type
from connections.setups import ConditionSetup, RuleSetup, default_rule
from syncengine import pending, tasks
from syncengine.models import Contact, Run, SyncState
from syncengine.state import Status
from tests.connectors.memory import Habits
from tests.syncengine.pages import text, user
from tests.syncengine.previews import add, edit, page, previewed
from tests.syncengine.world import World, world

pytestmark = pytest.mark.django_db
IN_WIEN = RuleSetup("r1", "left", conditions=(ConditionSetup("field", "is", ("Wien",), "city"),))


def running(w: World) -> Connection:
    """Return a connection in sync: Ada in Wien and twelve others on both sides."""
    left = w.app("left")
    w.app("right")
    add(left, "Ada", city="Wien")
    add(left, *(f"N{number}" for number in range(12)), city="Graz")
    connection = w.connect("left", "right")
    w.settle(connection)
    return connection


def only_wien(connection: Connection) -> None:
    """Save the edit after which Ada alone matches a rule."""
    edit(connection, rules=(IN_WIEN,))


def applied(client: Client, connection: Connection, html: str) -> str:
    """Press the button of an edit's preview, and return the page that follows."""
    found = re.search(r'name="preview" value="(\d+)"', html)
    posted = {"preview": found[1] if found else "0"}
    return client.post(page(connection, "apply_edit"), posted, follow=True).content.decode()


def contacts_as_rows() -> list[dict[str, Any]]:
    return [dict(row) for row in Contact.objects.order_by("pk").values()]


def test_pl1_the_preview_of_an_edit_says_how_many_leave_the_sync(w: World, boss: Client) -> None:
    connection = running(w)
    only_wien(connection)
    before = text(boss, page(connection, "preview"))
    assert "An edit by somebody, just now, waits to be applied" in before
    assert "Preview this edit" in before
    html = previewed(boss, connection)
    shown = text(boss, page(connection, "preview"))
    assert "Nothing has been written. This is what the next run would do with the edit" in shown
    assert "12 contacts leave the sync." in shown
    assert "No contact is deleted." in shown
    assert "12 Leaves the sync" in shown
    assert ">Save and apply</button>" in html
    listed = boss.get(page(connection, "preview") + "?show=leaves").content.decode()
    names = re.findall(r'<h3 id="d\d+"[^>]*><a[^>]*>([^<]+)</a></h3>', listed)
    assert sorted(names) == sorted(f"N{number}" for number in range(12))
    assert "Leaves the sync. No rule takes it in" in listed
    assert "12 contacts leave the sync." in text(boss, page(connection, "change"))


def test_pl1_no_write_leaves_and_no_contact_changes_while_an_edit_is_previewed(
    w: World, boss: Client
) -> None:
    connection = running(w)
    edit(connection, rules=(IN_WIEN,), first_merge="link_only", switched_off=("city",))
    add(w.apps["right"], "New")
    contacts, written = contacts_as_rows(), {key: len(app.writes) for key, app in w.apps.items()}
    asked = {key: app.requests.copy() for key, app in w.apps.items()}
    previewed(boss, connection)
    boss.get(page(connection, "preview_one") + "?q=Ada")
    assert {key: len(app.writes) for key, app in w.apps.items()} == written
    verbs = {verb for key, app in w.apps.items() for verb in app.requests - asked[key]}
    assert verbs <= {"changes", "fields", "scopes"}
    assert contacts_as_rows() == contacts
    assert not Run.objects.filter(kind=Run.Kind.PREVIEW).exclude(status=Run.Status.DONE).exists()


def test_cn10_an_edit_is_applied_and_the_brake_lets_through_what_was_approved(
    w: World, boss: Client
) -> None:
    connection = running(w)
    only_wien(connection)
    shown = applied(boss, connection, previewed(boss, connection))
    assert "The edit of “left-right” is applied. The next run decides 13 contacts anew." in shown
    assert not PendingEdit.objects.exists()
    connection.refresh_from_db()
    assert connection.setup().rules == (IN_WIEN,)
    assert tasks.SLICE in [row.task["func"] for row in OrmQ.objects.all()]
    said = LogEntry.objects.order_by("-pk")[0].get_change_message()
    assert said.startswith("Applied with 0 changes approved. Removed rule 1 for contacts from")

    assert w.sync(connection).status == Run.Status.DONE
    assert Contact.objects.filter(status=Status.EXCLUDED).count() == 12
    assert Contact.objects.get(status=Status.IN_SYNC).left.name == "Ada"  # type: ignore[union-attr]


def test_i9_the_same_edit_without_an_approval_is_held(w: World) -> None:
    connection = running(w)
    connection.keep_setup(replace(connection.setup(), rules=(IN_WIEN,)))
    assert w.sync(connection).status == Run.Status.HELD


def test_an_edit_is_held_to_what_its_preview_counted(w: World, boss: Client) -> None:
    connection = running(w)
    only_wien(connection)
    html = previewed(boss, connection)
    add(w.apps["left"], *(f"W{number}" for number in range(60)), city="Wien")
    applied(boss, connection, html)
    run = w.sync(connection)
    assert (run.status, "60 creations" in run.message) == (Run.Status.HELD, True)


def test_cn10_an_edit_is_not_applied_by_a_page_that_shows_another(w: World, boss: Client) -> None:
    connection = running(w)
    only_wien(connection)
    html = previewed(boss, connection)
    edit(connection, rules=(default_rule("left"),), phone_region="AT")
    stale = text(boss, page(connection, "preview"))
    assert "This is what a run would have done then." in stale
    assert "with the edit that waits" not in stale
    shown = applied(boss, connection, html)
    assert "Nothing of “left-right” was applied" in shown
    connection.refresh_from_db()
    assert connection.setup().phone_region == ""
    assert "nothing can be started or applied with this preview" in shown


def test_an_edit_is_applied_once(w: World, boss: Client) -> None:
    connection = running(w)
    only_wien(connection)
    html = previewed(boss, connection)
    applied(boss, connection, html)
    queued = OrmQ.objects.count()
    assert "waits with this preview" in applied(boss, connection, html)
    assert OrmQ.objects.count() == queued


def test_a_paused_connection_stays_paused_and_is_not_started_instead(
    w: World, boss: Client
) -> None:
    connection = running(w)
    Connection.objects.update(state="paused")
    only_wien(connection)
    html = previewed(boss, connection)
    number = re.search(r'name="preview" value="(\d+)"', html)
    boss.post(page(connection, "start"), {"preview": number[1] if number else ""})
    connection.refresh_from_db()
    assert (connection.state, pending.of(connection) is not None) == ("paused", True)
    OrmQ.objects.all().delete()
    assert "is applied" in applied(boss, connection, html)
    connection.refresh_from_db()
    assert connection.state == "paused"
    assert not OrmQ.objects.exists()


def test_a_dropped_edit_leaves_no_button_to_apply_it(w: World, boss: Client) -> None:
    connection = running(w)
    only_wien(connection)
    html = previewed(boss, connection)
    pending.drop(connection)
    assert "waits with this preview" in applied(boss, connection, html)
    assert "Save and apply" not in text(boss, page(connection, "preview"))


def test_cn11_an_edit_that_closes_a_ring_is_named_beside_its_button(w: World, boss: Client) -> None:
    connection = running(w)
    Connection.objects.update(direction="left_to_right")
    SyncState.objects.update(approved_revision="x")
    w.app("third")
    third = w.connect("third", "right").left
    Connection.objects.exclude(pk=connection.pk).delete()
    one_way = {"state": Connection.State.ACTIVE, "direction": "right_to_left"}
    connection.refresh_from_db()
    Connection.objects.create(name="A", left=connection.right, right=third, **one_way)
    Connection.objects.create(name="B", left=third, right=connection.left, **one_way)
    edit(connection, direction="both")
    html = previewed(boss, connection)
    assert "would close a ring" in html
    assert re.search(r"<button[^>]* disabled>Save and apply", html)
    assert "would close a ring" in applied(boss, connection, html)
    connection.refresh_from_db()
    assert connection.direction == "left_to_right"


# What it says beforehand


def test_pl1_what_the_target_cannot_hold_is_counted_and_named(
    monkeypatch: pytest.MonkeyPatch, boss: Client
) -> None:
    with world(monkeypatch, right=Habits(slots=1, needs_name=True)) as w:
        left = w.app("left")
        w.app("right")
        left.add(given_name="Ada", emails=("ada@example.org", "ada@home.example"))
        left.add(given_name="Bob", emails=("bob@example.org",))
        left.add(emails=("nobody@example.org",))
        connection = w.connect("left", "right", approved=False)
        html = previewed(boss, connection)
        shown = text(boss, page(connection, "preview") + "?show=partly")
        assert "<b>1</b>" in html[html.index("show=partly") :][:60]
        assert "Ada Create Left out: Other memory has no place for 1 entry of Emails" in shown
        assert "Bob" not in shown
        assert "Automations of Other memory’s own may answer to 2 creations." in shown
        excluded = text(boss, page(connection, "preview") + "?show=excluded")
        assert "Other memory wants a first or last name" in excluded


def test_pl1_what_would_be_refused_is_told_with_its_reasons(
    monkeypatch: pytest.MonkeyPatch, boss: Client
) -> None:
    wanted = Field("kind", "Customer type", Type.TEXT, required=True)
    with world(monkeypatch, right=Habits(custom=(wanted,))) as w:
        add(w.app("left"), "Ada", "Bob")
        w.app("right")
        connection = w.connect("left", "right", approved=False)
        previewed(boss, connection)
        shown = text(boss, page(connection, "preview"))
        told = "What would be refused 2 contacts: Other memory wants a value in Customer type."
        assert told in shown


# Who may


def test_who_operates_previews_an_edit_and_does_not_apply_it(w: World, client: Client) -> None:
    connection = running(w)
    only_wien(connection)
    client.force_login(user("Operator"))
    previewed(client, connection)
    shown = text(client, page(connection, "preview"))
    assert "An administrator applies it." in shown
    assert "Save and apply" not in shown
    assert client.post(page(connection, "apply_edit")).status_code == 403
    assert PendingEdit.objects.exists()
