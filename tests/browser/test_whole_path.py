"""The whole path of a new customer, once: from the first login to an edit that arrives."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from connections.models import Connection
from connections.sandbox.google import GoogleSandbox
from connections.sandbox.pipeliner import PipelinerSandbox
from syncengine import tasks
from tests.browser.queue import work
from tests.browser.test_admin import log_in
from tests.browser.test_authorize import finish, open_pop_up, type_key
from tests.connections.standins import google, pipeliner
from tests.syncengine.test_sandboxes import ADA

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["google", "pipeliner"]


def test_from_the_first_login_to_an_edit_that_arrives(
    page: Page,
    live_server: LiveServer,
    violations: list[str],
    settings: Settings,
    pipeliner: PipelinerSandbox,
    google: GoogleSandbox,
) -> None:
    settings.PIPESITE_URL = live_server.url
    pipeliner.add_contact(ADA)

    log_in(page, live_server)
    page.get_by_role("link", name="Connections").first.click()
    page.get_by_role("link", name="Add").first.click()
    page.get_by_label("Name").fill("North")
    pop_up = open_pop_up(page, "left")
    pop_up.get_by_role("link", name="Authorize Pipeliner").click()
    type_key(pop_up, pipeliner)
    pop_up.get_by_label("Your user").select_option(label="Bob Baker (bob@example.com)")
    finish(pop_up, "Authorize Pipeliner")
    pop_up = open_pop_up(page, "right")
    pop_up.get_by_role("link", name="Authorize Google Contacts").click()
    pop_up.get_by_role("button", name="Go on to Google Contacts").click()
    finish(pop_up, "Allow")
    page.get_by_role("button", name="Go on to the set-up").click()
    page.get_by_role("button", name="Save and preview").click()
    work()
    page.get_by_role("button", name="Approve 1 changes and start").or_(
        page.get_by_role("button", name="Approve 1 change and start")
    ).click()
    work()
    (person,) = google.contacts().values()
    assert person["names"][0]["familyName"] == "Lovelace"

    page.get_by_role("link", name="History").click()
    expect(page.get_by_text("1 created").first).to_be_visible()

    page.goto(pipeliner.url)
    page.get_by_role("link", name="Ada").first.click()
    page.get_by_label("city").fill("Graz")
    page.get_by_role("button", name="Save").click()
    tasks.ask_sync(Connection.objects.get().pk, "the test")
    work()
    (person,) = google.contacts().values()
    assert person["addresses"][0]["city"] == "Graz"
    assert violations == []
