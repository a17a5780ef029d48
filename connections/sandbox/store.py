"""Rows in memory, written through to one SQLite file where a path is given."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Row = dict[str, Any]
Watcher = Callable[[str, Row | None, Row | None], None]


class Store:
    """Tables of JSON rows by id: `store.table("contact")[id]`.

    A row is never changed in place: `put` a new one. All reading and writing goes on inside
    `transaction()`, which holds the one lock, commits to the file at its end and takes everything
    back when it is left by an exception. A file left by a killed process opens as it was after its
    last commit.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self._tables: defaultdict[str, dict[str, Row]] = defaultdict(dict)
        self._watchers: defaultdict[str, list[Watcher]] = defaultdict(list)
        self._journal: list[tuple[str, str, Row | None]] = []
        self._depth = 0
        self._file = None if path is None else _open(path)
        if self._file is not None:
            for kind, key, row in self._file.execute("SELECT kind, id, row FROM rows"):
                self._tables[kind][key] = json.loads(row)

    def table(self, kind: str) -> Mapping[str, Row]:
        """The rows of a kind by id, in order of creation."""
        return self._tables[kind]

    def watch(self, kind: str, watcher: Watcher) -> None:
        """Call `watcher(id, old, new)` at each change, and at once for the rows that are there."""
        self._watchers[kind].append(watcher)
        for key, row in self._tables[kind].items():
            watcher(key, None, row)

    def put(self, kind: str, key: str, row: Row) -> None:
        """Create or replace a row."""
        self._journal.append((kind, key, self._tables[kind].get(key)))
        self._set(kind, key, row)

    def remove(self, kind: str, key: str) -> None:
        """Remove a row for good."""
        self._journal.append((kind, key, self._tables[kind][key]))
        self._set(kind, key, None)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; the outermost one commits, an inner one takes back its own part."""
        with self.lock:
            start = len(self._journal)
            self._depth += 1
            try:
                yield
            except BaseException:
                self._take_back(start)
                raise
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._commit()

    def close(self) -> None:
        """Close the file."""
        with self.lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _set(self, kind: str, key: str, row: Row | None) -> None:
        table = self._tables[kind]
        old = table.get(key)
        if row is None:
            table.pop(key, None)
        else:
            table[key] = row
        for watcher in self._watchers[kind]:
            watcher(key, old, row)

    def _take_back(self, start: int) -> None:
        while len(self._journal) > start:
            kind, key, row = self._journal.pop()
            self._set(kind, key, row)

    def _commit(self) -> None:
        touched = {(kind, key) for kind, key, _ in self._journal}
        self._journal.clear()
        if self._file is None or not touched:
            return
        with self._file:
            for kind, key in touched:
                row = self._tables[kind].get(key)
                if row is None:
                    self._file.execute("DELETE FROM rows WHERE kind = ? AND id = ?", (kind, key))
                else:
                    self._file.execute(
                        "INSERT INTO rows (kind, id, row) VALUES (?, ?, ?)"
                        " ON CONFLICT (kind, id) DO UPDATE SET row = excluded.row",
                        (kind, key, json.dumps(row, ensure_ascii=False)),
                    )


def _open(path: Path) -> sqlite3.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = sqlite3.connect(path, check_same_thread=False)
    # The operating system keeps what a killed process wrote; only a power cut could lose it.
    file.execute("PRAGMA journal_mode = WAL")
    file.execute("PRAGMA synchronous = OFF")
    file.execute(
        "CREATE TABLE IF NOT EXISTS rows (kind TEXT, id TEXT, row TEXT, UNIQUE (kind, id))"
    )
    return file
