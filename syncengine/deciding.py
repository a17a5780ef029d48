"""What is to be done with one contact. Pure: no database, no network, no clock of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from connections.configuration import SIDES, Configuration, Pair, Side, SideConfiguration, other
from connections.schema import CHOICES, Field, Role, Value, Values, entries_of, is_blank
from syncengine import acting, wording
from syncengine.acting import Matches
from syncengine.cases import Case
from syncengine.judging import Judged, judge
from syncengine.merging import merge
from syncengine.plans import Plan
from syncengine.state import Applied, Base, Decision, Half, State, Status

__all__ = ["MOST_WRITES", "QUIET", "Judged", "decide", "judge"]

MOST_WRITES = 6
QUIET = timedelta(hours=24)
"""A field of a contact that we wrote more than `MOST_WRITES` times in this time is frozen, until it
is quiet [I1].
"""

_NAMES = frozenset({Role.GIVEN_NAME, Role.FAMILY_NAME, Role.FULL_NAME})
_NO_BASE = Base(None, None, "", "")


def decide(configuration: Configuration, state: State, now: datetime, *, linked: bool) -> Decision:
    """Return what is to be done with a contact; `linked` says that it has, or had, both halves.

    The caller writes what the decision says, puts its `sent` on record before, and its `base`
    always.
    """
    if linked or (state.left is not None and state.right is not None):
        return _decide_linked(configuration, state, now)
    side: Side = "left" if state.left is not None else "right"
    half = state.half(side)
    if half is None:
        return Decision(Status.GONE, reason="Deleted on both sides")
    return _decide_creation(configuration, side, half, now)


# A contact with one side


def _decide_creation(
    configuration: Configuration, side: Side, half: Half, now: datetime
) -> Decision:
    target = other(side)
    matches = acting.match(configuration, {side: half}, now, linked=False)
    if reason := _why_not_created(configuration, side, half, matches):
        return Decision(Status.EXCLUDED, reason, wake_at=matches.until, matched=matches.keys)
    blank = Half({pair.field(target).key: None for pair in configuration.pairs})
    halves: dict[Side, Half] = {side: half, target: blank}
    cases = [
        Case(configuration, pair, halves["left"], halves["right"], None, creating=target)
        for pair in configuration.pairs
        if not is_blank(half.values.get(pair.field(side).key))
    ]
    plan = Plan()
    for case, merged in zip(cases, merge(cases), strict=True):
        plan.add(case, merged)
    copies = bool(plan.writes.get(target))
    acting.act_on_creation(plan, configuration, matches, target, half)
    there, app = configuration.side(target), configuration.side(target).app_label
    values = plan.writes.get(target, {})
    if there.needs_name and not _has_name(configuration, target, values):
        return _not_created(Status.EXCLUDED, wording.needs_name(app), plan, matches)
    for field in _fields(configuration, target):
        is_wanted = field.required and not field.derived and not field.read_only
        if is_wanted and is_blank(values.get(field.key)):
            reason = wording.wants_value(app, field)
            return _not_created(Status.FAILING, reason, plan, matches)
    if not copies:
        return _not_created(Status.EXCLUDED, wording.NOTHING_TO_COPY, plan, matches)
    return Decision(
        Status.WAITING,
        writes=plan.writes,
        create_on=target,
        base=_blank_on_both(configuration, side, half) | plan.base,
        sent=plan.sent,
        changes=tuple(plan.changes),
        flags=plan.unique_flags,
        # Rules that ask whether it exists in both apps say something else then.
        wake_at=now if acting.asks_for_both(configuration) else matches.until,
        matched=matches.keys,
    )


def _not_created(status: Status, reason: str, plan: Plan, matches: Matches) -> Decision:
    return Decision(
        status, reason, flags=plan.unique_flags, wake_at=matches.until, matched=matches.keys
    )


def _blank_on_both(configuration: Configuration, side: Side, half: Half) -> dict[str, Base]:
    """Return what is agreed once a contact is created of fields that are blank: later edits of them
    are no first merge.
    """
    return {
        pair.key: Base(None, None, pair.direction.value, pair.options_mark)
        for pair in configuration.pairs
        if is_blank(half.values.get(pair.field(side).key))
    }


def _why_not_created(configuration: Configuration, side: Side, half: Half, matches: Matches) -> str:
    here, there = configuration.side(side), configuration.side(other(side))
    if half.gone:
        return wording.deleted(here.app_label)
    if half.archived:
        return wording.archived(here.app_label)
    if not _in_scope(here, half):
        return wording.outside_scope(here.app_label)
    if not configuration.direction.writes(other(side)):
        return wording.not_written_to(there.app_label)
    if not matches.any:
        updates = any(rule.updates_only for rule in here.rules)
        return wording.ONLY_EXISTING if updates else wording.NO_RULE
    if _has_email(configuration, side, half, unknown=False):
        return ""
    if configuration.avoid_duplicates:
        return wording.NO_EMAIL
    return "" if _has_name(configuration, side, half.values) else wording.NO_NAME


# A linked contact


def _decide_linked(configuration: Configuration, state: State, now: datetime) -> Decision:
    judged = judge(configuration, state, state.seen)
    base, waiting, acted, flags, late = judged
    left, right = state.left, state.right
    gone = [side for side in SIDES if (half := state.half(side)) is None or half.gone]
    if gone or left is None or right is None:
        apps = " and ".join(configuration.side(side).app_label for side in gone)
        return _at_rest(Status.GONE, wording.deleted(apps), judged)
    halves: dict[Side, Half] = {"left": left, "right": right}
    outside = [side for side in SIDES if not _in_scope(configuration.side(side), halves[side])]
    reason = _why_excluded(configuration, halves, outside, base)
    # A pair that was never in agreement here was never inside.
    was_inside = bool(base) and state.was_in_scope
    if reason:
        leaves = bool(outside) and was_inside
        return replace(_at_rest(Status.EXCLUDED, reason, judged), leaves_scope=leaves)
    matches = acting.match(configuration, halves, now, linked=True)
    if not matches.any and not acted:
        return _no_rule(judged, matches, leaves=was_inside)
    if waiting:
        in_doubt = not all(sent.answered for sent in waiting.values())
        if in_doubt:
            return _at_rest(Status.DOUBT, wording.IN_DOUBT, judged, matches)
        return _at_rest(Status.WAITING, wording.WAITING, judged, matches)
    frozen = _frozen(state, now)
    wake_at = min(filter(None, (*frozen.values(), matches.until)), default=None)
    plan = Plan()
    still = acting.act(plan, configuration, matches, halves, acted, frozen)
    if matches.any:
        resting = acting.resting(configuration, plan, matches, acted)
        _merge(plan, configuration, halves, base, frozen, resting, still)
    else:
        plan.base = base
    acted = still
    if not matches.any and not plan.writes:
        rests = judged._replace(acted=acted, flags=(*flags, *plan.unique_flags))
        return replace(_no_rule(rests, matches, leaves=was_inside), wake_at=wake_at)
    plan.flags += [*flags, *_read_flags(configuration, halves)]
    for side, values in plan.writes.items():
        there = configuration.side(side)
        stands = halves[side].values
        if (
            there.needs_name
            and _has_name(configuration, side, stands)
            and not _has_name(configuration, side, {**stands, **values})
        ):
            reason = wording.needs_name(there.app_label)
            rests = judged._replace(acted=acted)
            return _at_rest(Status.EXCLUDED, reason, rests, matches, plan.unique_flags)
    return Decision(
        Status.WAITING if plan.writes else Status.IN_SYNC,
        writes=plan.writes,
        base=plan.base,
        sent=plan.sent,
        changes=tuple(plan.changes),
        flags=plan.unique_flags,
        wake_at=wake_at,
        leaves_scope=not matches.any and was_inside,
        acted=acted,
        matched=matches.keys,
        late=late,
    )


def _no_rule(judged: Judged, matches: Matches, *, leaves: bool) -> Decision:
    """Return that updates stop, and the link stays [RU8]."""
    decision = _at_rest(Status.EXCLUDED, wording.NO_RULE, judged, matches)
    return replace(decision, leaves_scope=leaves)


def _at_rest(
    status: Status,
    reason: str,
    judged: Judged,
    matches: Matches | None = None,
    flags: tuple[str, ...] | None = None,
) -> Decision:
    """Return that nothing is written, and what is known stays."""
    return Decision(
        status,
        reason,
        base=judged.base,
        sent=judged.waiting,
        acted=judged.acted,
        flags=judged.flags if flags is None else flags,
        wake_at=matches.until if matches else None,
        matched=matches.keys if matches else (),
        late=judged.late,
    )


def _why_excluded(
    configuration: Configuration,
    halves: Mapping[Side, Half],
    outside: Sequence[Side],
    base: Mapping[str, Base],
) -> str:
    for side in SIDES:
        if halves[side].archived:
            return wording.archived(configuration.side(side).app_label)
    for side in outside:
        return wording.outside_scope(configuration.side(side).app_label)
    if configuration.avoid_duplicates and _lost_email(configuration, halves, base):
        return wording.NO_EMAIL
    return ""


def _lost_email(
    configuration: Configuration, halves: Mapping[Side, Half], base: Mapping[str, Base]
) -> bool:
    """Return whether no half has an email address, or one lost its last since the two were in
    agreement [MA4].
    """
    without = [side for side in SIDES if not _has_email(configuration, side, halves[side])]
    if len(without) == 2:
        return True
    return any(
        pair.field(side).role is Role.EMAILS and not is_blank(base.get(pair.key, _NO_BASE).of(side))
        for side in without
        for pair in configuration.pairs
    )


def _merge(
    plan: Plan,
    configuration: Configuration,
    halves: Mapping[Side, Half],
    base: Mapping[str, Base],
    frozen: Collection[str],
    resting: Collection[str],
    acted: Mapping[str, Applied],
) -> None:
    """Add to the plan what the mappings come to that do not rest; a new one of what an action has
    set for now is merged once that was put back.
    """
    left, right = halves["left"], halves["right"]
    cases, first = [], []
    for pair in configuration.pairs:
        agreed = base.get(pair.key)
        if pair.key in resting:
            if agreed is None and acting.sets_now(configuration, plan, pair):
                first.append(Case(configuration, pair, left, right, None))
            elif agreed is not None or not acting.is_for_now(configuration, pair, acted):
                plan.base[pair.key] = acting.rested(pair, agreed, left.values, right.values)
            continue
        glance = _agreed_at_a_glance(pair, agreed, left.values, right.values)
        if glance is None:
            cases.append(Case(configuration, pair, left, right, agreed))
        else:
            plan.base[pair.key] = glance
        if pair.key in frozen:
            plan.flags.append(wording.frozen(pair.left))
    for case, merged in zip(cases, merge(cases), strict=True):
        plan.add(case, merged, frozen=case.pair.key in frozen)
    for case, merged in zip(first, merge(first), strict=True):
        for side, write in merged.writes.items():
            acting.put_back_later(plan, side, case.to_write(side, write.value))


_UNKNOWN = object()


def _agreed_at_a_glance(
    pair: Pair, agreed: Base | None, left: Values, right: Values
) -> Base | None:
    """Return the base where both sides hold just the same, as most fields of most contacts do."""
    value = left.get(pair.left.key, _UNKNOWN)
    if value is _UNKNOWN or value != right.get(pair.right.key, _UNKNOWN):
        return None
    if pair.left.type in CHOICES or pair.right.type in CHOICES:
        return None  # equal labels count there, not equal values
    if (
        agreed is not None
        and value == agreed.left
        and value == agreed.right
        and agreed.direction == pair.direction
        and agreed.options == pair.options_mark
    ):
        return agreed
    return Base(left[pair.left.key], right[pair.right.key], pair.direction.value, pair.options_mark)


def _frozen(state: State, now: datetime) -> dict[str, datetime]:
    """Return the pairs that we wrote too often, with the end of their freeze [I1]."""
    frozen: dict[str, datetime] = {}
    for (pair, _), written in state.written_at.items():
        latest = sorted(written)[-(MOST_WRITES + 1) :]
        if len(latest) <= MOST_WRITES or latest[-1] - latest[0] > QUIET:
            continue
        until = latest[-1] + QUIET
        if until > now:
            frozen[pair] = max(until, frozen.get(pair, until))
    return frozen


def _read_flags(configuration: Configuration, halves: Mapping[Side, Half]) -> Iterator[str]:
    """Yield what could not be taken from the apps, of the fields that are mapped."""
    for side, half in halves.items():
        for pair in configuration.pairs if half.left_out else ():
            field = pair.field(side)
            if field.key in half.left_out:
                app = configuration.side(side).app_label
                yield wording.not_read(app, field, half.left_out[field.key])


# What a half has


def _in_scope(side: SideConfiguration, half: Half) -> bool:
    return side.scope is None or not side.scope.isdisjoint(half.scopes)


def _fields(configuration: Configuration, side: Side) -> list[Field]:
    """Return the fields that are known of a side: those that deciding must know, and the mapped
    ones.
    """
    if side == "left":
        return [*configuration.left.fields, *(pair.left for pair in configuration.pairs)]
    return [*configuration.right.fields, *(pair.right for pair in configuration.pairs)]


def _has_email(
    configuration: Configuration, side: Side, half: Half, *, unknown: bool = True
) -> bool:
    """Return whether a half has an email address; `unknown` where its app shows us none at all."""
    fields = (field for field in _fields(configuration, side) if field.role is Role.EMAILS)
    shown = [half.values[field.key] for field in fields if field.key in half.values]
    return not all(map(_has_no_entry, shown)) if shown else unknown


def _has_no_entry(value: Value) -> bool:
    return is_blank(value) or not any(entry.strip() for entry in entries_of(value) or (str(value),))


def _has_name(configuration: Configuration, side: Side, values: Values) -> bool:
    return any(
        field.role in _NAMES and not is_blank(values.get(field.key))
        for field in _fields(configuration, side)
    )
