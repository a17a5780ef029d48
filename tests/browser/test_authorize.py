"""Authorizing an account in the pop-up of the connection form, and as a full page."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from connections.models import Account
from connections.sandbox.google import GoogleSandbox
from connections.sandbox.pipeliner import PipelinerSandbox
from tests.browser.test_admin import log_in
from tests.connections.standins import ACCOUNTS, google, pipeliner, pipeliner_account

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["google", "pipeliner"]
FORM = "/admin/connections/connection/add/"


@pytest.fixture
def form(page: Page, live_server: LiveServer, settings: Settings) -> Page:
    """The form of a new connection, with a name typed already."""
    settings.PIPESITE_URL = live_server.url
    log_in(page, live_server)
    page.goto(live_server.url + FORM)
    page.get_by_label("Name").fill("North")
    return page


def open_pop_up(form: Page, side: str) -> Page:
    with form.expect_popup() as opened:
        form.locator(f"#add_id_{side}").click()
    return opened.value


def type_key(page: Page, pipeliner: PipelinerSandbox, password: str = "demo-password") -> None:
    page.get_by_label("Login email").fill("ann@example.com")
    page.get_by_label("Service URL").fill(pipeliner.url)
    page.get_by_label("Space ID").fill("demo")
    page.get_by_label("API token").fill("demo-token")
    page.get_by_label("API password").fill(password)
    page.get_by_role("button", name="Check and go on").click()


def choose_units(page: Page) -> None:
    page.get_by_label("Your user").select_option(label="Bob Baker (bob@example.com)")
    page.get_by_label("North").check()
    expect(page.get_by_label("Vienna")).to_be_disabled()
    page.get_by_label("Rome").check()


def finish(pop_up: Page, button: str) -> None:
    """Press the last button, after which the window closes by itself."""
    with pop_up.expect_event("close"):
        pop_up.get_by_role("button", name=button).click(no_wait_after=True)


def expect_chosen(form: Page, side: str, label: str) -> None:
    chosen = form.locator(f"#id_{side} option:checked")
    expect(chosen).to_have_text(label)
    expect(form.get_by_label("Name")).to_have_value("North")


def test_ac1_pipeliner_in_the_pop_up_with_a_wrong_password_first(
    form: Page, pipeliner: PipelinerSandbox
) -> None:
    pop_up = open_pop_up(form, "left")
    pop_up.get_by_role("link", name="Authorize Pipeliner").click()
    type_key(pop_up, pipeliner, password="wrong")
    message = pop_up.locator(".field-api_token .errorlist")
    expect(message).to_contain_text("does not accept this API token with this password")
    expect(pop_up.get_by_label("API token")).to_have_value("")

    type_key(pop_up, pipeliner)
    choose_units(pop_up)
    finish(pop_up, "Authorize Pipeliner")

    expect_chosen(form, "left", "bob@example.com in demo")
    expect(form.locator("#id_right option", has_text="bob@example.com")).to_have_count(1)
    assert len(Account.objects.get().settings["default_scope"]) == 2


def test_ac3_google_in_the_pop_up(form: Page, google: GoogleSandbox) -> None:
    pop_up = open_pop_up(form, "right")
    pop_up.get_by_role("link", name="Authorize Google Contacts").click()
    pop_up.get_by_role("button", name="Go on to Google Contacts").click()
    finish(pop_up, "Allow")
    expect_chosen(form, "right", "ops@example.com")
    expect(form.locator("#id_left option", has_text="ops@example.com")).to_have_count(1)


def test_ac3_google_refused_in_the_pop_up_and_allowed_then(
    form: Page, google: GoogleSandbox
) -> None:
    pop_up = open_pop_up(form, "right")
    pop_up.get_by_role("link", name="Authorize Google Contacts").click()
    pop_up.get_by_role("button", name="Go on to Google Contacts").click()
    pop_up.get_by_role("button", name="Cancel").click()
    expect(pop_up.get_by_text("was not given access")).to_be_visible()
    assert not Account.objects.exists()

    pop_up.get_by_role("button", name="Go on to Google Contacts").click()
    finish(pop_up, "Allow")
    expect_chosen(form, "right", "ops@example.com")


def test_ac3_a_forged_answer_authorizes_nothing(
    form: Page, live_server: LiveServer, google: GoogleSandbox
) -> None:
    answer = form.goto(f"{live_server.url}{ACCOUNTS}callback/?state=forged&code=4/abc")
    assert answer is not None
    assert answer.status == 403
    expect(form.get_by_role("heading", name="Nothing was authorized")).to_be_visible()
    assert not Account.objects.exists()


def test_ac1_a_connected_account_is_used_again(
    page: Page, live_server: LiveServer, pipeliner: PipelinerSandbox
) -> None:
    pipeliner_account(pipeliner, "Nordlicht CRM")
    log_in(page, live_server)
    page.goto(live_server.url + FORM)
    page.get_by_label("Name").fill("North")
    pop_up = open_pop_up(page, "left")
    expect(pop_up.get_by_role("heading", name="Connected accounts")).to_be_visible()
    finish(pop_up, "Use this account")
    expect_chosen(page, "left", "Nordlicht CRM")
    expect(page.locator("#id_left option", has_text="Nordlicht CRM")).to_have_count(1)


def test_where_pop_ups_are_blocked_a_tab_does_it(form: Page, google: GoogleSandbox) -> None:
    form.evaluate("window.open = () => null")
    form.locator("#add_id_right").click()
    with form.context.expect_page() as opened:
        form.get_by_role("link", name="Authorize in a tab of its own").click()
    tab = opened.value
    tab.get_by_role("link", name="Authorize Google Contacts").click()
    tab.get_by_role("button", name="Go on to Google Contacts").click()
    tab.get_by_role("button", name="Allow").click(no_wait_after=True)
    expect_chosen(form, "right", "ops@example.com")


def test_ac1_both_apps_as_full_pages_from_the_list(
    form: Page, live_server: LiveServer, google: GoogleSandbox, pipeliner: PipelinerSandbox
) -> None:
    form.goto(live_server.url + ACCOUNTS)
    form.get_by_role("link", name="Authorize an app").first.click()
    form.get_by_role("link", name="Authorize Google Contacts").click()
    form.get_by_role("button", name="Go on to Google Contacts").click()
    form.get_by_role("button", name="Allow").click()
    expect(form.get_by_text("“ops@example.com” is authorized.")).to_be_visible()

    form.goto(f"{live_server.url}{ACCOUNTS}add/?app=pipeliner")
    type_key(form, pipeliner)
    choose_units(form)
    form.get_by_role("button", name="Authorize Pipeliner").click()
    expect(form.get_by_text("“bob@example.com in demo” is authorized.")).to_be_visible()
    assert Account.objects.count() == 2
