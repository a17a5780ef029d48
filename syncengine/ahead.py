"""Lets a feed be read one page ahead, so that an app answers while a page is being stored."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import suppress

from connections.connectors.base import Known, Page, RemoteRecord
from syncengine.sending import close_connections

Pages = Callable[[Known], Iterator[Page]]


class _Question:
    """Asks from the reading thread whether records are known; the database is the other's."""

    def __init__(self, rows: Sequence[RemoteRecord]) -> None:
        self.rows = rows
        self.answer = False
        self.answered = threading.Event()


class _Stopped(Exception):
    """The pages are no longer wanted."""


def read_ahead(pages: Pages, known: Known, stop: Callable[[], bool]) -> Generator[Page]:
    """Yield the pages while the next one is fetched, until `stop` says that no more are wanted;
    `known` is asked in the calling thread.

    What was asked for before is yielded still. Whether a row is known is asked when all pages
    before it were taken. Closing the iterator waits for the request under way. Raises what the
    pages raise.
    """
    mailbox: queue.Queue[Page | _Question | BaseException | None] = queue.Queue(maxsize=1)
    stopped = threading.Event()

    def put(item: Page | _Question | BaseException | None) -> None:
        while not stopped.is_set():
            try:
                mailbox.put(item, timeout=0.05)
                return
            except queue.Full:
                continue
        raise _Stopped

    def ask(rows: Sequence[RemoteRecord]) -> bool:
        question = _Question(rows)
        put(question)
        while not question.answered.wait(0.05):
            if stopped.is_set():
                raise _Stopped
        return question.answer

    def fetch() -> None:
        try:
            for page in pages(ask):
                put(page)
                if stop():
                    break
            put(None)
        except _Stopped:
            pass
        except BaseException as error:  # noqa: BLE001 - raised in the other thread
            with suppress(_Stopped):
                put(error)
        finally:
            close_connections()

    reader = threading.Thread(target=fetch, name="reading ahead", daemon=True)
    reader.start()
    try:
        while (item := mailbox.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            if isinstance(item, _Question):
                item.answer = known(item.rows)
                item.answered.set()
            else:
                yield item
    finally:
        stopped.set()
        reader.join()
