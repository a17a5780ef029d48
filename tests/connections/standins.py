"""Both stand-ins, which the admin's pages ask as they would ask the apps."""

from __future__ import annotations

import html
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import Settings

from connections import accounts
from connections.models import Account
from connections.sandbox.google import GoogleSandbox
from connections.sandbox.pipeliner import PipelinerSandbox
from syncengine import clock

SECRETS = {"api_token": "demo-token", "api_password": "demo-password"}
ANN = "00000000-0000-0000-0000-000000008e97"
BOB = "00000000-0000-0000-0000-000000008e98"


@pytest.fixture
def pipeliner() -> Iterator[PipelinerSandbox]:
    sandbox = PipelinerSandbox()
    sandbox.start()
    yield sandbox
    sandbox.close()


@pytest.fixture
def google(settings: Settings) -> Iterator[GoogleSandbox]:
    sandbox = GoogleSandbox()
    url = sandbox.start()
    settings.GOOGLE_API_URL = settings.GOOGLE_ACCOUNTS_URL = settings.GOOGLE_OAUTH_URL = url
    settings.GOOGLE_CLIENT_ID, settings.GOOGLE_CLIENT_SECRET = "demo-client", "demo-secret"
    yield sandbox
    sandbox.close()


def login(pipeliner: PipelinerSandbox, **changes: str) -> dict[str, str]:
    """Return what a person types in the first step."""
    typed = {"email": "ann@example.com", "service_url": pipeliner.url, "space_id": "demo"}
    return {**typed, **SECRETS, **changes}


def pipeliner_account(pipeliner: PipelinerSandbox, label: str = "Pipeliner") -> Account:
    settings = {"email": "ann@example.com", "service_url": pipeliner.url, "space_id": "demo"}
    checked = accounts.check("pipeliner", {**settings, "user": ANN}, SECRETS)
    return accounts.authorize(Account(label=label), checked, clock.now())


def google_account(google: GoogleSandbox, label: str = "Google") -> Account:
    token = {"refresh_token": google.issue_refresh_token()}
    checked = accounts.check("google", {"email": "ops@example.com"}, token)
    return accounts.authorize(Account(label=label), checked, clock.now())


ADD = "/admin/connections/account/add/"
ACCOUNTS = "/admin/connections/account/"


def of_group(client: Client, group: str) -> User:
    """Return a new member of a group, who is logged in."""
    user = User.objects.create_user(group.lower(), is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    return user


def copy_pending(source: Client, target: Client) -> None:
    """Put what one person has begun into the session of another one."""
    session = target.session
    session["authorizing"] = source.session["authorizing"]
    session.save()


def text(answer: Any) -> str:
    """Return the page as people read it."""
    return html.unescape(answer.content.decode())
