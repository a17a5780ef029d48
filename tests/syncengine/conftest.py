"""What most tests of the engine and of its pages begin with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import Client

from tests.syncengine.pages import user
from tests.syncengine.world import World, world


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Give a world whose apps have the usual habits."""
    with world(monkeypatch) as made:
        yield made


@pytest.fixture
def boss(client: Client) -> Client:
    """Return a client with an administrator logged in."""
    client.force_login(user("Administrator"))
    return client


@pytest.fixture
def ops(client: Client) -> Client:
    """Return a client with an operator logged in."""
    client.force_login(user("Operator"))
    return client


@pytest.fixture
def viewer(client: Client) -> Client:
    """Return a client with a viewer logged in."""
    client.force_login(user("Viewer"))
    return client
