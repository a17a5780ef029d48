"""The first sight of what we wrote: was it done, and is what stands there ours or a person's [I4].
Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Literal, NamedTuple

from connections.configuration import SIDES, Configuration, Pair, Side, is_list, other
from connections.rules import ACTION, ActionKey
from connections.schema import Field, Value, Values, entries_of, kept_as, same
from syncengine import acting, stage, wording
from syncengine.entries import after_write, in_common
from syncengine.plans import effect_of
from syncengine.state import PUTS_BACK, Applied, Base, Effect, Half, Sent, SentBy, State

Outcome = Literal["done", "cut", "not done"]


class Judged(NamedTuple):
    """What is agreed, what is still on record as sent, what actions have set, and flags; `late` is
    what writes did of which no answer had told that they were done.
    """

    base: dict[str, Base]
    waiting: SentBy
    acted: Mapping[str, Applied]
    flags: tuple[str, ...] = ()
    late: frozenset[Effect] = frozenset()


def judge(configuration: Configuration, state: State, seen: Collection[Side]) -> Judged:
    """Return what is known after a look at the sides in `seen`.

    A write that was done makes what stands there agreed with the value it was made from, so that it
    is never copied back; an edit on top of it counts as that side's change. One that was not done
    leaves the base as it was. What belongs to fields that are no longer mapped is dropped.
    """
    keys = [pair.key for pair in configuration.pairs]
    if not state.sent:
        kept = {key: state.base[key] for key in keys if key in state.base}
        return Judged(kept, {}, state.acted)
    base: dict[str, Base] = {}
    waiting: dict[tuple[str, Side], Sent] = {}
    flags: list[str] = []
    late: set[Effect] = set()
    region = configuration.phone_region
    sides = [
        (side, half.values)
        for side in SIDES
        if side in seen and (half := state.half(side)) is not None
    ]
    for key, pair in zip(keys, configuration.pairs, strict=True):
        agreed = state.base.get(key)
        on_record = {
            side: sent for side in SIDES if (sent := state.sent.get((key, side))) is not None
        }
        for side, values in sides if on_record else ():
            if side not in on_record:
                continue
            field, sent = pair.field(side), on_record.pop(side)
            outcome, value = _look(field, sent, values, region)
            if outcome != "not done":
                agreed = _agree(pair, side, agreed, sent, value, region)
                late |= _late(field, sent, region)
                for source, its_sent in on_record.items():
                    on_record[source] = replace(its_sent, source=value)
            if outcome == "cut":
                flags.append(wording.cut(configuration.side(side).app_label, field))
        for side, sent in on_record.items():
            waiting[key, side] = sent
        if agreed is not None:
            base[key] = agreed
    acted = _judge_actions(configuration, state, seen, base, waiting, flags, late)
    return Judged(base, waiting, acted, tuple(flags), frozenset(late))


def _late(field: Field, sent: Sent, region: str) -> set[Effect]:
    """Return what a write did that was done without an answer."""
    return set() if sent.answered else {effect_of(field, sent.stood, sent.value, region)}


def _judge_actions(
    configuration: Configuration,
    state: State,
    seen: Collection[Side],
    base: dict[str, Base],
    waiting: dict[tuple[str, Side], Sent],
    flags: list[str],
    late: set[Effect],
) -> dict[str, Applied]:
    """Return what actions have set, after a look at their writes; the others are brought up to
    date.

    What an action has set or put back is no edit of its side; one of the other side stays one.
    """
    acted = dict(state.acted)
    for (key, side), sent in state.sent.items():
        if not key.startswith(ACTION):
            continue
        half, theirs = state.half(side), state.half(other(side))
        if half is None or side not in seen:
            waiting[key, side] = sent
            continue
        field = stage.field_of(configuration, side, key, sent.value)
        outcome, value = _look_at_action(key, field, sent, half.values, configuration.phone_region)
        if outcome == "not done":
            continue
        if outcome == "cut":
            flags.append(wording.cut(configuration.side(side).app_label, field))
        late |= _late(field, sent, configuration.phone_region)
        stage.note(key, side, sent, acted)
        for pair in configuration.pairs:
            is_new = pair.key not in base and sent.options == PUTS_BACK
            if acting.is_set_by(configuration, pair, side, field.key) and not is_new:
                mapped = pair.field(side).key
                mine = value if mapped == field.key else half.values.get(mapped)
                base[pair.key] = _set_on(pair, side, mine, base.get(pair.key), theirs)
    return acted


def _look_at_action(
    key: str, field: Field, sent: Sent, values: Values, region: str
) -> tuple[Outcome, Value]:
    """Return what became of an action's write: of a label, whether the contact has it."""
    label = ActionKey.of(key).label
    if not label or field.key not in values:
        return _look(field, sent, values, region)
    wanted, stands = label in entries_of(sent.value), label in entries_of(values[field.key])
    done = wanted is stands or sent.answered
    return ("done" if done else "not done"), wanted


def _set_on(pair: Pair, side: Side, value: Value, agreed: Base | None, theirs: Half | None) -> Base:
    """Return the base with what was set on a side; where nothing was agreed, what stands on the
    other one is.
    """
    opposite = other(side)
    stands = theirs.values.get(pair.field(opposite).key) if theirs else None
    both: dict[Side, Value] = {side: value, opposite: agreed.of(opposite) if agreed else stands}
    return Base(both["left"], both["right"], pair.direction.value, pair.options_mark)


def _look(field: Field, sent: Sent, values: Values, region: str) -> tuple[Outcome, Value]:
    """Return what became of a write, and what that side's part of the base is then."""
    if field.key not in values:
        return ("done" if sent.answered else "not done"), sent.value
    stands = values[field.key]
    if same(field, sent.value, stands, region):
        return "done", stands
    # Before habits are allowed for: what stood there may differ from what was sent by case alone.
    if not sent.answered and same(field, sent.stood, stands, region):
        return "not done", None
    kept = kept_as(field, sent.value, stands, region)
    if kept == "same":
        return "done", stands
    if kept == "cut":
        return "cut", stands
    # A person's edit. Without an answer it is not known whether it came before or after our write;
    # the two are then in conflict.
    return ("done" if sent.answered else "not done"), sent.value


def _agree(
    pair: Pair, side: Side, agreed: Base | None, sent: Sent, value: Value, region: str
) -> Base:
    field = pair.field(side)
    if is_list(pair):
        before = agreed.of(side) if agreed else in_common(field, sent.stood, sent.source, region)
        value = after_write(field, before, sent.stood, value, region) or None
    both: dict[Side, Value] = {side: value, other(side): sent.source}
    return Base(both["left"], both["right"], pair.direction.value, sent.options)
