"""Preview and start: what the page shows, and what its buttons do."""

from __future__ import annotations

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django_q.models import OrmQ

from connections.models import Account, Connection
from syncengine import control, engine, notices, tasks
from syncengine.models import Change, Contact, Run, SyncState
from tests.syncengine.pages import queries, text, user
from tests.syncengine.previews import add, draft, page, previewed, started
from tests.syncengine.world import World, approve

pytestmark = pytest.mark.django_db


# Preview


def test_pl1_a_preview_is_asked_for_by_a_button_and_made_by_the_worker(
    w: World, boss: Client
) -> None:
    connection = draft(w)
    assert "There is no preview yet" in text(boss, page(connection, "preview"))
    assert boss.get(page(connection, "ask_preview")).status_code == 405

    boss.post(page(connection, "ask_preview"))
    (row,) = OrmQ.objects.all()
    assert (row.task["func"], row.task["args"]) == (tasks.PREVIEW, (connection.pk,))
    assert "The preview waits for the worker" in text(boss, page(connection, "preview"))

    tasks.preview_slice(connection.pk)
    shown = text(boss, page(connection, "preview"))
    assert "Nothing has been written." in shown
    assert "All contacts" in shown
    assert Run.objects.get().cause == "Maren Holt"
    assert not Contact.objects.exists()


def test_pl1_a_preview_shows_each_field_now_and_then(w: World, boss: Client) -> None:
    connection = draft(w)
    previewed(boss, connection)
    shown = text(boss, page(connection, "preview"))
    assert "3 creations" not in shown
    assert "3 changes: 2 creations and 1 update. No value is cleared." in shown
    assert "Approve 3 changes and start" in shown
    # Bob is in both; the left one alone has a city.
    assert "Bob Update" in shown
    assert "Linked first" in shown
    assert "empty Wien filled from" in shown
    assert "Nobody Exclude No email address" in shown


@pytest.mark.parametrize(
    ("show", "names"),
    [
        ("create_left", ["Cy"]),
        ("create_right", ["Ada"]),
        ("update", ["Bob"]),
        ("excluded", ["Nobody"]),
        ("link", []),
        ("review", []),
        ("fails", []),
    ],
)
def test_the_filters_leave_one_kind_each_and_count_it(
    w: World, boss: Client, show: str, names: list[str]
) -> None:
    connection = draft(w)
    html = previewed(boss, connection)
    tile = html[html.index(f"show={show}") :]
    assert f"<b>{len(names)}</b>" in tile[:80]
    shown = boss.get(page(connection, "preview") + f"?show={show}").content.decode()
    assert re.findall(r'<h3 id="d\d+"[^>]*>([^<]+)</h3>', shown) == names


def test_fields_changed_on_both_sides_have_a_filter_of_their_own(w: World, boss: Client) -> None:
    left, right = w.app("left"), w.app("right")
    (here,) = add(left, "Ada", city="Wien")
    connection = w.connect("left", "right")
    w.sync(connection)
    (there,) = right.live()
    left.edit(here, city="Graz")
    right.edit(there, city="Linz")
    previewed(boss, connection)
    shown = text(boss, page(connection, "preview") + "?show=conflicts")
    assert "Ada" in shown
    assert "Graz" in shown
    assert Change.objects.filter(run__kind=Run.Kind.PREVIEW).get().conflicts == 1


def test_a_preview_page_costs_the_same_with_many_contacts(w: World, boss: Client) -> None:
    connection = draft(w)
    previewed(boss, connection)
    few = queries(boss, page(connection, "preview"))
    add(w.apps["left"], *(f"N{number}" for number in range(70)))
    previewed(boss, connection)
    assert queries(boss, page(connection, "preview")) == few
    shown = boss.get(page(connection, "preview")).content.decode()
    assert len(re.findall(r'<h3 id="d', shown)) == 50


def test_a_preview_that_would_fail_on_a_contact_can_still_be_started(
    w: World, boss: Client
) -> None:
    connection = draft(w)
    html = previewed(boss, connection)
    Run.objects.update(failed=1)
    assert control.latest_preview(connection) is not None
    assert "is started" in started(boss, connection, html)


def test_a_preview_waits_for_the_tick_where_the_connection_is_in_hand(
    w: World, boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = draft(w)
    boss.post(page(connection, "ask_preview"))
    OrmQ.objects.all().delete()
    busy = engine.Advance(engine.Progress.BUSY)
    with monkeypatch.context() as patch:
        patch.setattr(engine, "advance", lambda *args, **kwargs: busy)
        tasks.preview_slice(connection.pk)
    assert not OrmQ.objects.exists()
    assert SyncState.objects.get().preview_asked_at

    tasks.tick()
    (row,) = OrmQ.objects.all()
    assert row.task["func"] == tasks.PREVIEW
    tasks.preview_slice(connection.pk)
    assert SyncState.objects.get().preview_asked_at is None
    tasks.preview_slice(connection.pk)
    assert Run.objects.count() == 1


def test_a_preview_that_breaks_is_not_asked_for_again_and_again(
    w: World, boss: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = draft(w)
    boss.post(page(connection, "ask_preview"))
    with monkeypatch.context() as patch:
        patch.setattr(engine, "preview", lambda job: 1 / 0)
        with pytest.raises(engine.RunFailed):
            tasks.preview_slice(connection.pk)
    assert SyncState.objects.get().preview_asked_at is None
    shown = text(boss, page(connection, "preview"))
    assert "The preview could not be made Failed" in shown
    assert "Try again" in shown


def test_ac5_an_account_that_needs_authorization_is_named_instead(w: World, boss: Client) -> None:
    connection = draft(w)
    notices.lose_authorization(Account.objects.get(label="left"), "gone")
    shown = text(boss, page(connection, "preview"))
    assert "left needs authorization before anything can be read." in shown
    assert "Make a preview" not in shown


# Start


def test_cn1_the_first_run_is_held_to_the_approved_preview(w: World, boss: Client) -> None:
    connection = draft(w)
    shown = started(boss, connection, previewed(boss, connection))
    assert "“left-right” is started." in shown
    connection.refresh_from_db()
    assert connection.state == Connection.State.ACTIVE
    assert SyncState.objects.get().allowance["creations"] == 2
    assert "Approved 3 changes and started." in LogEntry.objects.get().get_change_message()
    assert tasks.SLICE in [row.task["func"] for row in OrmQ.objects.all()]
    add(w.apps["left"], *(f"N{number}" for number in range(60)))
    assert w.sync(connection).status == Run.Status.HELD


def test_a_start_is_refused_where_the_set_up_changed_since(w: World, boss: Client) -> None:
    connection = draft(w)
    html = previewed(boss, connection)
    Connection.objects.filter(pk=connection.pk).update(phone_region="AT")
    shown = started(boss, connection, html)
    assert "was not started: its set-up changed, or there is a newer preview" in shown
    assert "nothing can be started or applied with this preview" in shown
    assert "Approve" not in shown
    connection.refresh_from_db()
    assert connection.state == Connection.State.DRAFT


def test_a_start_is_refused_where_there_is_a_newer_preview(w: World, boss: Client) -> None:
    connection = draft(w)
    html = previewed(boss, connection)
    previewed(boss, connection)
    assert "was not started" in started(boss, connection, html)
    assert SyncState.objects.get().approved_revision == ""


def test_a_start_is_refused_after_seven_days(w: World, boss: Client) -> None:
    connection = draft(w)
    html = previewed(boss, connection)
    w.clock.go(7 * 86400 + 1)
    assert "was not started" in started(boss, connection, html)


def test_a_connection_that_runs_is_not_started_again(w: World, boss: Client) -> None:
    connection = draft(w)
    html = previewed(boss, connection)
    started(boss, connection, html)
    before = SyncState.objects.values("allowance").get()
    assert "was not started" in started(boss, connection, html)
    assert SyncState.objects.values("allowance").get() == before
    assert "Approve" not in text(boss, page(connection, "preview"))


def test_cn11_a_ring_is_named_beside_the_button_and_nothing_is_started(
    w: World, boss: Client
) -> None:
    connection = draft(w)
    third = Account.objects.create(label="third", app="memory")
    one_way = {"state": Connection.State.ACTIVE, "direction": "left_to_right"}
    Connection.objects.create(name="A", left=connection.right, right=third, **one_way)
    Connection.objects.create(name="B", left=third, right=connection.left, **one_way)
    html = previewed(boss, connection)
    assert "would close a ring with “A”, “B”" in html
    assert re.search(r"<button[^>]* disabled>Approve 3", html)
    assert "would close a ring" in started(boss, connection, html)
    connection.refresh_from_db()
    assert connection.state == Connection.State.DRAFT


# Who may


@pytest.mark.parametrize("name", ["ask_preview", "start", "check_again", "go_on"])
def test_who_looks_may_press_none_of_the_buttons(w: World, client: Client, name: str) -> None:
    connection = draft(w)
    client.force_login(user("Viewer"))
    assert client.post(page(connection, name)).status_code == 403
    assert "Make a preview" not in text(client, page(connection, "preview"))


@pytest.mark.parametrize("name", ["start", "check_again", "go_on"])
def test_who_operates_previews_but_neither_starts_nor_decides(
    w: World, client: Client, name: str
) -> None:
    connection = draft(w)
    client.force_login(user("Operator"))
    html = previewed(client, connection)
    assert "3 changes" in html
    assert "Approve" not in html
    assert client.post(page(connection, name)).status_code == 403


def test_pl1_a_preview_of_a_paused_connection_speaks_of_the_next_run(
    w: World, boss: Client
) -> None:
    connection = draft(w)
    w.preview(connection)
    assert "The first run is held to these numbers" in text(boss, page(connection, "preview"))
    approve(connection)
    Connection.objects.update(state="active")
    w.sync(connection)
    Connection.objects.update(state="paused")
    w.preview(connection)
    assert "The next run is held to these numbers" in text(boss, page(connection, "preview"))
