"""Reads the keys of one mapping, each as what it must be; collects what is wrong with its line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from syncengine.importing import document
from syncengine.importing.document import Listing, Node, Text
from syncengine.importing.problems import Problems

VARIABLE = re.compile(r"\$(\$?)\{([^}]*)\}")
"""`${NAME}` is read from the environment; `$${NAME}` stands for the text `${NAME}`."""
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
NUMBER = re.compile(r"[-+]?(\d[\d_]*(\.\d*)?([eE][-+]?\d+)?|\.\d+|0x[0-9a-fA-F]+|0o[0-7]+)")
FLAGS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
TRUTHS = ("true", "false")
NOTHING = ("", "~", "null")
NO_TEXT = {"Cc", "Cs", "Zl", "Zp"}
"""Unicode's categories of control characters, half surrogates and line ends."""
LINES = "\n\t"
SHOWN = 60
MOST_VALUE = 5000


@dataclass(frozen=True, slots=True)
class Value:
    """A text of the file after what it takes from the environment."""

    line: int
    text: str


class Section:
    """A mapping of the file, at `path`; a key that is absent or wrong reads as None."""

    def __init__(
        self,
        node: document.Mapping,
        path: str,
        problems: Problems,
        environment: Mapping[str, str],
    ) -> None:
        self.node = node
        self.path = path
        self.problems = problems
        self.environment = environment
        for key, line in node.doubled:
            first = node.entries[key].line
            problems.add(line, self.at(key), f"stands twice; the first is on line {first}")

    def __contains__(self, key: str) -> bool:
        return key in self.node.entries

    def at(self, key: str) -> str:
        """Return a key with the way to it."""
        return f"{self.path}.{key}" if self.path else key

    def line(self, key: str = "") -> int:
        """Return the line of a key, of the mapping itself where it has none of that name."""
        entry = self.node.entries.get(key)
        return entry.line if entry else self.node.line

    def wrong(self, key: str, message: str) -> None:
        self.problems.add(self.line(key), self.at(key) if key else self.path, message)

    def allow(self, keys: Collection[str]) -> None:
        """Refuse all other keys."""
        for key in self.node.entries:
            if key not in keys:
                self.wrong(key, f"is unknown; allowed: {', '.join(keys)}")

    def require(self, *keys: str) -> bool:
        """Refuse the mapping without these keys; return whether it has them all."""
        missing = [key for key in keys if key not in self]
        for key in missing:
            self.problems.add(self.line(), self.at(key), "is missing")
        return not missing

    def text(self, key: str, *, most: int = 100, blank: bool = False) -> str | None:
        """Return one line of text without surrounding space; `blank` lets it be empty."""
        entry = self.node.entries.get(key)
        if entry is None:
            return None
        value = self._text(key, entry.node, most, blank=blank)
        return None if value is None else value.text

    def texts(self, key: str) -> list[Value] | None:
        """Return a list of texts."""
        entry = self.node.entries.get(key)
        if entry is None:
            return None
        if not isinstance(entry.node, Listing):
            self.wrong(key, "must be a list, as [one, two]")
            return None
        read = [self._text(key, item, 1000) for item in entry.node.items]
        return None if None in read else [each for each in read if each is not None]

    def values(self, key: str) -> list[Value] | None:
        """Return the texts of a single value or of a list; numbers, and yes and no, need no quotes,
        and a text may have several lines.
        """
        entry = self.node.entries.get(key)
        if entry is None:
            return None
        nodes = entry.node.items if isinstance(entry.node, Listing) else (entry.node,)
        if not nodes:
            self.wrong(key, "must not be empty")
            return None
        read = [self._text(key, node, MOST_VALUE, loose=True) for node in nodes]
        return None if None in read else [each for each in read if each is not None]

    def pairs(self, key: str) -> list[tuple[Value, Value]] | None:
        """Return what stands for what: {one: other}, or a list of {left: one, right: other}. Either
        may be empty, in quotes.
        """
        entry = self.node.entries.get(key)
        if entry is None:
            return None
        if not isinstance(entry.node, document.Mapping):
            read = [each.pair(blank=True) for each in self.sections(key)]
            return [pair for pair in read if pair is not None]
        inner = Section(entry.node, self.at(key), self.problems, self.environment)
        pairs = []
        for name, each in entry.node.entries.items():
            value = inner._text(name, each.node, MOST_VALUE, blank=True, loose=True)
            pairs += [] if value is None else [(Value(each.line, name), value)]
        return pairs

    def pair(self, *, blank: bool = False) -> tuple[Value, Value] | None:
        """Return the two values of a mapping that has just left and right."""
        self.allow(("left", "right"))
        if not self.require("left", "right"):
            return None
        left, right = (
            self._text(side, self.node.entries[side].node, MOST_VALUE, blank=blank, loose=True)
            for side in ("left", "right")
        )
        return None if left is None or right is None else (left, right)

    def choice(self, key: str, allowed: Sequence[str]) -> str | None:
        """Return one of the allowed words."""
        value = self.text(key)
        if value is not None and value not in allowed:
            self.wrong(key, f"{self.shown(key)} is not allowed; allowed: {', '.join(allowed)}")
            return None
        return value

    def flag(self, key: str) -> bool | None:
        """Return a yes or no."""
        value = self._plain(key)
        if value is not None and value.lower() not in FLAGS:
            self.wrong(key, f"{self.shown(key)} is not allowed; allowed: true, false")
            return None
        return None if value is None else FLAGS[value.lower()]

    def whole(self, key: str, lowest: int, highest: int) -> int | None:
        """Return a whole number between two others, both included."""
        value = self._plain(key)
        if value is None:
            return None
        if not re.fullmatch(r"[0-9]{1,9}", value) or not lowest <= int(value) <= highest:
            self.wrong(
                key,
                f"{self.shown(key)} is not allowed; "
                f"allowed: a whole number from {lowest} to {highest}",
            )
            return None
        return int(value)

    def section(self, key: str) -> Section | None:
        """Return the mapping that belongs to a key."""
        entry = self.node.entries.get(key)
        if entry is None:
            return None
        if not isinstance(entry.node, document.Mapping):
            self.wrong(key, "must have keys of its own, as {key: value}")
            return None
        return Section(entry.node, self.at(key), self.problems, self.environment)

    def sections(self, key: str) -> Iterator[Section]:
        """Yield the mappings of a list."""
        entry = self.node.entries.get(key)
        if entry is None:
            return
        if not isinstance(entry.node, Listing):
            self.wrong(key, "must be a list whose entries begin with “- ”")
            return
        for number, item in enumerate(entry.node.items):
            path = f"{self.at(key)}[{number}]"
            if isinstance(item, document.Mapping):
                yield Section(item, path, self.problems, self.environment)
            else:
                self.problems.add(item.line, path, "must have keys, as {key: value}")

    # -- single values ----------------------------------------------------------------------------

    def _text(
        self, key: str, node: Node, most: int, *, blank: bool = False, loose: bool = False
    ) -> Value | None:
        if not isinstance(node, Text):
            self.problems.add(node.line, self.at(key), "must be text")
            return None
        value = self._filled(key, node)
        if value is None:
            return None
        message, allowed = "", LINES if loose else ""
        if (
            not loose
            and node.plain
            and (NUMBER.fullmatch(node.text) or node.text.lower() in TRUTHS)
        ):
            message = "must be text; put it in quotes"
        elif (not value and not (blank and not node.plain)) or (node.plain and value in NOTHING):
            message = "must not be empty"
        elif any(unicodedata.category(each) in NO_TEXT and each not in allowed for each in value):
            lines = "text" if loose else "one line of text"
            message = f"must be {lines} without control characters"
        elif len(value) > most:
            message = f"is longer than {most} characters"
        if message:
            self.problems.add(node.line, self.at(key), message)
            return None
        return Value(node.line, value)

    def _plain(self, key: str) -> str | None:
        """Return what stands there without quotes: a number or a yes or no."""
        entry = self.node.entries.get(key)
        if entry is None:
            return None
        if not isinstance(entry.node, Text):
            self.wrong(key, "must be a single value")
            return None
        return self._filled(key, entry.node) if entry.node.plain else repr(entry.node.text)

    def _filled(self, key: str, node: Text) -> str | None:
        """Return the text with what it takes from the environment, without surrounding space."""
        missing = []

        def fill(found: re.Match[str]) -> str:
            escaped, name = found.groups()
            if escaped:
                return found[0][1:]
            if not NAME.fullmatch(name):
                self.problems.add(
                    node.line,
                    self.at(key),
                    f"${{{name[:SHOWN]}}} is no name of an environment variable",
                )
                missing.append(name)
            elif name not in self.environment:
                self.problems.add(
                    node.line, self.at(key), f"the environment variable {name} is not set"
                )
                missing.append(name)
            return self.environment.get(name, "")

        value = VARIABLE.sub(fill, node.text).strip()
        return None if missing else value

    def shown(self, key: str) -> str:
        """Return what stands at a key as the file has it, with nothing of the environment."""
        node = self.node.entries[key].node
        text = node.text if isinstance(node, Text) else ""
        return f"“{text[:SHOWN]}”"


def escaped(text: str) -> str:
    """Return a text as it must stand in a file, so that nothing in it is taken for a variable."""
    return VARIABLE.sub(lambda found: f"${found[0]}", text)
