"""A draft between two apps in memory, and what people do with its pages, for tests of these."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from django.test import Client

from connections.models import Connection
from syncengine import pending, tasks
from tests.connectors.memory import MemoryApp
from tests.syncengine.pages import Book, path
from tests.syncengine.world import World


def page(connection: Connection, name: str) -> str:
    return path(Book(connection), name)


def add(app: MemoryApp, *names: str, **values: Any) -> list[str]:
    return [
        app.add(given_name=name, emails=(f"{name.lower()}@example.org",), **values)
        for name in names
    ]


def draft(w: World, **settings: Any) -> Connection:
    """Return a draft between two apps: Ada and Bob are on the left, Bob and Cy on the right."""
    left, right = w.app("left"), w.app("right")
    add(left, "Ada", "Bob", city="Wien")
    add(right, "Bob", "Cy")
    left.add(given_name="Nobody")
    connection = w.connect("left", "right", approved=False, **settings)
    Connection.objects.filter(pk=connection.pk).update(state=Connection.State.DRAFT)
    connection.refresh_from_db()
    return connection


def edit(connection: Connection, **changed: Any) -> bool:
    """Save an edit of what the connection's page would show now."""
    before = pending.current(connection)
    return pending.save(connection.pk, replace(before, **changed), None, seen=before)


def previewed(client: Client, connection: Connection) -> str:
    """Have a preview made, and return its page."""
    client.post(page(connection, "ask_preview"))
    tasks.preview_slice(connection.pk)
    return client.get(page(connection, "preview")).content.decode()


def started(client: Client, connection: Connection, html: str) -> str:
    """Press the button of a preview's page, and return the page that follows."""
    found = re.search(r'name="preview" value="(\d+)"', html)
    posted = {"preview": found[1] if found else "0"}
    return client.post(page(connection, "start"), posted, follow=True).content.decode()
