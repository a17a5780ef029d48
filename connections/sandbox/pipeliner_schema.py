"""What is known of Pipeliner's entities and their properties, read from the tables."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .pipeliner_tables import TABLES

TEXT_KINDS = frozenset({"text", "long", "email", "phone"})


@dataclass(frozen=True)
class Property:
    """One property; `argument` is what follows the colon of its kind."""

    name: str
    kind: str
    argument: str = ""
    access: str = "w"
    required: bool = False
    custom: bool = False
    unique: bool = False
    default: Any = field(default=None, compare=False)

    @cached_property
    def stored(self) -> bool:
        """Whether a row holds it; the others are worked out when a row is shown."""
        return self.kind not in {"uri", "many", "calc", "none", "nothing"}

    @cached_property
    def is_checked(self) -> bool:
        """Whether its value can be wrong in ways that show only beside other rows."""
        return self.stored and (
            self.required or self.unique or self.kind in {"ref", "option", "options"}
        )

    def writable(self, *, creating: bool) -> bool:
        """Whether a body may hold it without the bit that overrides read-only fields."""
        return self.access == "w" or self.access == ("c" if creating else "u")


@dataclass(frozen=True)
class Entity:
    """An entity: its name, its name in paths, what may be done with it, its properties."""

    name: str
    plural: str
    methods: frozenset[str]
    properties: dict[str, Property]


_DEFAULTS: dict[str, Any] = {
    "text": "",
    "long": "",
    "email": "",
    "phone": "",
    "bool": False,
    "nothing": [],
    "strings": [],
    "options": [],
}


def default_of(kind: str, argument: str = "", *, custom: bool = False) -> Any:
    """What an unset property holds; custom texts are null, standard ones are blank."""
    if kind == "enum":
        return int(argument.partition("-")[0])
    if custom and kind in TEXT_KINDS:
        return None
    return _DEFAULTS.get(kind)


def _properties(line: str) -> list[Property]:
    names, spec, access = line.split()
    kind, _, argument = spec.partition(":")
    required = access.endswith("!")
    # A required one has no default, so that its absence is seen.
    default = None if access[1:] else default_of(kind, argument)
    return [
        Property(name, kind, argument, access=access[0], required=required, default=default)
        for name in names.split(",")
    ]


def _entity(name: str, plural: str, methods: str, table: str) -> Entity:
    lines = [line for line in table.split("\n") if line.strip()]
    properties = {each.name: each for line in lines for each in _properties(line)}
    return Entity(name, plural, frozenset(methods.split()), properties)


ENTITIES = {name: _entity(name, *parts) for name, parts in TABLES.items()}

WEBHOOK_EVENTS = frozenset(
    {"*"}
    | {
        f"{entity}.{event}"
        for entity, events in {
            "Account": "* Create Update Delete OwnerChanged DocumentLinked",
            "Contact": "* Create Update Delete OwnerChanged DocumentLinked",
            "ContactAccountRelation": "* Create Update Delete",
        }.items()
        for event in events.split()
    }
)
