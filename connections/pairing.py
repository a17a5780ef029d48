"""Which fields of two apps can be mapped to each other, in which direction, and why not [VA5].
Pure: fields in, sentences out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from connections.configuration import Direction, Pair, Side, widest_arrow
from connections.conversion import NOT_COPIED, Way, label_key, way, why_not
from connections.schema import (
    ADDRESS_PARTS,
    LISTS,
    NAME_PARTS,
    REFERENCES,
    Field,
    Option,
    Role,
)

COMPANY_LABEL = "[Company]"
"""How labels of fields begin that show a contact's company [VA9]."""
CUSTOM = "Custom"
_ROLES: Mapping[str, Set[Role]] = {
    "Name": {Role.FULL_NAME, *NAME_PARTS},
    "Channels": {Role.EMAILS, Role.PHONES, Role.WEBSITE},
    "Address": ADDRESS_PARTS,
    "Company": {Role.COMPANY, Role.JOB_TITLE},
    "Notes and birthday": {Role.NOTES, Role.BIRTHDAY},
}
GROUPS = (*_ROLES, CUSTOM)
_KEYS = {"nickname": "Name", "department": "Company"}
"""The groups of fields that apps have of their own, but that play no role."""
_WORDS = {
    Direction.BOTH: "both ways",
    Direction.LEFT_TO_RIGHT: "left to right",
    Direction.RIGHT_TO_LEFT: "right to left",
}


class Taken(NamedTuple):
    """The keys of each side's fields that are mapped already; see `taken_by`."""

    left: frozenset[str] = frozenset()
    right: frozenset[str] = frozenset()


NOTHING = Taken()


def taken_by(pairs: Iterable[Pair], left: Sequence[Field], right: Sequence[Field]) -> Taken:
    """Return the fields that mappings take. `left` and `right` are all fields of the two apps.

    Pass the default mappings that are switched on, as they are both ways, since the direction of a
    connection may be widened later; and the custom ones but the one that is being edited.

    A list takes the fields that show its entries, each of these takes the list; a joined name takes
    the parts that it is made from, and each part takes it [VA4].
    """
    pairs = tuple(pairs)
    return Taken(
        frozenset().union(*(_takes(pair.left, left) for pair in pairs)),
        frozenset().union(*(_takes(pair.right, right) for pair in pairs)),
    )


def _takes(field: Field, fields: Sequence[Field]) -> Set[str]:
    taken = {field.key, field.view_of or field.key}
    taken |= {each.key for each in fields if each.view_of == field.key}
    if field.role is Role.FULL_NAME:
        taken |= {each.key for each in fields if each.role in NAME_PARTS}
    elif field.role in NAME_PARTS:
        taken |= {each.key for each in fields if each.role is Role.FULL_NAME}
    return taken


def arrows(left: Field, right: Field, connection: Direction) -> tuple[Direction, ...]:
    """Return the directions that a mapping of two fields can have under the connection's direction,
    the widest first; none where no value could flow.
    """
    return tuple(
        each
        for each in Direction
        if connection in (each, Direction.BOTH) and widest_arrow(left, right, each) is each
    )


def candidates(
    field: Field,
    fields: Sequence[Field],
    taken: Set[str] = frozenset(),
    *,
    side: Side = "left",
    connection: Direction = Direction.BOTH,
) -> list[Field]:
    """Return the fields of the other app that a field of one side can be mapped to, in their order.

    `side` is the field's own; `taken` has the keys of the other side's fields that are mapped.
    """

    def fits(each: Field) -> bool:
        left, right = (field, each) if side == "left" else (each, field)
        return each.key not in taken and bool(arrows(left, right, connection))

    return [each for each in fields if fits(each)]


def offered(
    fields: Iterable[Field],
    others: Iterable[Field],
    taken: Taken = NOTHING,
    *,
    side: Side = "left",
    connection: Direction = Direction.BOTH,
) -> list[Field]:
    """Return the fields of one side that are not mapped and for which there are candidates among
    `others`, the fields of the other side.
    """
    mine, theirs = (taken.left, taken.right) if side == "left" else (taken.right, taken.left)
    kinds = {(each.type, each.read_only): each for each in others if each.key not in theirs}
    return [
        field
        for field in fields
        if field.key not in mine
        and candidates(field, [*kinds.values()], side=side, connection=connection)
    ]


def problem(
    left: Field, right: Field, direction: Direction, connection: Direction, taken: Taken = NOTHING
) -> str:
    """Return why two fields cannot be mapped in a direction, as a sentence; "" where they can.

    `taken` is without the mapping that is being edited.
    """
    for field, keys in ((left, taken.left), (right, taken.right)):
        if field.type in REFERENCES:
            return f"“{field.label}” cannot be mapped. Use a rule to set it."
        if field.key in keys:
            return f"“{field.label}” is mapped already{_with_what(field)}."
    if connection not in (direction, Direction.BOTH):
        return f"The connection syncs {_WORDS[connection]} only, and no mapping goes further."
    ways: tuple[tuple[Side, Field, Field], ...] = (("right", left, right), ("left", right, left))
    reasons = [
        reason
        for target_side, source, target in ways
        if direction.writes(target_side) and (reason := _obstacle(source, target))
    ]
    if not reasons:
        return ""
    possible = arrows(left, right, connection)
    hint = f" {_WORDS[possible[0]].capitalize()} is possible." if possible else ""
    return _sentence(reasons[0]) + hint


def why_one_way(left: Field, right: Field, left_app: str = "", right_app: str = "") -> str:
    """Return why values of two fields can flow in one direction alone; "" where they can flow in
    both, or in none.
    """
    obstacles = [_obstacle(left, right, right_app), _obstacle(right, left, left_app)]
    return f"One way: {max(obstacles)}" if obstacles.count("") == 1 else ""


def _obstacle(source: Field, target: Field, app: str = "") -> str:
    """Return what keeps the values of a field from flowing to another, "" where nothing does."""
    if target.read_only:
        return f"{target.label} is read-only{f' in {app}' if app else ''}."
    return why_not(source.type, target.type)


def _with_what(field: Field) -> str:
    if field.view_of or field.type in LISTS:
        return ", by itself or as part of its list"
    if field.role in (Role.FULL_NAME, *NAME_PARTS):
        return ", by itself or as part of the name"
    return ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


# Options


def wants_options(left: Field, right: Field) -> bool:
    """Return whether a mapping of two fields goes by a table of options."""
    return Way.OPTIONS in (way(left.type, right.type), way(right.type, left.type))


def equal_labels(left: Field, right: Field) -> tuple[tuple[str, str], ...]:
    """Return a table of the options of two fields whose labels are equal, as `Pair.options` holds
    it; case and space do not count.
    """
    theirs = {label_key(option.label): option.value for option in reversed(right.options)}
    return tuple(
        (option.value, theirs[label_key(option.label)])
        for option in left.options
        if label_key(option.label) in theirs
    )


class OptionRow(NamedTuple):
    """An option of one field and what it becomes in the other, None where it is not copied. One
    that its app no longer has is gone.
    """

    option: Option
    partner: Option | None
    is_gone: bool = False
    partner_is_gone: bool = False

    @property
    def is_equal(self) -> bool:
        """Whether it becomes the option of the same label."""
        partner = self.partner
        return partner is not None and label_key(partner.label) == label_key(self.option.label)


def option_rows(
    source: Field, target: Field, table: Iterable[tuple[str, str]] = ()
) -> tuple[OptionRow, ...]:
    """Return what becomes of each option of a field, those that are gone last. `table` has pairs of
    an option of the source and one of the target; what it lacks goes by equal labels.
    """
    chosen: dict[str, str] = {}
    for one, other in table:
        chosen.setdefault(one, other)
    known = {option.value: option for option in target.options}
    equal = dict(equal_labels(source, target))
    mine = {option.value for option in source.options}
    gone = tuple(Option(one, one) for one in chosen if one and one not in mine)

    def row(option: Option) -> OptionRow:
        partner = chosen.get(option.value, equal.get(option.value, NOT_COPIED))
        shown = known.get(partner, Option(partner, partner)) if partner else None
        return OptionRow(option, shown, option in gone, bool(partner) and partner not in known)

    return tuple(map(row, (*source.options, *gone)))


def option_table(
    source: Field, target: Field, chosen: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Return the table that says what people chose for each option of a field, NOT_COPIED too.

    An option of the target that nothing becomes does not go back to its equal label either.
    """
    known = {option.value for option in source.options}
    there = [(option, partner) for option, partner in chosen.items() if option in known]
    reached = {partner for _, partner in there}
    back = [
        (NOT_COPIED, option)
        for option, partner in equal_labels(target, source)
        if option not in reached and partner in chosen
    ]
    return (*there, *back)


# For pickers


class Group(NamedTuple):
    """Fields under one heading of a picker."""

    name: str
    fields: tuple[Field, ...]


def groups(fields: Iterable[Field]) -> tuple[Group, ...]:
    """Return fields grouped for a picker, in their order; references and empty groups are left
    out.
    """
    found: dict[str, list[Field]] = {name: [] for name in GROUPS}
    for field in fields:
        if field.type not in REFERENCES:
            found[group_of(field)].append(field)
    return tuple(Group(name, tuple(each)) for name, each in found.items() if each)


def group_of(field: Field) -> str:
    """Return the group of a field; one that plays no role and is not known here is one that a
    company made for itself.
    """
    if field.label.startswith(COMPANY_LABEL):
        return "Company"
    if field.view_of or field.type in LISTS:
        return "Channels"
    of_role = (name for name, roles in _ROLES.items() if field.role in roles)
    return next(of_role, _KEYS.get(field.key, CUSTOM))
