"""Conditions and a rule of them, and whom they are tested on, for tests of rules."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from connections.operands import ConditionKind, Operator, operand
from connections.rules import Condition, Match, Rule, Subject, check
from connections.schema import Field, Option, Type, Value

VIENNA = ZoneInfo("Europe/Vienna")
NOW = datetime(2026, 3, 3, 9, 15, tzinfo=UTC)
OPTIONS = tuple(Option(each, each.upper()) for each in "abc")


def subject(value: Value = None, **changes: object) -> Subject:
    made = Subject({"f": value, "owner": "ann"}, ("north",), True, "owner", NOW, VIENNA)
    return made._replace(**changes)  # type: ignore[arg-type]


def of_field(type_: Type, operator: str, *texts: str) -> Condition:
    options = OPTIONS if type_ in (Type.CHOICE, Type.MULTI_CHOICE) else ()
    field = Field("f", "F", type_, options=options)
    chosen = Operator(operator)
    return Condition(ConditionKind.FIELD, chosen, operand(field, chosen, texts), field)


def holds(type_: Type, value: Value, operator: str, *texts: str) -> bool:
    return check(of_field(type_, operator, *texts), subject(value)).holds


def rule(*conditions: Condition, match: Match = Match.ALL) -> Rule:
    return Rule("r", match, conditions)
