from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from connections import rules
from connections.operands import ConditionKind, Operator
from connections.rules import (
    Action,
    ActionKey,
    ActionKind,
    Condition,
    Match,
    Verdict,
    When,
    action_key,
    check,
)
from connections.schema import Birthday, Field, Type, Value
from tests.connections.conditions import holds, of_field, rule, subject

# Each operator for each type


TEXTS = [
    ("Wien", "is", "wien", True),
    ("  WIEN  ", "is", "Wien", True),
    ("St.  Pölten\n", "is", "st. PÖLTEN", True),
    ("Straße", "is", "STRASSE", True),
    ("Wien 9", "is", "Wien", False),
    (None, "is", "Wien", False),
    ("Wien", "is_not", " wien", False),
    ("Graz", "is_not", "Wien", True),
    (None, "is_not", "Wien", True),
    ("Klagenfurt am Wörthersee", "contains", "AM", True),
    ("Graz", "contains", "am", False),
    (None, "contains", "am", False),
    ("Graz am See", "does_not_contain", "am", False),
    ("Graz", "does_not_contain", "am", True),
    (None, "does_not_contain", "am", True),
    (" Wien", "starts_with", "wi", True),
    ("Neuwien", "starts_with", "wien", False),
    (None, "starts_with", "wi", False),
    ("Neuwien ", "ends_with", "WIEN", True),
    ("Wiener", "ends_with", "wien", False),
    (None, "ends_with", "n", False),
    (None, "is_empty", "", True),
    ("  ", "is_empty", "", True),
    ("x", "is_empty", "", False),
    ("x", "not_empty", "", True),
    ("", "not_empty", "", False),
]


@pytest.mark.parametrize("type_", [Type.TEXT, Type.LONG_TEXT, Type.EMAIL, Type.PHONE, Type.URL])
@pytest.mark.parametrize(("value", "operator", "text", "expected"), TEXTS)
def test_ru4_text_compares_without_case_or_space(
    type_: Type, value: Value, operator: str, text: str, expected: bool
) -> None:
    assert holds(type_, value, operator, text) is expected


@pytest.mark.parametrize("type_", [Type.EMAILS, Type.PHONES])
@pytest.mark.parametrize(
    ("operator", "text", "expected"),
    [
        ("is", "LEE@x.org", True),
        ("is", "x.org", False),
        ("is_not", "lee@x.org", False),
        ("is_not", "bob@x.org", True),
        ("contains", "x.", True),
        ("does_not_contain", "lee", False),
        ("does_not_contain", "bob", True),
        ("starts_with", "lee", True),
        ("starts_with", "x", False),
        ("ends_with", "x.ORG", True),
        ("ends_with", "y.org", False),
        ("is_empty", "", False),
        ("not_empty", "", True),
    ],
)
def test_ru4_of_a_list_any_entry_counts(
    type_: Type, operator: str, text: str, expected: bool
) -> None:
    assert holds(type_, ("ann@x.org", "Lee@x.org "), operator, text) is expected
    blank = operator in ("is_not", "does_not_contain", "is_empty")
    assert holds(type_, (), operator, text) is blank


ORDERED = [
    ("is", (False, True, False, False)),
    ("is_not", (True, False, True, True)),
    ("less", (True, False, False, False)),
    ("at_most", (True, True, False, False)),
    ("more", (False, False, True, False)),
    ("at_least", (False, True, True, False)),
    ("is_empty", (False, False, False, True)),
    ("not_empty", (True, True, True, False)),
]


@pytest.mark.parametrize(
    ("type_", "text", "values"),
    [
        (Type.INTEGER, "10", (9, 10, 11)),
        (Type.DECIMAL, "10.5", (Decimal("10.49"), Decimal("10.50"), 11)),
        (Type.DATE, "2026-03-03", (date(2026, 3, 2), date(2026, 3, 3), date(2026, 3, 4))),
        (
            Type.DATETIME,
            "2026-03-03",
            (
                datetime(2026, 3, 2, 22, 59, tzinfo=UTC),
                datetime(2026, 3, 2, 23, 0, tzinfo=UTC),
                datetime(2026, 3, 3, 23, 0, tzinfo=UTC),
            ),
        ),
        (
            Type.BIRTHDAY,
            "1990-03-03",
            (Birthday(1990, 3, 2), Birthday(1990, 3, 3), Birthday(1990, 3, 4)),
        ),
    ],
)
@pytest.mark.parametrize(("operator", "expected"), ORDERED)
def test_ru4_numbers_and_days_are_compared_days_in_the_zone(
    type_: Type, text: str, values: tuple[Value, ...], operator: str, expected: tuple[bool, ...]
) -> None:
    found = tuple(holds(type_, value, operator, text) for value in (*values, None))
    assert found == expected


@pytest.mark.parametrize(
    ("value", "expected"), [(0, False), (1, True), (2, True), (3, True), (4, False), (None, False)]
)
def test_ru4_between_has_both_its_ends(value: Value, expected: bool) -> None:
    assert holds(Type.INTEGER, value, "between", "1", "3") is expected


def test_va12_a_birthday_without_year_is_no_day_that_could_be_compared() -> None:
    found = {
        operator: holds(Type.BIRTHDAY, Birthday(None, 3, 3), operator, "1990-03-03")
        for operator in ("is", "is_not", "less", "at_most", "more", "at_least", "is_empty")
    }
    assert found == {
        "is": False,
        "is_not": True,
        "less": False,
        "at_most": False,
        "more": False,
        "at_least": False,
        "is_empty": False,
    }
    assert not holds(Type.BIRTHDAY, Birthday(None, 3, 3), "last_days", "36500")


@pytest.mark.parametrize(
    ("value", "yes", "no"), [(True, True, False), (False, False, True), (None, False, False)]
)
def test_ru4_yes_or_no(value: Value, yes: bool, no: bool) -> None:
    assert holds(Type.BOOLEAN, value, "is", "true") is yes
    assert holds(Type.BOOLEAN, value, "is", "false") is no


@pytest.mark.parametrize(
    ("type_", "value", "operator", "options", "expected"),
    [
        (Type.CHOICE, "a", "one_of", "ab", True),
        (Type.CHOICE, "c", "one_of", "ab", False),
        (Type.CHOICE, None, "one_of", "ab", False),
        (Type.CHOICE, "a", "none_of", "ab", False),
        (Type.CHOICE, "c", "none_of", "ab", True),
        (Type.CHOICE, None, "none_of", "ab", True),
        (Type.MULTI_CHOICE, ("a", "c"), "has_any", "ab", True),
        (Type.MULTI_CHOICE, ("c",), "has_any", "ab", False),
        (Type.MULTI_CHOICE, (), "has_any", "ab", False),
        (Type.MULTI_CHOICE, ("a", "b", "c"), "has_all", "ab", True),
        (Type.MULTI_CHOICE, ("a",), "has_all", "ab", False),
        (Type.MULTI_CHOICE, (), "has_all", "ab", False),
        (Type.MULTI_CHOICE, ("a",), "has_none", "ab", False),
        (Type.MULTI_CHOICE, ("c",), "has_none", "ab", True),
        (Type.MULTI_CHOICE, (), "has_none", "ab", True),
    ],
)
def test_ru4_choices(
    type_: Type, value: Value, operator: str, options: str, expected: bool
) -> None:
    assert holds(type_, value, operator, *options) is expected


# The other kinds


@pytest.mark.parametrize(
    ("kind", "operator", "ids", "expected"),
    [
        ("scope", "in", ("north", "vienna"), True),
        ("scope", "in", ("south",), False),
        ("scope", "not_in", ("north", "vienna"), False),
        ("scope", "not_in", ("south",), True),
        ("label", "in", ("north",), True),
        ("label", "not_in", ("north",), False),
        ("owner", "is", ("ann", "bob"), True),
        ("owner", "is", ("bob",), False),
        ("owner", "is_not", ("ann",), False),
        ("owner", "is_not", ("bob",), True),
        ("exists", "is", (True,), True),
        ("exists", "is", (False,), False),
    ],
)
def test_ru3_units_labels_owners_and_existence(
    kind: str, operator: str, ids: tuple[Value, ...], expected: bool
) -> None:
    condition = Condition(ConditionKind(kind), Operator(operator), ids)
    assert check(condition, subject()) == Verdict(expected)


def test_ru3_whoever_has_no_unit_label_or_owner_is_not_in_or_of_any() -> None:
    nobody = subject(values={"f": None, "owner": None}, scopes=())
    for kind, operator in (("scope", "not_in"), ("label", "not_in"), ("owner", "is_not")):
        assert check(Condition(ConditionKind(kind), Operator(operator), ("x",)), nobody).holds


def test_ru9_a_field_compared_with_nothing_never_holds() -> None:
    for type_, operator in ((Type.TEXT, "is"), (Type.INTEGER, "less"), (Type.DATE, "last_days")):
        field = Field("f", "F", type_)
        condition = Condition(ConditionKind.FIELD, Operator(operator), (), field)
        assert check(condition, subject("x")) == Verdict(False)


@pytest.mark.parametrize("value", ["12", date(2026, 3, 3), True, ("a",)])
def test_a_value_of_another_type_than_its_field_says_breaks_nothing(value: Value) -> None:
    for operator, texts in (("less", ["9"]), ("between", ["1", "9"]), ("is", ["9"])):
        assert not holds(Type.INTEGER, value, operator, *texts)


# The rule


WIEN = of_field(Type.TEXT, "is", "Wien")
STARTS = of_field(Type.TEXT, "starts_with", "W")
GRAZ = of_field(Type.TEXT, "is", "Graz")
EXISTS = Condition(ConditionKind.EXISTS, Operator.IS, (True,))


@pytest.mark.parametrize(
    ("conditions", "all_", "any_"),
    [
        ((), True, True),
        ((WIEN,), True, True),
        ((GRAZ,), False, False),
        ((WIEN, STARTS), True, True),
        ((WIEN, GRAZ), False, True),
        ((GRAZ, WIEN), False, True),
        ((GRAZ, GRAZ), False, False),
    ],
)
def test_ru2_all_conditions_must_hold_or_any(
    conditions: tuple[Condition, ...], all_: bool, any_: bool
) -> None:
    assert rules.test(rule(*conditions), subject("Wien")).holds is all_
    assert rules.test(rule(*conditions, match=Match.ANY), subject("Wien")).holds is any_


@pytest.mark.parametrize("match", list(Match))
def test_ru5_a_rule_for_what_exists_takes_in_nobody_else(match: Match) -> None:
    update_only = rule(EXISTS, WIEN, match=match)
    assert update_only.updates_only
    assert rules.test(update_only, subject("Wien")).holds
    assert not rules.test(update_only, subject("Wien", linked=False)).holds
    assert not rule(Condition(ConditionKind.EXISTS, Operator.IS, (False,))).updates_only


# Actions and their keys


@pytest.mark.parametrize(
    ("kind", "field", "label"),
    [
        ("set_unit", "unit_id", ""),
        ("set_owner", "owner_id", ""),
        ("set_field", "custom.a:b", ""),
        ("add_label", "labels", "contactGroups/1"),
        ("remove_label", "labels", "a:b"),
    ],
)
def test_an_action_is_known_by_its_key(kind: str, field: str, label: str) -> None:
    key = ActionKey.of(action_key("r1", ActionKind(kind), field, label))
    assert key == ("r1", ActionKind(kind), field, label)
    assert key.thing == (field, label)
    assert key.adds is (kind == "add_label")


def test_ru6_what_is_done_on_creation_alone_is_not_undone() -> None:
    field = Field("f", "F", Type.TEXT)
    action = Action("k", ActionKind.SET_FIELD, field, "x", When.CREATION, undo=True)
    assert not action.can_undo
