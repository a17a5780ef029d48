"""The buttons of a connection, and the view that a page asks how far a run has come."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse
from django_q.models import OrmQ
from pytest_django import DjangoAssertNumQueries

from connections.models import Connection
from syncengine import tasks
from syncengine.models import Contact, Run, SyncState
from tests.syncengine.pages import Book, path, queries, user
from tests.syncengine.world import world

pytestmark = pytest.mark.django_db
POLL = "/admin/connections/connection/poll/"
ACTIONS = ("sync", "pause", "resume", "retry_all")


def test_sync_now_queues_a_run_that_names_who_asked(ops: Client) -> None:
    book = Book.of()
    answer = ops.post(path(book, "sync"), follow=True)
    assert "A sync of “North” was asked for" in answer.content.decode()
    (row,) = OrmQ.objects.all()
    task = row.task
    assert (task["func"], task["args"]) == (tasks.SLICE, (book.connection.pk,))
    assert task["kwargs"]["cause"] == "Maren Holt, Sync now"
    assert task["kwargs"]["asked_at"]


@pytest.mark.parametrize("state", ["draft", "paused"])
def test_what_does_not_run_is_not_synced_and_says_why(ops: Client, state: str) -> None:
    book = Book.of(state=state)
    answer = ops.post(path(book, "sync"), follow=True)
    assert OrmQ.objects.count() == 0
    assert "was not synced." in answer.content.decode()


def test_a_held_connection_is_not_synced(ops: Client) -> None:
    book = Book.of()
    SyncState.objects.update(held={"clears": 10})
    ops.post(path(book, "sync"))
    assert OrmQ.objects.count() == 0


def test_cn6_pause_and_resume(ops: Client) -> None:
    book = Book.of()
    ops.post(path(book, "pause"))
    assert Connection.objects.get().state == "paused"
    ops.post(path(book, "resume"))
    assert Connection.objects.get().state == "active"


@pytest.mark.parametrize("page", ["pause", "resume"])
def test_a_draft_is_neither_paused_nor_resumed(ops: Client, page: str) -> None:
    book = Book.of(state="draft")
    ops.post(path(book, page))
    assert Connection.objects.get().state == "draft"


def test_cn11_a_ring_is_not_resumed(ops: Client) -> None:
    one, two = Book.of("One"), Book.of("Two")
    middle, last = one.connection.right, two.connection.right
    two.connection.left = middle
    two.connection.save()
    Connection.objects.create(name="Three", left=last, right=one.connection.left, state="active")
    Connection.objects.filter(name="One").update(state="paused")
    answer = ops.post(path(one, "resume"), follow=True)
    assert "would close a ring" in answer.content.decode()
    assert Connection.objects.get(name="One").state == "paused"


@pytest.mark.parametrize("page", ACTIONS)
def test_buttons_are_posts_and_not_for_viewers(client: Client, page: str) -> None:
    book = Book.of()
    client.force_login(user("Operator"))
    assert client.get(path(book, page)).status_code == 405
    client.force_login(user("Viewer"))
    assert client.post(path(book, page)).status_code == 403
    assert OrmQ.objects.count() == 0


@pytest.mark.parametrize("page", [*ACTIONS, "history", "health"])
def test_strangers_are_sent_to_the_login(client: Client, page: str) -> None:
    book = Book.of()
    for answer in (client.get(path(book, page)), client.post(path(book, page))):
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/admin/login/")


def test_a_post_without_its_token_is_refused() -> None:
    book = Book.of()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user("Operator"))
    assert strict.post(path(book, "pause")).status_code == 403


@pytest.mark.parametrize("page", ["history", "health"])
def test_who_may_not_look_sees_nothing(client: Client, page: str) -> None:
    book = Book.of()
    made = user("Viewer")
    made.groups.clear()
    client.force_login(made)
    assert client.get(path(book, page)).status_code == 403
    assert client.get(POLL).status_code == 403


@pytest.mark.parametrize(
    ("url", "goes"), [("/admin/", True), ("https://evil.example/", False), ("//evil", False)]
)
def test_a_button_goes_back_to_its_own_page_alone(ops: Client, url: str, goes: bool) -> None:
    book = Book.of()
    answer = ops.post(path(book, "pause"), {"next": url})
    assert answer.headers["Location"] == (url if goes else path(book, "history"))


def test_a_page_that_asks_learns_how_far_a_run_has_come(ops: Client) -> None:
    book, other = Book.of(), Book.of("South")
    book.run(status=Run.Status.RUNNING, step=Run.Step.APPLY, created_left=3, updated_right=4)
    for name in ("Ada", "Bob", "Cher"):
        book.person(name)
    Contact.objects.update(awake=True)
    found = json.loads(ops.get(POLL).content)
    mine = found[str(book.connection.pk)]
    assert (mine["word"], mine["css"], mine["going"]) == ("Running", "is-busy", True)
    assert (mine["done"], mine["total"]) == (7, 10)
    assert mine["did"] == "3 created, 4 updated, still going"
    assert not found[str(other.connection.pk)]["going"]
    assert set(json.loads(ops.get(POLL, {"id": other.connection.pk}).content)) == {
        str(other.connection.pk)
    }
    assert json.loads(ops.get(POLL, {"id": "x"}).content) == {}


def test_asking_costs_no_more_queries_with_many_connections(
    ops: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    def more(first: int, last: int) -> None:
        for number in range(first, last):
            Book.of(f"North {number}").run(status=Run.Status.RUNNING)

    more(0, 2)
    few = queries(ops, POLL)
    more(2, 40)
    with django_assert_num_queries(few):
        ops.get(POLL)


def test_the_run_that_was_asked_for_bears_the_name_of_who_asked(
    monkeypatch: pytest.MonkeyPatch, ops: Client
) -> None:
    with world(monkeypatch) as w:
        w.app("left")
        w.app("right")
        connection = w.connect("left", "right")
        ops.post(reverse("admin:connections_connection_sync", args=[connection.pk]))
        (row,) = OrmQ.objects.all()
        assert tasks.sync_slice(*row.task["args"], **row.task["kwargs"]) == {"status": "finished"}
    run = Run.objects.get()
    assert (run.status, run.cause) == ("done", "Maren Holt, Sync now")
