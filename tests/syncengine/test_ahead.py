"""Pages that are fetched ahead, and accounts that are read in turns."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from connections.connectors.base import Known, Page
from syncengine.ahead import read_ahead
from syncengine.reading import take_turns


def test_a_page_that_was_asked_for_is_taken_though_no_more_are_wanted() -> None:
    asked: list[int] = []

    def pages(_known: Known) -> Iterator[Page]:
        for number in range(100):
            asked.append(number)
            yield Page((), {"page": number}, complete=False)

    taken: list[int] = []
    for page in read_ahead(pages, lambda _rows: True, lambda: len(taken) >= 3):
        taken.append(page.cursor["page"])
    assert taken == asked
    assert 3 <= len(taken) < 10


def test_one_page_is_taken_where_the_time_is_over_from_the_first() -> None:
    pages = [Page((), {"page": number}, complete=False) for number in range(5)]
    ahead = read_ahead(lambda _known: iter(pages), lambda _rows: True, lambda: True)
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
