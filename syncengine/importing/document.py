"""Reads the text of a file into mappings, lists and texts that know their line.

Of YAML it takes what the file needs: no tags, no anchors and aliases (a short text that unfolds to
a huge one), one document, a few levels, a limited size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from syncengine.importing.problems import Problem, Refused

MOST_BYTES = 1_000_000
MOST_LEVELS = 9


@dataclass(frozen=True, slots=True)
class Text:
    """A single value as written; `plain` where it had no quotes, so that it may be a number."""

    line: int
    text: str
    plain: bool


@dataclass(frozen=True, slots=True)
class Listing:
    line: int
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mapping:
    """`doubled` has the keys that stand there more than once, with the line of the later one."""

    line: int
    entries: dict[str, Entry]
    doubled: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """A key's line, and what belongs to it."""

    line: int
    node: Node


Node = Text | Listing | Mapping


def parse(content: bytes) -> Node:
    """Return what the file holds; raises Refused where it is not the YAML that is taken here."""
    if len(content) > MOST_BYTES:
        raise _refused(1, f"the file is larger than {MOST_BYTES:,} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise _refused(line, "the file must be text in UTF-8") from None
    try:
        return _Reader(text).document()
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise _refused(line, "a character that text must not hold, such as NUL") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        # The error's own text shows the line, which may hold a secret.
        raise _refused(mark.line + 1 if mark else 1, f"not YAML: {error.problem}") from None


def _refused(line: int, message: str) -> Refused:
    return Refused([Problem(line, "", message)])


class _Reader:
    """Takes the parser's events one by one, and stops at the first that is not allowed."""

    def __init__(self, text: str) -> None:
        self.events: Iterator[yaml.Event] = self._allowed(text)

    def document(self) -> Node:
        next(self.events)  # the stream's start
        start = next(self.events)
        if isinstance(start, yaml.StreamEndEvent):
            raise _refused(1, "the file is empty; it must hold accounts or connections")
        node = self._node(next(self.events), 1)
        next(self.events)  # the document's end
        rest = next(self.events)
        if not isinstance(rest, yaml.StreamEndEvent):
            raise _refused(_line(rest), "a second document; the file must hold one")
        return node

    def _allowed(self, text: str) -> Iterator[yaml.Event]:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
                raise _refused(_line(event), "anchors and aliases (& and *) are not allowed")
            if getattr(event, "tag", None) is not None or getattr(event, "tags", None):
                raise _refused(_line(event), "tags (with !) are not allowed")
            yield event

    def _node(self, event: yaml.Event, level: int) -> Node:
        if level > MOST_LEVELS:
            raise _refused(_line(event), f"more than {MOST_LEVELS} levels")
        if isinstance(event, yaml.SequenceStartEvent):
            return self._listing(_line(event), level)
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(_line(event), level)
        assert isinstance(event, yaml.ScalarEvent)
        return Text(_line(event), event.value, event.style is None)

    def _listing(self, line: int, level: int) -> Listing:
        items: list[Node] = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._node(event, level + 1))
        return Listing(line, tuple(items))

    def _mapping(self, line: int, level: int) -> Mapping:
        entries: dict[str, Entry] = {}
        doubled: list[tuple[str, int]] = []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                raise _refused(_line(event), "a key must be a word")
            key, node = event.value, self._node(next(self.events), level + 1)
            if key in entries:
                doubled.append((key, _line(event)))
            else:
                entries[key] = Entry(_line(event), node)
        return Mapping(line, entries, tuple(doubled))


def _line(event: yaml.Event) -> int:
    mark = event.start_mark
    return mark.line + 1 if mark else 1
