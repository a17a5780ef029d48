"""What is wrong with rules, and what is worth a warning, in words."""

from __future__ import annotations

from typing import Any

import pytest

from connections.configuration import Side
from connections.rule_checks import added, problems, resting
from connections.rule_edits import as_saved, moved, put, without
from connections.setups import (
    ActionSetup,
    ConditionSetup,
    RuleSetup,
    Setup,
    default_rule,
)
from tests.connections.rule_accounts import book, crm

IN_NORTH = ConditionSetup("scope", "in", ("north",))
HAS_VIP = ConditionSetup("label", "in", ("vip",))
OF_ANN = ConditionSetup("owner", "is", ("u-ann",))
ADD_VIP = ActionSetup("add_label", ("vip",))
TO_BOB = ActionSetup("set_owner", ("u-bob",))
LEFT, RIGHT = default_rule("left"), default_rule("right")


def rule(
    side: Side,
    *conditions: ConditionSetup,
    then: tuple[ActionSetup, ...] = (),
    key: str = "",
    **settings: Any,
) -> RuleSetup:
    return RuleSetup(key or f"{side}-1", side, "all", conditions, then, **settings)


def told(*rules: RuleSetup, **settings: Any) -> list[str]:
    """Return the warnings of a set-up with these rules."""
    found = problems(Setup(rules=rules, **settings), crm(), book())
    return [each.message for each in found if not each.is_error]


def wrong(*rules: RuleSetup, **settings: Any) -> dict[tuple[str, str], str]:
    """Return the errors of a set-up with these rules, by rule and place."""
    found = problems(Setup(rules=rules, **settings), crm(), book())
    return {(each.rule, each.place): each.message for each in found if each.is_error}


def test_cn3_the_default_rules_are_fine() -> None:
    assert problems(Setup(), crm(), book()) == []


# The rules of a side


def test_cn4_a_connection_without_any_rule_is_refused() -> None:
    (message,) = wrong().values()
    assert message == "A connection needs a rule on one side at least. Add one."


def test_cn4_a_side_without_rules_creates_nothing_and_still_updates() -> None:
    assert told(LEFT) == [
        "No contact of Google Contacts is created in Pipeliner. Linked contacts are updated both "
        "ways while a rule for contacts from Pipeliner matches."
    ]


def test_cn4_the_rules_of_the_receiving_side_do_nothing() -> None:
    (message,) = told(LEFT, RIGHT, direction="left_to_right")
    assert message == "Nothing is written to Pipeliner in this direction: this rule does nothing."


def test_cn4_a_direction_whose_source_has_no_rule_syncs_nothing() -> None:
    first, second = told(RIGHT, direction="left_to_right")
    assert first.startswith("Nothing is kept in sync: in this direction only rules for contacts ")
    assert second.endswith("this rule does nothing.")


# Rules among each other


def test_cn5_the_other_sides_unconditional_rule_is_warned_of() -> None:
    message = (
        "Rule 1 for contacts from Google Contacts keeps every linked contact in sync, whether this "
        "rule matches or not."
    )
    mine = rule("left", IN_NORTH)
    assert told(mine, RIGHT) == [message]
    assert told(mine, rule("right", HAS_VIP)) == []
    assert message not in told(mine, RIGHT, direction="left_to_right")


def test_a_rule_beside_one_that_takes_in_everyone_says_so() -> None:
    idle, acting = rule("left", IN_NORTH), rule("left", IN_NORTH, then=(ADD_VIP,))
    assert "so this one leaves nobody out. Delete rule 1" in told(LEFT, idle)[0]
    assert "so this one only adds its actions." in told(LEFT, acting)[0]


def test_ru7_two_rules_that_set_the_same_are_warned_of_and_the_first_wins() -> None:
    one = rule("right", HAS_VIP, then=(TO_BOB,), key="one")
    two = rule("right", then=(ActionSetup("set_owner", ("u-ann",)),), key="two")
    found = problems(Setup(rules=(one, two)), crm(), book())
    (each,) = [each for each in found if each.rule == "two"]
    assert each.message == (
        "Rules 1 and 2 both set the owner. Where both match, rule 1 comes first and wins."
    )


def test_ru7_labels_collide_one_by_one() -> None:
    one = rule("left", IN_NORTH, then=(ADD_VIP,), key="one")
    other = rule("left", OF_ANN, then=(ActionSetup("add_label", ("key",)),), key="two")
    again = rule("left", OF_ANN, then=(ActionSetup("remove_label", ("vip",)),), key="three")
    assert told(one, other, rule("right", HAS_VIP, then=())) == [
        "This rule tests the label VIP, which rule 1 for contacts from Pipeliner sets: that brings "
        "contacts in here, or takes them out."
    ]
    assert any("both set the label VIP" in each for each in told(one, again))


def test_ru7_a_rule_that_tests_what_the_other_side_sets_is_warned_of() -> None:
    tests, sets = rule("left", OF_ANN), rule("right", HAS_VIP, then=(TO_BOB,))
    (message,) = told(tests, sets)
    assert message == (
        "This rule tests the owner, which rule 1 for contacts from Google Contacts sets: that "
        "brings contacts in here, or takes them out."
    )
    assert told(tests, rule("right", HAS_VIP, then=(ActionSetup("set_unit", ("north",)),))) == []
    unit = ActionSetup("set_unit", ("north",))
    assert "tests the sales unit" in told(rule("left", IN_NORTH), rule("right", then=(unit,)))[-1]
    city = ActionSetup("set_field", ("Wien",), "city")
    tests_city = rule("left", ConditionSetup("field", "is", ("Wien",), "city"))
    assert "tests City" in told(tests_city, rule("right", HAS_VIP, then=(city,)))[-1]
    given = ActionSetup("set_field", ("Ada",), "first_name")
    tests_name = rule("left", ConditionSetup("field", "contains", ("Ada",), "full_name"))
    assert "tests First name" in told(tests_name, rule("right", HAS_VIP, then=(given,)))[-1]


@pytest.mark.parametrize("undo_left", [False, True])
@pytest.mark.parametrize("undo_right", [False, True])
def test_ru7_a_loop_is_refused_where_undo_closes_it(undo_left: bool, undo_right: bool) -> None:
    left = rule("left", OF_ANN, then=(ActionSetup("add_label", ("vip",), undo=undo_left),))
    right = rule("right", HAS_VIP, then=(ActionSetup("set_owner", ("u-bob",), undo=undo_right),))
    found = wrong(left, right)
    assert set(found) == {
        *([("left-1", "action:0")] if undo_left else []),
        *([("right-1", "action:0")] if undo_right else []),
    }
    for message in found.values():
        assert "would start and stop each other for ever. Switch undo off" in message
    assert wrong(left, right, direction="left_to_right") == {}


def test_ru7_what_is_set_on_creation_alone_closes_no_loop() -> None:
    left = rule("left", IN_NORTH, then=(ActionSetup("add_label", ("vip",), undo=True),))
    sets = ActionSetup("set_unit", ("north",), when="creation")
    assert wrong(left, rule("right", HAS_VIP, then=(sets,))) == {}
    assert wrong(left, rule("right", HAS_VIP, then=(ActionSetup("set_unit", ("north",)),)))


def test_ru7_a_loop_over_several_rules_is_found() -> None:
    key = ActionSetup("add_label", ("key",))
    rules = (
        rule("left", OF_ANN, then=(ActionSetup("add_label", ("vip",), undo=True),), key="l1"),
        rule("left", IN_NORTH, then=(key,), key="l2"),
        rule("right", HAS_VIP, then=(ActionSetup("set_unit", ("north",)),), key="r1"),
        rule("right", ConditionSetup("label", "in", ("key",)), then=(TO_BOB,), key="r2"),
    )
    assert set(wrong(*rules)) == {("l1", "action:0")}
    assert wrong(*rules[:3]) == {}


def test_a_unit_outside_the_scope_and_a_label_that_is_the_scope_are_warned_of() -> None:
    to_south = rule("right", HAS_VIP, then=(ActionSetup("set_unit", ("south",)),))
    to_oslo = rule("right", HAS_VIP, then=(ActionSetup("set_unit", ("oslo",)),))
    message = "South is outside the scope of Pipeliner: contacts that get it leave the sync."
    assert message in told(to_south, left_scope=("north",))
    assert told(to_south) == told(to_oslo, left_scope=("north",))
    drop = rule("left", IN_NORTH, then=(ActionSetup("remove_label", ("vip",)),))
    assert any("VIP is the scope" in each for each in told(drop, right_scope=("vip",)))
    undone = rule("left", IN_NORTH, then=(ActionSetup("add_label", ("vip",), undo=True),))
    assert any("Switch undo off" in each for each in told(undone, right_scope=("vip",)))
    kept = rule("left", IN_NORTH, then=(ADD_VIP,))
    assert told(kept, right_scope=("vip",)) == told(kept) == told(undone)


def test_a_rule_for_what_does_not_exist_yet_needs_another_one() -> None:
    new, present = (ConditionSetup("exists", "is", (value,)) for value in ("false", "true"))
    message = told(rule("left", new))[0]
    assert message.endswith("leaves this rule: another rule has to keep it in sync.")
    assert message not in told(rule("left", present))


# A rule by itself


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        (ConditionSetup("scope", "in"), "Choose at least one sales unit."),
        (ConditionSetup("owner", "is"), "Choose at least one owner."),
        (ConditionSetup("label", "in", ("x",)), "Pipeliner has no labels to test. Choose another"),
        (ConditionSetup("scope", "in", ("gone",)), "Pipeliner has no sales unit “gone” any more."),
        (ConditionSetup("owner", "is", ("u-x",)), "Pipeliner has no owner “u-x” any more."),
        (ConditionSetup("field", "is", ("x",), "cf_gone"), "Pipeliner has no field “cf_gone” any"),
        (ConditionSetup("field", "is", (), "city"), "Give a value, or choose “is empty”."),
        (ConditionSetup("field", "less", ("1",), "city"), "Choose an operator."),
        (ConditionSetup("field", "between", ("80", "40"), "cf_score"), "The first must be the"),
        (ConditionSetup("field", "between", ("80",), "cf_score"), "Give two values."),
        (ConditionSetup("field", "is", ("many",), "cf_score"), "“many” is no number."),
        (ConditionSetup("field", "is", ("3.5",), "cf_score"), "Lead score holds whole numbers."),
        (ConditionSetup("field", "last_days", ("0",), "cf_seen"), "Give between 1 and 36,500 days"),
        (ConditionSetup("field", "is", ("31.3.",), "cf_seen"), "“31.3.” is no date."),
        (ConditionSetup("field", "one_of", ("o9",), "cf_status"), "Customer status has no option"),
        (ConditionSetup("field", "is", ("u-ann",), "owner_id"), "“Owner” is tested by a condition"),
    ],
)
def test_ru4_a_condition_that_cannot_be_says_why(condition: ConditionSetup, message: str) -> None:
    found = wrong(rule("left", IN_NORTH, condition))
    assert found[("left-1", "condition:1")].startswith(message)


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (ActionSetup("set_unit"), "Choose the sales unit."),
        (ActionSetup("set_owner"), "Choose the owner."),
        (ActionSetup("set_owner", ("u-x",)), "Pipeliner has no owner “u-x” any more."),
        (ActionSetup("add_label", ("vip",)), "Pipeliner cannot do that. Choose another action."),
        (ActionSetup("set_field", ("x",), "cf_gone"), "Pipeliner has no field “cf_gone” any more."),
        (ActionSetup("set_field", ("",), "city"), "Give a value."),
        (ActionSetup("set_field", ("9",), "cf_total"), "“Total” is read-only."),
        (ActionSetup("set_field", ("a@x.example",), "emails"), "“Emails” is a list, which a rule"),
        (ActionSetup("set_field", ("a@x.example",), "email1"), "“Email 1” is a list, which a rule"),
        (ActionSetup("set_field", ("A B",), "full_name"), "“Full name” is made from other fields"),
        (
            ActionSetup("set_field", ("north",), "unit_id"),
            "“Sales unit” is set by an action of its",
        ),
        (ActionSetup("set_field", ("o9",), "cf_status"), "Customer status has no option “o9” any"),
        (ActionSetup("set_field", ("maybe",), "cf_news"), "Choose yes or no."),
        (ActionSetup("set_field", ("longer",), "cf_code"), "Code holds 5 characters; this value"),
        (
            ActionSetup("set_unit", ("north",), when="creation", undo=True),
            "Undo: not with “on creation only”.",
        ),
    ],
)
def test_ru6_an_action_that_cannot_be_says_why(action: ActionSetup, message: str) -> None:
    assert wrong(rule("right", then=(action,)))[("right-1", "action:0")].startswith(message)


def test_an_owner_comes_from_the_table_only_where_both_apps_have_owners() -> None:
    setup = Setup(rules=(rule("right", then=(ActionSetup("set_owner"),)),))
    assert problems(setup, crm(), book()) != []
    assert problems(setup, crm(), crm())[0].message.startswith("No contact of")


def test_a_rule_that_sets_something_twice_is_refused() -> None:
    again = ActionSetup("remove_label", ("vip",))
    assert wrong(rule("left", IN_NORTH, then=(ADD_VIP, again))) == {
        ("left-1", "action:1"): "Action 1 sets the label VIP already. Remove one of the two."
    }
    other = ActionSetup("add_label", ("key",))
    assert wrong(rule("left", IN_NORTH, then=(ADD_VIP, other))) == {}


def test_a_custom_field_that_people_name_need_not_be_listed() -> None:
    named = ConditionSetup("field", "is", ("9",), "custom.Shoe size")
    setting = ActionSetup("set_field", ("9",), "custom.Shoe size")
    assert wrong(rule("right", named), rule("left", IN_NORTH, then=(setting,))) == {}


def test_ru6_the_mapping_of_a_field_that_a_rule_sets_rests() -> None:
    setting = rule("left", IN_NORTH, then=(ActionSetup("set_field", ("Buyer",), "job_title"),))
    assert resting(Setup(rules=(setting,)), setting, crm(), book()) == [
        "While this rule matches, the mapping of Job title rests: this action sets it."
    ]
    off = Setup(rules=(setting,), switched_off=("job_title",))
    assert resting(off, setting, crm(), book()) == []


def test_an_edit_is_held_only_against_what_it_brings_in() -> None:
    gone = rule("left", ConditionSetup("scope", "in", ("gone",)))
    before = Setup(rules=(gone, RIGHT))
    assert added(before, put(before, rule("right", HAS_VIP, key="new")), crm(), book()) == []
    (only,) = added(before, Setup(rules=()), crm(), book())
    assert only.message.startswith("A connection needs a rule")


# Edits


def test_the_rule_for_everyone_keeps_its_key_and_place_and_no_other_rule_has_them() -> None:
    edited = as_saved(rule("left", IN_NORTH, key="left"))
    assert edited.key not in ("left", "")
    setup = put(Setup(), edited, "left")
    assert setup.rules_of("left") == (edited,)
    again = put(put(setup, rule("left", OF_ANN, key="x")), as_saved(rule("left", key="x")), "x")
    assert again.rules_of("left") == (LEFT, edited)
    assert again.rules_of("right") == (RIGHT,)


def test_ru1_rules_move_but_not_past_the_one_for_everyone() -> None:
    one, two = rule("left", IN_NORTH, key="one"), rule("left", OF_ANN, key="two")
    setup = Setup(rules=(LEFT, one, two, RIGHT))
    assert moved(setup, "left", "two", -1).rules_of("left") == (LEFT, two, one)
    assert moved(setup, "left", "one", 1).rules_of("left") == (LEFT, two, one)
    for key, places in (("one", -1), ("two", 1), ("left", 1), ("nobody", 1)):
        assert moved(setup, "left", key, places) == setup
    assert without(setup, "left", "one").rules_of("left") == (LEFT, two)
