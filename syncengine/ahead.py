"""Lets a feed be read ahead, so that an app answers while pages are being stored."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from connections.connectors.base import Known, Page, RemoteRecord
from syncengine.sending import close_connections

ROWS_AHEAD = 1000
"""How many rows may wait to be taken, where that is more than one page."""

Pages = Callable[[Known], Iterator[Page]]


class _Question:
    """Asks from the fetching thread whether records are known; the database is the other's."""

    def __init__(self, rows: Sequence[RemoteRecord]) -> None:
        self.rows = rows
        self.answer: bool | None = None


class _Stopped(Exception):
    """The pages are no longer wanted."""


_Item = Page | _Question | BaseException | None


class _Mailbox:
    """What the fetching thread hands over, in order; None after the last."""

    def __init__(self) -> None:
        self._items: deque[_Item] = deque()
        self._rows = 0
        self._closed = False
        self._changed = threading.Condition()

    def put(self, item: _Item) -> None:
        """Hand over, once there is room; raises `_Stopped`."""
        rows = _rows(item)
        self._wait(lambda: not self._rows or self._rows + rows <= ROWS_AHEAD)
        with self._changed:
            self._items.append(item)
            self._rows += rows
            self._changed.notify_all()

    def ask(self, rows: Sequence[RemoteRecord]) -> bool:
        """Return whether rows are known, once all before them were taken; raises `_Stopped`."""
        question = _Question(rows)
        self.put(question)
        self._wait(lambda: question.answer is not None)
        return bool(question.answer)

    def _wait(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or condition())
            if self._closed:
                raise _Stopped

    def take(self) -> _Item:
        with self._changed:
            self._changed.wait_for(lambda: self._items)
            item = self._items.popleft()
            self._rows -= _rows(item)
            self._changed.notify_all()
            return item

    def answer(self, question: _Question, answer: bool) -> None:
        with self._changed:
            question.answer = answer
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def _rows(item: _Item) -> int:
    if not isinstance(item, Page):
        return 0
    return len(item.records) + len(item.stale) + len(item.gone) + len(item.related)


@contextmanager
def read_ahead(pages: Pages, known: Known, stop: Callable[[], bool]) -> Iterator[Iterator[Page]]:
    """Give the pages, which are fetched from now on, until `stop` says that no more are wanted;
    `known` is asked in the calling thread.

    What was asked for before is given still. Whether a row is known is asked when all pages before
    it were taken. Leaving waits for the request under way. Iterating raises what the pages raise.
    """
    mailbox = _Mailbox()

    def fetch() -> None:
        try:
            for page in pages(mailbox.ask):
                mailbox.put(page)
                if stop():
                    break
            mailbox.put(None)
        except _Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - raised in the other thread
            with suppress(_Stopped):
                mailbox.put(error)
        finally:
            close_connections()

    def taken() -> Iterator[Page]:
        while (item := mailbox.take()) is not None:
            if isinstance(item, BaseException):
                raise item
            if isinstance(item, _Question):
                mailbox.answer(item, known(item.rows))
            else:
                yield item

    reader = threading.Thread(target=fetch, name="reading ahead", daemon=True)
    reader.start()
    try:
        yield taken()
    finally:
        mailbox.close()
        reader.join()
