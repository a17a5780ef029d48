"""The rules of one contact: which match, what their actions set, and what is put back when the
contact leaves a rule [RU5 to RU8]. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from connections.configuration import SIDES, Configuration, Pair, Side, other
from connections.operands import ConditionKind
from connections.rules import ACTION, Action, ActionKey, Rule, Subject, When, test
from connections.schema import NAME_PARTS, Values
from syncengine.naming import is_joined
from syncengine.plans import Plan
from syncengine.stage import Stage, Thing, default_owner
from syncengine.state import PUTS_BACK, Applied, Base, Half


class Matches(NamedTuple):
    """The rules that a contact's halves match, and until when that is certain."""

    rules: Mapping[Side, tuple[Rule, ...]]
    until: datetime | None

    @property
    def any(self) -> bool:
        return any(self.rules.values())

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(rule.key for side in SIDES for rule in self.rules.get(side, ()))

    def actions(
        self, target: Side, acted: Mapping[str, Applied] | None = None
    ) -> dict[Thing, Action]:
        """Return what is done on a side, by what it sets: the first that sets something wins
        [RU7].

        With `acted`, what is done on creation alone counts only where it was done.
        """
        found: dict[Thing, Action] = {}
        for rule in self.rules.get(other(target), ()):
            for action in rule.actions:
                if acted is None or action.when is not When.CREATION or action.key in acted:
                    found.setdefault(ActionKey.of(action.key).thing, action)
        return found


def match(
    configuration: Configuration, halves: Mapping[Side, Half], now: datetime, *, linked: bool
) -> Matches:
    """Return which rules the halves of a contact match."""
    rules: dict[Side, tuple[Rule, ...]] = {}
    flips = []
    for side, half in halves.items():
        tested = subject(configuration, side, half, now, linked=linked)
        verdicts = [(rule, test(rule, tested)) for rule in configuration.rules(side)]
        rules[side] = tuple(rule for rule, verdict in verdicts if verdict.holds)
        flips += [verdict.until for _, verdict in verdicts if verdict.until is not None]
    return Matches(rules, min(flips, default=None))


def subject(
    configuration: Configuration, side: Side, half: Half, now: datetime, *, linked: bool
) -> Subject:
    """Return a half as the rules of its side test it."""
    owner = configuration.side(side).owner_field
    return Subject(half.values, half.scopes, linked, owner, now, configuration.zone)


def asks_for_both(configuration: Configuration) -> bool:
    """Return whether a rule takes in contacts by whether they exist in both apps."""
    return any(
        condition.kind is ConditionKind.EXISTS
        for side in SIDES
        for rule in configuration.rules(side)
        for condition in rule.conditions
    )


# A new contact


def act_on_creation(
    plan: Plan, configuration: Configuration, matches: Matches, target: Side, half: Half
) -> None:
    """Add to the plan of a new contact what the rules set on it, and who owns it.

    What an action sets in place of a mapped value is put back to that value when the rule is left.
    """
    stage = Stage(plan, configuration, target, Half({}), {})
    actions = matches.actions(target)
    writes = plan.writes.setdefault(target, {})
    for thing, action in actions.items():
        value = stage.value(action, half)
        if value is None or value is stage.stands(thing):
            continue
        former = writes.get(action.field.key)
        for pair in configuration.pairs:
            if is_set_by(configuration, pair, target, action.field.key):
                _leave_to_action(plan, pair, target, half, action)
        stage.send(action, thing, value, False if thing[1] else former)
    there = configuration.side(target)
    owner = there.owner_field
    if owner and (owner, "") not in actions:
        user = default_owner(plan, configuration, target, half)
        if user:
            writes[owner] = user
    if unit := dict(there.owner_units).get(str(writes.get(owner))):
        writes.setdefault(there.unit_field, unit)
    stage.finish()


def _leave_to_action(plan: Plan, pair: Pair, target: Side, half: Half, action: Action) -> None:
    """Take a mapping out of the plan of a new contact: an action sets its field."""
    plan.sent.pop((pair.key, target), None)
    if pair.field(target).key == action.field.key:
        plan.changes = [each for each in plan.changes if each.pair != pair.key]
    value = half.values.get(pair.field(other(target)).key)
    left, right = (None, value) if target == "left" else (value, None)
    plan.base[pair.key] = Base(left, right, pair.direction.value, pair.options_mark)


# A linked contact


def act(
    plan: Plan,
    configuration: Configuration,
    matches: Matches,
    halves: Mapping[Side, Half],
    acted: Mapping[str, Applied],
    frozen: Collection[str] = (),
) -> dict[str, Applied]:
    """Add to the plan what the rules set, and what is put back where a rule is left; return what
    still counts of what they have set.
    """
    kept: dict[str, Applied] = {}
    for target in SIDES:
        standing = {key: each for key, each in acted.items() if each.side == target}
        actions = matches.actions(target, acted)
        if not standing and not actions:
            continue
        stage = Stage(plan, configuration, target, halves[target], standing, frozen)
        for thing, action in actions.items():
            stage.keep_up(action, thing, halves[other(target)])
        current = {action.key for action in actions.values()}
        for key, applied in standing.items():
            thing = ActionKey.of(key).thing
            if thing not in actions or (thing in stage.idle and key not in current):
                stage.leave(key, applied)
            elif key not in current and thing in stage.due:
                # What stood before is known until the other action has taken over.
                stage.kept[key] = applied
        stage.finish()
        kept |= stage.kept
    return kept


def resting(
    configuration: Configuration, plan: Plan, matches: Matches, acted: Mapping[str, Applied]
) -> set[str]:
    """Return the keys of mappings that rest: an action sets one of their fields, or what it has set
    is being put back [RU6].
    """
    set_ = {
        (side, field)
        for side in SIDES
        for field, label in matches.actions(side, acted)
        if not label
    }
    for key, side in plan.sent:
        if key.startswith(ACTION) and not ActionKey.of(key).label:
            set_.add((side, ActionKey.of(key).field))
    if not set_:
        return set()
    return {
        pair.key
        for pair in configuration.pairs
        if any(is_set_by(configuration, pair, side, field) for side, field in set_)
    }


def rested(pair: Pair, agreed: Base | None, left: Values, right: Values) -> Base:
    """Return the base of a mapping that rests: it stays, so that what people edit meanwhile is
    copied afterwards; where nothing was agreed, what stands counts as agreed.
    """
    mark = pair.direction.value, pair.options_mark
    if agreed is None:
        return Base(left.get(pair.left.key), right.get(pair.right.key), *mark)
    return Base(agreed.left, agreed.right, *mark)


def sets_now(configuration: Configuration, plan: Plan, pair: Pair) -> bool:
    """Return whether an action is about to set what a mapping has on one of its sides."""
    return any(
        is_set_by(configuration, pair, side, ActionKey.of(key).field)
        for (key, side), sent in plan.sent.items()
        if key.startswith(ACTION) and sent.options != PUTS_BACK
    )


def is_for_now(configuration: Configuration, pair: Pair, acted: Mapping[str, Applied]) -> bool:
    """Return whether what an action has set of a mapping is put back when its rule is left."""
    return any(
        applied.undo and is_set_by(configuration, pair, applied.side, ActionKey.of(key).field)
        for key, applied in acted.items()
    )


def put_back_later(plan: Plan, side: Side, values: Values) -> None:
    """Let what an action sets be put back to what a mapping would have written there now."""
    for (key, on), sent in plan.sent.items():
        if on == side and key.startswith(ACTION) and ActionKey.of(key).field in values:
            plan.sent[key, on] = replace(sent, source=values[ActionKey.of(key).field])


def is_set_by(configuration: Configuration, pair: Pair, side: Side, field: str) -> bool:
    """Return whether setting a field of a side sets what a mapping has there: it is its field, or a
    part of its joined name.
    """
    mapped = pair.field(side)
    if mapped.key == field:
        return True
    here = configuration.side(side)
    return is_joined(here, mapped) and any(
        each.key == field and each.role in NAME_PARTS for each in here.fields
    )
