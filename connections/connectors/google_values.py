"""Persons of the Google People API as records: fields, values, and what masked writes need.

Google leaves out what is blank: a field that was asked for and lacks is blank.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from typing import Any

from connections import names
from connections.connectors.base import RemoteRecord
from connections.connectors.google_person import (
    Items,
    Json,
    contact_source,
    dicts,
    group_of,
    is_deleted,
    is_label,
    is_name,
    is_primary,
    membership_of,
    own_items,
    previous_names,
    version,
)
from connections.connectors.intake import Unusable, is_storable, text
from connections.schema import Birthday, Field, Role, Type, Value

FIELDS = (
    Field("prefix", "Prefix", Type.TEXT, Role.PREFIX),
    Field("given_name", "First name", Type.TEXT, Role.GIVEN_NAME),
    Field("middle_name", "Middle name", Type.TEXT, Role.MIDDLE_NAME),
    Field("family_name", "Last name", Type.TEXT, Role.FAMILY_NAME),
    Field("suffix", "Suffix", Type.TEXT, Role.SUFFIX),
    Field("full_name", "Full name", Type.TEXT, Role.FULL_NAME, derived=True),
    Field("emails", "Email addresses", Type.EMAILS, Role.EMAILS),
    Field("phones", "Phone numbers", Type.PHONES, Role.PHONES),
    Field("company", "Company", Type.TEXT, Role.COMPANY),
    Field("job_title", "Job title", Type.TEXT, Role.JOB_TITLE),
    Field("department", "Department", Type.TEXT),
    Field("street", "Street", Type.LONG_TEXT, Role.STREET),
    Field("city", "City", Type.TEXT, Role.CITY),
    Field("postal_code", "Postal code", Type.TEXT, Role.POSTAL_CODE),
    Field("region", "State or province", Type.TEXT, Role.REGION),
    Field("country", "Country", Type.TEXT, Role.COUNTRY),
    Field("website", "Website", Type.URL, Role.WEBSITE),
    Field("birthday", "Birthday", Type.BIRTHDAY, Role.BIRTHDAY),
    Field("notes", "Notes", Type.LONG_TEXT, Role.NOTES),
    Field("nickname", "Nickname", Type.TEXT),
    Field("labels", "Labels", Type.REFERENCES),
)
CUSTOM = "custom."
"""How the keys of custom fields begin; the rest is the key that the person has in `userDefined`."""

PARTS = {
    "prefix": ("names", "honorificPrefix"),
    "given_name": ("names", "givenName"),
    "middle_name": ("names", "middleName"),
    "family_name": ("names", "familyName"),
    "suffix": ("names", "honorificSuffix"),
    "company": ("organizations", "name"),
    "job_title": ("organizations", "title"),
    "department": ("organizations", "department"),
    "street": ("addresses", "streetAddress"),
    "city": ("addresses", "city"),
    "postal_code": ("addresses", "postalCode"),
    "region": ("addresses", "region"),
    "country": ("addresses", "country"),
    "website": ("urls", "value"),
    "notes": ("biographies", "value"),
    "nickname": ("nicknames", "value"),
}
"""Our fields that are one text of the first item of a person's field."""
LISTS = {"emails": "emailAddresses", "phones": "phoneNumbers"}
BIRTHDAY = "birthday"
LABELS = "labels"
OTHERS = {BIRTHDAY: "birthdays", LABELS: "memberships", **LISTS}
WRITABLE = (
    *dict.fromkeys(field for field, _ in PARTS.values()),
    *OTHERS.values(),
    "userDefined",
)
_ASKED = (*WRITABLE, "clientData")
MASK = ",".join(sorted((*_ASKED, "metadata")))
UNPARSED = {
    "names": ("unstructuredName", "givenName"),
    "addresses": ("formattedValue", "streetAddress"),
}
"""Where Google builds the whole of a name or address, and the part that shows it if it is alone."""

MARK_KEY = "pipesite"
LIST_CAP = 100
"""`connections.list` shows this many email addresses and phone numbers; other calls show all."""

_OUTPUT_ONLY = frozenset({"metadata", "formattedType", "canonicalForm", "displayNameLastFirst"})
_OUTPUT_ONLY_OF_NAMES = _OUTPUT_ONLY | {"displayName"}
_NAME_KEYS = ("prefix", "given_name", "middle_name", "family_name", "suffix")


def google_field(key: str) -> str:
    """Return the field of a person, as masks name it, that holds a field of ours."""
    if key in PARTS:
        return PARTS[key][0]
    if key.startswith(CUSTOM):
        return "userDefined"
    return OTHERS[key]


def rows(connections: object) -> tuple[list[RemoteRecord], list[str], int]:
    """Return a page's records, the ids or names of deleted contacts, and the count of useless rows.

    A deleted person has its names alone, and perhaps its contact source; without a time it cannot
    be told from an older row, so that it counts as gone.
    """
    records: list[RemoteRecord] = []
    gone: list[str] = []
    found = connections if isinstance(connections, list) else []
    persons = dicts(found)
    skipped = len(found) - len(persons)
    for person in persons:
        each = record(person, whole=False)
        if each is not None and (each.version or not each.deleted):
            records.append(each)
        elif is_deleted(person) and is_name(person.get("resourceName")):
            gone.append(each.id if each else person["resourceName"])
        else:
            skipped += 1
    renamed = {name for each in records for name in each.previous_addresses}
    return records, [name for name in gone if name not in renamed], skipped


def record(person: Json, *, whole: bool) -> RemoteRecord | None:
    """Return a person as a record; None if it is no contact, or lacks a name to ask for it.

    `whole` says that the call does not cap lists.
    """
    source = contact_source(person)
    if source is None:
        return None
    own = own_items(person, source, _ASKED)
    values, left_out = _values(own)
    clean = is_storable(own)
    kept = {
        field: _writable(field, own[field]) if own[field] else []
        for field in WRITABLE
        if clean or is_storable(own[field])
    }
    lacking = [field for field in WRITABLE if field not in kept]
    capped = [field for field in LISTS.values() if len(dicts(person.get(field))) >= LIST_CAP]
    return RemoteRecord(
        id=source["id"],
        version=version(source),
        values=values,
        raw=_raw(person, source, kept, lacking if whole else [*lacking, *capped]),
        address=person["resourceName"],
        mark=_mark(own),
        deleted=is_deleted(person),
        scopes=tuple(_groups(own["memberships"])),
        previous_addresses=tuple(previous_names(person)),
        left_out=left_out,
    )


def holds_whole(raw: Mapping[str, Any], fields: Iterable[str]) -> bool:
    """Return whether a record's `raw` has all of these fields' content.

    Each contact is in a group: a record that shows none was read before these were kept.
    """
    lacking = set(raw.get("partial", ()))
    if not raw["items"].get("memberships"):
        lacking.add("memberships")
    return lacking.isdisjoint(fields)


def whole_raw(person: Json, source: Json) -> Json:
    """Return the `raw` of a person with all content, whether or not we could keep it."""
    own = own_items(person, source, WRITABLE)
    return _raw(person, source, {field: _writable(field, own[field]) for field in own}, [])


def _raw(person: Json, source: Json, kept: Items, partial: list[str]) -> Json:
    """Return what a masked write needs; of the fields in `partial` not all is there."""
    return {
        "etag": person["etag"] if isinstance(person.get("etag"), str) else "",
        "source": {key: source[key] for key in ("type", "id", "etag") if is_name(source.get(key))},
        "items": {field: items for field, items in kept.items() if items},
        "partial": partial,
    }


def _writable(field: str, items: list[Json]) -> list[Json]:
    """Return items as they are sent back: nothing for output only, but which one is first."""
    if field == "memberships":
        return [membership_of(group) for group in _groups(items)]
    dropped = _OUTPUT_ONLY_OF_NAMES if field == "names" else _OUTPUT_ONLY
    return [
        ({"metadata": {"sourcePrimary": True}} if is_primary(item) else {})
        | {key: value for key, value in item.items() if key not in dropped}
        for item in items
    ]


def part(field: str, item: Json, name: str) -> object:
    """Return a text within an item. What Google did not take apart is found in one part."""
    if not item:
        return None
    built, stands_in = UNPARSED.get(field, ("", ""))
    if name == stands_in and not has_part(field, item):
        return item.get(built)
    if name == "country":
        return item.get("country") or item.get("countryCode")
    return item.get(name)


def has_part(field: str, item: Json) -> bool:
    return any(item.get(name) for google, name in PARTS.values() if google == field)


def _values(own: Items) -> tuple[dict[str, Value], dict[str, str]]:
    """Return the values, and the reasons for those that could not be taken."""
    values: dict[str, Value] = {}
    left_out: dict[str, str] = {}
    for key, read, content in _contents(own):
        if key not in values and key not in left_out:
            try:
                values[key] = read(content)
            except Unusable as error:
                left_out[key] = error.reason
    if all(key in values for key in _NAME_KEYS):
        parts = (str(values[key] or "") for key in _NAME_KEYS)
        values["full_name"] = names.join(names.Name(*parts)) or None
    return values, left_out


def _contents(own: Items) -> Iterator[tuple[str, Callable[[Any], Value], object]]:
    """Yield for each field of ours how to read its value, and from what; a key's first counts."""
    first = {field: items[0] if items else {} for field, items in own.items()}
    for key, (field, name) in PARTS.items():
        yield key, _text, part(field, first[field], name)
    for key, field in LISTS.items():
        yield key, _entries, own[field]
    yield BIRTHDAY, _birthday, first["birthdays"]
    yield LABELS, _labels, own["memberships"]
    for item in own["userDefined"]:
        label = item.get("key")
        if is_name(label) and str(label).strip():
            yield f"{CUSTOM}{label}", _text, item.get("value")


def _text(content: object) -> str | None:
    return None if content is None else text(content) or None


def _entries(items: list[Json]) -> tuple[str, ...]:
    """Return the entries. One that cannot be taken leaves out all: else it would seem removed."""
    entries = [text(item.get("value")).strip() for item in items]
    return tuple(dict.fromkeys(entry for entry in entries if entry))


def _birthday(item: Json) -> Birthday | None:
    day = item.get("date")
    if not isinstance(day, dict):
        if item.get("text"):
            raise Unusable("is not a date")
        return None
    year, month, of_month = (day.get(each) or 0 for each in ("year", "month", "day"))
    try:
        date(year or 2000, month, of_month)
    except (ValueError, TypeError, OverflowError):
        raise Unusable("is not a whole date") from None
    return Birthday(year or None, month, of_month)


def _mark(own: Items) -> str:
    for item in own["clientData"]:
        if item.get("key") == MARK_KEY and is_name(item.get("value")):
            return str(item["value"])
    return ""


def _labels(memberships: list[Json]) -> tuple[str, ...]:
    """Return the labels in an order of their own: Google promises none."""
    return tuple(sorted(filter(is_label, _groups(memberships))))


def _groups(memberships: list[Json]) -> list[str]:
    return list(dict.fromkeys(filter(None, map(group_of, memberships))))
