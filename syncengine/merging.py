"""The three-way merge of one contact's fields. Pure: values in, values out."""

from __future__ import annotations

from collections.abc import Sequence

from connections.configuration import SIDES, FirstMerge, Side, is_list, other
from connections.conversion import CannotConvert
from connections.schema import ADDRESS_PARTS, Value, is_blank, same
from syncengine.cases import Case, Merged, Write
from syncengine.entries import merge_entries


def merge(cases: Sequence[Case]) -> list[Merged]:
    """Return what each case comes to, in order; the parts of an address are looked at together."""
    address = [case for case in cases if case.creating is None and _is_address(case)]
    moved = _merge_address(address) if len(address) > 1 else {}
    if not moved:
        return [_merge_one(case) for case in cases]
    return [moved.get(case.pair.key) or _merge_one(case) for case in cases]


def _merge_one(case: Case) -> Merged:
    if is_list(case.pair):
        return merge_entries(case)
    if case.creating:
        return _copy(case, other(case.creating)) if case.is_open(case.creating) else Merged(None)
    if case.is_first:
        return _merge_first(case)
    changed = [side for side in SIDES if case.changed(side)]
    if not changed:
        return case.kept()
    if case.agree():
        return case.settled()
    if len(changed) == 2:
        return _copy_winner(case)
    (source,) = changed
    if not case.is_open(other(source)):
        return case.kept()  # its own edit stays until the other side changes [CN2]
    return _copy(case, source)


def _merge_first(case: Case) -> Merged:
    if not all(map(case.is_known, SIDES)):
        return case.kept()
    if case.agree() or case.stands_as_written():
        return case.settled(*case.standing_flags())
    mode = case.configuration.first_merge
    if mode is FirstMerge.LINK_ONLY:
        return case.settled(*case.standing_flags())
    if any(is_blank(case.value(side)) for side in SIDES):
        return _copy_filled(case)
    if mode is FirstMerge.FILL_GAPS:
        return case.settled(*case.standing_flags())
    return _copy_winner(case)


def _copy_filled(case: Case) -> Merged:
    """Fill the one side that is blank."""
    target: Side = "left" if is_blank(case.value("left")) else "right"
    if case.is_open(target):
        return _copy(case, other(target))
    return case.kept() if _only_shut(case, target) else case.settled()


def _copy_winner(case: Case) -> Merged:
    """Copy the value that prevails: where both arrows are open the winner's if it has one, else the
    source's [VA2].
    """
    source = _prevailing(case)
    return case.kept() if source is None else _copy(case, source, conflict=True)


def _prevailing(case: Case) -> Side | None:
    targets = [side for side in SIDES if case.is_open(side)]
    if not targets:
        return None
    if len(targets) == 1:
        return other(targets[0])
    winner = case.configuration.winner
    return other(winner) if is_blank(case.value(winner)) else winner


def _only_shut(case: Case, side: Side) -> bool:
    """Return whether it is this record alone, not its mapping, that lets nothing flow to a side."""
    return case.pair.direction.writes(side) and case.is_shut(side)


def _copy(case: Case, source: Side, *, conflict: bool = False) -> Merged:
    target = other(source)
    if is_blank(case.value(source)) and not case.configuration.copy_blanks:
        return case.settled()
    can_be_there = case.is_known(target) and not case.creating
    if can_be_there and case.agree():
        return case.settled()
    try:
        value = case.fitted(target)
    except CannotConvert as problem:
        return case.settled(*filter(None, [case.left_out(target, problem)]))
    if can_be_there and _is_there(case, target, value):
        return case.settled()
    lost = case.value(target) if conflict else None
    return Merged(case.base, {target: Write(value, lost, conflict)})


def _is_there(case: Case, target: Side, value: Value) -> bool:
    field, stands = case.pair.field(target), case.stands(target)
    if not same(field, value, stands, case.region):
        return False
    views = case.view(target, value), case.view(target, stands)
    return not case.is_one_of_many(target) or same(field, *views, case.region)


# The address


def _is_address(case: Case) -> bool:
    return case.pair.left.role in ADDRESS_PARTS and case.pair.right.role in ADDRESS_PARTS


def _merge_address(cases: Sequence[Case]) -> dict[str, Merged]:
    """Return, where filled parts of two addresses differ, what makes one side's whole address
    stand.

    It is empty where nothing differs, or the parts that changed on each side are not the same: then
    each part is merged by itself.
    """
    open_cases = [
        case
        for case in cases
        if all(map(case.is_known, SIDES)) and (case.is_first or any(map(case.changed, SIDES)))
    ]
    clashing = [case for case in open_cases if _clashes(case)]
    sources = [source for case in clashing if (source := _prevailing(case))]
    if not sources:
        return {}
    decides = clashing[0].configuration.first_merge is FirstMerge.WINNER
    if not decides and all(case.is_first for case in clashing):
        return {
            case.pair.key: case.settled(*case.standing_flags())
            for case in open_cases
            if case.is_first
        }
    return _move_whole(open_cases, sources[0])


def _move_whole(cases: Sequence[Case], source: Side) -> dict[str, Merged]:
    """Copy each part of one side's address, blanks too; all stay as they are where one does not fit
    the target.
    """
    moved = {}
    for case in cases:
        if not case.is_open(other(source)):
            continue
        merged = _copy(case, source, conflict=not is_blank(case.value(other(source))))
        if merged.flags:
            return {case.pair.key: case.settled(*merged.flags) for case in cases}
        moved[case.pair.key] = merged
    return moved


def _clashes(case: Case) -> bool:
    if any(is_blank(case.value(side)) for side in SIDES):
        return False
    return (case.is_first or all(map(case.changed, SIDES))) and not case.agree()
