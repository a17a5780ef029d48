"""Rings of connections: values must not go round three or more accounts [CN11]. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from connections.configuration import Direction


@dataclass(frozen=True, slots=True)
class Link:
    """A connection between two accounts, as far as rings go."""

    name: str
    left: int
    right: int
    direction: Direction

    def flows(self) -> list[tuple[int, int]]:
        """Return which account gives to which."""
        found = []
        if self.direction.writes("right"):
            found.append((self.left, self.right))
        if self.direction.writes("left"):
            found.append((self.right, self.left))
        return found


def ring(new: Link, running: Iterable[Link]) -> list[str]:
    """Return the names of the running connections with which a new one closes a ring, or none."""
    others = [link for link in running if link.name != new.name]
    for giver, taker in new.flows():
        path = _path(taker, giver, others)
        if path:
            return path
    return []


def way_out(new: Link, running: Sequence[Link]) -> Direction | None:
    """Return a direction in which the connection closes no ring."""
    for direction in Direction:
        if not ring(replace(new, direction=direction), running):
            return direction
    return None


def _path(start: int, end: int, links: Sequence[Link]) -> list[str]:
    """Return the connections of a shortest way between two accounts that goes over a third one."""
    queue = deque([(start, list[str]())])
    reached = {start}
    while queue:
        account, names = queue.popleft()
        for link in links:
            for giver, taker in link.flows():
                if giver != account or (account == start and taker == end) or taker in reached:
                    continue
                if taker == end:
                    return [*names, link.name]
                reached.add(taker)
                queue.append((taker, [*names, link.name]))
    return []
