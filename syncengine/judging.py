"""The first sight of what we wrote: was it done, and is what stands there ours or a person's [I4].
Pure.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import Literal

from connections.configuration import SIDES, Configuration, Pair, Side, is_list, other
from connections.schema import Field, Value, Values, kept_as, same
from syncengine import wording
from syncengine.entries import after_write, in_common
from syncengine.state import Base, Sent, State


def judge(
    configuration: Configuration, state: State, seen: Collection[Side]
) -> tuple[dict[str, Base], dict[tuple[str, Side], Sent], tuple[str, ...]]:
    """Return the base after a look at the sides in `seen`, what is still on record as sent, and
    flags.

    A write that was done makes what stands there agreed with the value it was made from, so that it
    is never copied back; an edit on top of it counts as that side's change. One that was not done
    leaves the base as it was. What belongs to fields that are no longer mapped is dropped.
    """
    keys = [pair.key for pair in configuration.pairs]
    if not state.sent:
        return {key: state.base[key] for key in keys if key in state.base}, {}, ()
    base: dict[str, Base] = {}
    waiting: dict[tuple[str, Side], Sent] = {}
    flags: list[str] = []
    region = configuration.phone_region
    for key, pair in zip(keys, configuration.pairs, strict=True):
        agreed = state.base.get(key)
        on_record = {
            side: sent for side in SIDES if (sent := state.sent.get((key, side))) is not None
        }
        for side in SIDES:
            half = state.half(side)
            if side not in on_record or half is None or side not in seen:
                continue
            field, sent = pair.field(side), on_record.pop(side)
            outcome, value = _look(field, sent, half.values, region)
            if outcome != "not done":
                agreed = _agree(pair, side, agreed, sent, value, region)
                for source, its_sent in on_record.items():
                    on_record[source] = replace(its_sent, source=value)
            if outcome == "cut":
                flags.append(wording.cut(configuration.side(side).app_label, field))
        waiting.update({(key, side): sent for side, sent in on_record.items()})
        if agreed is not None:
            base[key] = agreed
    return base, waiting, tuple(flags)


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
