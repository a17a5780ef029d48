"""What people do with the pages of rules, between two accounts that have all that rules name."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from typing import Any

from django.test import Client
from django.urls import reverse

from connections.models import Connection
from connections.setups import ActionSetup, ConditionSetup, RuleSetup, Setup, default_rule
from syncengine import pending
from tests.connections.rule_accounts import book, crm
from tests.syncengine.pages import Book, path, text
from tests.syncengine.posting import fields_of

IN_NORTH = ConditionSetup("scope", "in", ("north",))
OF_ANN = ConditionSetup("owner", "is", ("u-ann",))
ADD_VIP = ActionSetup("add_label", ("vip",), undo=True)
NORTH = RuleSetup("r1", "left", conditions=(IN_NORTH,), actions=(ADD_VIP,))
ANN = RuleSetup("r2", "left", "any", (OF_ANN, ConditionSetup("exists", "is", ("true",))))
RULES = (NORTH, ANN, default_rule("right"))
Posted = dict[str, Any]


def made(*rules: RuleSetup, state: str = "draft", **settings: Any) -> Book:
    """Return a connection of the two accounts with these rules."""
    made = Book.of(state=state)
    for account, like in ((made.connection.left, crm()), (made.connection.right, book())):
        account.catalogue = like.catalogue
        account.save()
    made.connection.keep_setup(replace(Setup(), rules=rules or RULES, **settings))
    return made


def url(book: Book, key: str = "new", side: str = "left", page: str = "rule") -> str:
    name = f"admin:connections_connection_{page}"
    return reverse(name, args=[book.connection.pk, side, key])


def form(client: Client, address: str, **query: str) -> Posted:
    """Return what the form of a rule posts untouched."""
    answer = client.get(address, query)
    assert answer.status_code == 200
    return dict(fields_of(answer.content.decode(), "rule_form"))


def press(client: Client, address: str, posted: Posted, button: str, value: str = "1") -> Posted:
    """Press a button of the form that gives the form back, and return what that posts."""
    answer = client.post(address, {**posted, button: value})
    assert answer.status_code == 200
    return dict(fields_of(answer.content.decode(), "rule_form"))


def save(client: Client, address: str, posted: Posted, *, follow: bool = True) -> str:
    """Save, and return the words of the page that follows."""
    answer = client.post(address, {**posted, "_save": "1"}, follow=follow)
    return html.unescape(re.sub(r"<[^>]*>", "", answer.content.decode()))


def saved(book: Book, side: str = "left") -> tuple[RuleSetup, ...]:
    setup = pending.current(Connection.objects.get(pk=book.connection.pk))
    return setup.rules_of("left" if side == "left" else "right")


def block(client: Client, book: Book) -> str:
    """Return the words of the rules on the set-up page."""
    words = text(client, path(book, "change"))
    return words[words.index("Rules A contact is in") : words.index("Settings Winner")]
