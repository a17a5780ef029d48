"""The state machine's world of stand-ins, over real HTTP on loopback."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, ClassVar, Literal

import pytest
from django.test import override_settings

from connections import accounts
from connections.connectors import CONNECTORS, connector_class, google, http, pipeliner_api
from connections.connectors.base import Outcome, Scope, Update
from connections.connectors.google import Google
from connections.connectors.http import Session
from connections.connectors.pipeliner import Pipeliner
from connections.connectors.pipeliner_fields import standard_fields
from connections.connectors.pipeliner_values import record_of
from connections.models import Account
from connections.sandbox import pipeliner_space
from connections.sandbox.base import Sandbox
from connections.sandbox.google import GoogleSandbox
from connections.sandbox.pipeliner import PipelinerSandbox
from syncengine.mirroring import roles_of
from tests.connectors.memory import Killed
from tests.syncengine.machine_apps import App, overtaken
from tests.syncengine.machine_google import GoogleApp
from tests.syncengine.machine_pipeliner import PipelinerApp
from tests.syncengine.machine_sandboxes import Deaths
from tests.syncengine.machine_setup import Setup
from tests.syncengine.machine_world import MachineWorld, Reaper, mortal

Kind = Literal["pipeliner", "google"]
SCOPES = ("North", "South")
SMALL_PAGE = 6


@dataclass(frozen=True)
class Side:
    """Which app a side of the world is, what it does with what it gets, and in which pages it is
    read.
    """

    app: Kind = "pipeliner"
    habits: tuple[tuple[str, Any], ...] = ()
    small_pages: bool = False


class WatchedPipeliner(Pipeliner):
    """Notes which writes went over an edit that was not known."""

    app = replace(Pipeliner.app, calls_per_second=10_000)
    apps: ClassVar[dict[str, PipelinerApp]] = {}
    """By the address of the service."""
    _NAMES: ClassVar = {key: role.value for role, key in roles_of(standard_fields({})).items()}

    def update(self, batch: Sequence[Update]) -> list[Outcome]:
        there = self.apps[self.login.settings["service_url"]]
        for each in batch:
            row = there.sandbox.store.table("Contact").get(each.id)
            record = record_of({**row, "primary_account": None}, {}) if row else None
            if record is not None:
                there.overtaken += [
                    lost._replace(field=self._NAMES[lost.field])
                    for lost in overtaken(there.key, each.id, each, record.values)
                ]
        return super().update(batch)


class HastyGoogle(Google):
    app = replace(Google.app, calls_per_second=10_000)


class Stand:
    """Starts stand-ins and authorizes accounts there."""

    def __init__(self, setup: Setup, clock: Any, deaths: Deaths, stack: ExitStack) -> None:
        self.setup = setup
        self.clock = clock
        self.deaths = deaths
        self.stack = stack
        self.google = GoogleSandbox(clock=clock)
        self._start(self.google)

    def _start(self, sandbox: Sandbox) -> str:
        self.stack.callback(sandbox.close)
        return sandbox.start()

    def make(self, key: str) -> App:
        """Make an app, with an account whose label is its key."""
        side: Side = self.setup.left if key.startswith("left") else self.setup.right
        return self._pipeliner(key, side) if side.app == "pipeliner" else self._google(key, side)

    def _pipeliner(self, key: str, side: Side) -> PipelinerApp:
        sandbox = PipelinerSandbox(space=key, clock=self.clock)
        url = self._start(sandbox)
        units = {row["name"]: id_ for id_, row in sandbox.rows("SalesUnit").items()}
        scopes = [Scope(units[name], name) for name in SCOPES]
        settings = {"email": "ops@example.com", "user": "ann@example.com"}
        settings |= {"service_url": url, "space_id": key}
        secrets = {"api_token": sandbox.token, "api_password": sandbox.password}
        self._authorize(key, "pipeliner", settings, secrets)
        _take_up(sandbox, side)
        app = PipelinerApp(key, sandbox, scopes, self.deaths)
        WatchedPipeliner.apps[url] = app
        return app

    def _google(self, key: str, side: Side) -> GoogleApp:
        user = f"{key}@example.com"
        self.google.add_user(user)
        scopes = [Scope(self.google.add_group(name, user), name) for name in SCOPES]
        secrets = {"refresh_token": self.google.issue_refresh_token(user)}
        self._authorize(key, "google", {"email": user}, secrets)
        _take_up(self.google, side)
        return GoogleApp(key, self.google, scopes, self.deaths, user)

    def _authorize(
        self, key: str, app: str, settings: dict[str, Any], secrets: dict[str, str]
    ) -> None:
        checked = accounts.check(app, settings, secrets)
        accounts.authorize(Account(label=key), checked, self.clock())


def _take_up(sandbox: Sandbox, side: Side) -> None:
    for name, value in side.habits:
        assert hasattr(sandbox.habits, name), name
        setattr(sandbox.habits, name, value)


@contextmanager
def sandbox_world(setup: Setup) -> Iterator[MachineWorld]:
    """Give a world of stand-ins with the apps and habits of the setup's sides."""
    deaths = Deaths()
    with ExitStack() as stack:
        own_clock, reaper = stack.enter_context(mortal())
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        here = "tests.syncengine.machine_sandbox_world"
        patch.setitem(CONNECTORS, "pipeliner", f"{here}.WatchedPipeliner")
        patch.setitem(CONNECTORS, "google", f"{here}.HastyGoogle")
        patch.setattr(http, "RETRY_DELAYS", (0, 0))
        numbers = count(1)
        patch.setattr(pipeliner_space, "new_id", lambda: str(uuid.UUID(int=next(numbers))))
        _let_die(patch, deaths, reaper)
        stand = Stand(setup, own_clock, deaths, stack)
        url = stand.google.url
        names = ("GOOGLE_API_URL", "GOOGLE_ACCOUNTS_URL", "GOOGLE_OAUTH_URL")
        client = {"GOOGLE_CLIENT_ID": "demo-client", "GOOGLE_CLIENT_SECRET": "demo-secret"}
        stack.enter_context(override_settings(**dict.fromkeys(names, url), **client))
        for side, module, name in _pages(setup):
            if side.small_pages:
                patch.setattr(module, name, SMALL_PAGE)
        slowest = max(connector_class(side.app).app.settling for side in (setup.left, setup.right))
        yield MachineWorld(own_clock, reaper, stand.make, slowest.total_seconds() + 400)
        WatchedPipeliner.apps.clear()


def _pages(setup: Setup) -> Iterator[tuple[Side, Any, str]]:
    for side in (setup.left, setup.right):
        if side.app == "pipeliner":
            yield side, pipeliner_api, "PAGE"
        else:
            yield side, google, "PAGE_SIZE"


def _let_die(patch: pytest.MonkeyPatch, deaths: Deaths, reaper: Reaper) -> None:
    """Let the process end at requests, before or after they are done."""
    send = Session._send

    def send_or_die(session: Session, prepared: Any, *how: Any) -> Any:
        death = deaths.take(prepared.method, prepared.url) if reaper.is_about else None
        if death is not None and death.point == "before":
            raise Killed
        result = send(session, prepared, *how)
        if death is not None:
            raise Killed
        return result

    patch.setattr(Session, "_send", send_or_die)
