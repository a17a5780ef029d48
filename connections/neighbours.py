"""What a connection has to do with the others: rings that it closes, scopes that it shares."""

from __future__ import annotations

from connections.configuration import SIDES, Direction
from connections.models import Account, Connection
from connections.rings import Link, ring, way_out


def closes_ring(connection: Connection) -> str:
    """Return why a connection cannot run beside the active ones, with the direction in which it
    could; "" where it can.
    """
    active = Connection.objects.filter(state=Connection.State.ACTIVE).exclude(pk=connection.pk)
    running, new = [_link(each) for each in active], _link(connection)
    names = ring(new, running)
    if not names:
        return ""
    offer = way_out(new, running)
    instead = f" With the direction “{_words(connection, offer)}” it would close none."
    return (
        f"“{connection.name}” would close a ring with “{'”, “'.join(names)}”: "
        f"values would go round and round.{instead if offer else ''}"
    )


def _link(connection: Connection) -> Link:
    return Link(
        connection.name, connection.left_id, connection.right_id, Direction(connection.direction)
    )


def _words(connection: Connection, direction: Direction | None) -> str:
    sides = [str(connection.left), str(connection.right)]
    return " to ".join(sides if direction is Direction.LEFT_TO_RIGHT else reversed(sides))


def overlapping(connection: Connection) -> list[Connection]:
    """Return the other connections of the same two accounts that share some of the scope on both
    sides.
    """
    pair = (connection.left_id, connection.right_id)
    others = Connection.objects.filter(left__in=pair, right__in=pair).exclude(pk=connection.pk)
    return [
        each
        for each in others.exclude(state=Connection.State.DELETING)
        if all(_overlap(connection, each, connection.account(side)) for side in SIDES)
    ]


def _overlap(one: Connection, two: Connection, account: Account) -> bool:
    first, second = _scope(one, account), _scope(two, account)
    if not first or not second:
        return True
    return bool(account.offers.inside(first) & account.offers.inside(second))


def _scope(connection: Connection, account: Account) -> list[str]:
    scope: list[str] = (
        connection.left_scope if connection.left_id == account.pk else connection.right_scope
    )
    return scope
