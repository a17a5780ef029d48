"""Takes the pictures of the README and the docs: `make screenshots` writes docs/pictures/."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from tests import environment

if TYPE_CHECKING:
    from connections.models import Account
    from connections.setups import Setup

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
PASSWORD = "only-for-pictures"
PAGES = {
    "overview": "/admin/",
    "setup": "/admin/connections/connection/{id}/change/",
    "rule": "/admin/connections/connection/{id}/rules/left/customers/",
    "mapping": "/admin/connections/connection/{id}/mapping/?key=cf_region_id",
    "history": "/admin/connections/connection/{id}/history/",
    "health": "/admin/connections/connection/{id}/health/",
    "preview": "/admin/connections/connection/{draft}/preview/",
}


def main() -> int:
    """Fill an installation of its own from the stand-ins, and take a picture of each page."""
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stderr.write("Chromium is needed: apt-get install chromium\n")
        return 1
    with ExitStack() as stack:
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        ids = stack.enter_context(installation(directory))
        url = stack.enter_context(web_server())
        PICTURES.mkdir(parents=True, exist_ok=True)
        shoot(url, ids, chromium)
    return 0


@contextmanager
def installation(directory: Path) -> Iterator[dict[str, int]]:
    """Give the ids of a connection that has run, and of a draft with a preview."""
    from connections.sandbox.google import GoogleSandbox
    from connections.sandbox.pipeliner import PipelinerSandbox

    pipeliner = PipelinerSandbox(seed=7, people=60)
    google = GoogleSandbox(seed=7, people=60)
    url = google.start()
    environment.enter(f"sqlite:///{directory}/pictures.sqlite3")
    os.environ.update(
        GOOGLE_API_URL=url,
        GOOGLE_ACCOUNTS_URL=url,
        GOOGLE_OAUTH_URL=url,
        GOOGLE_CLIENT_ID="demo-client",
        GOOGLE_CLIENT_SECRET="demo-secret",
        DJANGO_SETTINGS_MODULE="pipesite.settings",
    )
    import django

    django.setup()
    yield fill(pipeliner.start(), google.issue_refresh_token())
    pipeliner.close()
    google.close()


def fill(service_url: str, refresh_token: str) -> dict[str, int]:
    """Authorize both accounts, sync one connection and preview another one."""
    from django.contrib.auth.models import User
    from django.core.management import call_command

    from connections import accounts
    from connections.models import Account, Connection
    from syncengine import clock, control, engine
    from syncengine.models import Heartbeat, Run

    call_command("migrate", verbosity=0)
    User.objects.create_superuser("maren", "maren@example.com", PASSWORD, first_name="Maren")
    login = {"email": "ops@example.com", "service_url": service_url, "space_id": "demo"}
    keys = {"api_token": "demo-token", "api_password": "demo-password"}
    sides = []
    for label, app, settings, secrets in (
        ("Nordlicht CRM", "pipeliner", {**login, "user": "ann@example.com"}, keys),
        ("Shared address book", "google", {}, {"refresh_token": refresh_token}),
    ):
        checked = accounts.check(app, settings, secrets)
        sides.append(accounts.authorize(Account(label=label), checked, clock.now()))
    left, right = sides
    made = {
        name: Connection.objects.create(
            name=name, left=left, right=right, phone_region="AT", time_zone="Europe/Vienna"
        )
        for name in ("North sales and the shared address book", "Events 2027")
    }
    running, draft = made.values()
    running.keep_setup(rules_and_mappings(left, right))
    control.start(running, None)
    for _ in range(2):
        list(engine.to_the_end(running.pk, cause="the schedule"))
    list(engine.to_the_end(draft.pk, kind=Run.Kind.PREVIEW, cause="Maren"))
    Heartbeat.objects.update_or_create(worker="pictures", defaults={"at": clock.now()})
    return {"id": running.pk, "draft": draft.pk}


def rules_and_mappings(left: Account, right: Account) -> Setup:
    """Return a set-up with two rules a side and two mappings of its own."""
    from connections.setups import ActionSetup, ConditionSetup, MappingSetup, RuleSetup, Setup

    units = {scope.name: scope.id for scope in left.offers.scopes}
    labels = {scope.name: scope.id for scope in right.offers.scopes}
    ann = next(user.id for user in left.offers.users if user.email == "ann@example.com")
    region = next(field for field in left.offers.fields if field.key.startswith("cf_region"))
    north = ConditionSetup("scope", "in", (units["North"],))
    rules = (
        RuleSetup(
            "customers",
            "left",
            conditions=(north, ConditionSetup("field", "not_empty", (), "position")),
            actions=(ActionSetup("add_label", (labels["Customers"],), undo=True),),
        ),
        RuleSetup("known", "left", conditions=(ConditionSetup("exists", "is", ("true",)),)),
        RuleSetup(
            "inbound",
            "right",
            conditions=(ConditionSetup("label", "in", (labels["Customers"],)),),
            actions=(
                ActionSetup("set_unit", (units["North"],), when="creation"),
                ActionSetup("set_owner", (ann,), when="creation"),
            ),
        ),
    )
    mappings = (MappingSetup(region.key, "custom.Region", "left_to_right"),)
    return Setup(phone_region="AT", time_zone="Europe/Vienna", rules=rules, mappings=mappings)


@contextmanager
def web_server() -> Iterator[str]:
    """Give the address of a web server on loopback."""
    from werkzeug.serving import make_server

    from pipesite.wsgi import application

    server = make_server("127.0.0.1", 0, application, threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()


def shoot(url: str, ids: dict[str, int], chromium: str) -> None:
    """Log in and write a picture of each page, light and dark."""
    from playwright.sync_api import sync_playwright

    from tests.browser.conftest import FLAGS

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        for scheme in ("light", "dark"):
            context = browser.new_context(
                color_scheme="light" if scheme == "light" else "dark",
                viewport={"width": 1280, "height": 800},
            )
            page = context.new_page()
            page.goto(f"{url}/admin/login/")
            page.get_by_label("Username:").fill("maren")
            page.get_by_label("Password:").fill(PASSWORD)
            page.get_by_role("button", name="Log in").click()
            for name, path in PAGES.items():
                page.goto(url + path.format(**ids))
                page.wait_for_load_state("networkidle")
                page.screenshot(path=PICTURES / f"{name}-{scheme}.png")
            context.close()
        browser.close()


if __name__ == "__main__":
    sys.exit(main())
