"""The front page and the pages of a connection that runs: live progress, and use without script."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pytest_django.live_server_helper import LiveServer

from connections.models import AppRequest, Connection
from syncengine import clock, matching
from syncengine.models import Change, Contact, Heartbeat, Run
from syncengine.state import Status
from tests.browser.looking import look
from tests.syncengine.pages import Book, path, user

pytestmark = pytest.mark.django_db(transaction=True)


def log_in(context: BrowserContext, live_server: LiveServer) -> None:
    """Give the browser the session of a superuser: groups end with the first test's database."""
    made = user("")
    session = SessionStore()
    session[SESSION_KEY] = str(made.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = made.get_session_auth_hash()
    session.save()
    assert session.session_key is not None
    context.add_cookies(
        [{"name": "sessionid", "value": session.session_key, "url": live_server.url}]
    )


def busy() -> Book:
    """Return a connection with something on each of its pages."""
    Heartbeat.objects.update_or_create(pk=1, defaults={"at": clock.now()})
    book = Book.of()
    ada = book.person("Ada Lovelace", flags=["Google Contacts cut Notes short"])
    bob = book.person("Bob Builder", Status.FAILING, reason="Pipeliner wants a value in Type")
    book.person("Cher Bono", Status.GONE, reason="Deleted in Google Contacts")
    book.person("No Mail", Status.EXCLUDED, reason="No email address")
    values = {"first_name": "Ann", "last_name": "Lee", "emails": ("ann@example.org",)}
    book.contact(Status.REVIEW, values, reason=matching.SEVERAL)
    book.contact(Status.REVIEW, None, values, reason=matching.SEVERAL)
    book.contact(Status.REVIEW, None, values, reason=matching.SEVERAL)
    run = book.run(ago=timedelta(minutes=9), updated_right=1, failed=1, status="partly_failed")
    fields = [["right", "Job title", "Buyer", "Head buyer", None, "overwrite", False]]
    book.change(run, ada, side="right", fields=fields)
    book.change(run, bob, Change.Kind.FAILED, side="left", reason=bob.reason)
    book.run(ago=timedelta(minutes=4))
    return book


def test_a_running_sync_shows_its_progress_without_a_reload_by_hand(
    page: Page, live_server: LiveServer
) -> None:
    book = busy()
    run = book.run(status=Run.Status.RUNNING, cause="Maren Holt, Sync now")
    log_in(page.context, live_server)
    page.goto(live_server.url + path(book, "history"))
    head = page.locator(".ps-head")
    expect(head.get_by_text("Reading.", exact=False)).to_be_visible()
    expect(head.locator("progress")).to_be_hidden()

    Contact.objects.update(awake=True)
    Run.objects.filter(pk=run.pk).update(step=Run.Step.APPLY, created_left=3)
    expect(head.get_by_text("Applying.", exact=False)).to_be_visible()
    expect(head.get_by_text("3 of 10 contacts")).to_be_visible()

    Run.objects.filter(pk=run.pk).update(status="done", finished_at=clock.now(), created_left=10)
    expect(head.get_by_text("Active", exact=True)).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="10 created").first).to_be_visible()
    expect(page.get_by_role("link", name="Created")).to_contain_text("1")


def test_the_front_page_follows_a_run_too(page: Page, live_server: LiveServer) -> None:
    book = busy()
    log_in(page.context, live_server)
    page.goto(f"{live_server.url}/admin/")
    row = page.get_by_role("row").filter(has_text="North CRM")
    expect(row.get_by_text("Active", exact=True)).to_be_visible()
    book.run(status=Run.Status.RUNNING, updated_left=4)
    expect(row.get_by_text("Running", exact=True)).to_be_visible()
    expect(row.get_by_text("4 updated, still going")).to_be_visible()


def test_without_script_a_person_pauses_reviews_and_unlinks(
    browser: Browser, live_server: LiveServer
) -> None:
    book = busy()
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(15_000)
    page = context.new_page()
    log_in(context, live_server)
    page.goto(f"{live_server.url}/admin/")
    page.get_by_role("link", name="Review 3").click()
    page.get_by_role("radio", name="Ann Lee").first.check()
    page.get_by_role("button", name="Link these two").click()
    expect(page.get_by_text("Ann Lee: link.", exact=False)).to_be_visible()
    expect(page.get_by_text("The next run does it.", exact=False)).to_be_visible()
    assert Contact.objects.get(asked="link").asked_record is not None

    page.get_by_role("link", name="History").click()
    page.get_by_label("Find a contact by name or email").fill("ada.")
    page.get_by_role("button", name="Find").click()
    page.get_by_role("link", name="Ada Lovelace").click()
    page.get_by_text("Unlink …").click()
    page.get_by_role("button", name="Unlink these two").click()
    expect(page.get_by_text("Asked for: keep apart.", exact=False)).to_be_visible()

    page.goto(live_server.url + path(book, "health"))
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("“North” is paused.", exact=False)).to_be_visible()
    assert Connection.objects.get().state == "paused"
    context.close()


def test_a_choice_must_be_made_before_two_are_linked(page: Page, live_server: LiveServer) -> None:
    book = busy()
    log_in(page.context, live_server)
    page.goto(live_server.url + path(book, "health"))
    page.get_by_role("button", name="Link these two").click()
    assert not Contact.objects.exclude(asked="").exists()
    page.get_by_role("button", name="Keep all apart").click()
    expect(page.get_by_text("Keep apart. The next run does it.")).to_be_visible()


def test_axe_finds_nothing_serious_and_the_policy_holds(
    page: Page, live_server: LiveServer, violations: list[str]
) -> None:
    log_in(page.context, live_server)
    look(page, f"{live_server.url}/admin/", violations)
    book = busy()
    run = Run.objects.filter(failed=1).get()
    ada = Contact.objects.filter(left__name="Ada Lovelace").get()
    AppRequest.objects.create(name="HubSpot", why="Newsletters", proposed_at=clock.now())
    for url in (
        "/admin/",
        "/admin/connections/connection/",
        path(book, "history"),
        path(book, "run", run.pk),
        path(book, "contact", ada.pk),
        path(book, "health"),
        "/admin/connections/apprequest/",
    ):
        look(page, live_server.url + url, violations)
