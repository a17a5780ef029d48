"""A joined name on an app that has parts: what to write to the parts [VA7]. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict

from connections import names
from connections.configuration import SideConfiguration
from connections.conversion import CannotConvert
from connections.names import Name
from connections.schema import Field, Role, Value, Values, is_blank

_PARTS: Mapping[Role, str] = {
    Role.PREFIX: "prefix",
    Role.GIVEN_NAME: "given",
    Role.MIDDLE_NAME: "middle",
    Role.FAMILY_NAME: "family",
    Role.SUFFIX: "suffix",
}


def is_joined(side: SideConfiguration, field: Field) -> bool:
    """Return whether the field is a joined name that is written by writing its parts."""
    return field.role is Role.FULL_NAME and field.derived and bool(_fields(side))


def edit_parts(
    side: SideConfiguration, values: Values, joined: Value
) -> tuple[str, dict[str, Value]]:
    """Return the joined name as it will stand, and the part fields to write for it.

    Only the part that changed is written. Raises `CannotConvert` where the name fits no single
    part, or the app has no room for that part.
    """
    fields = _fields(side)
    old = Name(**{part: _text(values.get(field.key)) for part, field in fields.items()})
    new = _edited(old, _text(joined), fields)
    before, after = asdict(old), asdict(new)
    writes: dict[str, Value] = {}
    for part, text in after.items():
        if text == before[part]:
            continue
        field = fields.get(part)
        if field is None:
            raise CannotConvert("it has no field for a part of this name")
        if field.max_length and len(text) > field.max_length:
            raise CannotConvert(
                f"{field.label} holds {field.max_length} characters; this value has {len(text)}"
            )
        writes[field.key] = text or None
    return names.join(new), writes


def _edited(old: Name, joined: str, fields: Mapping[str, Field]) -> Name:
    if not joined:
        return Name()
    new = names.edit(old, joined)
    if names.join(old):
        if new is None:
            raise CannotConvert("the new name fits no single part")
        return new
    if new is not None and all(not text or part in fields for part, text in asdict(new).items()):
        return new
    return Name(**{_whole_part(fields): joined})


def _whole_part(fields: Mapping[str, Field]) -> str:
    """Return the part that takes a name which is not split: the one that the app requires, else the
    family name.
    """
    by_need = sorted(fields, key=lambda part: (not fields[part].required, part != "family"))
    return by_need[0]


def _fields(side: SideConfiguration) -> dict[str, Field]:
    return {
        _PARTS[field.role]: field
        for field in side.fields
        if field.role is not None
        and field.role in _PARTS
        and not (field.derived or field.read_only)
    }


def _text(value: Value) -> str:
    return "" if is_blank(value) else str(value)
