"""Custom mappings in a browser: in a window of their own, by the keyboard, and without script."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from connections.setups import MappingSetup
from tests.browser.looking import look
from tests.browser.test_pages import log_in
from tests.syncengine.mapping_pages import REGION, address, between_pipeliners, book, keep, mappings
from tests.syncengine.pages import path

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_mapping_is_added_in_a_window_of_its_own(page: Page, live_server: LiveServer) -> None:
    made = book()
    log_in(page.context, live_server)
    page.goto(live_server.url + path(made, "change"))
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Add mapping").click()
    window = opened.value
    window.get_by_label("Field", exact=True).first.select_option(label="Region · text")
    window.get_by_role("button", name="Choose this field of Pipeliner").click()
    window.get_by_label("or a new custom field named").fill("Sales area")
    window.get_by_role("button", name="Choose this field of Google Contacts").click()
    with page.expect_navigation():
        window.get_by_role("button", name="Add this mapping").click()
    assert window.is_closed()
    expect(page.get_by_text("“North” is saved.")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Sales area")).to_contain_text("Region")
    assert mappings(made) == (MappingSetup("cf_region", "custom.Sales area"),)


def test_what_was_typed_on_the_page_stays_when_a_window_saves(
    page: Page, live_server: LiveServer
) -> None:
    made = book()
    keep(made, REGION)
    log_in(page.context, live_server)
    page.goto(live_server.url + path(made, "change"))
    page.get_by_role("switch", name="City").uncheck()
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Remove … the mapping of Region").click()
    opened.value.get_by_role("button", name="Remove this mapping").click()
    expect(page.get_by_text("Saved in the other window.")).to_be_visible()
    expect(page.get_by_role("switch", name="City")).not_to_be_checked()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Mapping of Region and Team: both ways → –").first).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("switch", name="City")).not_to_be_checked()
    assert mappings(made) == ()


def test_without_script_and_mouse_a_mapping_is_made_with_its_options(
    browser: Browser, live_server: LiveServer
) -> None:
    made = between_pipeliners()
    context = browser.new_context(java_script_enabled=False)
    context.set_default_timeout(15_000)
    page = context.new_page()
    log_in(context, live_server)
    page.goto(live_server.url + path(made, "change"))
    page.get_by_role("link", name="Add mapping").press("Enter")
    for side, field in (("left", "Colour"), ("right", "Farbe")):
        page.locator(f"#id_{side}").press_sequentially(field)
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    page.get_by_role("radio", name="Both ways").press("ArrowDown")
    page.get_by_label("Blue becomes").press_sequentially("Blau")
    page.get_by_role("button", name="Add this mapping").press("Enter")
    expect(page.get_by_text("Options of Colour: 3 of 3 paired")).to_be_visible()
    (found,) = mappings(made)
    assert (found.direction, found.options[1]) == ("left_to_right", ("2", "b"))
    context.close()


def test_axe_finds_nothing_serious_and_nothing_scrolls_sideways(
    page: Page, live_server: LiveServer, violations: list[str]
) -> None:
    log_in(page.context, live_server)
    made = between_pipeliners()
    table = (("1", "gone"), ("2", "b"), ("9", "r"))
    keep(made, MappingSetup("cf_colour", "cf_farbe", options=table))
    for url in (
        path(made, "change"),
        address(made),
        address(made, left="city", right="cf_farbe"),
        address(made, key="cf_colour"),
        address(made, "mapping_remove", key="cf_colour"),
    ):
        look(page, live_server.url + url, violations)
