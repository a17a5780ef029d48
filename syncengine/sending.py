"""Sends batches of writes to an app, several at once where it allows that.

It writes nothing to the database, but new tokens of an account.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from django.db import connections as databases

from connections.configuration import Side
from connections.connectors.base import (
    Connector,
    ConnectorError,
    Creation,
    Doubt,
    Moved,
    Outcome,
    Rejected,
    RemoteRecord,
    Unavailable,
    Update,
    Written,
)

Request = Creation | Update


@dataclass(slots=True)
class Batch:
    """Writes of one kind for one side, and what became of them: an outcome or an error for each, in
    order.

    `fresh` are records that were read again while the batch was sent.
    """

    side: Side
    requests: Sequence[Request]
    outcomes: list[Outcome | ConnectorError] = field(default_factory=list)
    fresh: list[RemoteRecord] = field(default_factory=list)
    broken: ConnectorError | None = None
    """The error that leaves some of these in doubt; nothing more is sent after it."""


class Flight:
    """Batches that are under way, in threads of their own."""

    def __init__(self, batches: Sequence[Batch], connectors: Mapping[Side, Connector]) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="flight")
        self._future = self._pool.submit(_fly, batches, connectors)

    def wait(self) -> dict[Side, dict[str, RemoteRecord]]:
        """Return what was read back, once all outcomes are there; raises no connector's error."""
        try:
            return self._future.result()
        finally:
            self._pool.shutdown(wait=False)


def _fly(
    batches: Sequence[Batch], connectors: Mapping[Side, Connector]
) -> dict[Side, dict[str, RemoteRecord]]:
    send(batches, connectors)
    try:
        return read_back(batches, connectors)
    finally:
        close_connections()


def send(batches: Sequence[Batch], connectors: Mapping[Side, Connector]) -> None:
    """Send all batches and fill in their outcomes; never raises a connector's error."""

    def one(batch: Batch) -> None:
        sender = _Sender(connectors[batch.side], batch)
        try:
            batch.outcomes = sender.send(list(batch.requests))
        finally:
            close_connections()

    with ThreadPoolExecutor(max_workers=max(1, len(batches))) as pool:
        list(pool.map(one, batches))


class _Sender:
    def __init__(self, connector: Connector, batch: Batch) -> None:
        self.connector = connector
        self.batch = batch
        self.stopped: ConnectorError | None = None

    def send(self, requests: Sequence[Request]) -> list[Outcome | ConnectorError]:
        if self.stopped is not None:
            return [not_sent(self.stopped) for _ in requests]
        try:
            outcomes = list(self._call(requests))
        except Rejected as refusal:
            return self._refused(requests, refusal)
        except ConnectorError as error:
            self.stopped = self.batch.broken = error
            return [_of_one(error) for _ in requests]
        if len(outcomes) != len(requests):
            return [Doubt(f"{len(outcomes)} answers for {len(requests)} writes") for _ in requests]
        self._read_again(
            request.asked_as
            for request, outcome in zip(requests, outcomes, strict=True)
            if isinstance(outcome, Moved) and isinstance(request, Update)
        )
        return [*outcomes]

    def _read_again(self, addresses: Iterable[str]) -> None:
        """Read what moved, so that it can be decided anew at once."""
        moved = list(addresses)
        if not moved:
            return
        try:
            now = self.connector.get(moved)
        except ConnectorError as error:
            self.stopped = error
            return
        self.batch.fresh += [record for record in now.values() if record is not None]

    def _call(self, requests: Sequence[Request]) -> Sequence[Outcome]:
        creations = [each for each in requests if isinstance(each, Creation)]
        if creations:
            return self.connector.create(creations)
        return self.connector.update([each for each in requests if isinstance(each, Update)])

    def _refused(
        self, requests: Sequence[Request], refusal: Rejected
    ) -> list[Outcome | ConnectorError]:
        """Clear a refused batch of what moved, and halve it until the bad one stands alone."""
        if len(requests) == 1 or refusal.stops_creations:
            return [refusal for _ in requests]
        moved = self._moved(requests)
        rest = [index for index in range(len(requests)) if index not in moved]
        outcomes: list[Outcome | ConnectorError] = [Moved() for _ in requests]
        middle = (len(rest) + 1) // 2
        halves = (rest,) if moved else (rest[:middle], rest[middle:])
        for half in halves:
            for index, outcome in zip(
                half, self.send([requests[each] for each in half]) if half else [], strict=True
            ):
                outcomes[index] = outcome
        return outcomes

    def _moved(self, requests: Sequence[Request]) -> set[int]:
        updates = {index: each for index, each in enumerate(requests) if isinstance(each, Update)}
        if not updates:
            return set()
        try:
            now = self.connector.get([each.asked_as for each in updates.values()])
        except ConnectorError as error:
            self.stopped = error
            return set()
        self.batch.fresh += [record for record in now.values() if record is not None]
        moved = set()
        for index, each in updates.items():
            record = now.get(each.asked_as)
            if record is None or record.version != each.version:
                moved.add(index)
        return moved


def _of_one(error: ConnectorError) -> Outcome | ConnectorError:
    """Return what an error of the whole request means for each write in it."""
    if isinstance(error, Unavailable) and error.in_doubt:
        return Doubt(error.message)
    return error


def not_sent(error: ConnectorError) -> ConnectorError:
    """Return what an error means for writes that were not even tried after it."""
    return Unavailable(error.message) if isinstance(error, Unavailable) else error


def read_back(
    batches: Sequence[Batch], connectors: Mapping[Side, Connector]
) -> dict[Side, dict[str, RemoteRecord]]:
    """Return the records that were written but not shown in the answers, where they can be had."""
    found: dict[Side, dict[str, RemoteRecord]] = {}
    for side, connector in connectors.items():
        ids = [
            outcome.id
            for batch in batches
            if batch.side == side
            for outcome in batch.outcomes
            if isinstance(outcome, Written) and outcome.record is None
        ]
        if ids:
            try:
                found[side] = connector.get_written(ids)
            except ConnectorError:
                # The feed shows them later; what was sent stays on record until then.
                found[side] = {}
    return found


def close_connections() -> None:
    """Give back what a thread that ends has opened at the database, to store new tokens."""
    databases.close_all()
