from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from connections.sandbox.base import Sandbox
from connections.sandbox.google import GoogleSandbox
from connections.sandbox.pipeliner import PipelinerSandbox

CLIENT_ID = "demo.apps.googleusercontent.com"
CLIENT_SECRET = "demo"  # noqa: S105 - the stand-in's own


class Command(BaseCommand):
    help = (
        "Runs the stand-ins for Pipeliner and Google Contacts on this machine until Ctrl-C, and "
        "prints their addresses and credentials. Each has a page for people: open its address in "
        "a browser to see, add, edit and delete contacts."
    )
    requires_system_checks: list[str] = []  # noqa: RUF012 - as Django declares it

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one line of JSON instead")
        parser.add_argument(
            "--pipeliner-port", type=int, default=8101, help="8101; 0 takes a free one"
        )
        parser.add_argument(
            "--google-port", type=int, default=8102, help="8102; 0 takes a free one"
        )
        parser.add_argument("--people", type=int, default=40, help="contacts on each side (40)")
        parser.add_argument("--seed", type=int, default=1, help="which invented contacts (1)")
        parser.add_argument(
            "--state",
            type=Path,
            metavar="DIR",
            help="keep the contacts here; without it they go when the command ends",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for each in (signal.SIGINT, signal.SIGTERM):
            signal.signal(each, lambda *_: stop.set())
        pipeliner, google = _make(options)
        try:
            for sandbox in (pipeliner, google):
                _start(sandbox)
            described = describe(pipeliner, google)
            self.stdout.write(json.dumps(described) if options["json"] else _words(described))
            self.stdout.flush()
            stop.wait()
        finally:
            pipeliner.close()
            google.close()


def _make(options: dict[str, Any]) -> tuple[PipelinerSandbox, GoogleSandbox]:
    state: Path | None = options["state"]
    if state is not None:
        state.mkdir(parents=True, exist_ok=True)
    seed, people = options["seed"], options["people"]
    return (
        PipelinerSandbox(
            state and state / "pipeliner.sqlite3",
            options["pipeliner_port"],
            seed=seed,
            people=people,
        ),
        GoogleSandbox(
            state and state / "google.sqlite3",
            options["google_port"],
            settings.GOOGLE_CLIENT_ID or CLIENT_ID,
            settings.GOOGLE_CLIENT_SECRET or CLIENT_SECRET,
            seed=seed,
            people=people,
        ),
    )


def _start(sandbox: Sandbox) -> None:
    try:
        sandbox.start()
    except (OSError, SystemExit) as error:  # the server exits where the port is taken
        raise CommandError(f"{sandbox.title} could not be started: is its port taken?") from error


def describe(pipeliner: PipelinerSandbox, google: GoogleSandbox) -> dict[str, dict[str, str]]:
    """Return what one needs to authorize accounts at the stand-ins."""
    return {
        "pipeliner": {
            "service_url": pipeliner.url,
            "space_id": pipeliner.space_id,
            "email": "ann@example.com",
            "user": "ann@example.com",
            "api_token": pipeliner.token,
            "api_password": pipeliner.password,
        },
        "google": {
            "url": google.url,
            "email": google.email,
            "client_id": google.oauth.client_id,
            "client_secret": google.oauth.client_secret,
            "refresh_token": _refresh_token(google),
        },
    }


def _refresh_token(google: GoogleSandbox) -> str:
    """Return a token that the kept state already has, so that it stays good over a restart."""
    with google.store.transaction():
        return next(iter(google.store.table("refresh")), None) or google.issue_refresh_token()


def _words(described: dict[str, dict[str, str]]) -> str:
    pipeliner, google = described["pipeliner"], described["google"]
    return f"""\
Pipeliner at {pipeliner["service_url"]} (open it in a browser to play a user)
  space ID {pipeliner["space_id"]}, API token {pipeliner["api_token"]}, \
API password {pipeliner["api_password"]}
  users ann@example.com, bob@example.com, carl@example.com, dora@example.com
Google Contacts at {google["url"]} (open it in a browser to play {google["email"]})
  refresh token {google["refresh_token"]}
Start the other commands with
  PIPESITE_ALLOW_LOCAL_APPS=1
  GOOGLE_CLIENT_ID={google["client_id"]}
  GOOGLE_CLIENT_SECRET={google["client_secret"]}
  GOOGLE_API_URL={google["url"]}
  GOOGLE_ACCOUNTS_URL={google["url"]}
  GOOGLE_OAUTH_URL={google["url"]}
Ctrl-C ends both."""
