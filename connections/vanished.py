"""What a set-up names and its apps no longer have [RU9]. Asks no app."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connections.configuration import SIDES, Side, other
from connections.models.account import Account
from connections.rule_parts import End, action_problem, condition_problem, ends
from connections.setups import MappingSetup, RuleSetup, Setup


def vanished(setup: Setup, left: Account, right: Account) -> list[str]:
    """Return each place that names what its app no longer has, or that cannot be as it is, with
    what to do.
    """
    sides = ends(left, right)
    found = []
    for side in SIDES:
        here = sides[side]
        if gone := set(setup.scope(side)) - set(here.scopes):
            found.append(
                f"the scope on the {side} side names what no longer exists in {here.name}: "
                f"{', '.join(sorted(gone))}. Choose the scope again."
            )
        for number, rule in enumerate(setup.rules_of(side), 1):
            place = f"rule {number} for contacts from {here.name}"
            found += [f"{place}: {what}" for what in _of_rule(rule, here, sides[other(side)])]
    return found + [what for mapping in setup.mappings for what in _of_mapping(mapping, sides)]


def _of_rule(rule: RuleSetup, here: End, there: End) -> Iterator[str]:
    yield from filter(None, (condition_problem(each, here) for each in rule.conditions))
    yield from filter(None, (action_problem(each, here, there) for each in rule.actions))


def _of_mapping(mapping: MappingSetup, sides: Mapping[Side, End]) -> Iterator[str]:
    for side in SIDES:
        key = mapping.left if side == "left" else mapping.right
        if sides[side].field(key) is None:
            yield (
                f"the mapping of {mapping.left} and {mapping.right}: {sides[side].name} "
                f"has no field {key} any more. Remove the mapping or map another field."
            )
