"""Files whose rules are refused or warned of, each with its place."""

from __future__ import annotations

from typing import Any

import pytest

from connections.models import Connection
from syncengine.importing import Refused, applying
from tests.syncengine.apps import Apps, apps, take
from tests.syncengine.changes import assert_refused, change, connection, world, wrong

__all__ = ["apps", "world"]

pytestmark = [pytest.mark.django_db, pytest.mark.db_matters]


def test_ru9_a_name_that_is_gone_is_noticed_live(world: Apps) -> None:
    text = "    rules: [{side: left, actions: [{kind: add_label, value: Customers}]}]"
    groups = world.google.groups
    with world.google.store.transaction():
        groups.remove(groups.named(world.google.email, "Customers") or {})

    line, key, message = wrong(world, text)

    assert (line, key) == (3, "rules[0].actions[0].value")
    assert "“Customers” is unknown; allowed: " in message


RULE = "    rules:\n      - side: left\n        {}"


WRONG_RULES = [
    ("conditions: [{kind: size, operator: is, value: 1}]", "conditions[0].kind", "scope, label"),
    ("conditions: [{operator: is, value: 1}]", "conditions[0].kind", "is missing"),
    ("conditions: [{kind: scope, value: Rome}]", "conditions[0].operator", "is missing"),
    ("conditions: [{kind: scope, operator: in}]", "conditions[0].value", "is missing"),
    ("conditions: [{kind: scope, operator: is, value: a}]", "conditions[0].operator", "not_in"),
    ("conditions: [{kind: scope, operator: in, value: []}]", "conditions[0].value", "empty"),
    ("conditions: [{kind: scope, operator: in, value: ''}]", "conditions[0].value", "empty"),
    ("conditions: [{kind: scope, operator: in, value: {}}]", "conditions[0].value", "text"),
    (
        "conditions: [{kind: scope, operator: in, value: North}]",
        "conditions[0].value",
        "ambiguous; allowed: ",
    ),
    (
        "conditions: [{kind: scope, operator: in, value: Nirth}]",
        "conditions[0].value",
        "Europe/North",
    ),
    ("conditions: [{kind: label, operator: in, value: x}]", "conditions[0].kind", "no labels"),
    (
        "conditions: [{kind: owner, operator: is, value: eve@x}]",
        "conditions[0].value",
        "ann@example.com",
    ),
    ("conditions: [{kind: field, operator: is, value: 1}]", "conditions[0].field", "missing"),
    (
        "conditions: [{kind: field, field: town, operator: is, value: 1}]",
        "conditions[0].field",
        "first_name",
    ),
    (
        "conditions: [{kind: field, field: city, operator: at_least, value: 1}]",
        "conditions[0].operator",
        "starts_with",
    ),
    (
        "conditions: [{kind: field, field: cf_region_id, operator: one_of, value: Nord}]",
        "conditions[0].value",
        "North, South, East",
    ),
    (
        "conditions: [{kind: field, field: cf_children, operator: is, value: two}]",
        "conditions[0].value",
        "no number",
    ),
    (
        "conditions: [{kind: field, field: cf_birthday, operator: is, value: 1.2.2026}]",
        "conditions[0].value",
        "2026-03-31",
    ),
    (
        "conditions: [{kind: field, field: city, operator: is, value: [a, b]}]",
        "conditions[0].value",
        "more than 1",
    ),
    (
        "conditions: [{kind: field, field: city, operator: is_empty, value: a}]",
        "conditions[0].value",
        "left out",
    ),
    (
        "conditions: [{kind: owner, field: city, operator: is, value: ann@example.com}]",
        "conditions[0].field",
        "left out",
    ),
    ("conditions: [{kind: exists, operator: is, value: 1}]", "conditions[0].value", "true, fal"),
    ("actions: [{kind: paint, value: x}]", "actions[0].kind", "set_unit, set_owner"),
    ("actions: [{kind: set_unit, value: x}]", "actions[0].kind", "Google Contacts has nothing"),
    ("actions: [{kind: add_label, value: x}]", "actions[0].value", "Customers"),
    ("actions: [{kind: add_label}]", "actions[0].value", "is missing"),
    (
        "actions: [{kind: add_label, value: [starred, Customers]}]",
        "actions[0].value",
        "single value",
    ),
    ("actions: [{kind: set_field, value: x}]", "actions[0].field", "is missing"),
    (
        "actions: [{kind: set_field, field: shoe, value: x}]",
        "actions[0].field",
        "no field “shoe”",
    ),
    (
        "actions: [{kind: add_label, value: Customers, when: never}]",
        "actions[0].when",
        "start, creation, always",
    ),
    (
        "actions: [{kind: add_label, value: Customers, undo: perhaps}]",
        "actions[0].undo",
        "true, false",
    ),
    ("matches: all", "matches", "side, match"),
    ("match: most", "match", "all, any"),
]


def test_cn9_an_error_in_a_rule_names_its_place(world: Apps) -> None:
    for text, key, told in WRONG_RULES:
        assert_refused(world, RULE.format(text), 5, f"rules[0].{key}", told)


def test_a_rule_stands_once(world: Apps) -> None:
    line, key, message = wrong(world, "    rules:\n      - side: left\n      - side: left\n")

    assert (line, key) == (5, "rules[1]")
    assert "line 4" in message


def test_what_a_page_would_refuse_is_refused_with_its_place(world: Apps) -> None:
    text = "    rules:\n      - side: left\n        conditions: []\n        actions:\n"
    text += "          - {kind: add_label, value: Customers, when: creation, undo: true}\n"

    line, key, message = wrong(world, text)

    assert (line, key) == (7, "rules[0].actions[0]")
    assert "on creation only" in message
    assert wrong(world, "    rules: []")[:2] == (3, "rules")


def test_cn4_what_a_page_would_warn_of_is_told(world: Apps) -> None:
    text = "    direction: left_to_right\n    rules: [{side: left}, {side: right}]"
    (done,) = change(world, text).connections

    assert [each for each in done.warnings if "do nothing" in each or "does nothing" in each]


def test_a_side_that_gets_another_account_needs_rules_for_it(world: Apps) -> None:
    change(
        world,
        "    left: {scope: {sales_units: []}}\n    owners: {fallback: ''}\n    rules:\n"
        "      - {side: left, conditions: [{kind: scope, operator: in, value: Rome}]}\n",
    )
    world.google.add_user("two@example.com")
    world.environment["OTHER"] = world.google.issue_refresh_token("two@example.com")
    take(
        world,
        "accounts: [{label: Two, app: google, settings: {email: two@example.com}, "
        'secrets: {refresh_token: "${OTHER}"}}]',
    )

    _, key, message = wrong(world, "    left: {account: Two}")

    assert key == "left"
    assert "Two has no scopes to test" in message


def test_what_is_changed_meanwhile_is_not_overwritten(
    world: Apps, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = applying.store

    def late(*arguments: Any, **options: Any) -> Any:
        Connection.objects.update(interval_minutes=3)
        return store(*arguments, **options)

    monkeypatch.setattr(applying, "store", late)
    with pytest.raises(Refused, match="meanwhile; import the file again"):
        change(world, "    rules: [{side: left}]")

    assert connection().setup().interval_minutes == 3
    assert len(connection().setup().rules) == 2
