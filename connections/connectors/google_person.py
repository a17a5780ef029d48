"""The JSON of the Google People API: persons, their sources, and the items of their fields.

https://developers.google.com/people/api/rest/v1/people#Person
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import IntEnum
from typing import Any

from connections.connectors.base import Scope
from connections.connectors.intake import is_storable

Json = dict[str, Any]
Items = dict[str, list[Json]]
"""The items of a person by field."""


class Code(IntEnum):
    """Some of `google.rpc.Code`."""

    OK = 0
    INVALID_ARGUMENT = 3
    NOT_FOUND = 5
    PERMISSION_DENIED = 7
    FAILED_PRECONDITION = 9
    ABORTED = 10
    OUT_OF_RANGE = 11


MY_CONTACTS = "contactGroups/myContacts"
STARRED = "contactGroups/starred"
SYSTEM_GROUPS = frozenset(
    {
        MY_CONTACTS,
        STARRED,
        *(
            f"contactGroups/{name}"
            for name in ("all", "blocked", "chatBuddies", "coworkers", "family", "friends")
        ),
    }
)
"""The groups of every account; members can be added to `MY_CONTACTS` and `STARRED` alone.

https://developers.google.com/people/api/rest/v1/contactGroups.members/modify
"""

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


def dicts(value: object) -> list[Json]:
    """Return the JSON objects of a list; what has another shape is left out."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def is_name(value: object) -> bool:
    """Return whether something can serve as an id or a resource name."""
    return isinstance(value, str) and 0 < len(value) <= 500 and is_storable(value)


def metadata(thing: Mapping[str, Any]) -> Json:
    found = thing.get("metadata")
    return found if isinstance(found, dict) else {}


def contact_source(person: Json) -> Json | None:
    """Return the CONTACT source, whose id stays when a person is renamed; None if unusable."""
    if not is_name(person.get("resourceName")):
        return None
    for source in dicts(metadata(person).get("sources")):
        if source.get("type") == "CONTACT" and is_name(source.get("id")):
            return source
    return None


def first_name(source_id: str) -> str:
    """Return the resource name of a contact that is linked to no profile, "" if its id has none.

    It is the hexadecimal id in decimals. The documentation does not say so: whoever asks by this
    name must look at the id that comes back.
    """
    is_hexadecimal = re.fullmatch(r"[0-9a-f]{1,16}", source_id)
    return f"people/c{int(source_id, 16)}" if is_hexadecimal else ""


def version(source: Json) -> str:
    """Return when a source last changed, UTC with nine digits, which compares as text, or ""."""
    stamp = source.get("updateTime")
    found = _TIME.fullmatch(stamp) if isinstance(stamp, str) else None
    if found is None:
        return ""
    seconds, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(seconds + zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return ""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{(fraction or '').ljust(9, '0')}Z"


def is_deleted(thing: Json) -> bool:
    return metadata(thing).get("deleted") is True


def previous_names(person: Json) -> list[str]:
    """Return former resource names: a contact gets another when it is linked to a profile."""
    previous = metadata(person).get("previousResourceNames")
    return [name for name in previous if is_name(name)] if isinstance(previous, list) else []


def own_items(person: Json, source: Json, fields: Iterable[str]) -> Items:
    """Return the contact's own items by field, the primary one first.

    Items of a profile or directory that is merged into the person are not the contact's and
    cannot be written.
    """
    own: Items = {}
    for field in fields:
        shown = person.get(field)
        items = [item for item in dicts(shown) if _is_from(item, source)] if shown else []
        if len(items) > 1:
            items.sort(key=lambda item: not is_primary(item))
        own[field] = items
    return own


def _is_from(item: Json, source: Json) -> bool:
    of = metadata(item).get("source")
    if not isinstance(of, dict):
        return True
    same = of.get("id") in (None, "", source.get("id"))
    return same and of.get("type", "CONTACT") == "CONTACT"


def is_primary(item: Json) -> bool:
    """Return whether an item is the first of its field; the order of items says nothing."""
    found = metadata(item)
    return found.get("sourcePrimary") is True or found.get("primary") is True


def account_emails(me: Json) -> list[str]:
    """Return the addresses of the account itself, the primary one first."""
    shown = sorted(dicts(me.get("emailAddresses")), key=lambda item: not is_primary(item))
    return [item["value"].strip() for item in shown if is_name(item.get("value"))]


def labels(groups: object) -> list[Scope]:
    """Return the contact groups that people fill: those they made, and the starred."""
    return [
        Scope(group["resourceName"], str(group.get("name") or group["resourceName"]))
        for group in dicts(groups)
        if is_name(group.get("resourceName"))
        and (group.get("groupType") == "USER_CONTACT_GROUP" or group["resourceName"] == STARRED)
        and not is_deleted(group)
    ]


def group_of(membership: Json) -> str:
    """Return the resource name of the group that a membership is of, "" for a domain's."""
    of = membership.get("contactGroupMembership")
    name = of.get("contactGroupResourceName") if isinstance(of, dict) else None
    return str(name) if is_name(name) else ""


def membership_of(group: str) -> Json:
    """Return a membership as it is sent."""
    return {"contactGroupMembership": {"contactGroupResourceName": group}}


def is_label(group: str) -> bool:
    """Return whether a group, by its resource name, is one that people fill: see `labels`."""
    return group == STARRED or (bool(group) and group not in SYSTEM_GROUPS)


def response_person(response: object) -> Json:
    """Return the person in a PersonResponse, {} without one."""
    person = response.get("person") if isinstance(response, dict) else None
    return person if isinstance(person, dict) else {}


def response_code(response: object) -> int:
    """Return the `google.rpc.Code` of a PersonResponse; an older 404 alone counts too."""
    if not isinstance(response, dict):
        return Code.OK
    status = response.get("status")
    if isinstance(status, dict) and isinstance(status.get("code"), int):
        return int(status["code"])
    return Code.NOT_FOUND if response.get("httpStatusCode") == 404 else Code.OK
