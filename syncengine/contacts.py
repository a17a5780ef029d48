"""Contacts between their rows and the values that deciding takes and gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from connections.configuration import SIDES, Configuration, Side
from connections.rules import ACTION, ActionKey
from connections.schema import same, value_to_json
from syncengine import deciding
from syncengine.models import Change, Contact, Mirror, Record, Run
from syncengine.models.mirror import is_newer
from syncengine.state import (
    Applied,
    Base,
    Decision,
    FieldChange,
    Half,
    SentBy,
    State,
    Status,
    acted_from_json,
    acted_to_json,
    base_from_json,
    base_to_json,
    sent_from_json,
    sent_to_json,
)

WRITES_REMEMBERED = timedelta(hours=24)
SENDING = (
    "status",
    "reason",
    "awake",
    "wake_at",
    "base",
    "sent",
    "left_sent_version",
    "right_sent_version",
    "settles_at",
    "written_at",
    "acted",
)
"""The fields of a contact that change when something is about to be sent for it."""
RESTING = (
    "status",
    "reason",
    "flags",
    "awake",
    "wake_at",
    "attempts",
    "left_number",
    "right_number",
    "base",
    "sent",
    "settles_at",
    "written_at",
    "in_scope",
    "matched",
    "acted",
)
"""The fields that change when it was decided on; a creation gives it its other half besides."""


def half_of(record: Record | None) -> Half | None:
    """Return a record as deciding sees it."""
    if record is None:
        return None
    return Half(
        values=record.values,
        scopes=tuple(record.scopes),
        archived=record.archived,
        gone=record.gone_at is not None,
        unwritable=frozenset(record.content["raw"].get("read_only", ())),
        left_out=record.left_out,
    )


def state_of(
    configuration: Configuration, contact: Contact, mirrors: Mapping[Side, Mirror], now: datetime
) -> State:
    """Return a contact with both its records as deciding sees it."""
    sent = sent_from_json(contact.sent or [])
    return State(
        left=half_of(contact.left),
        right=half_of(contact.right),
        base=base_from_json(contact.base or {}),
        sent=sent,
        written_at=written_at(contact),
        was_in_scope=contact.in_scope,
        acted=acted_from_json(contact.acted) if contact.acted else {},
        seen=frozenset(
            side
            for side in SIDES
            if any(key[1] == side for key in sent)
            and (
                _shows_it(configuration, contact, side, sent)
                or _is_settled(contact, side, mirrors, now)
            )
        ),
    )


def _shows_it(configuration: Configuration, contact: Contact, side: Side, sent: SentBy) -> bool:
    """Return whether what was sent to a side can be judged by the row that stands there [I4].

    A newer row shows what became of an answered write. One without an answer may be done later
    still, unless the app compares versions: then it counts as seen where all of it stands.
    """
    record, before = contact.record(side), sent_version(contact, side)
    if record is None or not is_newer(record.version, before):
        return False
    mine = {pair: each for (pair, of), each in sent.items() if of == side}
    if not before or configuration.side(side).compare_and_set:
        return True
    if all(each.answered for each in mine.values()):
        return True
    region = configuration.phone_region
    values = record.values
    return all(
        same(pair.field(side), mine[pair.key].value, values.get(pair.field(side).key), region)
        for pair in configuration.pairs
        if pair.key in mine
    ) and all(
        sent_.value == values.get(ActionKey.of(key).field)
        for key, sent_ in mine.items()
        if key.startswith(ACTION)
    )


def _is_settled(
    contact: Contact, side: Side, mirrors: Mapping[Side, Mirror], now: datetime
) -> bool:
    """Return whether what was sent to a side would be seen by now."""
    if contact.settles_at is None or contact.settles_at > now:
        return False
    read_at = mirrors[side].read_at
    return read_at is not None and read_at >= contact.settles_at


def is_unseen(contact: Contact, record_id: int, mirror: Mirror, now: datetime) -> bool:
    """Return whether something was sent to a record of a contact that its mirror does not show
    yet.
    """
    side: Side = "left" if contact.left_id == record_id else "right"
    sent = sent_from_json(contact.sent or [])
    mine = [each for (_, of), each in sent.items() if of == side]
    record = contact.record(side)
    if not mine or record is None:
        return False
    is_answered = all(each.answered for each in mine)
    if is_answered and is_newer(record.version, sent_version(contact, side)):
        return False
    return not _is_settled(contact, side, {side: mirror}, now)


def sent_version(contact: Contact, side: Side) -> str:
    """Return the version of the record on which was last sent to a side."""
    return contact.left_sent_version if side == "left" else contact.right_sent_version


def note_version(contact: Contact, side: Side, version: str) -> None:
    """Remember on which version of the record is sent, "" for a creation."""
    if side == "left":
        contact.left_sent_version = version
    else:
        contact.right_sent_version = version


def written_at(contact: Contact) -> dict[tuple[str, Side], tuple[datetime, ...]]:
    """Return the times of our writes by pair and side."""
    return {
        (pair, side): tuple(datetime.fromisoformat(each) for each in times[side])
        for pair, times in contact.written_at.items()
        for side in SIDES
        if side in times
    }


def note_writes(contact: Contact, sent: Iterable[tuple[str, Side]], now: datetime) -> None:
    """Remember that these fields were written now, and forget those that were quiet for a day."""
    stored: dict[str, dict[Side, list[str]]] = {}
    for (pair, side), moments in written_at(contact).items():
        if moments and now - moments[-1] < WRITES_REMEMBERED:
            stored.setdefault(pair, {})[side] = contact.written_at[pair][side]
    this = now.isoformat()
    for pair, side in sent:
        sides = stored.setdefault(pair, {})
        sides[side] = [*sides.get(side, ()), this][-7:]
    contact.written_at = stored


def forget_writes(contact: Contact, keys: Iterable[tuple[str, Side]]) -> None:
    """Take back the latest note of these writes: they were not done."""
    for pair, side in keys:
        contact.written_at.get(pair, {}).get(side, [])[-1:] = []


def keep(
    contact: Contact, base: Mapping[str, Base], sent: SentBy, acted: Mapping[str, Applied]
) -> None:
    """Put what is agreed, what was sent and what actions have set on the contact's row."""
    contact.acted = acted_to_json(acted) or None
    contact.base = base_to_json(base) or None
    contact.sent = sent_to_json(sent) or None


def rest(contact: Contact, decision: Decision) -> None:
    """Put a decision that needs no write on the contact's row: it is at rest at the numbers decided
    on.
    """
    contact.status, contact.reason = decision.status, decision.reason
    contact.flags = list(decision.flags)
    contact.matched = " ".join(decision.matched)
    note_scope(contact, decision)
    contact.awake, contact.wake_at, contact.attempts = False, decision.wake_at, 0
    note_numbers(contact)


def note_scope(contact: Contact, decision: Decision) -> None:
    """Note whether the contact was inside the scope, so that leaving it is counted once."""
    if decision.leaves_scope:
        contact.in_scope = False
    elif decision.matched and decision.status is not Status.EXCLUDED:
        contact.in_scope = True


def note_numbers(contact: Contact) -> None:
    """Note the change numbers on which was decided."""
    contact.left_number = contact.left.number if contact.left else 0
    contact.right_number = contact.right.number if contact.right else 0


def decide(
    configuration: Configuration, contact: Contact, mirrors: Mapping[Side, Mirror], now: datetime
) -> Decision:
    """Return what is to be done with a contact."""
    return deciding.decide(
        configuration, state_of(configuration, contact, mirrors, now), now, linked=contact.is_linked
    )


def judge_answer(
    configuration: Configuration,
    contact: Contact,
    base: Mapping[str, Base],
    sent: SentBy,
    acted: Mapping[str, Applied],
    side: Side,
) -> deciding.Judged:
    """Return what is known after an answer has shown a side's record."""
    state = State(
        left=half_of(contact.left),
        right=half_of(contact.right),
        base=base,
        sent=sent,
        acted=acted,
        seen=frozenset({side}),
    )
    return deciding.judge(configuration, state, {side})


def change(
    run: Run,
    contact: Contact,
    kind: Change.Kind,
    now: datetime,
    *,
    side: Side | None = None,
    reason: str = "",
    fields: Iterable[FieldChange] = (),
) -> Change:
    """Return a line of the history, not saved."""
    record = contact.left or contact.right
    fields = tuple(fields)
    return Change(
        run=run,
        contact=contact if contact.pk else None,
        kind=kind,
        side=side or "",
        name=record.name if record else "",
        reason=reason,
        fields=[
            [
                each.side,
                each.label,
                *map(value_to_json, (each.before, each.after, each.lost)),
                each.effect.value,
                each.conflict,
                each.is_first,
                *([ActionKey.of(each.pair).rule] if each.pair.startswith(ACTION) else ()),
            ]
            for each in fields
        ]
        or None,
        conflicts=sum(each.conflict for each in fields),
        at=now,
    )
