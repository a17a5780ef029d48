"""The set-up of a connection as a file wants it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from connections import rule_checks
from connections.configuration import SIDES, Direction, Side
from connections.rule_checks import Problem
from connections.setups import Setup
from connections.vanished import vanished
from syncengine.importing import logins, mappings, rules
from syncengine.importing.entries import LISTED, ConnectionEntry
from syncengine.importing.logins import Login
from syncengine.importing.looking import Look
from syncengine.importing.rule_entries import DEFAULT, RuleEntry


def wanted(
    entry: ConnectionEntry,
    found: Mapping[Side, Login],
    scopes: Mapping[Side, tuple[str, ...]],
    standing: Setup,
) -> Setup:
    """Return the set-up; what a file leaves out is as it stands [CN9].

    What it names is looked up in the apps before a set-up changes. What cannot be found is
    collected with its place.
    """
    given: dict[str, Any] = {f"{side}_scope": ids for side, ids in scopes.items()}
    standing_with = replace(standing, **entry.settings, **given)
    look = Look({side: login.offering for side, login in found.items()})
    setup = _looked_up(entry, standing_with, look)
    changes = any(getattr(setup, key) != getattr(standing, key) for key in LISTED)
    if look.found or changes:
        place = next((key for key in LISTED if key in entry.section), "")
        if not all(
            logins.ask_again(found[side], entry.section, place, "users, fields and labels")
            for side in SIDES
            if side in look.used
        ):
            return setup
        look = Look({side: login.offering for side, login in found.items()})
        setup = _looked_up(entry, standing_with, look)
    entry.section.problems.found += look.found
    return setup


def _looked_up(entry: ConnectionEntry, standing: Setup, look: Look) -> Setup:
    setup = standing
    if entry.rules is not None:
        read = rules.look_up(entry.rules, standing.rules, look)
        setup = replace(setup, rules=tuple(rule for _, rule in read))
    if entry.mappings == DEFAULT:
        setup = replace(setup, mappings=(), switched_off=entry.settings.get("switched_off", ()))
    elif isinstance(entry.mappings, list):
        listed = mappings.MappingList(look, Direction(setup.direction))
        listed.read(entry.mappings)
        for role in listed.on.intersection(entry.settings.get("switched_off", ())):
            look.wrong(entry.section, "switched_off", f"{role} is in the list of mappings")
        off = listed.switched_off(standing.switched_off)
        setup = replace(setup, mappings=tuple(listed.custom), switched_off=off)
    if entry.owners is not None:
        setup = replace(setup, owners=mappings.owners(entry.owners, setup.owners, look))
    return setup


def check(
    entry: ConnectionEntry,
    found: Mapping[Side, Login],
    before: Setup | None,
    after: Setup,
    moved: Sequence[Side],
) -> tuple[str, ...]:
    """Collect what a set-up cannot be stored with, and return the warnings. `moved` are the sides
    that get another account.
    """
    section = entry.section
    if section.problems.found:
        return ()
    left, right = (found[side].offering for side in SIDES)
    if moved:
        unscoped = replace(after, left_scope=(), right_scope=())
        for text in vanished(unscoped, left, right):
            section.wrong(moved[0], f"cannot be another account, since {text}")
    same = before is not None and all(
        getattr(before, key) == getattr(after, key) for key in ("rules", "direction")
    )
    if same:
        return ()
    for problem in rule_checks.added(before or Setup(), after, left, right):
        _tell(entry, after, problem)
    told = rule_checks.problems(after, left, right)
    return tuple(problem.message for problem in told if not problem.is_error)


def _tell(entry: ConnectionEntry, setup: Setup, problem: Problem) -> None:
    """Collect what is wrong with a rule, at its place in the file where it has one."""
    rule = _entry_of(entry, setup, problem)
    if rule is None:
        key = next((key for key in ("rules", "direction") if key in entry.section), "")
        entry.section.wrong(key, problem.message)
        return
    kind, _, number = problem.place.partition(":")
    parts = {
        "condition": [each.section for each in rule.conditions],
        "action": [each.section for each in rule.actions],
    }.get(kind, [])
    section = parts[int(number)] if number.isdecimal() and parts else rule.section
    section.wrong("", problem.message)


def _entry_of(entry: ConnectionEntry, setup: Setup, problem: Problem) -> RuleEntry | None:
    """Return the rule of the file that a problem is about; they are in the order of the set-up."""
    mine = [each for each in entry.rules or () if each.side == problem.side]
    mine.sort(key=lambda each: bool(each.conditions or each.actions))
    keys = [rule.key for rule in setup.rules_of(problem.side)]
    at = keys.index(problem.rule) if problem.rule in keys else len(mine)
    return mine[at] if at < len(mine) else None
