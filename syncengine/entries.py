"""Merging lists of email addresses or phone numbers, entry by entry [VA1, VA8]. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from connections.configuration import SIDES, FirstMerge, Side, other
from connections.schema import Field, Type, Value, entries_of, entry_key, is_no_entry
from syncengine import wording
from syncengine.cases import Case, Merged, Write
from syncengine.state import Base


class Entry(NamedTuple):
    """An entry as typed, and the form by which it compares; "" equals nothing."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Edits:
    """What changed in a list: entries by key, an edited one by the key of what it was."""

    added: Mapping[str, Entry] = field(default_factory=dict)
    removed: frozenset[str] = frozenset()
    edited: Mapping[str, Entry] = field(default_factory=dict)


def merge_entries(case: Case) -> Merged:
    """Return what two lists come to: what was added, removed or edited on one side is so on the
    other too.
    """
    if not all(map(case.is_known, SIDES)):
        return Merged(case.base)
    if case.creating:
        return _copy_all(case, case.creating)
    now = {side: _entries(case, side, case.stands(side)) for side in SIDES}
    link_only = case.configuration.first_merge is FirstMerge.LINK_ONLY
    if case.is_first and link_only:
        targets = filter(case.is_open, SIDES)
        apart = (_flags(case, side, now[side], now[other(side)], Edits()) for side in targets)
        return case.settled(*chain.from_iterable(apart))
    agreed = _agreed(case, now)
    edits = {side: _edits(agreed[side], now[side]) for side in SIDES}
    cleared = {side for side in SIDES if edits[side].removed and not now[side]}
    if not case.configuration.copy_blanks:
        edits.update(dict.fromkeys(cleared, Edits()))
    writes: dict[Side, Write] = {}
    flags: list[str] = []
    for target in filter(case.is_open, SIDES):
        entries, lost = _apply(case, target, now[target], edits, agreed[target])
        flags += _flags(case, target, entries, now[other(target)], edits[target])
        if entries == now[target]:
            continue
        if not entries and case.pair.field(target).required:
            flags.append(wording.wants_value(case.app(target), case.pair.field(target)))
            continue
        value = tuple(entry.text for entry in entries) or None
        writes[target] = Write(value, lost or None, bool(lost))
    if writes:
        return Merged(_base_without_clears(case, cleared), writes, tuple(flags))
    if any(_is_pending(case, side, edits) for side in SIDES):
        return Merged(case.base, flags=tuple(flags))
    return case.settled(*flags)


def _copy_all(case: Case, target: Side) -> Merged:
    """Return what a list comes to on a side that is yet to be created."""
    if not case.is_open(target):
        return case.settled()
    list_field, source = case.pair.field(target), case.pair.field(other(target)).type
    texts = _distinct(source, case.stands(other(target)), case.region)
    fitting = [text for text in texts if not _is_too_long(list_field, text)]
    taken = fitting if list_field.slots is None else fitting[: list_field.slots]
    flags = []
    if long := len(texts) - len(fitting):
        flags.append(wording.too_long(case.app(target), list_field, long))
    if without_slot := len(fitting) - len(taken):
        flags.append(wording.no_slot(case.app(target), list_field, without_slot))
    if not taken:
        return case.settled(*flags)
    return Merged(case.base, {target: Write(tuple(taken))}, tuple(flags))


def _distinct(type_: Type, value: Value, region: str) -> list[str]:
    """Return the entries that equal something and none before them."""
    texts = [text for text in entries_of(value) if not is_no_entry(type_, text)]
    if len(texts) < 2:
        return texts
    found: dict[str, str] = {}
    for text in texts:
        found.setdefault(entry_key(type_, text, region), text)
    return list(found.values())


def _is_pending(case: Case, source: Side, edits: Mapping[Side, Edits]) -> bool:
    """Return whether a side's own edits wait: for the other side to be writable, or to be overruled
    there [CN2].
    """
    if edits[source] == Edits() or case.is_open(other(source)):
        return False
    return case.is_shut(other(source)) or not case.is_first


def _base_without_clears(case: Case, cleared: set[Side]) -> Base | None:
    """Return the base in which a clear that is not copied is agreed."""
    base = case.base
    if base is None or case.configuration.copy_blanks or not cleared:
        return base
    return base._replace(
        left=None if "left" in cleared else base.left,
        right=None if "right" in cleared else base.right,
    )


def _flags(
    case: Case, target: Side, entries: list[Entry], source: list[Entry], own: Edits
) -> list[str]:
    """Return why entries of the source are not in the target's list."""
    list_field, keys = case.pair.field(target), {entry.key for entry in entries}
    missing = [
        entry
        for entry in source
        if entry.key and entry.key not in {*keys, *own.removed, *own.edited}
    ]
    long = [entry for entry in missing if _is_too_long(list_field, entry.text)]
    flags = []
    if long:
        flags.append(wording.too_long(case.app(target), list_field, len(long)))
    without_slot = len(missing) - len(long)
    if without_slot and list_field.slots is not None and len(entries) >= list_field.slots:
        flags.append(wording.no_slot(case.app(target), list_field, without_slot))
    return flags


def _is_too_long(list_field: Field, text: str) -> bool:
    return bool(list_field.max_length) and len(text) > (list_field.max_length or 0)


def after_write(
    list_field: Field, base: Value, before: Value, after: Value, region: str
) -> tuple[str, ...]:
    """Return the base of a list of which a write that made `before` into `after` was done.

    What else had changed there since the base still counts as a change of that side.
    """
    if not entries_of(base) and not entries_of(before):
        return tuple(_distinct(list_field.type, after, region))
    base_keys, before_keys, after_keys = (
        {key for each in entries_of(value) if (key := entry_key(list_field.type, each, region))}
        for value in (base, before, after)
    )
    agreed = (base_keys - (before_keys - after_keys)) | (after_keys - before_keys)
    kept: dict[str, str] = {}
    for text in (*entries_of(after), *entries_of(base)):
        key = entry_key(list_field.type, text, region)
        if key in agreed:
            kept.setdefault(key, text)
    return tuple(kept.values())


def in_common(list_field: Field, one: Value, two: Value, region: str) -> tuple[str, ...]:
    """Return the entries of the first list that the second has too."""
    if not entries_of(one):
        return ()
    keys = {entry_key(list_field.type, each, region) for each in entries_of(two)} - {""}
    return tuple(
        each for each in entries_of(one) if entry_key(list_field.type, each, region) in keys
    )


def _entries(case: Case, side: Side, value: Value) -> list[Entry]:
    return [Entry(case.entry_key(side, text), text) for text in entries_of(value)]


def _keys(entries: list[Entry]) -> list[str]:
    return list(dict.fromkeys(entry.key for entry in entries if entry.key))


def _agreed(case: Case, now: Mapping[Side, list[Entry]]) -> dict[Side, list[str]]:
    """Return the keys of each side's base; in a first merge, what both sides have."""
    if case.is_first or case.stored is None:
        both = set(_keys(now["left"])) & set(_keys(now["right"]))
        return {side: [key for key in _keys(now[side]) if key in both] for side in SIDES}
    return {side: _keys(_entries(case, side, case.stored.of(side))) for side in SIDES}


def _edits(agreed: list[str], now: list[Entry]) -> Edits:
    """Return what changed; a new entry in the place of one that is gone is an edit of it."""
    by_key = {entry.key: entry for entry in reversed(now) if entry.key}
    keys = _keys(now)
    if keys == agreed:
        return Edits()
    removed = set(agreed) - set(keys)
    added = set(keys) - set(agreed)
    edited = {
        old: by_key[new]
        for old, new in zip(agreed, keys, strict=False)
        if old in removed and new in added
    }
    added -= {entry.key for entry in edited.values()}
    return Edits(
        added={key: by_key[key] for key in keys if key in added},
        removed=frozenset(removed - set(edited)),
        edited=edited,
    )


def _apply(
    case: Case, target: Side, now: list[Entry], edits: Mapping[Side, Edits], agreed: list[str]
) -> tuple[list[Entry], tuple[str, ...]]:
    """Return the target's list with the other side's edits, and the entries of its own that lost.

    What is removed goes first, so that its slot is free.
    """
    theirs, own = edits[other(target)], edits[target]
    own_prevail = case.is_open(other(target)) and case.configuration.winner == target
    list_field = case.pair.field(target)
    entries = [entry for entry in now if entry.key not in theirs.removed or entry.key not in agreed]
    lost = []
    additions = list(theirs.added.values())
    for old, new in theirs.edited.items():
        rival = own.edited.get(old)
        is_conflict = rival is not None and rival.key != new.key
        if _is_too_long(list_field, new.text) or (is_conflict and own_prevail):
            continue
        if rival and is_conflict:
            lost.append(rival.text)
            entries = _replaced(entries, rival.key, new)
        elif any(entry.key == old for entry in entries):
            entries = _replaced(entries, old, new)
        else:
            additions.append(new)
    for new in additions:
        is_there = any(entry.key == new.key for entry in entries)
        has_slot = list_field.slots is None or len(entries) < list_field.slots
        if not is_there and has_slot and not _is_too_long(list_field, new.text):
            entries.append(new)
    return entries, tuple(lost)


def _replaced(entries: list[Entry], old: str, new: Entry) -> list[Entry]:
    """Return the entries with the new one in the place of the old, and nowhere else."""
    place = next(index for index, entry in enumerate(entries) if entry.key == old)
    keys = {old, new.key}
    before = [entry for entry in entries[:place] if entry.key not in keys]
    return [*before, new, *(entry for entry in entries[place:] if entry.key not in keys)]
