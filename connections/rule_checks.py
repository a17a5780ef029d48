"""What is wrong, or worth a warning, with the rules of a connection [CN4, CN5, RU7]. Pure: a set-up
and what two accounts offer in, sentences out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from django.utils.text import capfirst

from connections.configuration import SIDES, Direction, Side, other
from connections.configuring import configure
from connections.models.account import Account
from connections.operands import ConditionKind
from connections.rule_parts import (
    End,
    Thing,
    action_problem,
    condition_problem,
    ends,
    tested,
    thing_set,
    thing_words,
    too_long,
)
from connections.rules import ActionKind, When
from connections.setups import ActionSetup, RuleSetup, Setup


class Problem(NamedTuple):
    """Something about a rule, or about the rules of a side where `rule` is "".

    `is_error` is what cannot be saved; the others are warnings. `place` is where in the rule:
    "condition:0", "action:1", or "" for the rule as a whole.
    """

    side: Side
    rule: str
    message: str
    is_error: bool = False
    place: str = ""


def problems(setup: Setup, left: Account, right: Account) -> list[Problem]:
    """Return what is wrong with the rules of a set-up, and what is worth a warning, side by side
    and in the order of their rules; errors first. `message` is one or two sentences for people.
    """
    checks = _Checks(setup, ends(left, right))
    found = [each for side in SIDES for each in (*checks.of_side(side), *checks.of_rules(side))]
    return sorted(found, key=lambda problem: not problem.is_error)


def added(before: Setup, after: Setup, left: Account, right: Account) -> list[Problem]:
    """Return the errors that an edit would bring in: with any of them it cannot be saved.

    What was wrong before, such as a label that is gone, keeps nobody from editing something else.
    """
    had = set(problems(before, left, right))
    return [each for each in problems(after, left, right) if each.is_error and each not in had]


def in_full(problem: Problem, setup: Setup, left: Account, right: Account) -> str:
    """Return the message of a problem behind the rule that it is about."""
    rules = {rule.key: rule for rule in setup.rules_of(problem.side)}
    if problem.rule not in rules:
        return problem.message
    name = _Checks(setup, ends(left, right)).name(rules[problem.rule])
    return f"{capfirst(name)}: {problem.message}"


def resting(setup: Setup, rule: RuleSetup, left: Account, right: Account) -> list[str]:
    """Return a sentence for each mapping that rests while a rule matches: an action sets its field
    [RU6].
    """
    side = other(rule.side)
    set_by = {action.field for action in rule.actions if action.kind == ActionKind.SET_FIELD}
    return [
        f"While this rule matches, the mapping of {pair.field(side).label} rests: "
        "this action sets it."
        for pair in configure(setup, left, right).pairs
        if pair.field(side).key in set_by
    ]


def works(setup: Setup, side: Side) -> bool:
    """Return whether the rules of a side count: something flows to the other [CN4]."""
    return Direction(setup.direction).writes(other(side))


def without_rules(here: str, there: str) -> str:
    """Return what it means that a side has no rule [CN4]."""
    return (
        f"No contact of {here} is created in {there}. Linked contacts are updated both ways while "
        f"a rule for contacts from {there} matches."
    )


@dataclass(frozen=True)
class _Checks:
    setup: Setup
    known: Mapping[Side, End]

    def works(self, side: Side) -> bool:
        return works(self.setup, side)

    def number(self, rule: RuleSetup) -> int:
        return self.setup.rules_of(rule.side).index(rule) + 1

    def name(self, rule: RuleSetup) -> str:
        return f"rule {self.number(rule)} for contacts from {self.known[rule.side].name}"

    # The rules of a side together

    def of_side(self, side: Side) -> Iterator[Problem]:
        here, there = self.known[side].name, self.known[other(side)].name
        rules, theirs = self.setup.rules_of(side), self.setup.rules_of(other(side))
        message, is_error = "", False
        if not rules and not theirs:
            if side == "left":
                message = "A connection needs a rule on one side at least. Add one."
                is_error = True
        elif not self.works(side):
            what = "this rule does" if len(rules) == 1 else "these rules do"
            if rules:
                message = f"Nothing is written to {there} in this direction: {what} nothing."
        elif not rules and self.works(other(side)):
            message = without_rules(here, there)
        elif not rules:
            message = (
                f"Nothing is kept in sync: in this direction only rules for contacts from {here} "
                "count, and there is none. Add one, or turn the direction."
            )
        if message:
            yield Problem(side, "", message, is_error)

    # A rule by itself

    def of_rules(self, side: Side) -> Iterator[Problem]:
        for rule in self.setup.rules_of(side):
            for place, message in self.mistakes(rule):
                yield Problem(side, rule.key, message, True, place)
            if not self.works(side):
                continue
            for place, message in self.endless(rule):
                yield Problem(side, rule.key, message, True, place)
            for message in self.warnings(rule):
                yield Problem(side, rule.key, message)

    def mistakes(self, rule: RuleSetup) -> Iterator[tuple[str, str]]:
        """Yield what is wrong in a rule, each with its place."""
        here, there = self.known[rule.side], self.known[other(rule.side)]
        first: dict[Thing, int] = {}
        for number, condition in enumerate(rule.conditions):
            if message := condition_problem(condition, here):
                yield f"condition:{number}", message
        for number, action in enumerate(rule.actions):
            thing = thing_set(action, there)
            if message := action_problem(action, here, there) or too_long(action, there):
                yield f"action:{number}", message
            elif thing in first:
                what = thing_words(thing, there)
                message = f"Action {first[thing] + 1} sets {what} already. Remove one of the two."
                yield f"action:{number}", message
            first.setdefault(thing, number)

    # A rule among the others

    def warnings(self, rule: RuleSetup) -> Iterator[str]:
        yield from self.idle(rule)
        yield from self.kept_in(rule)
        yield from self.unborn(rule)
        yield from self.same_thing(rule)
        yield from self.leaves_scope(rule)
        yield from self.started(rule)

    def idle(self, rule: RuleSetup) -> Iterator[str]:
        """A rule of the same side takes in every contact, so that this one chooses none."""
        everyone = [each for each in self.setup.rules_of(rule.side) if not each.conditions]
        if rule.conditions and everyone:
            number = self.number(everyone[0])
            but = "only adds its actions" if rule.actions else "leaves nobody out"
            yield (
                f"Rule {number} takes in every contact, so this one {but}. Delete rule {number} to "
                "sync only what the other rules match."
            )

    def kept_in(self, rule: RuleSetup) -> Iterator[str]:
        """A rule of the other side keeps in what this one leaves out [CN5]."""
        theirs = self.setup.rules_of(other(rule.side)) if self.works(other(rule.side)) else ()
        everyone = [each for each in theirs if not each.conditions]
        if rule.conditions and everyone:
            name = self.name(everyone[0])
            yield (
                f"{capfirst(name)} keeps every linked contact in sync, whether this "
                "rule matches or not."
            )

    def unborn(self, rule: RuleSetup) -> Iterator[str]:
        """No contact matches any more once this rule has created it."""
        kind = ConditionKind.EXISTS.value
        if any(each.kind == kind and each.value == ("false",) for each in rule.conditions):
            yield (
                f"Once created in {self.known[other(rule.side)].name}, a contact exists there and "
                "leaves this rule: another rule has to keep it in sync."
            )

    def same_thing(self, rule: RuleSetup) -> Iterator[str]:
        """An earlier rule sets what this one sets, and wins [RU7]."""
        there, number = self.known[other(rule.side)], self.number(rule)
        mine = {thing_set(action, there) for action in rule.actions}
        for first, earlier in enumerate(self.setup.rules_of(rule.side)[: number - 1], 1):
            both = mine & {thing_set(action, there) for action in earlier.actions}
            if both:
                what = " and ".join(thing_words(thing, there) for thing in sorted(both))
                yield (
                    f"Rules {first} and {number} both set {what}. Where both match, rule {first} "
                    "comes first and wins."
                )

    def leaves_scope(self, rule: RuleSetup) -> Iterator[str]:
        """An action takes contacts out of the scope of the other side."""
        there = self.known[other(rule.side)]
        scope = self.setup.scope(other(rule.side))
        inside = there.offers.inside(list(scope))
        for action in rule.actions if scope else ():
            value = action.value[0] if action.value else ""
            name = there.scopes.get(value, value)
            if action.kind == ActionKind.SET_UNIT and value and value not in inside:
                yield (
                    f"{name} is outside the scope of {there.name}: contacts that get it leave the "
                    "sync."
                )
            if action.kind == ActionKind.REMOVE_LABEL and value in inside:
                yield (
                    f"{name} is the scope of {there.name}: contacts that lose it may leave the "
                    "sync."
                )
            if action.kind == ActionKind.ADD_LABEL and action.undo and value in inside:
                yield (
                    f"{name} is the scope of {there.name}: contacts from which undo takes it again "
                    "may leave the sync. Switch undo off."
                )

    # Rules that start each other

    def starts(self, cause: RuleSetup, action: ActionSetup, rule: RuleSetup) -> set[Thing]:
        """Return what an action of one rule sets and a rule of the other side tests."""
        here = self.known[rule.side]
        if rule.side == cause.side or not (self.works(rule.side) and self.works(cause.side)):
            return set()
        tests = {thing for condition in rule.conditions for thing in tested(condition, here)}
        return {thing_set(action, here)} & tests

    def next_rules(self, cause: RuleSetup, action: ActionSetup | None = None) -> list[RuleSetup]:
        """Return the rules that test what one action of a rule sets on linked contacts, or any of
        them.
        """
        chosen = cause.actions if action is None else (action,)
        actions = [each for each in chosen if each.when != When.CREATION]
        theirs = self.setup.rules_of(other(cause.side))
        return [
            rule for rule in theirs if any(self.starts(cause, action, rule) for action in actions)
        ]

    def started(self, rule: RuleSetup) -> Iterator[str]:
        """A rule of the other side sets what this one tests [RU7]."""
        for cause in self.setup.rules_of(other(rule.side)):
            found = {thing for each in cause.actions for thing in self.starts(cause, each, rule)}
            if found:
                here = self.known[rule.side]
                what = " and ".join(thing_words(thing, here) for thing in sorted(found))
                yield (
                    f"This rule tests {what}, which {self.name(cause)} sets: that brings contacts "
                    "in here, or takes them out."
                )

    def endless(self, rule: RuleSetup) -> Iterator[tuple[str, str]]:
        """Actions whose undo closes a loop: leaving this rule changes what the next one tests, and
        in the end what this one tests, so that a contact would go in and out for ever [RU7].
        """
        for number, action in enumerate(rule.actions):
            after = self.next_rules(rule, action) if action.undo else []
            back = next((each for each in after if self.reaches(each, rule)), None)
            if back is not None:
                message = (
                    f"With undo, this rule and {self.name(back)} would start and stop each other "
                    "for ever. Switch undo off here, or test something else in one of them."
                )
                yield f"action:{number}", message

    def reaches(self, start: RuleSetup, goal: RuleSetup) -> bool:
        """Return whether one rule may start another, over any number of rules between them."""
        seen, ahead = {start}, [start]
        while ahead:
            for rule in self.next_rules(ahead.pop()):
                if rule == goal:
                    return True
                if rule not in seen:
                    seen.add(rule)
                    ahead.append(rule)
        return False
