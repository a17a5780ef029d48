"""Reads what changed in an account into its mirror: the first step of a run, shared by all its
connections.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from connections.connectors.base import Connector, CursorExpired, Page, RemoteRecord
from connections.models import Account
from connections.schema import is_blank
from syncengine import clock, leases
from syncengine.ahead import read_ahead
from syncengine.leases import Held
from syncengine.mirroring import Roles, Taker
from syncengine.models import Mirror
from syncengine.models.mirror import aged, is_newer

CONFIRMED_ONE_BY_ONE = 36
"""How many missing records are got in one run where an app has no get of many."""
GOT_AT_ONCE = 10
"""How many records are got one by one before the lease is renewed."""
MOST_CUSTOM = 300
"""How many custom fields an account offers because records have them."""
READ_BRAKE_FROM, READ_BRAKE_SHARE = 25, 0.5
BLANK_BRAKE_FROM, BLANK_BRAKE_SHARE = 10, 0.2

Stop = Callable[[], bool]
"""Says that the slice of time is over."""


@dataclass(slots=True)
class Reader:
    """Reads one account while its lease is held, and that of the connection on whose behalf."""

    mirror: Mirror
    connector: Connector
    held: Sequence[Held]
    stop: Stop
    roles: Roles
    customs: set[str] | None = None
    """The custom fields that the account offers already; None where none was read."""

    def read(self) -> Generator[None, None, bool]:
        """Take in all that changed, and return whether the account was read to its end.

        Yields when the feed has been asked for, and after each page: another account can be read
        in between.
        """
        is_read = yield from self._read_feed()
        if not is_read:
            return False
        if self._sweep_is_due() and not self._sweep_once():
            return False
        return not self.mirror.confirming or self._confirm()

    def _read_feed(self) -> Generator[None, None, bool]:
        self._begin()
        while True:
            try:
                with self._pages() as pages:
                    yield
                    for page in pages:
                        self._take_page(page)
                        if page.complete:
                            return True
                        yield
                        self._ensure()
                return False
            except CursorExpired:
                self._begin_full_read()
                if self.stop():
                    return False

    def _ensure(self) -> None:
        for each in self.held:
            each.ensure(2 * leases.request_deadline())

    def _pages(self) -> AbstractContextManager[Iterator[Page]]:
        cursor = self.mirror.cursor
        return read_ahead(partial(self.connector.changes, cursor), self._all_known, self.stop)

    def _begin(self) -> None:
        if self.mirror.read_started_at is None:
            self.mirror.read_started_at = clock.now()
        if self.mirror.cursor is None:
            self.mirror.full_read += 1
            self._save("read_started_at", "full_read")

    def _begin_full_read(self) -> None:
        self.mirror.cursor = None
        self.mirror.restarts += 1
        self.mirror.full_read += 1
        self.mirror.read_started_at = clock.now()
        self._save("cursor", "restarts", "full_read", "read_started_at")

    def _save(self, *names: str) -> None:
        with leases.commit(*self.held):
            self.mirror.save(update_fields=names)

    def _all_known(self, rows: Sequence[RemoteRecord]) -> bool:
        held = dict(
            self.mirror.records.filter(remote_id__in=[row.id for row in rows]).values_list(
                "remote_id", "version"
            )
        )
        return all(not is_newer(row.version, held.get(row.id, "")) for row in rows)

    def _take_page(self, page: Page) -> None:
        stale = self._get([*page.stale, *self._merged(page.records)])
        mirror = self.mirror
        blanked = Counter(mirror.blanked)
        with leases.commit(*self.held) as now:
            taker = self._taker(now, stamp=page.full, blanked=blanked)
            taker.take(page.records, compare=page.full)
            self._note_customs(page.records)
            taker.take(stale, compare=True)
            taker.forget(page.gone)
            taker.relate(page.related)
            mirror.cursor = page.cursor
            mirror.skipped += page.skipped
            # A read that is begun anew goes on counting: what is blank in the mirror stays so.
            mirror.blanked = dict(blanked)
            if page.complete:
                mirror.read_at, mirror.read_started_at, mirror.restarts = (
                    mirror.read_started_at,
                    None,
                    0,
                )
                if page.full:
                    mirror.confirming, mirror.swept_at = True, now
                self._brake_on_blanks()
            mirror.save(update_fields=MIRROR_FIELDS)

    def _taker(self, now: datetime, *, stamp: bool, blanked: Counter[str] | None = None) -> Taker:
        custom = self.connector.app.custom_prefix
        return Taker(self.mirror, self.roles, now, stamp=stamp, blanked=blanked, custom=custom)

    def _note_customs(self, rows: Sequence[RemoteRecord]) -> None:
        """Have the account offer the custom fields that these records bring along."""
        prefix = self.connector.app.custom_prefix
        if not prefix:
            return
        seen = {key for row in rows for key in row.values if key.startswith(prefix)}
        if not seen:
            return
        mine = Account.objects.only("custom_keys")
        if self.customs is None:
            self.customs = set(mine.get(pk=self.mirror.account_id).custom_keys)
        new = sorted(seen - self.customs)[: max(0, MOST_CUSTOM - len(self.customs))]
        if new:
            mine.get(pk=self.mirror.account_id).keep_custom_keys(new)
            self.customs |= set(new)

    def _merged(self, rows: Sequence[RemoteRecord]) -> list[str]:
        """Return the addresses of others that these rows took over: whoever was brought back since
        is still found there.
        """
        previous = {address: row.id for row in rows for address in row.previous_addresses}
        if not previous:
            return []
        held = self.mirror.records.filter(address__in=list(previous), gone_at=None)
        living = [(row.asked_as, row.id) for row in rows if not row.deleted]
        return sorted(
            {
                address
                for address, id_ in (*held.values_list("address", "remote_id"), *living)
                if previous.get(address, id_) != id_
            }
        )

    def _get(self, addresses: Sequence[str]) -> list[RemoteRecord]:
        """Return the records that are there, however many requests that takes."""
        size = max(self.connector.app.get_batch, GOT_AT_ONCE)
        found: list[RemoteRecord] = []
        for start in range(0, len(addresses), size):
            self._ensure()
            got = self.connector.get(addresses[start : start + size])
            found += [row for row in got.values() if row is not None]
        return found

    def _brake_on_blanks(self) -> None:
        """Hold the account where a field turned blank in many of the records that held it [I9]."""
        # A label that is deleted in the app leaves many contacts without one, and nothing is lost.
        no_loss = self.connector.app.label_field
        for key, blank in self.mirror.blanked.items():
            if blank < BLANK_BRAKE_FROM or key == no_loss:
                continue
            held = blank + self._holding(key)
            if blank > held * BLANK_BRAKE_SHARE:
                self.mirror.held_reason = (
                    f"“{key}” turned blank in {blank} of {held} contacts that had a value before"
                )
        self.mirror.blanked = {}

    def _holding(self, key: str) -> int:
        """Return how many records hold a value in a field; reads them all: rarely asked."""
        live = self.mirror.records.filter(gone_at=None).only("content")
        return sum(not is_blank(record.values.get(key)) for record in live.iterator(chunk_size=500))

    # What a feed may not show

    def _sweep_is_due(self) -> bool:
        every = self.connector.app.sweep_every
        if every is None:
            return False
        return (
            self.mirror.sweep_cursor is not None
            or aged(self.mirror.swept_at, clock.now()) > every.total_seconds()
        )

    def _sweep_once(self) -> bool:
        try:
            return self._sweep()
        except CursorExpired:
            # The next read begins it anew; nothing that was seen is lost.
            self.mirror.sweep_cursor = None
            self._save("sweep_cursor")
            return True

    def _sweep(self) -> bool:
        if self.mirror.sweep_cursor is None:
            self.mirror.full_read += 1
            self._save("full_read")
        for page in self.connector.sweep(self.mirror.sweep_cursor or None):
            # One that was taken for gone is got anew, to see what it is.
            live = self.mirror.records.filter(
                remote_id__in=[id_ for id_, _ in page.seen], gone_at=None
            )
            known = dict(live.values_list("remote_id", "version"))
            got = self._get(
                [id_ for id_, version in page.seen if is_newer(version, known.get(id_, ""))]
            )
            with leases.commit(*self.held) as now:
                self._taker(now, stamp=True).take(got)
                self.mirror.records.filter(remote_id__in=list(known)).update(
                    full_read=self.mirror.full_read
                )
                self.mirror.sweep_cursor = None if page.complete else page.cursor
                if page.complete:
                    self.mirror.confirming, self.mirror.swept_at = True, now
                self.mirror.save(update_fields=MIRROR_FIELDS)
            if page.complete:
                return True
            if self.stop():
                return False
            self._ensure()
        return True

    def _confirm(self) -> bool:
        """Get what the last full read or sweep did not see, before it counts as missing."""
        live = self.mirror.records.filter(gone_at=None)
        unseen = live.filter(full_read__lt=self.mirror.full_read)
        missing, known = unseen.count(), live.count()
        is_approved = self.mirror.approved_read == self.mirror.full_read
        if known >= READ_BRAKE_FROM and missing > known * READ_BRAKE_SHARE and not is_approved:
            self.mirror.held_reason = (
                f"a full read found only {known - missing} of {known} known contacts"
            )
            self._save("held_reason")
            return True
        size = self.connector.app.get_batch
        budget = missing if size > 1 else CONFIRMED_ONE_BY_ONE
        while budget > 0:
            self._ensure()
            most = min(max(size, GOT_AT_ONCE), budget)
            chunk = list(unseen.values_list("remote_id", "address")[:most])
            if not chunk:
                break
            got = self.connector.get([address for _, address in chunk])
            with leases.commit(*self.held) as now:
                taker = self._taker(now, stamp=True)
                taker.take([row for row in got.values() if row is not None])
                taker.forget([id_ for id_, address in chunk if got.get(address) is None])
                self.mirror.records.filter(remote_id__in=[id_ for id_, _ in chunk]).update(
                    full_read=self.mirror.full_read
                )
                self.mirror.save(update_fields=MIRROR_FIELDS)
            budget -= len(chunk)
            if self.stop():
                return False
        self.mirror.confirming = unseen.exists()
        self._save("confirming")
        return True


def take_turns(readings: Iterable[Generator[None, None, bool]]) -> list[bool]:
    """Return what these return in the end, after a step of each at a time."""
    going = dict(enumerate(readings))
    ended: dict[int, bool] = {}
    while going:
        for place, reading in list(going.items()):
            try:
                next(reading)
            except StopIteration as end:
                ended[place] = end.value
                del going[place]
    return [ended[place] for place in sorted(ended)]


MIRROR_FIELDS = (
    "cursor",
    "last_number",
    "skipped",
    "blanked",
    "read_at",
    "read_started_at",
    "restarts",
    "confirming",
    "sweep_cursor",
    "swept_at",
    "held_reason",
)
