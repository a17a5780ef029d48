"""Custom mappings of each kind, beside the job title."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from connections.configuration import SIDES, Configuration, Direction, Pair
from connections.schema import Field, Option, Type, Value
from tests.syncengine.builders import JOB, TwoApps, configure, synced

LEFT, RIGHT = "cf_left", "cf_right"
RED, BLUE = Option("1", "Red"), Option("2", "Blue")
ROT, BLAU = Option("r", "red"), Option("b", "Blau")
TABLE = (("1", "r"), ("2", "b"))
NOON = datetime(2026, 5, 17, 10, 0, tzinfo=UTC)
MORNING = datetime(2026, 5, 18, 6, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Kind:
    """A kind of pair: two values of the left field, and what they are on the right."""

    left: Type
    right: Type
    lefts: tuple[Value, Value]
    rights: tuple[Value, Value]
    options: tuple[tuple[str, str], ...] = ()

    def __str__(self) -> str:
        return f"{self.left} {self.right}"

    def pair(self, direction: Direction = Direction.BOTH, **settings: Any) -> Pair:
        left = Field(LEFT, "Ours", self.left, options=(RED, BLUE))
        right = Field(RIGHT, "Theirs", self.right, options=(ROT, BLAU))
        return Pair(left, replace(right, **settings), direction, self.options)


def connection(*pairs: Pair, **settings: Any) -> Configuration:
    """Return a connection that maps the job and what is given."""
    lefts, rights = (tuple(pair.field(side) for pair in pairs) for side in SIDES)
    return configure(
        (JOB, *lefts),
        (JOB, *rights),
        (Pair(JOB, JOB), *pairs),
        **{"avoid_duplicates": False, **settings},
    )


def person(left: Value, right: Value, *pairs: Pair, **settings: Any) -> TwoApps:
    """Return a contact with these values, in agreement if they are."""
    return synced(
        connection(*pairs, **settings), {"job": "Buyer", LEFT: left}, {"job": "Buyer", RIGHT: right}
    )
