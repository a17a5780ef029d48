"""What is measured: each scenario over fresh stand-ins and a fresh database.

The left side is Pipeliner, the right one Google Contacts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from tests.bench.places import ENGINE, WITHOUT_COMPANY, Bench, Measured
from tests.bench.rows import Row

CONNECTIONS = 50
SLICES = 10
RIGHTWARD, LEFTWARD, EQUAL = "pipeliner -> google", "google -> pipeliner", "pipeliner = google"
BOTH = "pipeliner <-> google"
Scenario = Callable[[Bench, int], Iterator[Row]]


def row(scenario: str, apps: str, n: int, latency: int, measured: Measured, floor: Measured) -> Row:
    """Return the row of what was measured."""
    found = measured.found
    return Row(
        scenario=scenario,
        apps=apps,
        n=n,
        latency_ms=latency,
        requests_left=measured.requests_left,
        requests_right=measured.requests_right,
        requests_floor=floor.requests_left + floor.requests_right,
        seconds=found["seconds"],
        floor_seconds=floor.found["seconds"],
        cpu_seconds=found["cpu_seconds"],
        peak_rss_mb=found["peak_rss_mb"],
        db_queries=found["db_queries"],
    )


def first_sync(bench: Bench, n: int) -> Iterator[Row]:
    """The first sync into an empty side, one way and the other."""
    for apps, left, right, floor in (
        (RIGHTWARD, n, 0, "create_right"),
        (LEFTWARD, 0, n, "create_left"),
    ):
        for latency in bench.latencies:
            with bench.place(left, right) as place:
                measured = place.measure(latency, ENGINE, do="sync")
            with bench.apps(left, right) as place:
                fewest = place.floor(latency, floor, n)
            created = measured.found["done"]
            assert created["created_left"] + created["created_right"] == n, created
            yield row("first sync", apps, n, latency, measured, fewest)


def first_merge(bench: Bench, n: int) -> Iterator[Row]:
    """The first merge of two sides that hold the same people."""
    for latency in bench.latencies:
        with bench.place(n, n) as place:
            measured = place.measure(latency, ENGINE, do="sync")
            fewest = place.floor(latency, "read", n)
        assert measured.found["done"]["linked"] == n, measured.found
        yield row("first merge", EQUAL, n, latency, measured, fewest)


def afterwards(bench: Bench, n: int) -> Iterator[Row]:
    """What comes after a first sync: nothing changed, and 1 % changed on each side."""
    with bench.place(n, 0) as place:
        place.engine("sync")
        place.settle()
        for latency in bench.latencies:
            measured = place.measure(latency, ENGINE, do="sync", warm=True)
            fewest = place.floor(latency, "idle_with_company", n)
            yield row("nothing changed, with company", BOTH, n, latency, measured, fewest)
        for round_, latency in enumerate(bench.latencies):
            edit = partial(place.edit, n // 100, round_)
            measured = place.measure(latency, ENGINE, edit, do="sync", warm=True)
            place.settle()
            with bench.apps(n, n) as other:
                fewest = other.floor(latency, "change", n)
            done = measured.found["done"]
            assert done["updated_left"] == done["updated_right"] == n // 100, done
            yield row("1 % changed on each side", BOTH, n, latency, measured, fewest)
        place.engine("change", switched_off=WITHOUT_COMPANY)
        place.settle()
        for latency in bench.latencies:
            measured = place.measure(latency, ENGINE, do="sync", warm=True)
            fewest = place.floor(latency, "idle", n)
            yield row("nothing changed", BOTH, n, latency, measured, fewest)


def many_connections(bench: Bench, n: int) -> Iterator[Row]:
    """Nothing changed in 50 connections of one Pipeliner account, each with its sales unit and its
    Google account.
    """
    with bench.place(n, 0, CONNECTIONS) as place:
        place.engine("sync")
        place.settle()
        for latency in bench.latencies:
            measured = place.measure(latency, ENGINE, do="tick")
            fewest = place.floor(latency, "idle_many", n)
            yield row(
                f"nothing changed, {CONNECTIONS} connections", BOTH, n, latency, measured, fewest
            )


def slices(bench: Bench, n: int) -> Iterator[Row]:
    """A first sync in slices of a tenth of its time: it ends as one in a single slice does."""
    with bench.place(n, 0) as place:
        whole = place.measure(0, ENGINE, do="sync", slices_of=3600)
        expected = place.states()
    for latency in bench.latencies:
        with bench.place(n, 0) as place:
            seconds = whole.found["seconds"] / SLICES
            measured = place.measure(latency, ENGINE, do="sync", slices_of=seconds)
            assert place.states() == expected
            assert measured.found["slices"] > 1, measured.found
        with bench.apps(n, 0) as place:
            fewest = place.floor(latency, "create_right", n)
        yield row("first sync in slices", RIGHTWARD, n, latency, measured, fewest)


def memory(bench: Bench, n: int) -> Iterator[Row]:
    """The first merge of two very large sides."""
    with bench.place(n, n) as place:
        measured = place.measure(0, ENGINE, do="sync")
        fewest = place.floor(0, "read", n)
    yield row("first merge, very large", EQUAL, n, 0, measured, fewest)


def pages(bench: Bench, n: int) -> Iterator[Row]:
    """The list pages of the admin with 200 connections and n changes; they ask no app."""
    with bench.place(10, 0) as place:
        place.engine("sync")
        for found in place.engine("pages", changes=n):
            yield Row(
                scenario=f"page: {found['page']}",
                apps="the admin",
                n=n,
                latency_ms=0,
                requests_left=0,
                requests_right=0,
                requests_floor=0,
                seconds=found["seconds"],
                floor_seconds=0,
                cpu_seconds=found["cpu_seconds"],
                peak_rss_mb=found["peak_rss_mb"],
                db_queries=found["db_queries"],
            )


SCENARIOS: dict[str, Scenario] = {
    "first": first_sync,
    "merge": first_merge,
    "afterwards": afterwards,
    "many": many_connections,
    "slices": slices,
    "pages": pages,
    "memory": memory,
}
