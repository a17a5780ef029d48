"""What Pipeliner checks of a record before it is saved."""

from __future__ import annotations

from typing import Any

from .base import Row
from .pipeliner_errors import (
    NO_RELATED_RECORD,
    PARAMETER_INVALID,
    PARAMETER_MISSING,
    Problem,
)
from .pipeliner_schema import Property
from .pipeliner_space import Space

# Bits of the `validation-level` parameter.
ONLY_CHANGED = 2
ONLY_SYSTEM = 4
OVERRIDE_READONLY = 8
DELETED_RELATIONS = 16
ALL_LEVELS = ONLY_CHANGED | ONLY_SYSTEM | OVERRIDE_READONLY | DELETED_RELATIONS

_TAG_TARGETS = ("contact_id", "account_id")


def problems_of(
    space: Space, kind: str, row: Row, changed: set[str], level: int, *, creating: bool
) -> list[Problem]:
    """All that is wrong with `row`, which is not saved yet and of which `changed` is new.

    Level 0 looks at the whole record, so that an old fault stands in the way of any edit.
    """
    whole = creating or not level & ONLY_CHANGED
    problems = []
    for name, each in space.properties(kind).items():
        if not each.is_checked or not (whole or name in changed):
            continue
        if each.custom and level & ONLY_SYSTEM and name not in changed:
            continue
        problems += _of_property(space, kind, row, each, level, changed)
    for check in (_of_form, _of_names, _of_tag_relation, _of_account_link):
        problems += check(space, kind, row, changed, level)
    return problems


def _of_property(
    space: Space, kind: str, row: Row, each: Property, level: int, changed: set[str]
) -> list[Problem]:
    value = row.get(each.name, each.default)
    if each.required and value in (None, ""):
        return [missing(each.name)]
    if value is None:
        return []
    if each.kind == "ref" and not _exists(space, each.argument, value, level):
        return [Problem(NO_RELATED_RECORD, f"No {each.argument} '{value}'.", each.name)]
    if each.kind in {"option", "options"}:
        options = {option["id"] for option in space.related("Data.data_set_id", each.argument)}
        chosen = value if isinstance(value, list) else [value]
        return [
            Problem(NO_RELATED_RECORD, f"No option '{item}' of '{each.name}'.", each.name)
            for item in chosen
            if item not in options
        ]
    if each.unique and each.name in changed and value != "":
        for other in space.rows(kind):
            if other["id"] != row["id"] and other.get(each.name) == value:
                message = f"Another record has this '{each.name}'."
                return [Problem(PARAMETER_INVALID, message, each.name)]
    return []


def _exists(space: Space, kind: str, key: str, level: int) -> bool:
    find = space.row if level & DELETED_RELATIONS else space.live
    return find(kind, key) is not None


def _of_form(space: Space, kind: str, row: Row, changed: set[str], level: int) -> list[Problem]:
    """The fields that the form of the contact's type requires: custom ones, by administrators."""
    if kind != "Contact" or level & ONLY_SYSTEM:
        return []
    form = (space.row("ContactType", row["contact_type_id"]) or {}).get("form_edit_api") or {}
    return [
        missing(field["api_name"])
        for field in form.get("fields", [])
        if field.get("required")
        and (field["api_name"] in changed or not level & ONLY_CHANGED)
        and _blank(row.get(field["api_name"]))
    ]


def _of_names(space: Space, kind: str, row: Row, changed: set[str], level: int) -> list[Problem]:
    """A contact has a first or a last name, as the vendor's create-contact tutorial says."""
    names = {"first_name", "last_name"}
    if kind != "Contact" or any(row[name] for name in names):
        return []
    if level & ONLY_CHANGED and not names & changed and "id" not in changed:
        return []
    return [Problem(PARAMETER_MISSING, "First name or last name is required.")]


def _of_tag_relation(
    space: Space, kind: str, row: Row, changed: set[str], level: int
) -> list[Problem]:
    if kind != "TagRelation" or sum(row[name] is not None for name in _TAG_TARGETS) == 1:
        return []
    return [Problem(PARAMETER_MISSING, "A tag relation needs exactly one record.")]


def _of_account_link(
    space: Space, kind: str, row: Row, changed: set[str], level: int
) -> list[Problem]:
    if kind != "ContactAccountRelation" or row["contact_id"] is None:
        return []
    for other in space.related("ContactAccountRelation.contact_id", row["contact_id"]):
        if other["id"] != row["id"] and other["account_id"] == row["account_id"]:
            return [Problem(PARAMETER_INVALID, "The contact has this account already.")]
    return []


def missing(name: str) -> Problem:
    """A value that has to be there is blank."""
    return Problem(PARAMETER_MISSING, f"Non-null field '{name}' is null or empty.", name)


def _blank(value: Any) -> bool:
    return value is None or value in ("", [])
