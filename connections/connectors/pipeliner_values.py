"""Pipeliner's rows as records, and our values as Pipeliner takes them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from connections import names
from connections.connectors.base import Rejected, RemoteRecord
from connections.connectors.intake import Unusable, text
from connections.connectors.pipeliner_api import Json
from connections.connectors.pipeliner_fields import (
    ACCOUNT_FIELDS,
    COMPANY,
    COMPANY_PREFIX,
    CUSTOM,
    LISTS,
    QUICK_COMPANY,
    REFERENCES,
    TEXT_FIELDS,
    slot_names,
)
from connections.schema import TEXTS, Field, Type, Value

VERSION_DIGITS = 20
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_NAME_PARTS = {
    "prefix": "title",
    "given": "first_name",
    "middle": "middle_name",
    "family": "last_name",
}


# -- reading ------------------------------------------------------------------------------------


def record_of(row: Json, custom: Mapping[str, Field]) -> RemoteRecord | None:
    """Return the contact of a row, None where it has no usable id or revision.

    `raw` keeps the slots of the lists, and under `read_only` the fields that cannot be written on
    this contact. Fields that the row lacks are left unknown.
    """
    id_, version = usable_id(row.get("id")), version_of(row)
    if not id_ or not version:
        return None
    reader = _Reader(row)
    for field in TEXT_FIELDS:
        reader.take(field.key, field.key, field.type)
    if all(part in reader.values for part in _NAME_PARTS.values()):
        parts = {part: str(reader.values[key] or "") for part, key in _NAME_PARTS.items()}
        reader.values["full_name"] = names.join(names.Name(**parts)) or None
    slots = {key: reader.take_slots(key) for key in LISTS}
    for key in REFERENCES:
        reader.take_reference(key)
    inline = row.get("custom_fields")
    customs = _Reader((inline if isinstance(inline, dict) else {}) | row, reader)
    for key, field in custom.items():
        customs.take(key, key, field.type)
    linked = reader.take_company()
    return RemoteRecord(
        id=id_,
        version=version,
        values=reader.values,
        raw={**slots, "read_only": [COMPANY] if linked else []},
        mark=mark_of(row.get("created")),
        deleted=row.get("is_deleted") is True,
        archived=row.get("is_archived") is True,
        scopes=(unit,) if isinstance(unit := reader.values.get("unit_id"), str) else (),
        related=(account_key(linked),) if linked else (),
        left_out=reader.left_out,
    )


def account_key(id_: str) -> str:
    """Return the name of an account among the things that contacts are related to."""
    return f"account:{id_}"


def company_values(account: Json) -> dict[str, Value]:
    """Return what a contact shows of its primary account."""
    reader = _Reader(account)
    for field in ACCOUNT_FIELDS:
        reader.take(field.key, COMPANY_PREFIX + field.key, field.type)
    if (name := COMPANY_PREFIX + "name") in reader.values:
        reader.values[COMPANY] = reader.values[name]
    return reader.values


def custom_fields(fields: list[Field]) -> dict[str, Field]:
    """Return the custom ones of a contact's fields, by key."""
    return {field.key: field for field in fields if field.key.startswith(CUSTOM)}


def usable_id(value: object) -> str:
    """Return an id that can be stored and stand in an address, else ""."""
    return value if isinstance(value, str) and _ID.fullmatch(value) else ""


def version_of(row: Json) -> str:
    """Return a row's revision so that it compares as text, "" without one."""
    revision = row.get("revision")
    if not isinstance(revision, int) or isinstance(revision, bool) or revision < 0:
        return ""
    return f"{revision:0{VERSION_DIGITS}d}"


def id_in(value: object) -> str:
    """Return the id that a relation shows: as such, at the end of a URI, or within an object."""
    if isinstance(value, Mapping):
        return next((id_ for key in ("data_id", "id") if (id_ := usable_id(value.get(key)))), "")
    return usable_id(value.rstrip("/").rpartition("/")[2]) if isinstance(value, str) else ""


def moment_of(value: object) -> datetime | None:
    """Return the moment that a timestamp names, in UTC; with or without fraction and offset."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value.strip())
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def mark_of(created: object) -> str:
    """Return the mark that a contact's `created` carries: ISO 8601 in UTC with microseconds."""
    moment = moment_of(created)
    return moment.isoformat(timespec="microseconds") if moment else ""


class _Reader:
    """Takes values out of a row; what cannot be taken is left out, with a reason."""

    def __init__(self, row: Json, into: _Reader | None = None) -> None:
        self.row = row
        self.values: dict[str, Value] = into.values if into else {}
        self.left_out: dict[str, str] = into.left_out if into else {}

    def take(self, name: str, key: str, type_: Type) -> None:
        if name not in self.row:
            return
        try:
            self.values[key] = _decoded(self.row[name], type_)
        except Unusable as error:
            self.left_out[key] = error.reason

    def take_slots(self, key: str) -> list[str | None]:
        """Take a list field with its views; return the slots, None for what was left out."""
        type_ = Type.EMAIL if key == "emails" else Type.PHONE
        slots: list[str | None] = []
        for name in slot_names(key):
            self.take(name, name, type_)
            slots.append(None if name not in self.values else str(self.values[name] or ""))
        reasons = [self.left_out[name] for name in slot_names(key) if name in self.left_out]
        if reasons:
            self.left_out[key] = f"an entry {reasons[0]}"
        elif None not in slots:
            self.values[key] = tuple(each for each in slots if each)
        return slots

    def take_reference(self, key: str) -> None:
        relation = key.removesuffix("_id")
        if key in self.row or relation in self.row:
            self.values[key] = id_in(self.row.get(key)) or id_in(self.row.get(relation)) or None

    def take_company(self) -> str:
        """Take the fields of the company; return the id of the primary account, "" without one."""
        account = self.row.get("primary_account")
        linked = id_in(account)
        if isinstance(account, dict) and linked:
            self.values |= company_values(account)
        elif not linked and "primary_account" in self.row:
            self.take(QUICK_COMPANY, COMPANY, Type.TEXT)
            self.values |= {COMPANY_PREFIX + field.key: None for field in ACCOUNT_FIELDS}
        return linked


def _decoded(value: Any, type_: Type) -> Value:
    """Return the value in plain Python, None for a blank. Raises `Unusable`."""
    if value is None or value == "" or value == []:
        return () if type_ is Type.MULTI_CHOICE else None
    decoder = _DECODERS.get(type_, _text)
    return decoder(value)


def _text(value: Any) -> Value:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    return text(value) or None


def _boolean(value: Any) -> Value:
    if isinstance(value, bool):
        return value
    raise Unusable("is not yes or no")


def _number(value: Any) -> Decimal:
    if isinstance(value, dict):
        value = value.get("base_value")
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Unusable("is not a number")
    try:
        number = Decimal(text(str(value)).strip())
    except InvalidOperation:
        raise Unusable("is not a number") from None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise Unusable("is not a number")
    return number


def _integer(value: Any) -> Value:
    number = _number(value)
    if number != number.to_integral_value():
        raise Unusable("is not a whole number")
    return int(number)


def _date(value: Any) -> Value:
    try:
        return date.fromisoformat(value[:10])
    except (TypeError, ValueError):
        raise Unusable("is not a date") from None


def _datetime(value: Any) -> Value:
    moment = moment_of(value)
    if moment is None:
        raise Unusable("is not a date and time")
    return moment


def _choice(value: Any) -> Value:
    if id_ := id_in(value):
        return id_
    raise Unusable("is not an option")


def _choices(value: Any) -> Value:
    if not isinstance(value, list) or not all(found := [id_in(each) for each in value]):
        raise Unusable("is not a list of options")
    return tuple(dict.fromkeys(found))


_DECODERS: dict[Type, Callable[[Any], Value]] = {
    Type.BOOLEAN: _boolean,
    Type.INTEGER: _integer,
    Type.DECIMAL: _number,
    Type.DATE: _date,
    Type.DATETIME: _datetime,
    Type.CHOICE: _choice,
    Type.MULTI_CHOICE: _choices,
}


# -- writing ------------------------------------------------------------------------------------


def encoded(value: Value, field: Field) -> Any:
    """Return the value as Pipeliner takes it: a blank is "" in a text, null elsewhere."""
    if field.type is Type.MULTI_CHOICE:
        return list(value) if isinstance(value, tuple) else []
    if field.type is Type.BOOLEAN:
        return bool(value)
    if value is None or value == "":
        return "" if field.type in TEXTS else None
    if isinstance(value, Decimal):
        return _as_number(value, field)
    if isinstance(value, datetime):
        return wire_time(value)
    if isinstance(value, date):
        return value.isoformat()
    return value


def _as_number(value: Decimal, field: Field) -> int | float:
    if value == value.to_integral_value():
        return int(value)
    number = float(value)
    # JSON numbers are doubles there: what is rounded would come back as another value.
    if not math.isfinite(number) or Decimal(repr(number)) != value:
        raise Rejected(f"{field.label} has more digits than Pipeliner keeps", field=field.key)
    return number


def wire_time(moment: datetime) -> str:
    """Return a timestamp in the app's own form, with microseconds, in UTC."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f+00:00")
