"""The field mappings of a connection as its page shows them: grouped, with arrows, reasons and the
values of one real contact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from connections import pairing
from connections.configuration import SIDES, Direction, Pair, default_pairs
from connections.models import Connection
from connections.schema import Field, is_blank
from syncengine.differences import entries
from syncengine.models import Contact
from syncengine.state import Status
from syncengine.states import side_label

LOOKED_AT = 10


@dataclass(frozen=True, slots=True)
class Row:
    """One mapping. `arrow` is where values flow, None where the connection's direction lets none;
    `why` says what keeps them from flowing both ways at any time.
    """

    role: str
    left: Field
    right: Field
    arrow: Direction | None
    why: str
    on: bool
    left_value: tuple[str, ...] = ()
    right_value: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    rows: Sequence[Row]


def example_of(connection: Connection) -> Contact | None:
    """Return a linked contact of a connection with both its records: of the first few, the one with
    the most values.
    """
    linked = Contact.objects.filter(
        connection=connection,
        status=Status.IN_SYNC,
        left__isnull=False,
        right__isnull=False,
    )
    first = linked.select_related("left", "right").defer("base", "sent").order_by("pk")[:LOOKED_AT]
    return max(first, key=_filled, default=None)


def _filled(contact: Contact) -> int:
    assert contact.left is not None
    return sum(not is_blank(value) for value in contact.left.values.values())


def groups(connection: Connection, example: Contact | None) -> list[Group]:
    """Return the default mappings of a connection's two apps, those switched off too."""
    left, right = connection.left.offers.fields, connection.right.offers.fields
    flowing = {
        pair.left.role: pair.direction
        for pair in default_pairs(left, right, Direction(connection.direction))
    }
    pairs = default_pairs(left, right)
    found = []
    for name in pairing.GROUPS:
        rows = [
            _row(connection, pair, flowing.get(pair.left.role), example)
            for pair in pairs
            if pairing.group_of(pair.left) == name
        ]
        if rows:
            found.append(Group(name, rows))
    return found


def _row(
    connection: Connection, pair: Pair, arrow: Direction | None, example: Contact | None
) -> Row:
    assert pair.left.role is not None
    left = example.left.values if example and example.left else {}
    right = example.right.values if example and example.right else {}
    return Row(
        role=pair.left.role.value,
        left=pair.left,
        right=pair.right,
        arrow=arrow,
        why=_why(connection, pair),
        on=connection.syncs(pair.left.role),
        left_value=entries(left.get(pair.left.key)),
        right_value=entries(right.get(pair.right.key)),
    )


def _why(connection: Connection, pair: Pair) -> str:
    """Return what keeps values of a pair from flowing both ways at any time, "" where nothing
    does.
    """
    if pair.direction is Direction.BOTH:
        direction = Direction(connection.direction)
        conditions = [
            f"Written in {side_label(connection, side)} only while {condition}."
            for side in SIDES
            if (condition := pair.field(side).written_while) and direction.writes(side)
        ]
        return " ".join(conditions)
    apps = (side_label(connection, side) for side in SIDES)
    return pairing.why_one_way(pair.left, pair.right, *apps)
