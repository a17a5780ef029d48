"""The first sight of what we wrote: was it done, and is what stands there ours or a person's [I4].
Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Literal, NamedTuple

from connections.configuration import SIDES, Configuration, Pair, Side, is_list, other
from connections.rules import ACTION, ActionKey
from connections.schema import Field, Type, Value, Values, kept_as, same
from syncengine import acting, wording
from syncengine.entries import after_write, in_common
from syncengine.state import Applied, Base, Sent, SentBy, State


class Judged(NamedTuple):
    """What is agreed, what is still on record as sent, what actions have set, and flags."""

    base: dict[str, Base]
    waiting: SentBy
    acted: Mapping[str, Applied]
    flags: tuple[str, ...] = ()


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
                for source, its_sent in on_record.items():
                    on_record[source] = replace(its_sent, source=value)
            if outcome == "cut":
                flags.append(wording.cut(configuration.side(side).app_label, field))
        for side, sent in on_record.items():
            waiting[key, side] = sent
        if agreed is not None:
            base[key] = agreed
    acted = _judge_actions(configuration, state, seen, base, waiting)
    return Judged(base, waiting, acted, tuple(flags))


def _judge_actions(
    configuration: Configuration,
    state: State,
    seen: Collection[Side],
    base: dict[str, Base],
    waiting: dict[tuple[str, Side], Sent],
) -> dict[str, Applied]:
    """Return what actions have set, after a look at their writes; `base` and `waiting` are brought
    up to date.

    What an action has set or put back is no edit: a field that is mapped is agreed as it stands.
    """
    acted = dict(state.acted)
    for (key, side), sent in state.sent.items():
        if not key.startswith(ACTION):
            continue
        half = state.half(side)
        if half is None or side not in seen:
            waiting[key, side] = sent
            continue
        name = ActionKey.of(key).field
        type_ = Type.MULTI_CHOICE if isinstance(sent.value, tuple) else Type.TEXT
        outcome, _ = _look(Field(name, name, type_), sent, half.values, configuration.phone_region)
        if outcome == "not done":
            continue
        acting.note(key, side, sent, acted)
        theirs = state.half(other(side))
        for pair in configuration.pairs:
            if pair.field(side).key == name and theirs is not None:
                both = {
                    side: half.values.get(name),
                    other(side): theirs.values.get(pair.field(other(side)).key),
                }
                base[pair.key] = Base(
                    both["left"], both["right"], pair.direction.value, pair.options_mark
                )
    return acted


def _look(
    field: Field, sent: Sent, values: Values, region: str
) -> tuple[Literal["done", "cut", "not done"], Value]:
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
