"""A connection from its first form to its first run, and its pages under a stranger's eyes."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from connections.models import Connection
from syncengine import engine
from syncengine.models import Run, SyncState
from tests.browser.looking import look
from tests.browser.queue import work
from tests.browser.test_admin import log_in
from tests.syncengine.test_sandboxes import ADA, Sides, sides

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["sides"]
BOB = {
    "names": [{"givenName": "Bob", "familyName": "Okonkwo"}],
    "emailAddresses": [{"value": "bob@example.org"}],
}


@pytest.fixture
def ops(page: Page, live_server: LiveServer, sides: Sides) -> Callable[[str], str]:
    """Log in, and return how the addresses of a connection's pages are made."""
    log_in(page, live_server)
    pk = sides.connection.pk
    return lambda name: f"{live_server.url}/admin/connections/connection/{pk}/{name}/"


def test_cn1_a_connection_is_made_previewed_and_started(
    page: Page, live_server: LiveServer, sides: Sides
) -> None:
    sides.connection.delete()
    sides.pipeliner.add_contact(ADA)
    sides.google.add_contact(BOB)
    log_in(page, live_server)
    page.get_by_role("link", name="Connections").first.click()
    page.get_by_role("link", name="Add").first.click()
    page.get_by_label("Name").fill("Sales")
    page.get_by_label("Left").select_option(label="Pipeliner")
    page.get_by_label("Right").select_option(label="Google")
    page.get_by_role("button", name="Go on to the set-up").click()

    expect(page.get_by_role("heading", name="Sales")).to_contain_text("Draft")
    page.get_by_role("switch", name="City").uncheck()
    page.get_by_role("button", name="Save and preview").click()
    expect(page.get_by_role("heading", name="The preview waits")).to_be_visible()
    work()
    # The page shows it by itself.
    expect(page.get_by_role("link", name=re.compile("Ada|1.*Create in Google"))).to_be_visible()
    expect(page.get_by_text("Nothing has been written.")).to_be_visible()
    ada = page.get_by_role("article").filter(has_text="Ada Lovelace")
    expect(ada).to_contain_text("Analyst")
    expect(ada).not_to_contain_text("Wien")
    assert len(sides.google.contacts()) == len(sides.pipeliner.contacts()) == 1

    page.get_by_role("button", name="Approve 2 changes and start").click()
    expect(page.get_by_text("“Sales” is started.")).to_be_visible()
    work()
    assert len(sides.google.contacts()) == len(sides.pipeliner.contacts()) == 2
    page.get_by_role("link", name="Set-up").click()
    expect(page.get_by_text("Approved 2 changes and started.")).to_be_visible()
    expect(page.get_by_role("link", name="Choose other accounts")).to_have_count(0)


def test_a_scope_is_chosen_with_the_boxes_below_it(
    page: Page, ops: Callable[[str], str], sides: Sides
) -> None:
    page.goto(ops("change"))
    units = page.get_by_role("group", name="Sales units in Pipeliner")
    units.get_by_label("North").check()
    expect(units.get_by_label("These")).to_be_checked()
    expect(units.get_by_label("Oslo")).to_be_disabled()
    expect(page.get_by_role("group", name="Labels").get_by_label("All (")).to_be_checked()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Scope in Pipeliner: all → North (with 2 below it).")).to_be_visible()
    sides.connection.refresh_from_db()
    (chosen,) = sides.connection.left_scope
    names = {scope.id: scope.name for scope in sides.connection.left.offers.scopes}
    assert names[chosen] == "North"


def test_the_set_up_is_edited_with_the_keyboard_alone(
    page: Page, ops: Callable[[str], str], sides: Sides
) -> None:
    page.goto(ops("change"))
    page.get_by_role("radio", name="Both ways").focus()
    page.keyboard.press("ArrowRight")
    page.get_by_role("switch", name="Never copy blanks").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    page.keyboard.type("DE")
    page.get_by_label("Interval").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("9")
    page.keyboard.press("Enter")
    expect(page.get_by_text("“North” is saved.")).to_be_visible()
    sides.connection.refresh_from_db()
    saved = sides.connection
    assert (saved.direction, saved.copy_blanks) == ("left_to_right", False)
    assert (saved.phone_region, saved.interval_minutes) == ("DE", 9)


def test_an_edit_that_is_not_saved_outlives_a_run_that_ends(
    page: Page, ops: Callable[[str], str], sides: Sides
) -> None:
    page.goto(ops("change"))
    page.get_by_role("switch", name="City").uncheck()
    page.get_by_role("heading", name="Settings").click()
    sides.start()
    sides.sync()
    with page.expect_response(lambda answer: "poll" in answer.url):
        pass
    expect(page.get_by_role("heading", name="North")).to_contain_text("Active")
    expect(page.get_by_role("switch", name="City")).not_to_be_checked()


def test_axe_finds_nothing_serious_and_the_policy_holds(
    page: Page,
    live_server: LiveServer,
    violations: list[str],
    ops: Callable[[str], str],
    sides: Sides,
) -> None:
    sides.pipeliner.add_contact(ADA)
    for _ in engine.to_the_end(sides.connection.pk, kind=Run.Kind.PREVIEW, cause="the test"):
        pass
    pages = [ops(name) for name in ("change", "preview", "delete")]
    for url in [f"{live_server.url}/admin/connections/connection/add/", *pages]:
        look(page, url, violations)
    Connection.objects.update(state="active")
    run = Run.objects.create(
        connection=sides.connection,
        connection_name="North",
        status=Run.Status.HELD,
        started_at=sides.world.clock(),
        finished_at=sides.world.clock(),
        links_at_start=100,
        revision="x",
    )
    SyncState.objects.update(held={"clears": 30, "creations": 2}, approved_revision=run.revision)
    look(page, ops("held"), violations)
