"""What people do with the set-up page of a connection, for tests of it."""

from __future__ import annotations

import re
from typing import Any

from django.test import Client

from connections.connectors.base import Scope
from connections.models import Account, Catalogue, Connection, PendingEdit
from connections.setups import Setup
from tests.syncengine.builders import FIELDS
from tests.syncengine.pages import Book, path

UNITS = (
    Scope("north", "North"),
    Scope("vienna", "Vienna", parent="north"),
    Scope("south", "South"),
)


def with_units(found: Account) -> Account:
    found.catalogue = Catalogue(FIELDS, scopes=UNITS).to_json()
    found.save()
    return found


def fields_of(page: str) -> dict[str, Any]:
    """Return what a browser would post of a set-up page where nothing was touched."""
    form = page[page.index('id="connection_form"') :]
    values: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        found = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        kind, name = found.get("type"), found.get("name")
        if not name or kind == "submit" or "disabled" in tag:
            continue
        if kind in ("radio", "checkbox") and not re.search(r"\bchecked\b", tag):
            continue
        values.setdefault(name, []).append(found.get("value", "on"))
    for name, options in re.findall(r'<select name="([^"]+)"(.*?)</select>', form, re.DOTALL):
        values[name] = re.findall(r'<option value="([^"]*)" selected', options)
    values.pop("csrfmiddlewaretoken", None)
    return values


def save(client: Client, book: Book, button: str = "_save", **changed: Any) -> str:
    """Save the set-up page with these fields changed, and return the page that follows."""
    page = client.get(path(book, "change")).content.decode()
    posted = {**fields_of(page), button: "Save", **changed}
    return client.post(path(book, "change"), posted, follow=True).content.decode()


def waiting(book: Book) -> Setup:
    """Return the edit that waits."""
    return PendingEdit.objects.get(connection=book.connection).value


def stored(book: Book) -> Connection:
    return Connection.objects.get(pk=book.connection.pk)
