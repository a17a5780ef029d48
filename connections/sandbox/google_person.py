"""A contact's row as the API stores it, and a person as the API shows it."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import phonenumbers

from .base import Habits, Row
from .google_schema import FIELDS, Items

MY_CONTACTS = "contactGroups/myContacts"
CONTACT_READ = "READ_SOURCE_TYPE_CONTACT"
PROFILE_READ = "READ_SOURCE_TYPE_PROFILE"
DEFAULT_SOURCES = frozenset({CONTACT_READ, PROFILE_READ})
# `people.get` gives all, lists no more than this of each.
LISTED_AT_MOST = 100

# An item with no more than these is blank.
_NO_CONTENT = frozenset({"type", "contentType", "current"})
_NAME_PARTS = ("honorificPrefix", "givenName", "middleName", "familyName")


def stored_items(key: str, items: Items, contact: str, habits: Habits) -> Items:
    """What becomes of the items of one field that a client sent; blank ones are dropped.

    The primary one is the one sent with `metadata.sourcePrimary`, else the first.
    """
    kept = [(item, _content(key, item, habits)) for item in items]
    kept = [(item, content) for item, content in kept if content]
    marked = [bool(item.get("metadata", {}).get("sourcePrimary")) for item, _ in kept]
    primary = marked.index(True) if True in marked else 0
    source = {"type": "CONTACT", "id": contact}
    return [
        {"metadata": _item_metadata(key, source, index == primary), **content}
        for index, (_, content) in enumerate(kept)
    ]


def membership(group: str) -> Row:
    """A membership as a client sends it; `group` is a resource name."""
    return {"contactGroupMembership": {"contactGroupResourceName": group}}


def groups_of(row: Row) -> list[str]:
    """The resource names of the groups that a contact is in."""
    return [
        item["contactGroupMembership"]["contactGroupResourceName"]
        for item in row["fields"].get("memberships", [])
    ]


def source_etag(row: Row) -> str:
    """The etag of the contact source: another one after each write."""
    return "#" + _opaque(f"{row['id']}/{row['version']}") + "="


def person_etag(row: Row) -> str:
    """The etag of the person: another one also where only the profile or the name moved."""
    return "%" + _opaque(f"{row['id']}/{row['version']}/{row['links']}") + "="


def render(
    row: Row,
    mask: frozenset[str],
    sources: frozenset[str] = DEFAULT_SOURCES,
    *,
    listed: bool = False,
    sync: bool = False,
    reorder: bool = False,
) -> Row:
    """A person with the fields of `mask`; keys of empty lists are left out.

    `listed` cuts long lists, `sync` adds what only sync requests show, `reorder` turns lists round.
    """
    person: Row = {"resourceName": row["name"], "etag": person_etag(row)}
    if row["deleted"]:
        person["metadata"] = _metadata(row, sources, sync=sync)
        return person
    if "metadata" in mask:
        person["metadata"] = _metadata(row, sources, sync=sync)
    profile: Mapping[str, Items] = row.get("profile", {}) if PROFILE_READ in sources else {}
    fields: Mapping[str, Items] = row["fields"] if CONTACT_READ in sources else {}
    for key in FIELDS:
        if key not in mask or (key not in fields and key not in profile):
            continue
        items = fields.get(key, [])
        if key in profile:
            items = [*profile[key], *map(_not_primary, items)]
        if reorder:
            items = items[::-1]
        if listed and key in ("emailAddresses", "phoneNumbers"):
            items = items[:LISTED_AT_MOST]
        person[key] = items
    return person


def profile_items(items: Items, account: str) -> Items:
    """Items of a profile that a contact is linked with: its first one is the person's primary."""
    source = {"type": "PROFILE", "id": account}
    return [
        {**item, "metadata": {**_flags(index == 0), "verified": True, "source": source}}
        for index, item in enumerate(items)
    ]


def _metadata(row: Row, sources: frozenset[str], *, sync: bool) -> Row:
    shown = []
    if CONTACT_READ in sources:
        contact = {"type": "CONTACT", "id": row["id"], "etag": source_etag(row)}
        shown.append(contact if row["deleted"] else {**contact, "updateTime": row["updated"]})
    if row.get("account") and PROFILE_READ in sources:
        shown.append(profile_source(row["account"]))
    metadata: Row = {"sources": shown, "objectType": "PERSON"}
    if sync and row["previous"]:
        metadata["previousResourceNames"] = row["previous"]
    if row["deleted"]:
        metadata["deleted"] = True
    return metadata


def profile_source(account: str) -> Row:
    """The source entry of a profile, `account` its number."""
    return {
        "type": "PROFILE",
        "id": account,
        "etag": "#" + _opaque(f"profile/{account}") + "=",
        "profileMetadata": {"objectType": "PERSON", "userTypes": ["GOOGLE_USER"]},
    }


def _flags(primary: bool) -> Row:
    return {"primary": True, "sourcePrimary": True} if primary else {}


def _item_metadata(key: str, source: Row, primary: bool) -> Row:
    return {**_flags(primary and key != "memberships"), "source": source}


def _not_primary(item: Row) -> Row:
    metadata = {k: v for k, v in item["metadata"].items() if k != "primary"}
    return {**item, "metadata": metadata}


def _content(key: str, item: Row, habits: Habits) -> Row:
    properties = FIELDS[key].properties
    content: Row = {}
    for name, value in item.items():
        kind = properties.get(name)
        if kind == "text" and value and name != "type" and key != "clientData":
            value = habits.text(value, phone=key == "phoneNumbers")
        if kind is not None and value is not None and value != "":
            content[name] = value
    if content.keys() <= _NO_CONTENT:
        return {}
    return _with_computed(key, content)


def _with_computed(key: str, content: Row) -> Row:
    match key:
        case "names":
            content = _name(content)
        case "biographies":
            content = {"contentType": "TEXT_PLAIN", **content}
        case "phoneNumbers" if canonical := _e164(content.get("value", "")):
            content = {**content, "canonicalForm": canonical}
        case "addresses" if "formattedValue" not in content:
            content = {"formattedValue": _address(content), **content}
        case "genders" if "value" in content:
            content = {**content, "formattedValue": _label(content["value"])}
        case "memberships":
            name = content["contactGroupMembership"]["contactGroupResourceName"]
            group = {"contactGroupId": name.partition("/")[2], "contactGroupResourceName": name}
            content = {"contactGroupMembership": group}
    if "type" in content and "formattedType" in FIELDS[key].read_only:
        content = {**content, "formattedType": _label(content["type"])}
    return content


def _name(content: Row) -> Row:
    if not any(part in content for part in (*_NAME_PARTS, "honorificSuffix")):
        first, _, last = content.get("unstructuredName", "").strip().rpartition(" ")
        split = {"givenName": first or last, "familyName": last if first else ""}
        content = {**content, **{part: text for part, text in split.items() if text}}
    parts = [content[part] for part in _NAME_PARTS if part in content]
    suffix = f", {content['honorificSuffix']}" if "honorificSuffix" in content else ""
    full = " ".join(parts) + suffix if parts else content.get("honorificSuffix", "")
    given = " ".join(content[part] for part in ("givenName", "middleName") if part in content)
    last_first = ", ".join(filter(None, [content.get("familyName"), given])) + suffix
    if not full:
        return content
    shown = {"displayName": full, "displayNameLastFirst": last_first.removeprefix(", ")}
    return {**shown, **content, "unstructuredName": full}


def _address(content: Row) -> str:
    town = " ".join(content[k] for k in ("postalCode", "city") if k in content)
    lines = [
        *(content.get(k, "") for k in ("streetAddress", "extendedAddress", "poBox")),
        town,
        *(content.get(k, "") for k in ("region", "country")),
    ]
    return "\n".join(filter(None, lines))


@lru_cache(maxsize=10_000)
def _e164(value: str) -> str:
    # Without a country code nothing says which country's number it is.
    if not value.lstrip().startswith("+"):
        return ""
    try:
        number = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


@lru_cache
def _label(value: str) -> str:
    """`homeFax` is shown as "Home Fax"; what is no predefined word stays as it is."""
    if not re.fullmatch(r"[a-z]+([A-Z][a-z]+)*", value):
        return value
    return " ".join(re.findall(r"[A-Za-z][a-z]*", value)).title()


def _opaque(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def date_text(date: Mapping[str, Any]) -> str:
    """A date as 1980-02-29, or --02-29 without a year."""
    year = f"{date['year']:04}" if date.get("year") else "-"
    return f"{year}-{date.get('month', 0):02}-{date.get('day', 0):02}"
