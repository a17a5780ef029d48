"""What an installation knows, from its database: quicker than to start Django for each look."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import psycopg

LINKS = """
    SELECT l.remote_id, r.remote_id FROM syncengine_contact
    JOIN syncengine_record l ON l.id = left_id JOIN syncengine_record r ON r.id = right_id
"""
STATUSES = "SELECT status, count(*) FROM syncengine_contact GROUP BY status"
UNSETTLED = """
    SELECT count(*) FROM syncengine_contact c
    WHERE awake OR status IN ('doubt', 'waiting')
    OR EXISTS (SELECT 1 FROM syncengine_intent WHERE contact_id = c.id AND state = 'open')
"""
SYNCS = "SELECT status, takeovers FROM syncengine_run WHERE kind = 'sync' ORDER BY id"


@dataclass(frozen=True, slots=True)
class Look:
    """`links` are the ids of linked records; `unsettled` counts contacts that are not at rest."""

    links: list[tuple[str, str]]
    statuses: dict[str, int]
    unsettled: int
    runs: list[tuple[str, int]]
    """The status of each run that is no preview, and how often it was taken over."""

    @property
    def is_done(self) -> bool:
        """Return whether a run has come to its end, and none is under way."""
        return bool(self.runs) and self.runs[-1][0] != "running"


def look(database_url: str) -> Look:
    """Return what the database holds now."""
    ((unsettled,),) = _rows(database_url, UNSETTLED)
    return Look(
        links=_rows(database_url, LINKS),
        statuses=dict(_rows(database_url, STATUSES)),
        unsettled=unsettled,
        runs=_rows(database_url, SYNCS),
    )


def _rows(database_url: str, query: str) -> list[Any]:
    if database_url.startswith("sqlite"):
        path = database_url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(path, timeout=20)) as database:
            return database.execute(query).fetchall()
    with psycopg.connect(database_url) as server:
        return server.execute(query.encode()).fetchall()
