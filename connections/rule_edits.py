"""Edits of the rules in a set-up. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connections.configuration import SIDES, Side
from connections.setups import RuleSetup, Setup, default_rule, new_key


def as_saved(rule: RuleSetup) -> RuleSetup:
    """Return a rule with the key under which it is saved.

    The rule without conditions and actions has the key of its side, and no other rule has that.
    """
    if not rule.conditions and not rule.actions:
        return default_rule(rule.side)
    return replace(rule, key=new_key()) if rule.key in ("", *SIDES) else rule


def put(setup: Setup, rule: RuleSetup, key: str = "") -> Setup:
    """Return the set-up with a rule in place of the one of this key, or as the last one. The rule
    that takes in everyone comes first.
    """
    rules = setup.rules_of(rule.side)
    if rule.is_default:
        others = (each for each in rules if each.key != key and not each.is_default)
        return setup.with_rules(rule.side, (rule, *others))
    if all(each.key != key for each in rules):
        return setup.with_rules(rule.side, (*rules, rule))
    return setup.with_rules(rule.side, tuple(rule if each.key == key else each for each in rules))


def without(setup: Setup, side: Side, key: str) -> Setup:
    """Return the set-up without a rule."""
    rules = (each for each in setup.rules_of(side) if each.key != key)
    return setup.with_rules(side, tuple(rules))


def moved(setup: Setup, side: Side, key: str, places: int) -> Setup:
    """Return the set-up with a rule so many places further down, up where negative; as it is where
    it cannot go there.
    """
    rules = list(setup.rules_of(side))
    here = next((place for place, each in enumerate(rules) if each.key == key), -1)
    if not can_move(rules, here, places):
        return setup
    rules.insert(here + places, rules.pop(here))
    return setup.with_rules(side, tuple(rules))


def can_move(rules: Sequence[RuleSetup], here: int, places: int) -> bool:
    """Return whether a rule can move: the one that takes in everyone stays the first."""
    there = here + places
    if here < 0 or not 0 <= there < len(rules):
        return False
    return not rules[here].is_default and not rules[there].is_default


def rule_of(setup: Setup, side: Side, key: str) -> RuleSetup | None:
    """Return a rule of a side by its key."""
    return next((rule for rule in setup.rules_of(side) if rule.key == key), None)
