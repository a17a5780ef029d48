"""The rules of a file with their names looked up, and which of the standing rules they are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connections.configuration import SIDES, Side, other
from connections.configuring import target_field
from connections.operands import (
    WITH_SEVERAL,
    BadValue,
    ConditionKind,
    Operator,
    operand,
    operators,
    typed,
)
from connections.rules import ActionKind
from connections.schema import Field, Type
from connections.setups import ActionSetup, ConditionSetup, RuleSetup, default_rule, new_key
from syncengine.importing.looking import Look
from syncengine.importing.rule_entries import ActionEntry, ConditionEntry, RuleEntry

Read = tuple[RuleEntry, RuleSetup]


def look_up(
    entries: Sequence[RuleEntry], standing: tuple[RuleSetup, ...], look: Look
) -> list[Read]:
    """Return the rules in the order in which they count, the default one of a side first; an equal
    or an edited rule has the identity of the one that stands.
    """
    read = [(entry, _rule(entry, look)) for entry in entries]
    _once(read, look)
    found: list[Read] = []
    for side in SIDES:
        mine = [each for each in read if each[1].side == side]
        mine.sort(key=lambda each: not each[1].is_default)
        rules = keyed([rule for _, rule in mine], [each for each in standing if each.side == side])
        found += zip((entry for entry, _ in mine), rules, strict=True)
    return found


def _once(read: Sequence[Read], look: Look) -> None:
    first: dict[RuleSetup, RuleEntry] = {}
    for entry, rule in read:
        before = first.setdefault(rule, entry)
        if before is not entry:
            line = before.section.line()
            look.wrong(entry.section, "", f"says the same as the rule on line {line}")


# Identity


def keyed(rules: Sequence[RuleSetup], standing: Sequence[RuleSetup]) -> list[RuleSetup]:
    """Return the rules of one side, each equal one with the identity of the standing rule, so that
    nothing starts to match anew [CN9].

    A rule that differs keeps that of the one in its place where all others are equal ones: it was
    edited. The others are new.
    """
    left = list(standing)
    keys: list[str] = []
    for rule in rules:
        same = next((each for each in left if _content(each) == _content(rule)), None)
        if same is not None:
            left.remove(same)
        keys.append(same.key if same else "")
    if keys.count("") == 1 and len(left) == 1:
        place = keys.index("")
        in_place = place < len(standing) and left[0] is standing[place]
        if in_place and not left[0].is_default and not rules[place].is_default:
            keys[place] = left[0].key
    return [
        rule if rule.is_default else replace(rule, key=key or new_key())
        for rule, key in zip(rules, keys, strict=True)
    ]


def _content(rule: RuleSetup) -> RuleSetup:
    return rule if rule.is_default else replace(rule, key="")


# What a rule says


def _rule(entry: RuleEntry, look: Look) -> RuleSetup:
    conditions = [_condition(each, entry.side, look) for each in entry.conditions]
    actions = [_action(each, other(entry.side), look) for each in entry.actions]
    if not entry.conditions and not entry.actions:
        return default_rule(entry.side)
    return RuleSetup(
        "",
        entry.side,
        entry.match.value,
        tuple(each for each in conditions if each is not None),
        tuple(each for each in actions if each is not None),
    )


def _condition(entry: ConditionEntry, side: Side, look: Look) -> ConditionSetup | None:
    section, kind, values = entry.section, entry.kind, entry.values
    if kind is ConditionKind.EXISTS:
        return _exists(entry, look)
    names = look.at(side)
    if kind is ConditionKind.FIELD:
        return _of_field(entry, side, look)
    lacking = {
        ConditionKind.SCOPE: "" if names.app.scope_kind else "no scopes",
        ConditionKind.LABEL: "" if names.app.label_field else "no labels",
        ConditionKind.OWNER: "" if names.app.owner_field else "no owners",
    }[kind]
    if lacking:
        look.wrong(section, "kind", f"{names.app.label} has {lacking}")
        return None
    ask = names.user if kind is ConditionKind.OWNER else names.scope
    if kind is ConditionKind.SCOPE and names.app.label_field:
        kind = ConditionKind.LABEL
    found = look.every(section, "value", values, ask)
    return None if found is None else ConditionSetup(kind.value, entry.operator.value, found)


def _exists(entry: ConditionEntry, look: Look) -> ConditionSetup | None:
    words = {"true": "true", "yes": "true", "false": "false", "no": "false"}
    said = [words.get(each.text.casefold(), "") for each in entry.values] or ["true"]
    if len(said) != 1 or not said[0]:
        look.wrong(entry.section, "value", "is not allowed; allowed: true, false")
        return None
    return ConditionSetup(entry.kind.value, entry.operator.value, (said[0],))


def _of_field(entry: ConditionEntry, side: Side, look: Look) -> ConditionSetup | None:
    section, names = entry.section, look.at(side)
    field = look.ask(section, "field", section.line("field"), lambda: names.field(entry.field))
    if field is None:
        return None
    operator = _operator_of(entry.operator, field)
    allowed = operators(ConditionKind.FIELD, field.type)
    if operator not in allowed:
        words = ", ".join(each.value for each in allowed) or "none"
        told = f"{operator.value} does not fit “{field.label}”, a {field.type}; allowed: {words}"
        look.wrong(section, "operator", told)
        return None
    texts = look.every(section, "value", entry.values, lambda text: names.value(field, text))
    if texts is None:
        return None
    most = 2 if operator is Operator.BETWEEN else 1
    if operator not in WITH_SEVERAL and len(entry.values) > most:
        look.wrong(section, "value", f"is a list of more than {most} with {operator.value}")
        return None
    if operator is Operator.BETWEEN:
        texts = tuple(each.text for each in entry.values)
    try:
        operand(field, operator, texts)
    except BadValue as problem:
        look.wrong(section, "value", str(problem))
        return None
    return ConditionSetup(entry.kind.value, operator.value, texts, entry.field)


def _operator_of(operator: Operator, field: Field) -> Operator:
    """Return the operator; of a choice, `is` and `is_not` are those of one option."""
    if field.type is Type.CHOICE:
        return {Operator.IS: Operator.ONE_OF, Operator.IS_NOT: Operator.NONE_OF}.get(
            operator, operator
        )
    return operator


def _action(entry: ActionEntry, target: Side, look: Look) -> ActionSetup | None:
    section, kind, names = entry.section, entry.kind, look.at(target)
    made = ActionSetup(kind.value, (), entry.field, entry.when.value, entry.undo)
    field = target_field(made, names.offers, names.app)
    if field is None:
        if kind is ActionKind.SET_FIELD:
            look.ask(section, "field", 0, lambda: names.field(entry.field))
        else:
            look.wrong(section, "kind", f"{names.app.label} has nothing that {kind} could set")
        return None
    if kind is ActionKind.SET_FIELD:
        values = _set_values(entry, field, target, look)
    else:
        ask = names.user if kind is ActionKind.SET_OWNER else names.scope
        values = look.every(section, "value", entry.values, ask)
    several = kind is ActionKind.SET_FIELD and field.type is Type.MULTI_CHOICE
    if values is not None and len(values) > 1 and not several:
        look.wrong(section, "value", "must be a single value")
        return None
    return None if values is None else replace(made, value=values)


def _set_values(
    entry: ActionEntry, field: Field, target: Side, look: Look
) -> tuple[str, ...] | None:
    section, names = entry.section, look.at(target)
    if field.read_only:
        look.wrong(section, "field", f"“{field.label}” is read-only in {names.account}")
        return None
    texts = look.every(section, "value", entry.values, lambda text: names.value(field, text))
    if texts is not None and not texts:
        look.wrong(section, "value", "must not be empty")
        return None
    try:
        for text in texts or ():
            typed(field, text)
    except BadValue as problem:
        look.wrong(section, "value", str(problem))
        return None
    return texts
