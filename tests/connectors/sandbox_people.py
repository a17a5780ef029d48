"""People's contacts, by role, in the forms in which the stand-ins keep them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connections.schema import Role, Value
from tests.connectors.harness import Person

PROPERTIES = {
    Role.GIVEN_NAME: "first_name",
    Role.FAMILY_NAME: "last_name",
    Role.COMPANY: "quick_account_name",
    Role.JOB_TITLE: "position",
    Role.STREET: "address",
    Role.CITY: "city",
    Role.POSTAL_CODE: "zip_code",
    Role.COUNTRY: "country",
    Role.NOTES: "comments",
}
"""The properties of a contact in Pipeliner."""
SLOTS = {
    Role.EMAILS: [f"email{number}" for number in range(1, 6)],
    Role.PHONES: [f"phone{number}" for number in range(1, 6)],
}

PARTS = {
    Role.GIVEN_NAME: ("names", "givenName"),
    Role.FAMILY_NAME: ("names", "familyName"),
    Role.COMPANY: ("organizations", "name"),
    Role.JOB_TITLE: ("organizations", "title"),
    Role.STREET: ("addresses", "streetAddress"),
    Role.CITY: ("addresses", "city"),
    Role.POSTAL_CODE: ("addresses", "postalCode"),
    Role.COUNTRY: ("addresses", "country"),
    Role.NOTES: ("biographies", "value"),
}
"""The fields of a person at Google, and the part of their first item."""
LISTS = {Role.EMAILS: "emailAddresses", Role.PHONES: "phoneNumbers"}
PARTS_OF = {
    field: {name for of, name in PARTS.values() if of == field} for field, _ in PARTS.values()
}


def to_pipeliner(person: Person) -> dict[str, Any]:
    """Return the properties by which Pipeliner takes what is entered."""
    row: dict[str, Any] = {}
    for role, value in person.items():
        if role in SLOTS:
            assert isinstance(value, tuple)
            entries = [*value, *[""] * 5]
            row |= dict(zip(SLOTS[role], entries, strict=False))
        else:
            row[PROPERTIES[role]] = value or ""
    return row


def from_pipeliner(row: Mapping[str, Any]) -> dict[Role, Value]:
    """Return what a row of Pipeliner holds, without blanks."""
    texts = {role: row[name] for role, name in PROPERTIES.items() if row[name]}
    lists = {role: tuple(row[name] for name in names if row[name]) for role, names in SLOTS.items()}
    return texts | {role: entries for role, entries in lists.items() if entries}


def to_google(person: Person, now: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields by which Google takes what is entered over the fields that stand there."""
    fields: dict[str, Any] = {}
    for role, value in person.items():
        if role in LISTS:
            assert isinstance(value, tuple)
            items = {item["value"]: _sent(item) for item in now.get(LISTS[role], ())}
            fields[LISTS[role]] = [items.get(str(entry), {"value": entry}) for entry in value]
            continue
        field, part = PARTS[role]
        (item, *others) = fields.get(field) or now.get(field) or [{}]
        kept = {key: text for key, text in item.items() if key in {*PARTS_OF[field], "type"}}
        fields[field] = [{**kept, part: value or ""}, *map(_sent, others)]
    return fields


def _sent(item: Mapping[str, Any]) -> dict[str, Any]:
    """Return an item as a client sends it back, without what says that it is the first."""
    return {key: value for key, value in item.items() if key not in ("metadata", "formattedValue")}


def from_google(person: Mapping[str, Any]) -> dict[Role, Value]:
    """Return what the fields of a person hold, without blanks."""
    values: dict[Role, Value] = {
        role: person[field][0][part]
        for role, (field, part) in PARTS.items()
        if person.get(field) and person[field][0].get(part)
    }
    lists: dict[Role, Value] = {
        role: tuple(item["value"] for item in person[field])
        for role, field in LISTS.items()
        if person.get(field)
    }
    return values | lists
