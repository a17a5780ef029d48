"""What a newcomer does first: play the other side in a browser, and look in the admin."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from tests.syncengine.test_sandboxes import ADA, Sides, sides

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["sides"]


def log_in(page: Page, live_server: LiveServer) -> None:
    User.objects.create_superuser("ops", "ops@example.org", "secret-password")
    page.goto(f"{live_server.url}/admin/")
    page.get_by_label("Username:").fill("ops")
    page.get_by_label("Password:").fill("secret-password")
    page.get_by_role("button", name="Log in").click()


def test_a_contact_edited_in_a_stand_ins_page_arrives_and_shows_in_the_admin(
    page: Page, live_server: LiveServer, settings: Settings, sides: Sides
) -> None:
    sides.pipeliner.add_contact(ADA)
    sides.start()
    sides.sync()

    page.goto(sides.pipeliner.url)
    page.get_by_role("link", name="Ada").first.click()
    page.get_by_label("city").fill("Graz")
    page.get_by_role("button", name="Save").click()
    sides.sync()
    assert sides.person()["addresses"][0]["city"] == "Graz"

    log_in(page, live_server)
    page.get_by_role("link", name="Runs").click()
    expect(page.get_by_role("link", name="North").first).to_be_visible()
    page.goto(f"{live_server.url}/admin/syncengine/change/")
    expect(page.get_by_text("Ada Lovelace").first).to_be_visible()


def test_no_secret_shows_on_the_page_of_an_account(
    page: Page, live_server: LiveServer, sides: Sides
) -> None:
    log_in(page, live_server)
    page.goto(f"{live_server.url}/admin/connections/account/{sides.connection.left.pk}/change/")
    expect(page.get_by_text("demo", exact=False).first).to_be_visible()
    assert "demo-password" not in page.content()
    assert "demo-token" not in page.content()
