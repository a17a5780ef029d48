"""What people do with the page of a custom mapping, for tests of it."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from django.test import Client

from connections.connectors.google_values import FIELDS as GOOGLE
from connections.connectors.pipeliner_fields import standard_fields
from connections.models import Account, Catalogue, Connection
from connections.schema import Field, Option, Type
from connections.setups import MappingSetup, Setup
from syncengine import pending
from tests.syncengine.pages import Book, path

COLOURS = (Option("1", "Red"), Option("2", "Blue"), Option("3", "Green"))
FARBEN = (Option("r", "red"), Option("b", "Blau"), Option("g", "green"))
CUSTOM = (
    Field("cf_colour", "Colour", Type.CHOICE, options=COLOURS),
    Field("cf_region", "Region", Type.TEXT),
    Field("cf_rating", "Rating", Type.TEXT),
    Field("cf_score", "Score", Type.INTEGER),
    Field("cf_sum", "Sum", Type.DECIMAL, read_only=True),
)
FARBE = Field("cf_farbe", "Farbe", Type.CHOICE, options=FARBEN)
TEAM = Field("custom.Team", "Team", Type.TEXT)
PIPELINER = (*standard_fields({}), *CUSTOM)
REGION = MappingSetup("cf_region", "custom.Team")


def book(right: tuple[Field, ...] = (*GOOGLE, TEAM), **settings: Any) -> Book:
    """Return a draft between a Pipeliner with custom fields and Google Contacts, or a connection in
    another state.
    """
    made = Book.of(**{"state": "draft", **settings})
    offer(made.connection.left, PIPELINER)
    offer(made.connection.right, right)
    return made


def offer(account: Account, fields: tuple[Field, ...]) -> None:
    account.catalogue = Catalogue(fields).to_json()
    account.save(update_fields=["catalogue"])


def between_pipeliners(**settings: Any) -> Book:
    """Return a draft between two Pipeliners, each with a field of colours."""
    made = book((*standard_fields({}), FARBE), **settings)
    Account.objects.filter(pk=made.connection.right.pk).update(app="pipeliner")
    return made


def address(made: Book, page: str = "mapping", **query: str) -> str:
    return f"{path(made, page)}?{urlencode(query)}"


def options_of(page: str, name: str) -> dict[str, str]:
    """Return what a select of a page offers, by value."""
    found = re.search(rf'<select name="{name}".*?</select>', page, re.DOTALL)
    pairs = re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)<', found[0]) if found else ()
    return {value: text for value, text in pairs if value}


def form_of(page: str) -> dict[str, str]:
    """Return what a browser would post of a mapping's form where nothing was touched."""
    form = page[page.index('method="post"', page.index('id="content-main"')) :]
    values = {}
    for tag in re.findall(r"<input[^>]*>", form):
        found = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if found.get("type") == "hidden" or re.search(r"\bchecked\b", tag):
            values[found["name"]] = found["value"]
    for name in re.findall(r'<select name="(option_\d+)"', form):
        select = form[form.index(f'<select name="{name}"') :]
        chosen = re.search(r'<option value="([^"]*)" selected', select[: select.index("</select>")])
        values[name] = chosen[1] if chosen else ""
    return values


def save(client: Client, made: Book, page: str = "mapping", /, **asked: Any) -> str:
    """Post a mapping's form, and return the page that follows; what is no query is typed."""
    query = {key: asked.pop(key) for key in ("key", "left", "right", "right_new") if key in asked}
    url = address(made, page, **query)
    shown = client.get(url).content.decode()
    return client.post(url, form_of(shown) | asked, follow=True).content.decode()


def setup(made: Book) -> Setup:
    """Return the set-up that the pages show and edit."""
    return pending.current(Connection.objects.get(pk=made.connection.pk))


def mappings(made: Book) -> tuple[MappingSetup, ...]:
    return setup(made).mappings


def keep(made: Book, *found: MappingSetup, **changed: Any) -> None:
    """Store custom mappings as if they had been saved before."""
    connection = Connection.objects.get(pk=made.connection.pk)
    values = {**connection.setup().to_json(), **changed}
    values["mappings"] = [asdict(each) for each in found]
    connection.keep_setup(Setup.from_json(values))
