"""What the bench found: its rows, the table that people read, and what is to be reached."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

REQUESTS_SHARE, REQUESTS_MORE = 1.1, 1
SECONDS_SHARE, SECONDS_AT_MS = 1.5, 50
MOST_RSS_MB, MOST_RSS_AT = 400, 100_000
EXACT = "nothing changed"
"""How the names of scenarios begin that may cost no request above the floor."""


@dataclass(frozen=True, slots=True)
class Row:
    """One scenario, measured once; `requests_floor` and `floor_seconds` are of both sides."""

    scenario: str
    apps: str
    n: int
    latency_ms: int
    requests_left: int
    requests_right: int
    requests_floor: int
    seconds: float
    floor_seconds: float
    cpu_seconds: float
    peak_rss_mb: float
    db_queries: int

    @property
    def requests_share(self) -> float:
        requests = self.requests_left + self.requests_right
        return requests / self.requests_floor if self.requests_floor else 1.0

    @property
    def seconds_share(self) -> float:
        return self.seconds / self.floor_seconds if self.floor_seconds else 1.0

    def misses(self) -> Iterator[str]:
        """Yield what was to be reached and was not."""
        requests = self.requests_left + self.requests_right
        most = REQUESTS_SHARE * self.requests_floor + REQUESTS_MORE
        if self.scenario.startswith(EXACT):
            most = self.requests_floor
        if requests > most:
            yield "requests"
        if self.latency_ms == SECONDS_AT_MS and self.seconds_share > SECONDS_SHARE:
            yield "seconds"
        if self.n <= MOST_RSS_AT and self.peak_rss_mb > MOST_RSS_MB:
            yield "memory"

    def as_json(self) -> dict[str, Any]:
        return {
            key: round(value, 3) if isinstance(value, float) else value
            for key, value in asdict(self).items()
        }


_COLUMNS = (
    ("scenario", 32), ("apps", 22), ("n", 6), ("ms", 3), ("left", 5), ("right", 5), ("floor", 5),
    ("ratio", 5), ("seconds", 8), ("floor", 7), ("ratio", 5), ("CPU", 7), ("MB", 5),
    ("queries", 7), ("missed", 0),
)  # fmt: skip


def head() -> str:
    """Return the head of the table."""
    return _line(name for name, _ in _COLUMNS)


def line(row: Row) -> str:
    """Return a row of the table."""
    return _line(
        (
            row.scenario,
            row.apps,
            f"{row.n}",
            f"{row.latency_ms}",
            f"{row.requests_left}",
            f"{row.requests_right}",
            f"{row.requests_floor}",
            f"{row.requests_share:.2f}",
            f"{row.seconds:.3f}",
            f"{row.floor_seconds:.3f}",
            f"{row.seconds_share:.2f}",
            f"{row.cpu_seconds:.2f}",
            f"{row.peak_rss_mb:.0f}",
            f"{row.db_queries}",
            ", ".join(row.misses()),
        )
    )


def _line(cells: Iterable[str]) -> str:
    words = zip(cells, _COLUMNS, strict=True)
    return "  ".join(
        cell.ljust(width) if place < 2 else cell.rjust(width)
        for place, (cell, (_, width)) in enumerate(words)
    ).rstrip()
