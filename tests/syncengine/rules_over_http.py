"""Both stand-ins with rules between them, and people to enter there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from pytest_django import Settings

from connections.models import Account
from connections.setups import RuleSetup
from syncengine import clock
from syncengine.models import Contact
from tests.syncengine.rule_setups import condition
from tests.syncengine.test_sandboxes import Sides
from tests.syncengine.world import Clock, World, approve


class Ruled(Sides):
    """Both stand-ins, with the ids of what people made there, by name."""

    def start_with(self, *rules: RuleSetup) -> None:
        """Let the connection be active, with these rules."""
        self.connection.state = self.connection.State.ACTIVE
        self.connection.save()
        self.decide_by(*rules)

    def decide_by(self, *rules: RuleSetup) -> None:
        for account in Account.objects.all():
            account.catalogue_at = None
            account.save()
        self.connection.refresh_from_db()
        self.connection.keep_setup(replace(self.connection.setup(), rules=rules))
        approve(self.connection)

    def unit(self, name: str) -> str:
        return next(each.id for each in self.connection.left.offers.scopes if each.name == name)

    def user(self, name: str) -> str:
        users = self.connection.left.offers.users
        return next(each.id for each in users if each.email.startswith(name))

    def option(self, field: str, label: str) -> str:
        offered = {each.key: each for each in self.connection.left.offers.fields}[field]
        return next(each.value for each in offered.options if each.label == label)

    def person_named(self, name: str) -> dict[str, Any]:
        people = self.google.contacts().values()
        return next(each for each in people if each["names"][0]["givenName"] == name)

    def labels(self, name: str) -> set[str]:
        found = {
            each["contactGroupMembership"]["contactGroupResourceName"]
            for each in self.person_named(name).get("memberships", ())
        }
        return found - {"contactGroups/myContacts"}

    def sent(self) -> int:
        """Return how many requests of either app could have written."""
        return sum(
            count
            for app in (self.pipeliner, self.google)
            for name, count in app.requests.by.items()
            if not name.startswith("GET ") and "token" not in name
        )


@pytest.fixture
def sides(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ruled]:
    own_clock = Clock()
    monkeypatch.setattr(clock, "now", own_clock)
    made = Ruled(settings, World(own_clock))
    yield made
    made.close()


def someone(name: str, **more: Any) -> dict[str, Any]:
    """Return a contact of Pipeliner."""
    return {"first_name": name, "last_name": "Doe", "email1": f"{name.lower()}@x.org", **more}


def person(name: str, **more: Any) -> dict[str, Any]:
    """Return a contact of Google."""
    return {
        "names": [{"givenName": name, "familyName": "Doe"}],
        "emailAddresses": [{"value": f"{name.lower()}@x.org"}],
        **more,
    }


def member(group: str) -> dict[str, Any]:
    return {"contactGroupMembership": {"contactGroupResourceName": group}}


def matched(side: str, key: str) -> set[str]:
    """Return the given names of the contacts that match a rule."""
    found = Contact.objects.select_related("left", "right")
    return {getattr(each, side).name.split()[0] for each in found if key in each.matched.split()}


def of_field(field: str, operator: str, *values: str) -> Any:
    return condition("field", operator, *values, field=field)
