"""Looks up what the rules, mappings and owners of a file name, at the two accounts of a connection.

What is wrong is collected with its place, and not told yet: names are looked up first in what is
stored, and once more in what the apps offer now.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from connections.configuration import Side
from connections.models import Account
from syncengine.importing.names import Names, Unknown
from syncengine.importing.problems import Problem
from syncengine.importing.section import Section, Value

T = TypeVar("T")


class Look:
    """The names of both accounts. `used` says of which sides any were asked for."""

    def __init__(self, accounts: Mapping[Side, Account]) -> None:
        self._names = {side: Names(account) for side, account in accounts.items()}
        self.used: set[Side] = set()
        self.found: list[Problem] = []

    def at(self, side: Side) -> Names:
        self.used.add(side)
        return self._names[side]

    def wrong(self, section: Section, key: str, message: str, line: int = 0) -> None:
        place = section.at(key) if key else section.path
        self.found.append(Problem(line or section.line(key), place, message))

    def ask(self, section: Section, key: str, line: int, ask: Callable[[], T]) -> T | None:
        """Return what a name stands for; what cannot be found is collected as wrong."""
        try:
            return ask()
        except Unknown as problem:
            self.wrong(section, key, str(problem), line)
            return None

    def every(
        self, section: Section, key: str, values: tuple[Value, ...], ask: Callable[[str], str]
    ) -> tuple[str, ...] | None:
        """Return what some names stand for, each once; None where one is wrong."""
        read = [
            self.ask(section, key, value.line, lambda text=value.text: ask(text))  # type: ignore[misc]
            for value in values
        ]
        if None in read:
            return None
        return tuple(dict.fromkeys(each for each in read if each is not None))
