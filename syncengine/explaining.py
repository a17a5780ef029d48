"""Why a contact is, or is not, in sync: both sides' values field by field, and what comes next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from connections import rules
from connections.configuration import SIDES, Configuration, Direction, Pair, Side, other
from connections.configuring import configure
from connections.models import Connection
from connections.operands import ConditionKind
from connections.rule_parts import End, ends
from connections.rules import Condition, Match, Subject
from connections.setups import ConditionSetup, Setup
from syncengine import acting, clock, contacts, previewing
from syncengine.cases import Case
from syncengine.differences import entries
from syncengine.models import Contact
from syncengine.plans import shown
from syncengine.sentences import condition_sentence
from syncengine.state import Decision, Half, Status, base_from_json


@dataclass(frozen=True, slots=True)
class FieldNow:
    """One mapped field on both sides, as last read; `why` says what keeps the sides apart."""

    label: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    differs: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class ConditionTest:
    """A condition of a rule and how it stands: `seen` is what the contact has, `until` when that
    changes by time alone.
    """

    words: str
    holds: bool
    seen: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class RuleTest:
    """A rule with what each of its conditions comes to."""

    number: int
    matches: bool
    any_one: bool
    updates_only: bool
    tests: tuple[ConditionTest, ...]


@dataclass(frozen=True, slots=True)
class SideTests:
    """The rules for one side's half of a contact; without `counts` the direction lets them do
    nothing, without `has_half` there is nothing to test.
    """

    side: Side
    label: str
    counts: bool
    has_half: bool
    rules: tuple[RuleTest, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a contact's page says of it; `next_step` is what the next run would do."""

    fields: tuple[FieldNow, ...]
    rules: tuple[SideTests, ...]
    next_step: str
    is_well: bool


def explain(
    contact: Contact, setup: Setup | None = None, decision: Decision | None = None
) -> Explanation:
    """Return why a contact is as it is, and what a run would do with it; decrypts both its records.

    `setup` is another one than is stored, `decision` what was decided under it.
    """
    connection = contact.connection
    setup = setup or connection.setup()
    configuration = configure(setup, connection.left, connection.right)
    halves: dict[Side, Half | None] = {
        side: contacts.half_of(contact.record(side)) for side in SIDES
    }
    decision = decision or _decision(contact, configuration)
    return Explanation(
        tuple(
            each
            for pair in configuration.pairs
            if (each := _field(pair, configuration, contact, halves, decision)) is not None
        ),
        tuple(_side_tests(connection, setup, configuration, halves)),
        _next_step(contact, connection, decision),
        contact.status == Status.IN_SYNC,
    )


def _decision(contact: Contact, configuration: Configuration) -> Decision | None:
    """Return what the next run would decide of a linked contact; others are matched first."""
    if not contact.is_linked:
        return None
    mirrors = previewing.mirrors_of(contact.connection)
    return contacts.decide(configuration, contact, mirrors, clock.now())


# Rules


def _side_tests(
    connection: Connection,
    setup: Setup,
    configuration: Configuration,
    halves: dict[Side, Half | None],
) -> Iterator[SideTests]:
    now, sides = clock.now(), ends(connection.left, connection.right)
    linked = all(halves.values())
    for side in SIDES:
        half, here = halves[side], configuration.side(side)
        found = []
        pairs = zip(setup.rules_of(side), here.rules, strict=True) if half else ()
        for number, (rule_setup, rule) in enumerate(pairs, 1):
            assert half is not None
            subject = acting.subject(configuration, side, half, now, linked=linked)
            tests = tuple(
                _test(condition, each, subject, sides[side], sides[other(side)])
                for condition, each in zip(rule_setup.conditions, rule.conditions, strict=True)
            )
            any_one = rule.match is Match.ANY and len(tests) > 1
            matches = rules.test(rule, subject).holds
            found.append(RuleTest(number, matches, any_one, rule.updates_only, tests))
        counts = configuration.direction.writes(other(side))
        yield SideTests(side, connection.side_label(side), counts, half is not None, tuple(found))


def _test(
    setup: ConditionSetup, condition: Condition, subject: Subject, here: End, there: End
) -> ConditionTest:
    verdict = rules.check(condition, subject)
    words = condition_sentence(setup, here, there)
    return ConditionTest(words, verdict.holds, _seen(condition, subject, here), verdict.until)


def _seen(condition: Condition, subject: Subject, here: End) -> str:
    """Return what a contact has of what a condition tests."""
    if condition.kind is ConditionKind.EXISTS:
        return "the link" if subject.linked else "no counterpart"
    if condition.kind is ConditionKind.OWNER:
        owner = str(subject.values.get(subject.owner_field) or "")
        return here.users.get(owner, owner) or "nobody"
    if condition.kind in (ConditionKind.SCOPE, ConditionKind.LABEL):
        named = (here.scopes[each] for each in subject.scopes if each in here.scopes)
        return ", ".join(named) or "none"
    assert condition.field is not None
    value = subject.values.get(condition.field.key)
    return ", ".join(entries(shown(condition.field, value))) or "empty"


# Fields


def _field(
    pair: Pair,
    configuration: Configuration,
    contact: Contact,
    halves: dict[Side, Half | None],
    decision: Decision | None,
) -> FieldNow | None:
    """Return a field with both its values; None where neither side has one."""
    both: dict[Side, tuple[str, ...]] = {}
    for side in SIDES:
        half, field = halves[side], pair.field(side)
        both[side] = entries(shown(field, half.values.get(field.key))) if half else ()
    if not any(both.values()):
        return None
    left, right = halves["left"], halves["right"]
    differs = False
    if left is not None and right is not None:
        stored = base_from_json(contact.base or {}).get(pair.key)
        differs = not Case(configuration, pair, left, right, stored).agree()
    label = pair.left.label
    if pair.right.label.casefold() != label.casefold():
        label = f"{label} / {pair.right.label}"
    why = _why(pair, contact, decision) if differs else ""
    return FieldNow(label, both["left"], both["right"], differs, why)


def _why(pair: Pair, contact: Contact, decision: Decision | None) -> str:
    for change in decision.changes if decision else ():
        if change.pair == pair.key:
            return f"The next run writes to {contact.connection.side_label(change.side)}."
    labels = {pair.left.label, pair.right.label}
    for flag in contact.flags:
        if any(label in flag for label in labels):
            return f"Left apart: {flag}."
    if pair.direction is not Direction.BOTH:
        target: Side = "right" if pair.direction is Direction.LEFT_TO_RIGHT else "left"
        there = contact.connection.side_label(target)
        source = contact.connection.side_label(other(target))
        return f"Left apart: it goes to {there} only. Its own edit stays until {source} changes."
    return ""


def _next_step(contact: Contact, connection: Connection, decision: Decision | None) -> str:
    if contact.asked:
        return f"Asked for: {contact.get_asked_display().lower()}. The next run does it."
    if contact.status == Status.REVIEW:
        return "It waits for a person, who says with whom it belongs together."
    if decision is None:
        if contact.awake:
            return "The next run looks for its partner, and decides."
        return "The next run does nothing with it, unless it or a contact like it changes."
    if decision.create_on is None and not decision.writes:
        if decision.status == Status.IN_SYNC:
            return "The next run would do nothing."
        if decision.leaves_scope:
            return f"The next run takes it out of the sync. {decision.reason}."
        return f"The next run would write nothing. {decision.reason}."
    parts = [
        f"{_number(len([each for each in decision.changes if each.side == side]))} "
        f"in {connection.side_label(side)}"
        for side in decision.writes
    ]
    return f"The next run would write {' and '.join(parts)}."


def _number(count: int) -> str:
    return "1 field" if count == 1 else f"{count} fields"
