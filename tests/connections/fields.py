"""Fields and options to convert between."""

from __future__ import annotations

from dataclasses import replace
from zoneinfo import ZoneInfo

from connections.schema import Field, Option, Type

VIENNA = ZoneInfo("Europe/Vienna")
COLOURS = (Option("1", "Red"), Option("2", "Blue "), Option("3", "Green"))
FARBEN = (Option("r", "red"), Option("b", "Blau"), Option("g", "GREEN"))


def a(type_: Type, **settings: object) -> Field:
    """Return a field of a type."""
    return replace(Field("f", "Field", type_), **settings)  # type: ignore[arg-type]
