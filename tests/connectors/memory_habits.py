"""The habits of an app in memory: what it does with what it gets, what its API can, its faults."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from connections.connectors.base import App, Authorization, Scope, User
from connections.schema import LISTS, Field, Role, Type, Value, entries_of

Point = Literal["before", "middle", "after"]


@dataclass(frozen=True, slots=True)
class Habits:
    """What the app does with what it gets, and what its API can do.

    What a connector class declares follows from these too: see `declared`.
    """

    normalises: bool = False
    """Trims, collapses space, lower-cases emails, strips phones to digits, composes Unicode."""
    cut_at: int = 0
    """Texts are cut at so many characters without a word; 0 never."""
    escapes: bool = False
    """What the API writes is stored with `&amp;` for `&`, and so on; what people type is not."""
    reorders: bool = False
    renames: bool = False
    """Each change gives a contact another address; its id stays."""
    forgets_addresses: bool = False
    """A former address finds nothing."""
    late: float = 0
    """Seconds until lists show a write."""
    out_of_order: bool = False
    """Each write is late by its own part of `late`."""
    late_get: bool = False
    """`get` is as late as the lists."""
    get_shows_deleted: bool = False
    get_batch: int = 100
    write_batch: int = 50
    feed: Literal["token", "modified"] = "token"
    """A token that stands for all that was read, or a list by time of change, newest first."""
    deletions: Literal["rows", "gone", "none"] = "rows"
    """The feed shows a deleted contact as a row, by its id alone, or not at all."""
    page_size: int = 100
    short_pages: bool = False
    """Pages hold any number of rows, none included."""
    compare_and_set: bool = False
    marks: bool = True
    partial_refusals: bool = True
    """A refused content refuses its contact alone; else the whole batch."""
    one_name: bool = False
    """One full name instead of given and family name."""
    needs_name: bool = False
    """A new contact without a name is refused."""
    slots: int | None = None
    """How many emails and how many phones a contact can hold."""
    answers_records: bool = True
    """The answer to a write shows the record, not only its id."""
    settling: float = 300
    concurrency: int = 1
    scopes: tuple[Scope, ...] = ()
    users: tuple[User, ...] = ()
    """Those who may own contacts: if there are any, the field `owner` has the id of one."""
    units: bool = False
    """A contact is in one scope, whose id the field `unit` has."""
    labels: bool = False
    """The field `labels` has the ids of scopes that a contact is in, any number of them."""
    custom: tuple[Field, ...] = ()
    """Fields that a contact has beside the usual ones."""


class Killed(BaseException):
    """The process ends here, as by `kill -9`: nothing may catch this."""


@dataclass(slots=True)
class Fault:
    """Raises `error` at requests of a verb (any: ""), letting `after` of them go by, `times` times.

    `point`: before anything is done, with half of a batch done, or when all is done and only the
    answer is lost.
    """

    error: BaseException
    verb: str = ""
    point: Point = "before"
    after: int = 0
    times: int = 1


@dataclass(frozen=True, slots=True)
class Refusal:
    """Content that the app refuses, for as long as this is among its `refusals`."""

    when: Callable[[Mapping[str, Value]], bool]
    field: str = ""
    stops_creations: bool = False


def declared(key: str, label: str, habits: Habits) -> App:
    """Return what an app with these habits declares."""
    swept = habits.feed == "modified" and habits.deletions == "none"
    return App(
        key=key,
        label=label,
        authorization=Authorization.FORM,
        scope_kind="lists" if habits.scopes else "",
        scope_label="Lists" if habits.scopes else "",
        owner_field="owner" if habits.users else "",
        unit_field="unit" if habits.units else "",
        label_field="labels" if habits.labels else "",
        get_batch=habits.get_batch,
        create_batch=habits.write_batch,
        update_batch=habits.write_batch,
        concurrency=habits.concurrency,
        calls_per_second=10_000,
        needs_name=habits.needs_name,
        compare_and_set=habits.compare_and_set,
        settling=timedelta(seconds=habits.settling),
        sweep_every=timedelta(days=1) if swept else None,
    )


def fields_of(habits: Habits) -> list[Field]:
    """Return the fields of a contact in an app with these habits."""
    one = habits.one_name
    references = [
        (habits.users, Field("owner", "Owner", Type.REFERENCE, required=True)),
        (habits.units, Field("unit", "Unit", Type.REFERENCE)),
        (habits.labels, Field("labels", "Labels", Type.REFERENCES)),
    ]
    return [
        Field("full_name", "Full name", Type.TEXT, Role.FULL_NAME, derived=not one),
        Field("given_name", "Given name", Type.TEXT, Role.GIVEN_NAME, derived=one),
        Field("family_name", "Family name", Type.TEXT, Role.FAMILY_NAME, derived=one),
        Field("emails", "Emails", Type.EMAILS, Role.EMAILS, slots=habits.slots),
        Field("phones", "Phones", Type.PHONES, Role.PHONES, slots=habits.slots),
        Field("company", "Company", Type.TEXT, Role.COMPANY),
        Field("job_title", "Job title", Type.TEXT, Role.JOB_TITLE),
        Field("street", "Street", Type.LONG_TEXT, Role.STREET),
        Field("city", "City", Type.TEXT, Role.CITY),
        Field("postal_code", "Postal code", Type.TEXT, Role.POSTAL_CODE),
        Field("country", "Country", Type.TEXT, Role.COUNTRY),
        Field("notes", "Notes", Type.LONG_TEXT, Role.NOTES),
        Field("birthday", "Birthday", Type.BIRTHDAY, Role.BIRTHDAY),
        Field("website", "Website", Type.URL, Role.WEBSITE),
        *(field for is_there, field in references if is_there),
        *habits.custom,
    ]


def with_references(
    habits: Habits, values: Mapping[str, Value], scopes: tuple[str, ...]
) -> dict[str, Value]:
    """Return what a new contact holds: its owner and unit are those of the first where none are
    named, and it is in these scopes.
    """
    whole = dict(values)
    if habits.users and not whole.get("owner"):
        whole["owner"] = habits.users[0].id
    if habits.units and not whole.get("unit"):
        owner = next((each for each in habits.users if each.id == whole.get("owner")), None)
        first = habits.scopes[0].id if habits.scopes else None
        whole["unit"] = scopes[0] if scopes else (owner and owner.unit) or first
    elif habits.labels and not habits.units:
        whole["labels"] = tuple(dict.fromkeys((*entries_of(whole.get("labels")), *scopes)))
    return whole


def unknown_reference(habits: Habits, values: Mapping[str, Value]) -> str:
    """Return the key of the first field that names nothing that is there, "" where there is none.

    A contact has an owner and a unit: blank is none there.
    """
    users = {each.id for each in habits.users}
    scopes = {each.id for each in habits.scopes}
    if habits.users and "owner" in values and values["owner"] not in users:
        return "owner"
    if habits.units and "unit" in values and values["unit"] not in scopes:
        return "unit"
    if habits.labels and not scopes.issuperset(entries_of(values.get("labels"))):
        return "labels"
    return ""


def scopes_in(habits: Habits, values: Mapping[str, Value]) -> tuple[str, ...]:
    """Return the scopes that the fields of a contact name."""
    unit = values.get("unit") if habits.units else None
    labels = entries_of(values.get("labels")) if habits.labels else ()
    return tuple(dict.fromkeys((*((str(unit),) if unit else ()), *labels)))


def own_names(
    habits: Habits, stored: Mapping[str, Value], changes: Mapping[str, Value]
) -> dict[str, Value]:
    """Return changes with names in the form that the app keeps: one name, or its parts."""
    own = dict(changes)
    if habits.one_name:
        parts = {key: own.pop(key) for key in ("given_name", "family_name") if key in own}
        if parts and "full_name" not in own:
            own["full_name"] = joined(split(stored.get("full_name")) | parts)
    elif "full_name" in own:
        own = {**split(own.pop("full_name")), **own}
    return own


def joined(parts: Mapping[str, Value]) -> Value:
    """Return one name from given and family name."""
    both: Iterable[Value] = (parts.get("given_name"), parts.get("family_name"))
    return " ".join(str(part) for part in both if part) or None


def split(name: Value) -> dict[str, Value]:
    """Return given and family name of one name: its last word is the family name."""
    given, _, family = str(name or "").strip().rpartition(" ")
    return {"given_name": given.strip() or None, "family_name": family or None}


def kept(habits: Habits, type_: Type, value: Value, *, by_api: bool) -> Value:
    """Return how the app stores a value."""
    if isinstance(value, tuple) and type_ in LISTS:
        entries = [each for entry in value if (each := _entry(habits, type_, str(entry)))]
        return tuple(sorted(entries, reverse=True) if habits.reorders else entries)
    if not isinstance(value, str):
        return value
    text = _tidied(value) if habits.normalises else value
    if habits.cut_at:
        text = text[: habits.cut_at]
    if habits.escapes and by_api:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text


def _entry(habits: Habits, type_: Type, entry: str) -> str:
    if not habits.normalises:
        return entry
    if type_ is Type.EMAILS:
        return _tidied(entry).lower()
    return re.sub(r"[\s()/.-]", "", entry)


def _tidied(text: str) -> str:
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").split("\n")
    return "\n".join(" ".join(line.split()) for line in lines).strip()
