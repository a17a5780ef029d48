"""Preview, start, held and delete: what the pages show, and what their buttons do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django_q.models import OrmQ

from connections.models import Account, Connection
from syncengine import brake, control, deleting, engine, tasks
from syncengine.models import Change, Contact, Mirror, Run, SyncState
from tests.connectors.memory import MemoryApp
from tests.syncengine.pages import Book, path, queries, text, user
from tests.syncengine.world import World, world

pytestmark = pytest.mark.django_db


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(monkeypatch) as made:
        yield made


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(user("Administrator"))
    return client


def page(connection: Connection, name: str) -> str:
    return path(Book(connection), name)


def add(app: MemoryApp, *names: str, **values: Any) -> list[str]:
    return [
        app.add(given_name=name, emails=(f"{name.lower()}@example.org",), **values)
        for name in names
    ]


def draft(w: World, **settings: Any) -> Connection:
    """Return a draft between two apps; there are Ada and Bob on the left, Bob and Cy on the right."""
    left, right = w.app("left"), w.app("right")
    add(left, "Ada", "Bob", city="Wien")
    add(right, "Bob", "Cy")
    left.add(given_name="Nobody")
    connection = w.connect("left", "right", approved=False, **settings)
    Connection.objects.filter(pk=connection.pk).update(state=Connection.State.DRAFT)
    connection.refresh_from_db()
    return connection


def previewed(client: Client, connection: Connection) -> str:
    """Have a preview made, and return its page."""
    client.post(page(connection, "ask_preview"))
    tasks.preview_slice(connection.pk)
    return client.get(page(connection, "preview")).content.decode()


def started(client: Client, connection: Connection, html: str) -> str:
    """Press the button of a preview's page, and return the page that follows."""
    found = re.search(r'name="preview" value="(\d+)"', html)
    posted = {"preview": found[1] if found else "0"}
    return client.post(page(connection, "start"), posted, follow=True).content.decode()


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


def test_a_preview_is_searched_by_name(w: World, boss: Client) -> None:
    connection = draft(w)
    previewed(boss, connection)
    shown = text(boss, page(connection, "preview") + "?q=ad")
    assert "Ada" in shown
    assert "Cy" not in shown
    assert "No contact fits." in text(boss, page(connection, "preview") + "?q=zz")


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
        with pytest.raises(ZeroDivisionError):
            tasks.preview_slice(connection.pk)
    assert SyncState.objects.get().preview_asked_at is None
    shown = text(boss, page(connection, "preview"))
    assert "The preview could not be made Failed" in shown
    assert "Try again" in shown


def test_ac5_an_account_that_needs_authorization_is_named_instead(w: World, boss: Client) -> None:
    connection = draft(w)
    Account.objects.get(label="left").lose_authorization("gone")
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
    assert "nothing can be started with this preview" in shown
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


# Held


def held(w: World) -> Connection:
    """Return a connection whose run the brake held: 40 contacts would lose their city."""
    left, right = w.app("left"), w.app("right")
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


def test_what_was_put_right_is_checked_again_and_runs_by_itself(w: World, boss: Client) -> None:
    connection = held(w)
    left = w.apps["left"]
    for id_, values in left.live().items():
        left.edit(id_, city=values["city"] or "Wien", notes=values["notes"] or "x")
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


# Delete


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
