"""Pages that are fetched ahead, and accounts that are read in turns."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from threading import Event

import pytest

from connections.connectors.base import CursorExpired, Known, Page, RemoteRecord
from syncengine.ahead import ROWS_AHEAD, read_ahead
from syncengine.reading import take_turns

STALE = ["one"] * ROWS_AHEAD


def test_a_page_that_was_asked_for_is_taken_though_no_more_are_wanted() -> None:
    asked: list[int] = []

    def pages(_known: Known) -> Iterator[Page]:
        for number in range(100):
            asked.append(number)
            yield Page((), {"page": number}, complete=False, stale=STALE)

    taken: list[int] = []
    with read_ahead(pages, lambda _rows: True, lambda: len(taken) >= 3) as ahead:
        for page in ahead:
            taken.append(page.cursor["page"])
    assert taken == asked
    assert len(taken) >= 3


def test_as_many_rows_are_fetched_ahead_as_may_wait() -> None:
    rows = [RemoteRecord(str(number), "1", {}) for number in range(ROWS_AHEAD // 4)]
    asked: list[int] = []
    enough = Event()

    def pages(_known: Known) -> Iterator[Page]:
        for number in range(10):
            asked.append(number)
            if number == 4:
                enough.set()
            yield Page(rows, {"page": number}, complete=False)

    with read_ahead(pages, lambda _rows: True, lambda: False) as ahead:
        assert enough.wait(10)
        # Four wait, and the fifth for room.
        assert max(asked) == 4
        assert [page.cursor["page"] for page in ahead] == list(range(10))


def test_whether_rows_are_known_is_asked_after_the_pages_before_them_were_taken() -> None:
    steps: list[str] = []

    def pages(known: Known) -> Iterator[Page]:
        yield Page((), {}, complete=False)
        yield Page((), {}, complete=known(()))

    def known(_rows: object) -> bool:
        steps.append("asked")
        return True

    with read_ahead(pages, known, lambda: False) as ahead:
        for page in ahead:
            steps.append(f"taken {page.complete}")
    assert steps == ["taken False", "asked", "taken True"]


def test_what_the_feed_raises_comes_after_its_pages() -> None:
    def pages(_known: Known) -> Iterator[Page]:
        yield Page((), {}, complete=False)
        raise CursorExpired("too old")

    with read_ahead(pages, lambda _rows: True, lambda: False) as ahead:
        assert not next(ahead).complete
        with pytest.raises(CursorExpired):
            next(ahead)


def test_leaving_ends_a_feed_that_nobody_takes() -> None:
    ended = Event()

    def pages(_known: Known) -> Iterator[Page]:
        try:
            while True:
                yield Page((), {}, complete=False, stale=STALE)
        finally:
            ended.set()

    with read_ahead(pages, lambda _rows: True, lambda: False) as ahead:
        next(ahead)
    assert ended.wait(10)


def test_one_page_is_taken_where_the_time_is_over_from_the_first() -> None:
    pages = [Page((), {"page": number}, complete=False) for number in range(5)]
    with read_ahead(lambda _known: iter(pages), lambda _rows: True, lambda: True) as ahead:
        assert list(ahead) == pages[:1]


def test_readings_take_turns_to_their_ends() -> None:
    steps: list[str] = []

    def reading(name: str, count: int, end: bool) -> Generator[None, None, bool]:
        for number in range(count):
            steps.append(f"{name}{number}")
            yield
        return end

    assert take_turns([reading("a", 3, True), reading("b", 1, False)]) == [True, False]
    assert steps == ["a0", "b0", "a1", "a2"]
