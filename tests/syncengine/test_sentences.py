"""Rules as sentences, with what they name by name."""

from __future__ import annotations

import pytest

from connections.configuration import Side
from connections.models import Connection
from connections.setups import ActionSetup, ConditionSetup, RuleSetup, default_rule
from syncengine.sentences import parts, sentence
from tests.connections.rule_accounts import book, crm

CONNECTION = Connection(name="North", left=crm(), right=book())


def told(condition: ConditionSetup) -> str:
    """Return what stands between IF and THEN."""
    side: Side = "right" if condition.kind == "label" else "left"
    words = sentence(CONNECTION, RuleSetup("x", side, conditions=(condition,)))
    return words.removeprefix("IF ").partition(" THEN ")[0]


def does(*actions: ActionSetup) -> str:
    """Return what stands after THEN, for a rule that writes to where its actions can be done."""
    of_labels = any("label" in each.kind for each in actions)
    rule = RuleSetup("x", "left" if of_labels else "right", actions=actions)
    return sentence(CONNECTION, rule).partition(" THEN ")[2]


def test_ru1_a_rule_is_a_sentence() -> None:
    rule = RuleSetup(
        "x",
        "left",
        conditions=(
            ConditionSetup("scope", "in", ("oslo",)),
            ConditionSetup("owner", "is_not", ("u-ann",)),
        ),
        actions=(ActionSetup("add_label", ("vip",), undo=True),),
    )
    assert sentence(CONNECTION, rule) == (
        "IF sales unit is in Oslo and owner is not Ann Bergström THEN add label VIP in Google "
        "Contacts, removed again when the contact leaves the rule"
    )


def test_cn3_the_rule_for_everyone() -> None:
    words = "IF any contact is in the scope THEN keep it in sync with Google Contacts"
    assert sentence(CONNECTION, default_rule("left")) == words


def test_ru2_any_one_of_several_conditions() -> None:
    rule = RuleSetup(
        "x",
        "left",
        "any",
        (
            ConditionSetup("exists", "is", ("true",)),
            ConditionSetup("field", "is_empty", (), "city"),
        ),
    )
    assert sentence(CONNECTION, rule) == (
        "IF the contact already exists in Google Contacts or city is empty "
        "THEN keep it in sync with Google Contacts"
    )


@pytest.mark.parametrize(
    ("condition", "words"),
    [
        (ConditionSetup("scope", "not_in", ("north", "gone")), "is not in /North, gone (gone)"),
        (ConditionSetup("owner", "is", ("u-ann", "u-bob")), "is one of Ann Bergström, Bob"),
        (
            ConditionSetup("owner", "is_not", ("u-ann", "u-x")),
            "is none of Ann Bergström, u-x (gone)",
        ),
        (ConditionSetup("label", "in", ("vip",)), "label is in VIP"),
        (
            ConditionSetup("exists", "is", ("false",)),
            "the contact does not exist in Google Contacts",
        ),
        (ConditionSetup("field", "contains", ("Ein",), "position"), "job title contains Ein"),
        (ConditionSetup("field", "ends_with", ("0",), "zip_code"), "ZIP code ends with 0"),
        (ConditionSetup("field", "between", ("4", "8"), "cf_score"), "is between 4 and 8"),
        (ConditionSetup("field", "at_least", ("4",), "cf_score"), "lead score is at least 4"),
        (ConditionSetup("field", "at_least", ("2026-03-01",), "cf_seen"), "on or after 1 Mar 2026"),
        (ConditionSetup("field", "last_days", ("90",), "cf_seen"), "is in the last 90 days"),
        (ConditionSetup("field", "next_days", ("1",), "cf_seen"), "is in the next 1 day"),
        (ConditionSetup("field", "is", ("true",), "cf_news"), "newsletter is yes"),
        (ConditionSetup("field", "one_of", ("o1", "o9"), "cf_status"), "of Key account, o9 (gone)"),
        (ConditionSetup("field", "has_all", ("t1", "t2"), "cf_tags"), "tags has all of Fair, Web"),
        (ConditionSetup("field", "is", ("x",), "cf_gone"), "cf_gone (gone) is x"),
        (ConditionSetup("field", "is", (), "city"), "city is …"),
        (ConditionSetup("field", "is", ("Wien",), "company.city"), "[Company] City is Wien"),
    ],
)
def test_ru4_conditions_in_words(condition: ConditionSetup, words: str) -> None:
    assert words in told(condition)


@pytest.mark.parametrize(
    ("action", "words"),
    [
        (ActionSetup("set_unit", ("oslo",)), "set sales unit to Oslo in Pipeliner"),
        (
            ActionSetup("set_owner", ("u-bob",), when="always", undo=True),
            "set owner to Bob in Pipeliner, always, put back when the contact leaves the rule",
        ),
        (ActionSetup("set_owner", ("u-x",)), "set owner to u-x (gone) in Pipeliner"),
        (
            ActionSetup("set_field", ("o2",), "cf_status", when="creation"),
            "set Customer status to Partner in Pipeliner on creation only",
        ),
        (ActionSetup("set_field", ("2026-03-01",), "cf_seen"), "to 1 Mar 2026 in Pipeliner"),
        (ActionSetup("set_field", ("x",), "cf_gone"), "set cf_gone (gone) to x in Pipeliner"),
        (
            ActionSetup("remove_label", ("vip",), undo=True),
            "remove label VIP in Google Contacts, added again when the contact leaves the rule",
        ),
    ],
)
def test_ru6_actions_in_words(action: ActionSetup, words: str) -> None:
    assert words in does(action)


def test_several_actions_are_told_apart() -> None:
    undone, then = ActionSetup("add_label", ("vip",), undo=True), ActionSetup("add_label", ("key",))
    assert does(undone, then) == (
        "add label VIP in Google Contacts, removed again when the contact leaves the rule, and "
        "add label Key accounts"
    )


def test_va10_an_owner_by_the_table() -> None:
    connection = Connection(name="Two", left=crm(), right=crm(id=2))
    rule = RuleSetup("x", "left", actions=(ActionSetup("set_owner"),))
    assert "THEN set owner as the table of owners says in CRM" in sentence(connection, rule)


def test_the_pieces_of_a_sentence_are_the_sentence() -> None:
    rule = RuleSetup("x", "left", conditions=(ConditionSetup("owner", "is", ("u-ann",)),))
    pieces = parts(CONNECTION, rule)
    assert "".join(each.text for each in pieces).casefold() == sentence(CONNECTION, rule).casefold()
    assert [each.text.strip() for each in pieces if each.style == "word"] == ["If", "then"]
    assert [each.text for each in pieces if each.style == "name"] == ["owner", "Ann Bergström"]
