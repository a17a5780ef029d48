"""What an edit of a set-up changed, in words: each part of it by its name, from what to what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connections.connectors.base import Scope, User
from connections.models import Catalogue, Connection
from connections.schema import Field, Option, Type
from connections.setups import (
    ActionSetup,
    ConditionSetup,
    MappingSetup,
    OwnersSetup,
    RuleSetup,
    default_rule,
)
from syncengine.sentences import sentence
from syncengine.setup import edits, identity_edits
from tests.syncengine.builders import FIELDS
from tests.syncengine.pages import Book, account

pytestmark = pytest.mark.django_db
CHOICE = Field("status", "Status", Type.CHOICE, options=(Option("k", "Key"), Option("p", "Part")))
IN_WIEN = RuleSetup("r1", "left", conditions=(ConditionSetup("field", "is", ("Wien",), "city"),))


@pytest.fixture
def connection() -> Connection:
    connection = Book.of().connection
    scopes = (Scope("n", "North"), Scope("v", "Vienna", parent="n"))
    users = (User("a", "Ann", "ann@example.org"), User("b", "Bob", "bob@example.org"))
    for each in (connection.left, connection.right):
        each.catalogue = Catalogue((*FIELDS, CHOICE), users, scopes).to_json()
        each.save()
    return connection


def edited(connection: Connection, before: dict[str, Any], after: dict[str, Any]) -> dict[str, str]:
    setup = replace(connection.setup(), **before)
    return edits(connection, setup, replace(setup, **after))


def test_nothing_changed_is_nothing_to_say(connection: Connection) -> None:
    assert edited(connection, {}, {}) == {}


def test_a_scope_is_named_by_its_values(connection: Connection) -> None:
    assert edited(connection, {"left_scope": ("v",)}, {"left_scope": ("n", "gone")}) == {
        "Scope in Pipeliner": "Vienna → North (with 1 below it), gone"
    }


def test_the_switch_of_a_default_mapping_is_named_by_its_field(connection: Connection) -> None:
    assert edited(connection, {}, {"switched_off": ("city",)}) == {"Mapping of City": "on → off"}


def test_ru1_a_rule_that_is_changed_new_or_gone_is_told_as_a_sentence(
    connection: Connection,
) -> None:
    first, second = default_rule("left"), default_rule("right")
    assert edited(connection, {}, {"rules": (first, IN_WIEN, second)}) == {
        "New rule 2 for contacts from Pipeliner": sentence(connection, IN_WIEN)
    }
    before = {"rules": (first, IN_WIEN, second)}
    graz = replace(IN_WIEN, conditions=(ConditionSetup("field", "is", ("Graz",), "city"),))
    assert edited(connection, before, {"rules": (first, graz, second)}) == {
        "Rule 2 for contacts from Pipeliner": (
            f"{sentence(connection, IN_WIEN)} → {sentence(connection, graz)}"
        )
    }
    assert edited(connection, before, {"rules": (IN_WIEN, second)}) == {
        "Removed rule 1 for contacts from Pipeliner": sentence(connection, first)
    }


def test_another_order_of_rules_is_an_edit_and_a_new_one_between_is_none(
    connection: Connection,
) -> None:
    rules = (IN_WIEN, replace(IN_WIEN, key="r2", match="any"))
    swapped = {"rules": rules[::-1]}
    assert edited(connection, {"rules": rules}, swapped) == {
        "Order of the rules for contacts from Pipeliner": "1, 2 → 2, 1"
    }
    between = (rules[0], replace(IN_WIEN, key="r3"), rules[1])
    changed = edited(connection, {"rules": rules}, {"rules": between})
    assert list(changed) == ["New rule 2 for contacts from Pipeliner"]


def test_a_manner_of_an_action_is_part_of_the_sentence(connection: Connection) -> None:
    action = ActionSetup("set_field", ("Linz",), "city")
    before = {"rules": (replace(IN_WIEN, actions=(action,)),)}
    after = {"rules": (replace(IN_WIEN, actions=(replace(action, when="creation"),)),)}
    (how,) = edited(connection, before, after).values()
    assert "on creation only" in how.split(" → ")[1]


def test_va5_a_mapping_and_its_options_are_named_by_their_fields(connection: Connection) -> None:
    mapping = MappingSetup("status", "status", options=(("k", "k"),))
    name = "Status and Status"
    assert edited(connection, {}, {"mappings": (mapping,)}) == {
        f"Mapping of {name}": "– → both ways",
        f"Options of {name}": "– → Key = Key",
    }
    other = replace(mapping, direction="left_to_right", options=(("k", "k"), ("p", "gone")))
    assert edited(connection, {"mappings": (mapping,)}, {"mappings": (other,)}) == {
        f"Mapping of {name}": "both ways → Pipeliner to Google Contacts",
        f"Options of {name}": "Key = Key → Key = Key, Part = gone",
    }
    gone = MappingSetup("left_gone", "status")
    assert edited(connection, {"mappings": (gone,)}, {"mappings": ()}) == {
        "Mapping of left_gone and Status": "both ways → –"
    }


def test_va10_owners_are_named(connection: Connection) -> None:
    before = {"owners": OwnersSetup((("a", "b"),))}
    after = {"owners": OwnersSetup((("a", "a"), ("gone", "b")), left_fallback="b")}
    assert edited(connection, before, after) == {
        "Owner Ann in Google Contacts": "Bob → Ann",
        "Owner gone in Google Contacts": "– → Bob",
        "Owner of all others in Pipeliner": "the account's own user → Bob",
    }


def test_a_name_and_accounts_are_told_apart_from_the_set_up() -> None:
    before = Book.of().connection
    after = Connection.objects.select_related("left", "right").get()
    after.name, after.left = "Nord", account("Other CRM", "pipeliner")
    assert identity_edits(before, after) == {
        "Name": "North → Nord",
        "Left account": "North CRM → Other CRM",
    }
