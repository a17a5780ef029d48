"""The front page: what needs a person first, then connections, worker and accounts."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from connections.models import Account
from syncengine import clock, notices
from syncengine.models import Heartbeat, Run, SyncState
from syncengine.state import Status
from tests.syncengine.pages import Book, account, queries, text, user

pytestmark = pytest.mark.django_db
FRONT = "/admin/"


def beat() -> None:
    Heartbeat.objects.update_or_create(pk=1, defaults={"at": clock.now()})


def test_an_empty_installation_shows_the_three_steps(client: Client) -> None:
    client.force_login(user("Administrator"))
    page = text(client, FRONT)
    assert "Nothing is connected yet" in page
    assert "Authorize Pipeliner" in page
    assert "Opens when one account is authorized." in page
    assert "Needs you" not in page


def test_with_an_account_the_second_step_opens(client: Client) -> None:
    client.force_login(user("Administrator"))
    account("CRM", "pipeliner")
    page = text(client, FRONT)
    assert "Add connection" in page
    assert "Opens when one account is authorized." not in page


def test_where_all_is_well_nothing_is_asked_for(ops: Client) -> None:
    beat()
    book = Book.of()
    book.person("Ada Lovelace")
    book.run(ago=timedelta(minutes=2), updated_left=3)
    page = text(ops, FRONT)
    assert "Needs you" not in page
    assert "Worker running" in page
    assert "2 minutes ago: 3 updated" in page
    assert "Next in" in page


def test_what_needs_a_person_stands_first(ops: Client) -> None:
    beat()
    book, held, lost, unseen = Book.of(), Book.of("Held one"), Book.of("Lost"), Book.of("Unseen")
    book.person("Ada Lovelace", Status.REVIEW)
    book.person("Bob Builder", Status.FAILING, reason="Customer type is required")
    SyncState.objects.filter(connection=held.connection).update(held={"clears": 214})
    held.run(status=Run.Status.HELD, message="It would do 214 clears.")
    notices.lose_authorization(lost.connection.right, "invalid_grant")
    SyncState.objects.filter(connection=unseen.connection).update(approved_revision="")
    page = text(ops, FRONT)
    needs = page[page.index("Needs you 5") : page.index("Connections 4")]
    assert "lost@example.org is not accepted by Google Contacts. “Lost” waits" in needs
    assert "Held one is held. The brake stopped a run" in needs
    assert "Unseen waits for its preview." in needs
    assert "1 contact in “North” needs a person" in needs
    assert "1 contact in “North” was refused. Customer type is required." in needs


def test_ru9_a_connection_whose_run_failed_as_a_whole_needs_a_person(ops: Client) -> None:
    beat()
    book, paused = Book.of(), Book.of("Paused", state="paused")
    for each in (book, paused):
        each.run(status=Run.Status.FAILED, message="rule 2: Google has no label “VIP” any more.")
    page = text(ops, FRONT)
    needs = page[page.index("Needs you 1") : page.index("Connections 2")]
    assert "North was not synced: its last run failed. Rule 2: Google has no label “VIP”" in needs
    book.run(updated_left=1)
    assert "Needs you" not in text(ops, FRONT)


def test_a_silent_worker_is_told_above_all(ops: Client) -> None:
    book = Book.of()
    book.person("Ada Lovelace", Status.REVIEW)
    Heartbeat.objects.create(pk=1, at=clock.now() - timedelta(hours=1))
    page = text(ops, FRONT)
    assert "Needs you 2 Worker silent The worker shows no sign of life." in page


def test_a_worker_that_never_ran_is_missed_only_where_it_has_work(ops: Client) -> None:
    book = Book.of(state="draft")
    assert "Needs you" not in text(ops, FRONT)
    book.connection.state = "active"
    book.connection.save()
    assert "Needs you 1 Worker not started" in text(ops, FRONT)


def test_many_of_a_kind_are_cut_short(ops: Client) -> None:
    beat()
    for number in range(12):
        Book.of(f"North {number:02}").person("Ada Lovelace", Status.REVIEW)
    page = text(ops, FRONT)
    assert "More connections wait likewise." in page
    assert "“North 07”" in page
    assert "“North 08”" not in page


def test_viewers_see_no_button_that_they_may_not_use(client: Client) -> None:
    client.force_login(user("Viewer"))
    Book.of()
    page = text(client, FRONT)
    assert "North" in page
    for button in ("Sync now", "Add connection", "Authorize an app"):
        assert button not in page


def test_who_may_not_look_at_connections_sees_none(client: Client) -> None:
    made = user("Viewer")
    made.groups.clear()
    client.force_login(made)
    Book.of()
    assert "North" not in text(client, FRONT)


def test_no_secret_and_no_inline_script_or_style_is_on_it(client: Client) -> None:
    client.force_login(user(""))
    Book.of()
    Account.objects.update(secrets={"api_token": "secret-token"})
    page = client.get(FRONT).content.decode()
    assert "secret-token" not in page
    assert " style=" not in page
    assert "<style" not in page
    assert all("src=" in part.split(">")[0] for part in page.split("<script")[1:])


@pytest.mark.parametrize(
    ("address", "shows"),
    [(FRONT, "All 40 connections"), ("/admin/connections/connection/", "North 39")],
)
def test_a_list_of_many_connections_costs_no_more_queries(
    ops: Client, django_assert_num_queries: DjangoAssertNumQueries, address: str, shows: str
) -> None:
    beat()

    def more(first: int, last: int) -> None:
        for number in range(first, last):
            book = Book.of(f"North {number:02}")
            book.person("Ada Lovelace", Status.FAILING, reason="no")
            book.run(ago=timedelta(hours=1))
            book.run(status=Run.Status.RUNNING)

    more(0, 2)
    few = queries(ops, address)
    more(2, 40)
    with django_assert_num_queries(few):
        assert shows in text(ops, address)


def test_the_list_of_connections_filters_by_state(ops: Client) -> None:
    Book.of("North")
    Book.of("South", state="paused")
    address = reverse("admin:connections_connection_changelist")
    page = text(ops, f"{address}?state__exact=paused")
    assert "South" in page
    assert "North CRM" not in page
    assert "All 2" in page
    assert "No connection fits." in text(ops, f"{address}?q=nobody")


def test_what_packages_keep_is_named_for_what_it_is(admin_client: Client) -> None:
    page = text(admin_client, FRONT)
    assert all(name in page for name in ("Logins", "Worker", "History", "Proposed apps"))
    assert all(name not in page for name in ("Axes", "Django Q", "Sync engine", "App requests"))


def test_the_icon_of_the_site_is_there(client: Client) -> None:
    found = re.search(
        r'rel="icon"[^>]*href="([^"]+)"', client.get(FRONT, follow=True).content.decode()
    )
    assert found
    assert client.get(found[1]).headers["Content-Type"] == "image/svg+xml"
