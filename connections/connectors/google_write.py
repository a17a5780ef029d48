"""What is sent to the Google People API: new persons, and persons with a mask's fields all filled.

A field that a mask names is replaced as a whole, and cleared where the body lacks it, so each
change starts from the items that are there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from difflib import SequenceMatcher

from connections.connectors.base import Creation, Update
from connections.connectors.google_person import (
    MY_CONTACTS,
    Json,
    group_of,
    is_label,
    membership_of,
)
from connections.connectors.google_values import (
    BIRTHDAY,
    CUSTOM,
    LABELS,
    LISTS,
    MARK_KEY,
    PARTS,
    UNPARSED,
    google_field,
    has_part,
)
from connections.schema import Birthday, Value, is_blank

# What an item can hold without saying anything.
_NO_CONTENT = frozenset({"metadata", "type", "contentType", "current"})


def mask(changes: Iterable[Mapping[str, Value]]) -> list[str]:
    """Return the fields of a person that these changes touch."""
    return sorted({google_field(key) for each in changes for key in each})


def new_person(creation: Creation) -> Json:
    """Return a person to create, with the mark, and with its scope among its labels."""
    filled = {key: value for key, value in creation.values.items() if not is_blank(value)}
    by_field: dict[str, dict[str, Value]] = {}
    for key, value in filled.items():
        by_field.setdefault(google_field(key), {})[key] = value
    person: Json = {field: _changed(field, [], by_field[field], {}) for field in sorted(by_field)}
    person["clientData"] = [{"key": MARK_KEY, "value": creation.mark}]
    labels = [*filter(None, [creation.scope]), *labels_in(filled)]
    if labels:
        # A contact with a label alone would not be shown among the contacts.
        person["memberships"] = _with_labels([membership_of(MY_CONTACTS)], labels)
    return person


def masked_person(update: Update, fields: Sequence[str]) -> Json:
    """Return the person with all these fields filled: as `raw` has them, but for the changes."""
    raw = update.raw
    person: Json = {"metadata": {"sources": [raw["source"]]}}
    if raw.get("etag"):
        person["etag"] = raw["etag"]
    for field in fields:
        person[field] = _changed(field, raw["items"].get(field, []), update.changes, update.values)
    return person


def _changed(
    field: str, items: list[Json], all_changes: Mapping[str, Value], seen: Mapping[str, Value]
) -> list[Json]:
    changes = {key: value for key, value in all_changes.items() if google_field(key) == field}
    if not changes:
        return items
    if field == "userDefined":
        return _with_custom(items, changes)
    if field == "birthdays":
        return _with_birthday(changes[BIRTHDAY])
    if field == "memberships":
        return _with_labels(items, labels_in(changes))
    for key, of in LISTS.items():
        if of == field:
            return with_entries(items, _entries(seen.get(key)), _entries(changes[key]))
    return _with_parts(field, items, {PARTS[key][1]: value for key, value in changes.items()})


def _entries(value: Value) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, tuple) else ()


def _key(entry: object) -> str:
    return entry.strip().casefold() if isinstance(entry, str) else ""


def with_entries(items: list[Json], seen: Sequence[str], wanted: Sequence[str]) -> list[Json]:
    """Return the items of a list after it was edited from `seen` to `wanted`.

    An entry that stays keeps its item; one edited in place keeps its type, label and all else; a
    new one has a value alone. Items that `seen` does not show stay. The primary entry changes only
    where `wanted` begins otherwise.
    """
    seen_keys = [_key(entry) for entry in seen]
    wanted_by_key = {_key(entry): entry for entry in reversed(wanted) if _key(entry)}
    wanted_keys = list(dict.fromkeys(_key(entry) for entry in wanted if _key(entry)))
    by_key: dict[str, list[Json]] = {}
    for item in items:
        by_key.setdefault(_key(item.get("value")), []).append(item)
    former = _edited_in_place(seen_keys, wanted_keys, by_key) if seen_keys else {}
    result = []
    for key in wanted_keys:
        entry = wanted_by_key[key].strip()
        if key in by_key:
            result += by_key[key]
        elif key in former:
            result += [{**item, "value": entry} for item in by_key[former[key]]]
        else:
            result.append({"value": entry})
    known = {*seen_keys, *wanted_keys}
    result += [item for item in items if _key(item.get("value")) not in known]
    return result if seen_keys[:1] == wanted_keys[:1] else _first_is_primary(result)


def _edited_in_place(
    seen: list[str], wanted: list[str], by_key: Mapping[str, list[Json]]
) -> dict[str, str]:
    """Return what stood where each new entry stands now, where that is gone."""
    former: dict[str, str] = {}
    for what, i1, i2, j1, j2 in SequenceMatcher(a=seen, b=wanted, autojunk=False).get_opcodes():
        if what == "replace":
            gone = [key for key in seen[i1:i2] if key in by_key and key not in wanted]
            new = [key for key in wanted[j1:j2] if key not in by_key]
            former.update(zip(new, gone, strict=False))
    return former


def _first_is_primary(items: list[Json]) -> list[Json]:
    """Return the items with the mark of the primary one, if there is one, moved to the first."""
    if not any("metadata" in item for item in items):
        return items
    plain = [{key: value for key, value in item.items() if key != "metadata"} for item in items]
    plain[0]["metadata"] = {"sourcePrimary": True}
    return plain


def _with_parts(field: str, items: list[Json], changes: Mapping[str, Value]) -> list[Json]:
    """Return the items with texts of the first one changed; all else stays."""
    first = dict(items[0]) if items else {}
    # Google builds the whole anew from the parts, unless it is sent.
    built, stands_in = UNPARSED.get(field, ("", ""))
    whole = first.pop(built, None)
    if whole and not has_part(field, first):
        first[stands_in] = whole
    for name, value in changes.items():
        if is_blank(value):
            first.pop(name, None)
        else:
            first[name] = value
    if "country" in changes:
        first.pop("countryCode", None)
    return [first, *items[1:]] if set(first) - _NO_CONTENT else items[1:]


def _with_birthday(value: Value) -> list[Json]:
    if not isinstance(value, Birthday):
        return []
    day = {"month": value.month, "day": value.day}
    return [{"date": {"year": value.year, **day} if value.year else day}]


def labels_in(values: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the labels that these values name."""
    return _entries(values.get(LABELS))


def _with_labels(items: list[Json], labels: Sequence[str]) -> list[Json]:
    """Return the memberships with just these labels; those in groups that are no labels stay.

    A contact has to be in a group: without any it goes to `MY_CONTACTS`, where people see it.
    """
    kept = [group for item in items if (group := group_of(item)) and not is_label(group)]
    return [membership_of(group) for group in dict.fromkeys((*kept, *labels)) or (MY_CONTACTS,)]


def _with_custom(items: list[Json], changes: Mapping[str, Value]) -> list[Json]:
    result = list(items)
    for key, value in changes.items():
        name = key.removeprefix(CUSTOM)
        of_key = [item for item in result if item.get("key") == name]
        if is_blank(value):
            result = [item for item in result if item not in of_key]
        elif of_key:
            place = result.index(of_key[0])
            result[place] = {**of_key[0], "value": value}
        else:
            result.append({"key": name, "value": value})
    return result
