"""A contact as a form, for the page for people; and an invented person as a contact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .base import FormError, FormField, Row
from .google_groups import Groups
from .google_person import MY_CONTACTS, date_text, groups_of, membership
from .google_schema import Items
from .seed import Person

_NAME = {
    "prefix": "honorificPrefix",
    "given": "givenName",
    "middle": "middleName",
    "family": "familyName",
    "suffix": "honorificSuffix",
}
_ORGANIZATION = {"company": "name", "job_title": "title"}
_ADDRESS = {
    "street": "streetAddress",
    "postal_code": "postalCode",
    "city": "city",
    "region": "region",
    "country": "country",
}
# Form fields that make up one item of a list: the first one, or for names the only one.
_PARTS = {
    "names": _NAME,
    "organizations": _ORGANIZATION,
    "addresses": _ADDRESS,
    "urls": {"website": "value"},
    "biographies": {"notes": "value"},
}
_LINES = {"emailAddresses": "emails", "phoneNumbers": "phones"}
FORM_FIELDS = [
    FormField("prefix", "Prefix"),
    FormField("given", "First name"),
    FormField("middle", "Middle name"),
    FormField("family", "Last name"),
    FormField("suffix", "Suffix"),
    FormField("company", "Company"),
    FormField("job_title", "Job title"),
    FormField("emails", "Email addresses, one a line", multiline=True),
    FormField("phones", "Phone numbers, one a line", multiline=True),
    FormField("street", "Street"),
    FormField("postal_code", "Postal code"),
    FormField("city", "City"),
    FormField("region", "Region"),
    FormField("country", "Country"),
    FormField("website", "Website"),
    FormField("birthday", "Birthday (1980-02-29, or --02-29)"),
    FormField("notes", "Notes", multiline=True),
    FormField("labels", "Labels, separated by commas"),
    FormField("custom", "Custom fields, one a line as name: value", multiline=True),
]
SEED_LABELS = ("Customers", "Partners", "Suppliers")
_TIERS = ("Gold", "Silver", "Bronze")


def form_values(row: Row, groups: Groups) -> dict[str, str]:
    """What the form shows of a contact."""
    fields: Mapping[str, Items] = row["fields"]
    values: dict[str, str] = {}
    for key, parts in _PARTS.items():
        item = (fields.get(key) or [{}])[0]
        values.update({name: item.get(part, "") for name, part in parts.items()})
    for key, name in _LINES.items():
        values[name] = "\n".join(item.get("value", "") for item in fields.get(key, []))
    birthday = (fields.get("birthdays") or [{}])[0]
    values["birthday"] = date_text(birthday["date"]) if "date" in birthday else ""
    labels = [groups.find(row["user"], name) for name in groups_of(row) if name != MY_CONTACTS]
    values["labels"] = ", ".join(group["label"] for group in labels if group)
    custom = [
        (item.get("key", ""), item.get("value", "")) for item in fields.get("userDefined", [])
    ]
    values["custom"] = "\n".join(f"{key}: {value}" for key, value in custom)
    return values


def changed_fields(row: Row | None, values: dict[str, str], groups: Groups, user: str) -> Any:
    """The fields that a form changes, as a client would send them. Raises FormError."""
    blank = {field.name: "" for field in FORM_FIELDS}
    before = form_values(row, groups) if row else blank
    # Browsers send line ends as CR LF.
    after = {name: values.get(name, "").replace("\r\n", "\n").strip() for name in blank}
    changed = {name for name in blank if after[name] != before[name].strip()}
    old: Mapping[str, Items] = row["fields"] if row else {}
    fields: dict[str, Items] = {}
    for key, parts in _PARTS.items():
        if changed & parts.keys():
            first, *others = old.get(key) or [{}]
            kept = {k: v for k, v in first.items() if k not in ("formattedValue", "metadata")}
            item = {**kept, **{part: after[name] for name, part in parts.items()}}
            fields[key] = [item, *others]
    for key, name in _LINES.items():
        if name in changed:
            fields[key] = _items(old.get(key, []), after[name].split("\n"))
    if "birthday" in changed:
        fields["birthdays"] = _birthday(after["birthday"])
    if "custom" in changed:
        fields["userDefined"] = _custom(after["custom"])
    if "labels" in changed:
        fields["memberships"] = _memberships(row, after["labels"], groups, user)
    return fields


def person_fields(person: Person) -> dict[str, Items]:
    """An invented person's fields, as a client would send them."""
    fields: dict[str, Items] = {
        key: [{part: getattr(person, name) for name, part in parts.items()}]
        for key, parts in _PARTS.items()
    }
    fields["emailAddresses"] = [{"value": v, "type": kind} for v, kind in person.emails]
    fields["phoneNumbers"] = [{"value": v, "type": kind} for v, kind in person.phones]
    if person.birthday:
        year, month, day = person.birthday
        date = {"month": month, "day": day, **({"year": year} if year else {})}
        fields["birthdays"] = [{"date": date}]
    return fields


def seed_fields(person: Person, place: int, labels: list[str]) -> dict[str, Items]:
    """An invented person's fields with labels, resource names, and custom fields that take turns;
    every fourth has none of either.
    """
    fields = person_fields(person)
    if place % 4 == 3:
        return fields
    chosen = [labels[place % len(labels)], *(labels[-1:] if place % 5 == 0 else [])]
    groups = dict.fromkeys([MY_CONTACTS, *chosen])
    fields["memberships"] = [membership(name) for name in groups]
    fields["userDefined"] = [
        {"key": "Tier", "value": _TIERS[place % len(_TIERS)]},
        {"key": "Customer number", "value": str(1000 + place)},
    ]
    return fields


def _custom(text: str) -> Items:
    pairs = [line.partition(":") for line in text.split("\n") if line.strip()]
    if any(not colon or not key.strip() or not value.strip() for key, colon, value in pairs):
        raise FormError("Write each field on its own line, as Tier: Gold.", "custom")
    return [{"key": key.strip(), "value": value.strip()} for key, _, value in pairs]


def _items(old: Items, lines: list[str]) -> Items:
    """An item a line; one that stays, or is edited in its place, keeps its type."""
    lines = [line.strip() for line in lines if line.strip()]
    by_value = {item.get("value"): item for item in old}
    in_place = len(lines) == len(old)
    return [
        {**by_value.get(line, old[index] if in_place else {}), "value": line}
        for index, line in enumerate(lines)
    ]


def _birthday(text: str) -> Items:
    if not text:
        return []
    match = re.fullmatch(r"(\d{4}|-)-(\d\d)-(\d\d)", text)
    if match is None:
        raise FormError("Write a date as 1980-02-29, or --02-29 without a year.", "birthday")
    year, month, day = match.groups()
    date = {"month": int(month), "day": int(day)}
    return [{"date": date if year == "-" else {"year": int(year), **date}}]


def _memberships(row: Row | None, text: str, groups: Groups, user: str) -> Items:
    """The groups with these names, new ones for those that are not there, and `myContacts`."""
    names = [name.strip() for name in text.split(",") if name.strip()]
    found = [groups.named(user, name) or groups.create(user, name) for name in names]
    wanted = [f"contactGroups/{group['id']}" for group in found]
    mine = [MY_CONTACTS] if row is None or MY_CONTACTS in groups_of(row) or not wanted else []
    return [membership(name) for name in dict.fromkeys([*mine, *wanted])]
