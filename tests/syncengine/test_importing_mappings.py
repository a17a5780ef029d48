"""Importing mappings and owners, over both stand-ins by real HTTP."""

from __future__ import annotations

import pytest

from connections.models import Connection
from connections.setups import MappingSetup, OwnersSetup
from tests.syncengine.apps import Apps, apps, second_space, take
from tests.syncengine.changes import assert_refused, change, connection, option, world, wrong

__all__ = ["apps", "world"]

pytestmark = [pytest.mark.django_db, pytest.mark.db_matters]


# -- mappings ---------------------------------------------------------------------------------


def test_va5_a_list_of_mappings_names_all_that_is_mapped(world: Apps) -> None:
    change(
        world,
        """
    mappings:
      - {left: first_name, right: given_name}
      - {left: emails, right: emails}
      - {left: cf_region_id, right: custom.Region, direction: left_to_right, options: {North: N}}
""",
    )

    made = connection()
    north = option(made.left, "cf_region_id", "North")
    assert made.setup().mappings == (
        MappingSetup("cf_region_id", "custom.Region", "left_to_right", ((north, "N"),)),
    )
    pairs = [(each.left.key, each.right.key) for each in made.configuration().pairs]
    assert pairs == [
        ("first_name", "given_name"),
        ("emails", "emails"),
        ("cf_region_id", "custom.Region"),
    ]


def test_va5_options_are_named_by_label(world: Apps) -> None:
    large = option(connection().left, "cf_size_id", "Large")
    line, key, message = wrong(
        world,
        "    mappings: [{left: cf_size_id, right: custom.Size, options: {Big: L}}]",
    )
    assert (line, key) == (3, "mappings[0].options")
    assert "“Big” is unknown; allowed: Small, Medium, Large" in message

    text = "    mappings: [{left: cf_size_id, right: custom.Size, options: {large: L, Small: ''}}]"
    change(world, text)
    (mapping,) = connection().setup().mappings
    assert mapping.direction == "left_to_right"
    assert dict(mapping.options)[large] == "L"
    assert "" in dict(mapping.options).values()


def test_va4_default_gives_the_default_mapping_back(world: Apps) -> None:
    change(world, "    mappings: [{left: emails, right: emails}]")
    assert "given_name" in connection().switched_off

    change(world, "    mappings: default")

    assert connection().setup().switched_off == ()
    assert connection().setup().mappings == ()


def test_va5_a_default_mapping_with_a_direction_of_its_own_is_a_custom_one(world: Apps) -> None:
    change(world, "    mappings: [{left: last_name, right: family_name, direction: right_to_left}]")

    made = connection()
    assert made.setup().mappings == (MappingSetup("last_name", "family_name", "right_to_left"),)
    assert "family_name" in made.switched_off


WRONG_MAPPINGS = [
    ("[{left: first_name}]", "[0].right", "is missing"),
    ("[{left: shoe, right: notes}]", "[0].left", "no field “shoe”"),
    ("[{left: first_name, right: shoe}]", "[0].right", "no field “shoe”"),
    ("[{left: emails, right: city}]", "[0].left", "list of email"),
    ("[{left: owner_id, right: notes}]", "[0].left", "Use a rule"),
    ("[{left: company.city, right: city, direction: both}]", "[0].direction", "read-only"),
    ("[{left: city, right: city, direction: up}]", "[0].direction", "left_to_right"),
    ("[{left: city, right: city, options: {a: b}}]", "[0].options", "choice"),
    ("[{left: city, right: city}, {left: city, right: notes}]", "[1].left", "mapped already"),
    ("[{left: city, right: city}, {left: city, right: city}]", "[1].left", "mapped already"),
    ("everything", "", "must be a list"),
    ("[]", "", "default"),
]


def test_cn9_an_error_in_a_mapping_names_its_place(world: Apps) -> None:
    for text, key, told in WRONG_MAPPINGS:
        assert_refused(world, f"    mappings: {text}", 3, f"mappings{key}", told)


def test_va5_no_mapping_goes_where_the_connection_does_not(world: Apps) -> None:
    text = "    direction: left_to_right\n    mappings: [{left: city, right: city, direction: %s}]"

    _, key, message = wrong(world, text % "right_to_left")
    assert key == "mappings[0].direction"
    assert "left to right only" in message
    change(world, text % "both")
    (pair,) = connection().configuration().pairs
    assert pair.direction == "left_to_right"


def test_va4_what_is_switched_off_is_not_mapped_too(world: Apps) -> None:
    text = "    mappings: [{left: city, right: city}]\n    switched_off: [birthday, city]"
    assert wrong(world, text) == (4, "switched_off", "city is in the list of mappings")

    change(world, text.replace(", city", ""))
    assert {"birthday", "emails"} < set(connection().switched_off)
    assert "city" not in connection().switched_off


# -- owners -----------------------------------------------------------------------------------


OWNERS = """
    owners:
      fallback: ann@example.com
      table:
        - {left: ann@example.com, right: bob@company.example}
        - {left: BOB@company.example, right: ann@example.com}
"""


def test_va10_the_table_of_owners_is_taken(world: Apps) -> None:
    second_space(world, "bob@company.example", OWNERS)

    two = Connection.objects.get(name="Two")
    ann, bob = (user.id for user in two.left.offers.users[:2])
    assert two.setup().owners == OwnersSetup(((ann, bob), (bob, ann)), ann, ann)

    take(
        world, "connections: [{name: Two, owners: {fallback: {left: '', right: carl@example.com}}}]"
    )
    carl = two.left.offers.users[2].id
    assert Connection.objects.get(name="Two").setup().owners == OwnersSetup(
        ((ann, bob), (bob, ann)), "", carl
    )
    take(world, "connections: [{name: Two, owners: {fallback: '', table: []}}]")
    assert Connection.objects.get(name="Two").setup().owners == OwnersSetup()


def test_va10_a_fallback_is_of_the_app_that_has_owners(world: Apps) -> None:
    change(world, "    owners: {fallback: bob@company.example}")

    owners = connection().setup().owners
    assert owners.left_fallback == connection().left.offers.users[1].id
    assert owners.right_fallback == ""


WRONG_OWNERS = [
    ("{fallback: eve@x}", "fallback", "ann@example.com"),
    ("{fallback: {right: ann@example.com}}", "fallback", "Google Contacts has no owners"),
    ("{fallback: {up: x}}", "fallback.up", "left, right"),
    ("{table: [{left: ann@example.com}]}", "table[0].right", "is missing"),
    ("{table: x}", "table", "list"),
    ("{tables: []}", "tables", "fallback, table"),
    ("{table: [{left: a@example.com, right: b}]}", "table[0].left", "unknown"),
]


def test_cn9_an_error_in_the_owners_names_its_place(world: Apps) -> None:
    for text, key, told in WRONG_OWNERS:
        assert_refused(world, f"    owners: {text}", 3, f"owners.{key}", told)
