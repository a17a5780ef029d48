"""What a person of the People API consists of, and the strict reading of one that a client sent.

https://developers.google.com/people/api/rest/v1/people#Person
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from .base import Row
from .google_errors import invalid

Kind = str | tuple[str, ...]
Items = list[Row]


@dataclass(frozen=True)
class Field:
    """A list of a person: the properties that an item may be given, with their kinds."""

    properties: dict[str, Kind]
    read_only: frozenset[str]
    singleton: bool = False


def words(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


def _field(texts: str, *, read_only: str = "", singleton: bool = False, **others: Kind) -> Field:
    properties: dict[str, Kind] = dict.fromkeys(texts.split(), "text")
    return Field({**properties, **others}, words(read_only), singleton)


_NICKNAMES = (
    "DEFAULT",
    "MAIDEN_NAME",
    "INITIALS",
    "GPLUS",
    "OTHER_NAME",
    "ALTERNATE_NAME",
    "SHORT_NAME",
)
_KEYWORDS = (
    "OUTLOOK_BILLING_INFORMATION",
    "OUTLOOK_DIRECTORY_SERVER",
    "OUTLOOK_KEYWORD",
    "OUTLOOK_MILEAGE",
    "OUTLOOK_PRIORITY",
    "OUTLOOK_SENSITIVITY",
    "OUTLOOK_SUBJECT",
    "OUTLOOK_USER",
    "HOME",
    "WORK",
    "OTHER",
)

# The fields of an update mask.
FIELDS = {
    "addresses": _field(
        "type formattedValue poBox streetAddress extendedAddress city region postalCode country"
        " countryCode",
        read_only="formattedType",
    ),
    "biographies": _field("value", singleton=True, contentType=("TEXT_PLAIN", "TEXT_HTML")),
    "birthdays": _field("text", singleton=True, date="date"),
    "calendarUrls": _field("url type", read_only="formattedType"),
    "clientData": _field("key value"),
    "emailAddresses": _field("value type displayName", read_only="formattedType"),
    "events": _field("type", read_only="formattedType", date="date"),
    "externalIds": _field("value type", read_only="formattedType"),
    "genders": _field("value addressMeAs", read_only="formattedValue", singleton=True),
    "imClients": _field("username protocol type", read_only="formattedType formattedProtocol"),
    "interests": _field("value"),
    "locales": _field("value"),
    "locations": _field("value type buildingId floor floorSection deskCode", current="yes/no"),
    "memberships": _field("", read_only="domainMembership", contactGroupMembership="group"),
    "miscKeywords": _field("value", read_only="formattedType", type=_KEYWORDS),
    "names": _field(
        "givenName familyName middleName honorificPrefix honorificSuffix phoneticGivenName"
        " phoneticFamilyName phoneticMiddleName phoneticFullName phoneticHonorificPrefix"
        " phoneticHonorificSuffix unstructuredName",
        read_only="displayName displayNameLastFirst",
        singleton=True,
    ),
    "nicknames": _field("value", type=_NICKNAMES),
    "occupations": _field("value"),
    "organizations": _field(
        "type name title department jobDescription domain location symbol phoneticName costCenter",
        read_only="formattedType",
        fullTimeEquivalentMillipercent="whole",
        startDate="date",
        endDate="date",
        current="yes/no",
    ),
    "phoneNumbers": _field("value type", read_only="canonicalForm formattedType"),
    "relations": _field("person type", read_only="formattedType"),
    "sipAddresses": _field("value type", read_only="formattedType"),
    "urls": _field("value type", read_only="formattedType"),
    "userDefined": _field("key value"),
}
UPDATE_MASK = frozenset(FIELDS)
READ_MASK = UPDATE_MASK | {"ageRanges", "coverPhotos", "metadata", "photos", "skills"}

# Known to the schema, and without effect in a body: read-only, deprecated, or in neither mask.
_WITHOUT_EFFECT = words(
    "ageRange ageRanges braggingRights coverPhotos fileAses photos relationshipInterests"
    " relationshipStatuses residences resourceName skills taglines"
)
_ITEM_METADATA = frozenset({"primary", "sourcePrimary", "verified", "source"})
_SOURCE = frozenset({"type", "id", "etag", "updateTime", "profileMetadata"})
_PERSON_METADATA = words(
    "sources deleted previousResourceNames linkedPeopleResourceNames objectType"
)


@dataclass
class PersonInput:
    """A person as a client sent it; `fields` holds the contact's own items of what was sent."""

    etag: str = ""
    sources: list[Row] = field(default_factory=list)
    fields: dict[str, Items] = field(default_factory=dict)

    @property
    def contact_source(self) -> Row | None:
        """The source of type CONTACT in `metadata.sources`."""
        return next((s for s in self.sources if s.get("type") == "CONTACT"), None)


def parse_person(data: Any, at: str = "person") -> PersonInput:
    """A person from JSON. Raises ApiError, 400, for a key or type that the schema does not have.

    Items that belong to another source (PROFILE) are left out: the API ignores what is no contact
    data. Values are judged by `check`.
    """
    person = PersonInput()
    for key, value in _object(data, at).items():
        where = f"{at}.{key}"
        if key in FIELDS:
            items = [_item(FIELDS[key], item, w) for item, w in _each(value, where)]
            person.fields[key] = [item for item in items if _is_own(item)]
        elif key == "etag":
            person.etag = _text(value, where)
        elif key == "metadata":
            metadata = _known(value, _PERSON_METADATA, where)
            person.sources = [
                _known(s, _SOURCE, w) for s, w in _each(metadata.get("sources"), f"{where}.sources")
            ]
        elif key not in _WITHOUT_EFFECT:
            raise _unknown(key, at)
    return person


def check(fields: dict[str, Items]) -> None:
    """Raises ApiError, 400, for a person that breaks a rule of the API."""
    for key, items in fields.items():
        if FIELDS[key].singleton and len(items) > 1:
            raise invalid(f"person.{key} is a singleton for contact sources: {len(items)} given.")
        if sum(1 for i in items if i.get("metadata", {}).get("sourcePrimary") is True) > 1:
            raise invalid(f"person.{key} has more than one item with source_primary set.")
    for item in fields.get("birthdays", []):
        if not item.get("date") and not item.get("text"):
            raise invalid("person.birthdays needs a date.", "person.birthdays.date")
    memberships = fields.get("memberships")
    if memberships is not None and not any(m.get("contactGroupMembership") for m in memberships):
        raise invalid("person.memberships must contain a contact group membership.")


def parse_mask(text: str, valid: Iterable[str], name: str) -> frozenset[str]:
    """The paths of a field mask. Raises ApiError, 400, naming the first that is not valid."""
    paths = [path.strip() for path in text.split(",") if path.strip()]
    for path in paths:
        if path not in valid:
            raise invalid(
                f'Invalid {name} mask path: "{path}". Valid paths are documented at'
                " https://developers.google.com/people/api/rest/v1/people.",
                name,
            )
    return frozenset(paths)


def _item(spec: Field, data: Any, at: str) -> Row:
    item: Row = {}
    for key, value in _object(data, at).items():
        where = f"{at}.{key}"
        if key == "metadata":
            item[key] = _known(value, _ITEM_METADATA, where)
            item[key]["source"] = _known(item[key].get("source"), _SOURCE, f"{where}.source")
        elif key in spec.properties:
            item[key] = _value(spec.properties[key], value, where)
        elif key not in spec.read_only:
            raise _unknown(key, at)
    return item


def _is_own(item: Row) -> bool:
    source: Row = item.get("metadata", {}).get("source", {})
    return bool(source.get("type", "CONTACT") == "CONTACT")


def _value(kind: Kind, value: Any, at: str) -> Any:
    if value is None:
        return None
    match kind:
        case "text":
            return _text(value, at)
        case "yes/no" if not isinstance(value, bool):
            raise invalid(f"Invalid value at '{at}' (TYPE_BOOL), {value!r}", at)
        case "whole" if isinstance(value, bool) or not isinstance(value, int):
            raise invalid(f"Invalid value at '{at}' (TYPE_INT32), {value!r}", at)
        case "date":
            return _date(value, at)
        case "group":
            group = _known(value, frozenset({"contactGroupId", "contactGroupResourceName"}), at)
            name = _text(group.get("contactGroupResourceName"), f"{at}.contactGroupResourceName")
            return {"contactGroupResourceName": name} if name else None
        case tuple() if value not in kind:
            raise invalid(f"Invalid value at '{at}' (TYPE_ENUM), {value!r}", at)
    return value


def _date(value: Any, at: str) -> dict[str, int] | None:
    parts = _known(value, frozenset({"year", "month", "day"}), at)
    for key, part in parts.items():
        _value("whole", part, f"{at}.{key}")
    year, month, day = (parts.get(key) or 0 for key in ("year", "month", "day"))
    if not (year or month or day):
        return None
    try:
        # A leap year stands in for one that is not known.
        date(year or 2000, month or 1, day or 1)
    except ValueError as problem:
        raise invalid(f"Invalid date at '{at}': {problem}", at) from None
    if day and not month:
        raise invalid(f"Invalid date at '{at}': a day needs a month", at)
    return {key: part for key, part in parts.items() if part}


def _text(value: Any, at: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise invalid(f"Invalid value at '{at}' (TYPE_STRING), {value!r}", at)
    try:
        value.encode()
    except UnicodeEncodeError:
        # Half a surrogate pair: no text in protocol buffers.
        raise invalid(f"Invalid value at '{at}' (TYPE_STRING)", at) from None
    return value


def _each(value: Any, at: str) -> list[tuple[Any, str]]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise invalid(f"Invalid value at '{at}', expected a list", at)
    return [(item, f"{at}[{index}]") for index, item in enumerate(value)]


def _object(value: Any, at: str) -> Row:
    if not isinstance(value, dict):
        raise invalid(f"Invalid value at '{at}', expected an object", at)
    return value


def _known(value: Any, keys: frozenset[str], at: str) -> Row:
    if value is None:
        return {}
    for key in _object(value, at):
        if key not in keys:
            raise _unknown(key, at)
    return dict(value)


def _unknown(key: str, at: str) -> Exception:
    message = f"Invalid JSON payload received. Unknown name {key!r} at '{at}': Cannot find field."
    return invalid(message, at)
