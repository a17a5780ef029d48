"""What a set-up maps, between the fields that two accounts offer [VA4, VA5]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connections.configuration import SIDES, Direction, Pair, Side, default_pairs
from connections.models.account import Account
from connections.pairing import Taken, taken_by
from connections.schema import Field
from connections.setups import MappingSetup, Setup

LONGEST_KEY = 200
"""The longest key that a mapping can name; custom fields of longer names are not offered."""


@dataclass(frozen=True)
class Fields:
    """The fields of two accounts, by side and key, in their order."""

    left: Mapping[str, Field]
    right: Mapping[str, Field]

    def of(self, side: Side) -> Mapping[str, Field]:
        return self.left if side == "left" else self.right


def fields_of(setup: Setup, left: Account, right: Account) -> Fields:
    """Return the fields of two accounts: what they offer, and the custom ones that a mapping of the
    set-up names before any record has them.
    """
    return Fields(
        _fields(left, (mapping.left for mapping in setup.mappings)),
        _fields(right, (mapping.right for mapping in setup.mappings)),
    )


def _fields(account: Account, keys: Iterable[str]) -> Mapping[str, Field]:
    prefix = account.declared.custom_prefix
    named = (key for key in keys if prefix and key.startswith(prefix))
    offers = account.offers.with_custom(
        (key for key in named if key.removeprefix(prefix).strip()), prefix
    )
    return {field.key: field for field in offers.fields if len(field.key) <= LONGEST_KEY}


def new_field(account: Account, name: str) -> Field | None:
    """Return the custom field of a name that a person typed, one that is there already in whatever
    case, else a new one; None where the app takes none.
    """
    prefix = account.declared.custom_prefix
    if not prefix or not name.strip():
        return None
    key, offers = f"{prefix}{name.strip()}", account.offers
    alike = [each for each in offers.fields if each.key.casefold() == key.casefold()]
    exact = [each for each in alike if each.key == key]
    return (*exact, *alike, *offers.with_custom([key], prefix).fields[-1:])[0]


def default_mapping(setup: Setup, fields: Fields, *, off: bool = False) -> tuple[Pair, ...]:
    """Return the default mappings that are switched on, with `off` all of them, in the widest
    direction that their fields can have.
    """
    switched_off = frozenset() if off else frozenset(setup.switched_off)
    left, right = (tuple(fields.of(side).values()) for side in SIDES)
    return default_pairs(left, right, Direction.BOTH, switched_off)


def pair_of(mapping: MappingSetup, fields: Fields) -> Pair | None:
    """Return the two fields of a custom mapping; None where one no longer exists."""
    left, right = fields.left.get(mapping.left), fields.right.get(mapping.right)
    if left is None or right is None:
        return None
    return Pair(left, right, Direction(mapping.direction), mapping.options)


def taken(setup: Setup, fields: Fields, but: MappingSetup | None = None) -> Taken:
    """Return the fields that a set-up maps, `but` by one mapping, such as the one being edited."""
    own = (pair_of(mapping, fields) for mapping in setup.mappings if mapping != but)
    pairs = (*default_mapping(setup, fields), *(pair for pair in own if pair is not None))
    left, right = (tuple(fields.of(side).values()) for side in SIDES)
    return taken_by(pairs, left, right)


def mapped_twice(setup: Setup, left: Account, right: Account) -> list[str]:
    """Return a sentence for each field of a custom mapping that another mapping takes too [VA4]."""
    fields = fields_of(setup, left, right)
    found = []
    for mapping in setup.mappings:
        pair = pair_of(mapping, fields)
        others = taken(setup, fields, mapping)
        if pair is None:
            continue
        if pair.left.key in others.left or pair.right.key in others.right:
            double = pair.left if pair.left.key in others.left else pair.right
            found.append(
                f"“{double.label}” is mapped twice: once by your own mapping of “{pair.left.label}”"
                f" and “{pair.right.label}”. Remove that, or switch the other off."
            )
    return found
