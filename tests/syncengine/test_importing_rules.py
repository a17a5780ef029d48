"""Importing rules, over both stand-ins by real HTTP."""

from __future__ import annotations

import pytest

from connections.models import Connection, PendingEdit
from connections.setups import ActionSetup, ConditionSetup, RuleSetup, Setup, default_rule
from syncengine import clock
from syncengine.importing.rules import keyed
from tests.syncengine.apps import Apps, apps, take
from tests.syncengine.changes import change, connection, option, scope_id, world

__all__ = ["apps", "world"]

pytestmark = [pytest.mark.django_db, pytest.mark.db_matters]

RULES = """
    rules:
      - side: left
        match: any
        conditions:
          - {kind: scope, operator: in, value: North}
          - {kind: owner, operator: is, value: bob@company.example}
          - {kind: field, field: city, operator: starts_with, value: Wi}
          - {kind: field, field: cf_region_id, operator: one_of, value: [North, East]}
          - {kind: field, field: cf_children, operator: at_least, value: 2}
          - {kind: field, field: cf_newsletter, operator: is, value: yes}
          - {kind: field, field: cf_last_call, operator: last_days, value: 90}
          - {kind: field, field: cf_birthday, operator: between, value: [1970-01-01, 1980-01-01]}
          - {kind: field, field: comments, operator: is_empty}
        actions: [{kind: add_label, value: Customers, when: always, undo: true}]
      - side: right
        conditions:
          - {kind: label, operator: not_in, value: [starred]}
          - {kind: exists, operator: is, value: true}
        actions:
          - {kind: set_unit, value: Europe/North}
          - {kind: set_owner, value: bob@company.example, when: creation}
          - {kind: set_field, field: cf_interests, value: [Books, Music]}
          - {kind: set_field, field: cf_size_id, value: large, undo: true}
"""


# -- rules ------------------------------------------------------------------------------------


def test_cn9_every_condition_and_action_is_taken(world: Apps) -> None:
    text = RULES.replace("value: North}", "value: Europe/North}")
    (done,) = change(world, text).connections

    assert done.keys == ("rules",)
    made = connection()
    left, right = made.left, made.right
    north = scope_id(left, "North", "Europe")
    bob = next(user.id for user in left.offers.users if user.email == "bob@company.example")
    customers = scope_id(right, "Customers")
    one, two = made.setup().rules
    assert one.match == "any"
    assert one.conditions == (
        ConditionSetup("scope", "in", (north,)),
        ConditionSetup("owner", "is", (bob,)),
        ConditionSetup("field", "starts_with", ("Wi",), "city"),
        ConditionSetup(
            "field",
            "one_of",
            (option(left, "cf_region_id", "North"), option(left, "cf_region_id", "East")),
            "cf_region_id",
        ),
        ConditionSetup("field", "at_least", ("2",), "cf_children"),
        ConditionSetup("field", "is", ("true",), "cf_newsletter"),
        ConditionSetup("field", "last_days", ("90",), "cf_last_call"),
        ConditionSetup("field", "between", ("1970-01-01", "1980-01-01"), "cf_birthday"),
        ConditionSetup("field", "is_empty", (), "comments"),
    )
    assert one.actions == (ActionSetup("add_label", (customers,), "", "always", True),)
    assert two.conditions == (
        ConditionSetup("label", "not_in", ("contactGroups/starred",)),
        ConditionSetup("exists", "is", ("true",)),
    )
    interests = tuple(option(left, "cf_interests", each) for each in ("Books", "Music"))
    assert two.actions == (
        ActionSetup("set_unit", (north,)),
        ActionSetup("set_owner", (bob,), "", "creation"),
        ActionSetup("set_field", interests, "cf_interests"),
        ActionSetup(
            "set_field", (option(left, "cf_size_id", "Large"),), "cf_size_id", "start", True
        ),
    )


def test_cn3_a_file_without_rules_makes_the_default_one_a_side(apps: Apps) -> None:
    take(apps)

    assert connection().setup().rules == (default_rule("left"), default_rule("right"))


def test_cn4_a_side_may_have_no_rule(world: Apps) -> None:
    change(world, "    rules: [{side: left}]")

    assert connection().setup().rules == (default_rule("left"),)


def test_cn9_rules_that_are_left_out_stay(world: Apps) -> None:
    change(world, RULES.replace("value: North}", "value: Rome}"))
    before = connection().setup().rules

    change(world, "    interval_minutes: 9")

    assert connection().setup().rules == before


def test_cn9_the_same_rules_again_change_nothing_and_ask_no_app(world: Apps) -> None:
    text = RULES.replace("value: North}", "value: Rome}")
    change(world, text)
    before = connection().setup()
    world.asked()

    (done,) = change(world, text).connections

    assert (done.result, world.asked()) == ("unchanged", 0)
    assert connection().setup() == before


def test_cn9_a_name_that_is_not_known_yet_is_looked_up_live(world: Apps) -> None:
    label = world.google.add_group("Prospects")

    change(world, "    rules: [{side: left, actions: [{kind: add_label, value: Prospects}]}]")

    ((rule,),) = [connection().setup().rules]
    assert rule.actions == (ActionSetup("add_label", (label,)),)


def test_the_scopes_of_an_app_with_labels_are_its_labels(world: Apps) -> None:
    condition = "{kind: scope, operator: in, value: Customers}"
    change(world, f"    rules: [{{side: left}}, {{side: right, conditions: [{condition}]}}]")

    assert connection().setup().rules[1].conditions[0].kind == "label"


@pytest.mark.parametrize(
    ("word", "operator"),
    [("starts with", "starts_with"), ('"!="', "is_not"), ("is_not_empty", "not_empty")],
)
def test_an_operator_may_be_written_otherwise(world: Apps, word: str, operator: str) -> None:
    value = "" if operator == "not_empty" else ", value: Wien"
    condition = f"{{kind: field, field: city, operator: {word}{value}}}"
    change(world, f"    rules: [{{side: left, conditions: [{condition}]}}]")

    assert connection().setup().rules[0].conditions[0].operator == operator


def test_is_of_a_choice_is_one_of(world: Apps) -> None:
    condition = "{kind: field, field: cf_region_id, operator: is, value: North}"
    change(world, f"    rules: [{{side: left, conditions: [{condition}]}}]")

    assert connection().setup().rules[0].conditions[0].operator == "one_of"


# -- the identity of rules --------------------------------------------------------------------


def rule(city: str, key: str = "") -> RuleSetup:
    return RuleSetup(key, "left", conditions=(ConditionSetup("field", "is", (city,), "city"),))


STANDING = [rule("Wien", "a"), rule("Linz", "b"), rule("Graz", "c")]


def test_cn9_equal_rules_keep_their_identity_in_another_order() -> None:
    found = keyed([rule("Graz"), rule("Wien"), rule("Linz")], STANDING)

    assert [each.key for each in found] == ["c", "a", "b"]


def test_cn9_an_edited_rule_keeps_its_identity_where_all_others_are_equal() -> None:
    found = keyed([rule("Wien"), rule("Steyr"), rule("Graz")], STANDING)

    assert [each.key for each in found] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "cities", [("Wien", "Steyr", "Wels"), ("Wien", "Graz", "Steyr"), ("Wien", "Steyr")]
)
def test_cn9_a_rule_that_may_be_another_one_is_new(cities: tuple[str, ...]) -> None:
    found = keyed([rule(city) for city in cities], STANDING)

    news = [each.key for each in found if each.conditions[0].value[0] in ("Steyr", "Wels")]
    assert not set(news) & {"", "a", "b", "c", "left"}
    assert len(set(news)) == len(news)


def test_cn9_an_equal_rule_takes_one_identity_only() -> None:
    found = keyed([rule("Wien"), rule("Wien")], [rule("Wien", "a")])

    assert found[0].key == "a"
    assert found[1].key not in ("", "a")


def test_cn3_the_default_rule_is_itself_and_no_edit_of_it_is() -> None:
    assert keyed([default_rule("left")], [rule("Wien", "a")]) == [default_rule("left")]
    (found,) = keyed([rule("Wien")], [default_rule("left")])
    assert found.key not in ("", "left")


def test_cn9_an_import_keeps_the_identity_of_a_rule_that_it_edits(world: Apps) -> None:
    text = RULES.replace("value: North}", "value: Rome}")
    change(world, text)
    before = [each.key for each in connection().setup().rules]

    change(world, text.replace("value: Wi}", "value: Li}"))

    one, two = connection().setup().rules
    assert [one.key, two.key] == before
    assert one.conditions[2].value == ("Li",)


# -- what an import is beside the pages -------------------------------------------------------


def wait(made: Connection, setup: Setup) -> None:
    PendingEdit.objects.create(connection=made, setup=setup.to_json(), saved_at=clock.now())


def test_cn10_an_import_drops_an_edit_that_waits_and_says_so(world: Apps) -> None:
    wait(connection(), Setup(interval_minutes=3))

    (done,) = change(world, "    rules: [{side: left}]").connections

    assert done.dropped_edit
    assert not PendingEdit.objects.exists()


def test_cn10_an_import_that_changes_nothing_lets_an_edit_wait(world: Apps) -> None:
    wait(connection(), Setup(interval_minutes=3))

    (done,) = change(world, "    rules: [{side: left}, {side: right}]").connections

    assert not done.dropped_edit
    assert PendingEdit.objects.exists()
