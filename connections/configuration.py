"""The configuration of a connection as one value, and the default mapping of two apps. Pure."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

from connections.conversion import converts
from connections.rules import Rule
from connections.schema import LISTS, NAME_PARTS, Field, Role, Type, Values, stable_json

Side = Literal["left", "right"]
SIDES: tuple[Side, Side] = ("left", "right")


def other(side: Side) -> Side:
    """Return the opposite side."""
    return "right" if side == "left" else "left"


class Direction(StrEnum):
    BOTH = "both"
    LEFT_TO_RIGHT = "left_to_right"
    RIGHT_TO_LEFT = "right_to_left"

    def writes(self, side: Side) -> bool:
        """Return whether this direction lets values flow to a side."""
        return self is Direction.BOTH or self is (
            Direction.LEFT_TO_RIGHT if side == "right" else Direction.RIGHT_TO_LEFT
        )


class FirstMerge(StrEnum):
    WINNER = "winner"
    FILL_GAPS = "fill_gaps"
    LINK_ONLY = "link_only"


@dataclass(frozen=True, slots=True)
class Pair:
    """A mapping: two fields kept equal in the direction of the arrow.

    `options_mark` tells one way of converting from another: a change makes a first merge of this
    field.
    """

    left: Field
    right: Field
    direction: Direction = Direction.BOTH
    options: tuple[tuple[str, str], ...] = ()
    # Asked for each field of each contact.
    key: str = dataclasses.field(init=False, repr=False, compare=False)
    options_mark: str = dataclasses.field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", f"{self.left.key}={self.right.key}")
        mark = _options_mark(self.left.type, self.right.type, self.options)
        object.__setattr__(self, "options_mark", mark)

    def field(self, side: Side) -> Field:
        return self.left if side == "left" else self.right


@lru_cache(maxsize=4096)
def _options_mark(left: Type, right: Type, options: tuple[tuple[str, str], ...]) -> str:
    return hashlib.sha256(stable_json([left, right, options]).encode()).hexdigest()[:12]


EVERYONE = Rule("everyone")
"""The rule of a side that takes in all of its contacts [CN3]."""


@dataclass(frozen=True, slots=True)
class SideConfiguration:
    """One side: its app, its account, and the scope. `scope` None is everything; else the values
    that count.
    """

    app: str
    app_label: str
    account_id: int
    scope: frozenset[str] | None = None
    create_scope: str = ""
    needs_name: bool = False
    """Whether the app refuses a contact with neither a given nor a family name [MA6]."""
    compare_and_set: bool = False
    custom_prefix: str = ""
    """How the keys of fields begin that are blank, not unknown, where a record lacks them."""
    fields: tuple[Field, ...] = ()
    """The app's fields that deciding must know even where they are not mapped: `fields_to_know`
    picks them.
    """
    rules: tuple[Rule, ...] = (EVERYONE,)
    """The rules for this side's contacts, in order."""
    owner_field: str = ""
    label_field: str = ""
    """The keys of the fields that hold the owner and the labels; "" where there is none."""
    fallback_owner: str = ""
    """Who owns the contacts of users whom the table of owners lacks; "" is the account's own."""
    unit_field: str = ""
    owner_units: tuple[tuple[str, str], ...] = ()
    """The unit inside the scope for new contacts of a user, where it is not `create_scope`
    [AC6].
    """

    def is_known(self, key: str, values: Values) -> bool:
        """Return whether anything is known of a field of a record, if only that it is blank."""
        return key in values or bool(self.custom_prefix and key.startswith(self.custom_prefix))


@dataclass(frozen=True, slots=True)
class Configuration:
    """All that decides what a sync does. `revision` changes with whatever makes everything be
    decided anew [CN8].
    """

    left: SideConfiguration
    right: SideConfiguration
    pairs: tuple[Pair, ...]
    direction: Direction = Direction.BOTH
    winner: Side = "left"
    first_merge: FirstMerge = FirstMerge.WINNER
    phone_region: str = ""
    time_zone: str = "UTC"
    avoid_duplicates: bool = True
    copy_blanks: bool = True
    owners: tuple[tuple[str, str], ...] = ()
    """The table of owners: left and right users who stand for each other [VA10]."""
    lost_owners: tuple[str, ...] = ()
    """The users of either side whose partner in that table no longer exists."""

    def rules(self, side: Side) -> tuple[Rule, ...]:
        """Return the rules that count of a side: none where nothing flows to the other [CN4]."""
        return self.side(side).rules if self.direction.writes(other(side)) else ()

    def side(self, side: Side) -> SideConfiguration:
        return self.left if side == "left" else self.right

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def revision(self) -> str:
        sides = {side: _bare(self.side(side)) for side in SIDES}
        content = asdict(replace(self, winner="left", left=sides["left"], right=sides["right"]))
        for side in SIDES:
            scope = content[side]["scope"]
            content[side]["scope"] = None if scope is None else sorted(scope)
        return hashlib.sha256(stable_json(content).encode()).hexdigest()[:32]


def _bare(side: SideConfiguration) -> SideConfiguration:
    """Return a side whose rules tell no names of options, users and labels, and which tells no
    units of users: these decide nothing anew.
    """
    rules = tuple(
        replace(
            rule,
            actions=tuple(
                replace(each, field=replace(each.field, options=())) for each in rule.actions
            ),
            conditions=tuple(
                replace(each, field=each.field and replace(each.field, options=()))
                for each in rule.conditions
            ),
        )
        for rule in side.rules
    )
    return replace(side, rules=rules, owner_units=())


def fields_to_know(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Return the fields that deciding must know even where they are not mapped.

    They are the name and its parts, the email addresses, and what the app requires of a new
    contact, but references: the connector makes the account's user the owner. No more, since they
    are part of the revision.
    """
    roles = {Role.FULL_NAME, Role.EMAILS, *NAME_PARTS}
    return tuple(
        field
        for field in fields
        if (field.required and field.type is not Type.REFERENCE) or field.role in roles
    )


def default_pairs(
    left: Sequence[Field],
    right: Sequence[Field],
    direction: Direction = Direction.BOTH,
    switched_off: frozenset[str] = frozenset(),
) -> tuple[Pair, ...]:
    """Return the default mapping of two apps' fields, by role [VA4]; `switched_off` holds roles
    that are not synced.

    Person names are mapped part by part where both apps have parts, joined where one has a single
    name.
    """
    mine, theirs = _by_role(left), _by_role(right)
    by_parts = all(_has_parts(each) for each in (mine, theirs))
    pairs = []
    for role in Role:
        if role in switched_off or role not in mine or role not in theirs:
            continue
        if role is Role.FULL_NAME and by_parts:
            continue
        if role in NAME_PARTS and not by_parts:
            continue
        arrow = widest_arrow(mine[role], theirs[role], direction)
        if arrow is not None:
            pairs.append(Pair(mine[role], theirs[role], arrow))
    return tuple(pairs)


def _by_role(fields: Sequence[Field]) -> Mapping[Role, Field]:
    found: dict[Role, Field] = {}
    for field in fields:
        if field.role is not None and field.role not in found:
            found[field.role] = field
    return found


def _has_parts(fields: Mapping[Role, Field]) -> bool:
    return any(role in fields and not fields[role].derived for role in NAME_PARTS)


def narrowed(direction: Direction, wanted: Direction) -> Direction | None:
    """Return the direction in which both let values flow, None where there is none."""
    if direction is Direction.BOTH:
        return wanted
    return direction if wanted in (Direction.BOTH, direction) else None


def widest_arrow(left: Field, right: Field, wanted: Direction) -> Direction | None:
    """Return the widest direction that a mapping of two fields can have, None where no value could
    flow.
    """
    to_left = wanted.writes("left") and not left.read_only and converts(right.type, left.type)
    to_right = wanted.writes("right") and not right.read_only and converts(left.type, right.type)
    if to_left and to_right:
        return Direction.BOTH
    if to_right:
        return Direction.LEFT_TO_RIGHT
    return Direction.RIGHT_TO_LEFT if to_left else None


def is_list(pair: Pair) -> bool:
    """Return whether both fields hold lists that are merged entry by entry."""
    return pair.left.type in LISTS and pair.right.type in LISTS
