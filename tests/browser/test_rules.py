"""The rules of a connection in a browser: with the keyboard alone, without script, for axe."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from connections.models import Connection
from connections.setups import ActionSetup, ConditionSetup, Setup, default_rule
from tests.browser.looking import look
from tests.browser.test_pages import log_in
from tests.syncengine.pages import Book, path
from tests.syncengine.rule_pages import NORTH, RULES, made, url

pytestmark = pytest.mark.django_db(transaction=True)


def rules(book: Book, side: str = "left") -> list[tuple[object, object]]:
    setup = Connection.objects.get(pk=book.connection.pk).setup()
    found = setup.rules_of("left" if side == "left" else "right")
    return [(rule.conditions, rule.actions) for rule in found]


def pick(page: Page, letters: str) -> None:
    """Choose an option of the select that has the focus by the letters that it begins with."""
    page.keyboard.type(letters, delay=20)


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
    focused(popup, "Add action")
    popup.keyboard.press("Enter")
    expect(popup.get_by_label("Action 1: what it does")).to_be_focused()
    expect(popup.get_by_text("If owner is not Ann Bergström")).to_be_visible()
    pick(popup, "Add label")
    expect(popup.get_by_label("Action 1: value")).to_be_visible()
    focused(popup, "Action 1: value")
    pick(popup, "VIP")
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
    page: Page, live_server: LiveServer, violations: list[str]
) -> None:
    book = made()
    book.connection.keep_setup(Setup(rules=RULES))
    log_in(page.context, live_server)
    addresses = [path(book, "change"), url(book, "r1"), url(book, "r2"), url(book)]
    for address in (*addresses, url(book, "r1", page="rule_delete")):
        look(page, live_server.url + address, violations)


# While an answer is on its way


def held_back(page: Page) -> list[Route]:
    """Return what the form asks for from now on; the test says when it gets through."""
    held: list[Route] = []

    def hold(route: Route) -> None:
        if route.request.method == "POST":
            held.append(route)
        else:
            route.continue_()

    page.route("**/rules/**", hold)
    return held


def asked(page: Page, held: list[Route], number: int) -> None:
    """Wait until the form has asked so often."""
    for _ in range(100):
        if len(held) >= number:
            return
        page.wait_for_timeout(50)
    raise AssertionError("The form asks for nothing")


def answer(page: Page, route: Route) -> None:
    with page.expect_response(lambda response: response.request == route.request) as found:
        route.continue_()
    found.value.finished()
    page.wait_for_timeout(50)


def test_a_button_pressed_after_an_answer_is_not_overtaken_by_what_was_asked_before(
    page: Page, live_server: LiveServer
) -> None:
    book = made(default_rule("left"), default_rule("right"))
    log_in(page.context, live_server)
    page.goto(live_server.url + url(book))
    held = held_back(page)
    pick(page, "Owner")
    page.keyboard.press("Tab")
    asked(page, held, 1)
    focused(page, "Add action")
    answer(page, held[0])
    page.keyboard.press("Enter")
    asked(page, held, 2)
    page.wait_for_timeout(700)
    for route in held[1:]:
        route.continue_()
    expect(page.get_by_label("Action 1: what it does")).to_be_focused()
    expect(page.get_by_label("Condition 1: operator")).to_be_visible()


def test_the_next_input_has_the_focus_of_who_went_on_before_it_came(
    page: Page, live_server: LiveServer
) -> None:
    book = made(default_rule("left"), default_rule("right"))
    log_in(page.context, live_server)
    page.goto(live_server.url + url(book))
    pick(page, "Owner")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Condition 1: operator")).to_be_focused()
    focused(page, "Add action")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Action 1: what it does")).to_be_focused()
    pick(page, "Add label")
    page.keyboard.press("Tab")
    expect(page.get_by_label("Action 1: value")).to_be_focused()


def test_all_buttons_pressed_before_an_answer_are_carried_out(
    page: Page, live_server: LiveServer
) -> None:
    book = made()
    log_in(page.context, live_server)
    page.goto(live_server.url + url(book, "r2"))
    held = held_back(page)
    page.get_by_role("button", name="Remove condition 1").press("Enter")
    page.get_by_role("button", name="Add condition").press("Enter")
    page.get_by_role("button", name="Add action").press("Enter")
    asked(page, held, 3)
    held[2].continue_()
    expect(page.get_by_label("Action 1: what it does")).to_be_visible()
    expect(page.get_by_label("Condition 2: what it tests")).to_be_focused()
    expect(page.get_by_label("Condition 1: what it tests")).to_have_value("exists")


def test_what_was_removed_a_moment_before_saving_is_not_saved(
    page: Page, live_server: LiveServer
) -> None:
    book = made()
    log_in(page.context, live_server)
    page.goto(live_server.url + url(book, "r2"))
    held = held_back(page)
    page.get_by_role("button", name="Remove condition 1").press("Enter")
    asked(page, held, 1)
    page.get_by_role("button", name="Keep this rule").last.press("Enter", no_wait_after=True)
    asked(page, held, 2)
    held[1].continue_()
    expect(page.get_by_text("is saved")).to_be_visible()
    assert rules(book)[1][0] == (ConditionSetup("exists", "is", ("true",)),)


def test_a_button_does_not_move_away_under_the_mouse(page: Page, live_server: LiveServer) -> None:
    book = made()
    log_in(page.context, live_server)
    page.goto(live_server.url + url(book, "r2"))
    held = held_back(page)
    page.get_by_role("button", name="Remove condition 1").press("Enter")
    asked(page, held, 1)
    page.get_by_role("button", name="Add action").hover()
    page.mouse.down()
    answer(page, held[0])
    page.unroute("**/rules/**")
    page.mouse.up()
    expect(page.get_by_label("Action 1: what it does")).to_be_focused()
    expect(page.get_by_label("Condition 1: what it tests")).to_have_value("exists")
