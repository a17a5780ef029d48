"""An edit of a running connection in a browser: saved, previewed, applied; for axe and phones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from connections.models import Account, Connection
from connections.setups import ConditionSetup, RuleSetup
from syncengine import engine, pending
from syncengine.models import Run
from tests.browser.looking import look
from tests.browser.queue import work
from tests.browser.test_connection import ops
from tests.syncengine.test_sandboxes import ADA, Sides, sides

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["ops", "sides"]


def running(sides: Sides) -> Connection:
    sides.pipeliner.add_contact(ADA)
    sides.start()
    sides.sync()
    return Connection.objects.get(pk=sides.connection.pk)


def test_cn10_an_edit_is_saved_previewed_and_applied(
    page: Page, ops: Callable[[str], str], sides: Sides
) -> None:
    connection = running(sides)
    page.goto(ops("change"))
    page.get_by_role("switch", name="Avoid duplicates").uncheck()
    page.get_by_label("Phone region").select_option("DE")
    page.get_by_role("button", name="Preview this edit").click()
    expect(page.get_by_role("heading", name="waits to be applied")).to_be_visible()
    expect(page.get_by_text("Avoid duplicates: on → off")).to_be_visible()
    work()
    apply = page.get_by_role("button", name="Save and apply")
    expect(apply).to_be_visible()
    connection.refresh_from_db()
    assert connection.avoid_duplicates

    page.get_by_label("Preview one contact").fill("ada@")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Ada")).to_contain_text("In sync")
    page.get_by_role("link", name="Preview", exact=True).click()
    apply.click()
    expect(page.get_by_text("is applied. The next run decides 1 contact anew.")).to_be_visible()
    connection.refresh_from_db()
    assert (connection.avoid_duplicates, connection.phone_region) == (False, "DE")
    work()
    assert Run.objects.filter(kind=Run.Kind.SYNC).order_by("-pk")[0].status == Run.Status.DONE


def test_an_edit_is_dropped_after_a_second_look(
    page: Page, ops: Callable[[str], str], sides: Sides
) -> None:
    connection = running(sides)
    page.goto(ops("change"))
    page.get_by_label("Phone region").select_option("DE")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("edited", exact=True)).to_be_visible()
    page.get_by_text("Drop this edit …").click()
    page.get_by_role("button", name="Drop it").click()
    expect(page.get_by_text("The edit is dropped.")).to_be_visible()
    assert pending.of(connection) is None


def test_axe_finds_nothing_serious_on_the_pages_of_an_edit(
    page: Page,
    live_server: LiveServer,
    violations: list[str],
    ops: Callable[[str], str],
    sides: Sides,
) -> None:
    connection = running(sides)
    rule = RuleSetup("r1", "left", conditions=(ConditionSetup("exists", "is", ("false",)),))
    before = pending.current(connection)
    edited = replace(before, rules=(rule,), phone_region="DE", switched_off=("city",))
    pending.save(connection.pk, edited, None, seen=before)
    for _ in engine.to_the_end(connection.pk, kind=Run.Kind.PREVIEW, cause="the test"):
        pass
    other = Account.objects.create(
        label="Alps CRM",
        app="pipeliner",
        identity="other",
        status=Account.Status.AUTHORIZED,
        catalogue=connection.left.catalogue,
    )
    crms = Connection.objects.create(name="CRMs", left=connection.left, right=other)
    for url in (
        ops("change"),
        ops("preview"),
        ops("preview/contact") + "?q=ada",
        ops("preview/contact") + "?q=",
        f"{live_server.url}/admin/connections/connection/{crms.pk}/change/",
    ):
        look(page, url, violations)
