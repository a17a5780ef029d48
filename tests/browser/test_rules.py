"""The rules of a connection in a browser: with the keyboard alone, without script, for axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect
from pytest_django.live_server_helper import LiveServer

from connections.models import Connection
from connections.setups import ActionSetup, ConditionSetup, Setup, default_rule
from tests.browser.test_connection import look
from tests.browser.test_pages import log_in
from tests.syncengine.pages import Book, path
from tests.syncengine.test_pages_rules import NORTH, RULES, made, url

pytestmark = pytest.mark.django_db(transaction=True)


def rules(book: Book, side: str = "left") -> list[tuple[object, object]]:
    setup = Connection.objects.get(pk=book.connection.pk).setup()
    found = setup.rules_of("left" if side == "left" else "right")
    return [(rule.conditions, rule.actions) for rule in found]


def pick(page: Page, letters: str) -> None:
    """Choose an option of the select that has the focus by the letters that it begins with."""
    page.keyboard.type(letters, delay=20)
    page.wait_for_load_state("networkidle")


def focused(page: Page, label: str) -> None:
    """Press Tab until something of this name has the focus."""
    for _ in range(40):
        page.keyboard.press("Tab")
        active = page.evaluate(
            "document.activeElement.ariaLabel || document.activeElement.textContent.trim()"
        )
        if active == label:
            return
    raise AssertionError(f"Tab never comes to {label}")


def test_a_rule_is_made_in_the_pop_up_with_the_keyboard_alone(
    page: Page, live_server: LiveServer
) -> None:
    book = made(default_rule("left"), default_rule("right"))
    log_in(page.context, live_server)
    page.goto(live_server.url + path(book, "change"))
    focused(page, "Add rule for contacts from Pipeliner")
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    popup = opened.value
    popup.wait_for_load_state("networkidle")

    expect(popup.get_by_label("Condition 1: what it tests")).to_be_focused()
    pick(popup, "Owner")
    expect(popup.get_by_label("Condition 1: operator")).to_be_visible()
    focused(popup, "Condition 1: operator")
    pick(popup, "is not")
    popup.keyboard.press("Tab")
    popup.keyboard.press("Enter")
    popup.keyboard.press("Tab")
    popup.keyboard.press("Space")
    popup.keyboard.press("Escape")
    expect(popup.get_by_text("Condition 1: value, Ann Bergström")).to_be_focused()
    # The sentence comes with the form as the server has it now.
    expect(popup.get_by_text("If owner is not Ann Bergström")).to_be_visible()
    popup.wait_for_load_state("networkidle")
    focused(popup, "Add action")
    popup.keyboard.press("Enter")
    expect(popup.get_by_label("Action 1: what it does")).to_be_focused()
    pick(popup, "Add label")
    expect(popup.get_by_label("Action 1: value")).to_be_visible()
    focused(popup, "Action 1: value")
    pick(popup, "VIP")
    popup.wait_for_load_state("networkidle")
    with popup.expect_event("close"):
        focused(popup, "Cancel")
        popup.keyboard.press("Tab")
        popup.keyboard.press("Enter")

    mine = page.get_by_role("region", name="Contacts from Pipeliner").get_by_role("listitem").last
    expect(mine).to_contain_text("owner is not Ann Bergström")
    expect(mine).to_contain_text("add label VIP in Google Contacts")
    assert rules(book)[1] == (
        (ConditionSetup("owner", "is_not", ("u-ann",)),),
        (ActionSetup("add_label", ("vip",)),),
    )


def test_a_rule_is_edited_and_moved_without_script(
    browser: Browser, live_server: LiveServer
) -> None:
    book = made()
    context = browser.new_context(java_script_enabled=False)
    log_in(context, live_server)
    page = context.new_page()
    page.goto(live_server.url + path(book, "change"))
    page.get_by_role("link", name="Edit rule 1 of Pipeliner").click()
    page.get_by_label("Condition 1: what it tests").select_option(label="City (text)")
    page.get_by_role("button", name="Choose for condition 1").click()
    page.get_by_label("Condition 1: operator").select_option(label="starts with")
    page.get_by_label("Condition 1: value").fill("Wi")
    page.get_by_role("button", name="Keep this rule").last.click()
    block = page.get_by_role("region", name="Contacts from Pipeliner")
    expect(block.get_by_text("city starts with Wi")).to_be_visible()
    page.get_by_role("button", name="Move rule 1 of Pipeliner down").click()
    expect(page.get_by_role("button", name="Move rule 2 of Pipeliner down")).to_be_disabled()
    assert rules(book)[1][0] == (ConditionSetup("field", "starts_with", ("Wi",), "city"),)
    context.close()


def test_a_rule_deleted_in_the_pop_up_leaves_the_page_behind_it(
    page: Page, live_server: LiveServer
) -> None:
    book = made()
    log_in(page.context, live_server)
    page.goto(live_server.url + path(book, "change"))
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Delete … rule 2 of Pipeliner").click()
    with opened.value.expect_event("close"):
        opened.value.get_by_role("button", name="Delete this rule").click()
    expect(page.get_by_role("link", name="Delete … rule 2 of Pipeliner")).to_have_count(0)
    assert rules(book) == [(NORTH.conditions, NORTH.actions)]


def test_axe_finds_nothing_serious_on_the_pages_of_rules(
    page: Page, live_server: LiveServer
) -> None:
    violations: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            violations.append(message.text)

    page.on("console", note)
    book = made()
    book.connection.keep_setup(Setup(rules=RULES))
    log_in(page.context, live_server)
    addresses = [path(book, "change"), url(book, "r1"), url(book, "r2"), url(book)]
    for address in (*addresses, url(book, "r1", page="rule_delete")):
        look(page, live_server.url + address, violations)
