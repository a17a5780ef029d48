"""Why a contact is, or is not, in sync: both sides' values field by field, and what comes next."""

from __future__ import annotations

from dataclasses import dataclass

from connections.configuration import SIDES, Configuration, Direction, Pair, Side, other
from connections.models import Connection
from syncengine import clock, contacts
from syncengine.cases import Case
from syncengine.differences import entries
from syncengine.models import Contact, Mirror
from syncengine.state import Decision, Half, Status, base_from_json
from syncengine.states import side_label


@dataclass(frozen=True, slots=True)
class FieldNow:
    """One mapped field on both sides, as last read; `why` says what keeps the sides apart."""

    label: str
    left: tuple[str, ...]
    right: tuple[str, ...]
    differs: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a contact's page says of it; `next_step` is what the next run would do."""

    fields: tuple[FieldNow, ...]
    next_step: str
    is_well: bool


def explain(contact: Contact) -> Explanation:
    """Return why a contact is as it is; decrypts both its records."""
    connection = contact.connection
    configuration = connection.configuration()
    halves: dict[Side, Half | None] = {
        side: contacts.half_of(contact.record(side)) for side in SIDES
    }
    decision = _decision(contact, configuration)
    return Explanation(
        tuple(
            each
            for pair in configuration.pairs
            if (each := _field(pair, configuration, contact, halves, decision)) is not None
        ),
        _next_step(contact, connection, decision),
        contact.status == Status.IN_SYNC,
    )


def _decision(contact: Contact, configuration: Configuration) -> Decision | None:
    """Return what the next run would decide of a linked contact; others are matched first."""
    if not contact.is_linked:
        return None
    mirrors = {side: Mirror.objects.get(account=contact.connection.account(side)) for side in SIDES}
    return contacts.decide(configuration, contact, mirrors, clock.now())


def _field(
    pair: Pair,
    configuration: Configuration,
    contact: Contact,
    halves: dict[Side, Half | None],
    decision: Decision | None,
) -> FieldNow | None:
    """Return a field with both its values; None where neither side has one."""
    shown: dict[Side, tuple[str, ...]] = {}
    for side in SIDES:
        half = halves[side]
        shown[side] = entries(half.values.get(pair.field(side).key)) if half else ()
    if not any(shown.values()):
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
    return FieldNow(label, shown["left"], shown["right"], differs, why)


def _why(pair: Pair, contact: Contact, decision: Decision | None) -> str:
    for change in decision.changes if decision else ():
        if change.pair == pair.key:
            return f"The next run writes to {side_label(contact.connection, change.side)}."
    labels = {pair.left.label, pair.right.label}
    for flag in contact.flags:
        if any(label in flag for label in labels):
            return f"Left apart: {flag}."
    if pair.direction is not Direction.BOTH:
        target: Side = "right" if pair.direction is Direction.LEFT_TO_RIGHT else "left"
        there = side_label(contact.connection, target)
        source = side_label(contact.connection, other(target))
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
        return f"The next run would write nothing. {decision.reason}."
    parts = [
        f"{_number(len([each for each in decision.changes if each.side == side]))} "
        f"in {side_label(connection, side)}"
        for side in decision.writes
    ]
    return f"The next run would write {' and '.join(parts)}."


def _number(count: int) -> str:
    return "1 field" if count == 1 else f"{count} fields"
