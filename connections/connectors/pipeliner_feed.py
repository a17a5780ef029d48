"""What changed in a space: three lists by time of change, read newest first and never with a hole.

A cursor has for each list `complete_at`, the server's time at which its last complete walk began,
and while a walk is under way where it goes on (`after`) and when it began (`started_at`). A walk
goes down to what is known and older than `complete_at`, so that the next one finds what came on
top of one that was broken off. `at` is the list with which a read that was broken off goes on,
where that is not the first.
"""

from __future__ import annotations

import copy
from collections.abc import Generator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from connections.connectors.base import (
    Cursor,
    CursorExpired,
    Known,
    Page,
    RemoteRecord,
    SweepPage,
)
from connections.connectors.pipeliner_api import Api, BadCursor, Json, Listing
from connections.connectors.pipeliner_values import (
    account_key,
    company_values,
    moment_of,
    record_of,
    usable_id,
    version_of,
)
from connections.schema import Field

LATENESS = timedelta(minutes=1)
"""How late a list may show a write."""
CONTACTS, LINKS, ACCOUNTS = "Contacts", "ContactAccountRelations", "Accounts"
Params = Mapping[str, str | int]
NEWEST_FIRST: Params = {"order-by": "-modified", "include-deleted": "true"}
WITH_COMPANY: Params = {"expand": "primary_account"}
REMEMBERED = 200
"""How many of the newest rows are remembered, so as not to be shown again for being recent."""
RESTARTS = 3

State = dict[str, Any]


class Feed:
    """Reads changes for one login; `custom` are the custom fields that it takes."""

    def __init__(self, api: Api, custom: Mapping[str, Field], *, companies: bool) -> None:
        self._api = api
        self._custom = custom
        self._companies = companies
        self._shape = {
            "companies": companies,
            "fields": sorted(f"{field.key}:{field.type}" for field in custom.values()),
        }

    def changes(self, cursor: Cursor | None, known: Known) -> Iterator[Page]:
        """Yield pages; raises `CursorExpired` where more is read now than the records held show."""
        state: State = copy.deepcopy(cursor) if cursor else {"full": True, CONTACTS: {}}
        if cursor and not _covers(cursor.get("shape"), self._shape):
            raise CursorExpired("Pipeliner: more fields are read than before")
        state["shape"] = self._shape
        at = state.pop("at", CONTACTS)
        if self._companies and at != CONTACTS:
            if at == LINKS:
                yield from self._links(state)
            if (yield from self._accounts(state, broken_off=True)):
                return
        is_new = yield from self._contacts(state, known, broken_off="walk" in state[CONTACTS])
        if not is_new:
            yield from self._contacts(state, known)
        if self._companies:
            yield from self._links(state)
            yield from self._accounts(state)

    def _contacts(
        self, state: State, known: Known, *, broken_off: bool = False
    ) -> Generator[Page, None, bool]:
        """Yield pages of contacts, and return whether they show what there is.

        What came on top of a walk that was broken off long ago is to be read at once, after it.
        """
        walk: State = state[CONTACTS]
        everything = walk.get("complete_at") is None
        floor = _floor(walk)
        done = is_new = False
        while not done:
            listing = self._next(CONTACTS, walk)
            is_new = not broken_off or _is_within(LATENESS, walk["walk"]["started_at"], listing)
            self._begin_companies(state, walk["walk"]["started_at"])
            records, unusable = self.records(listing.rows)
            reached = not everything and _reaches(listing.rows, floor)
            done = listing.after is None or (reached and known(records))
            _advance(walk, listing, done)
            if done and is_new and self._companies:
                state["at"] = LINKS
            complete = done and is_new and not self._companies
            yield _page(state, complete, records, skipped=unusable + listing.skipped)
        return is_new

    def records(self, rows: Sequence[Json]) -> tuple[list[RemoteRecord], int]:
        """Return the records of rows, and how many rows are no use."""
        found = [record_of(row, self._custom) for row in rows]
        records = [record for record in found if record is not None]
        return records, len(found) - len(records)

    def _begin_companies(self, state: State, since: str | None) -> None:
        """Let the company lists begin where the contacts began, which come with their companies."""
        for entity in (LINKS, ACCOUNTS):
            if self._companies:
                state.setdefault(entity, {"complete_at": since, "not_before": since})
            else:
                state.pop(entity, None)

    def _links(self, state: State) -> Iterator[Page]:
        for rows, done in self._news(LINKS, state[LINKS]):
            state["at"] = ACCOUNTS if done else LINKS
            contacts = [id_ for row in rows if (id_ := usable_id(row.get("contact_id")))]
            yield _page(state, False, stale=list(dict.fromkeys(contacts)))

    def _accounts(self, state: State, *, broken_off: bool = False) -> Generator[Page, None, bool]:
        """Yield pages of accounts, and return whether the contacts read before show what there is.

        Those of a read that was broken off long ago are to be read at once, after it.
        """
        is_new = not broken_off
        for rows, done in self._news(ACCOUNTS, state[ACCOUNTS]):
            state["at"] = ACCOUNTS
            if done:
                del state["at"]
                read_at = (state[entity]["complete_at"] for entity in (CONTACTS, ACCOUNTS))
                is_new = is_new or _are_close(*read_at)
            related = {
                account_key(id_): company_values(row)
                for row in rows
                if (id_ := usable_id(row.get("id"))) and row.get("is_deleted") is not True
            }
            yield _page(state, done and is_new, related=related)
        return is_new

    def _news(self, entity: str, walk: State) -> Iterator[tuple[list[Json], bool]]:
        """Yield what the last complete walk has not seen, page by page, and whether that is all."""
        floor, seen = _floor(walk), walk.pop("seen", {})
        recent: list[tuple[str, Any, datetime]] = []
        done = False
        while not done:
            listing = self._next(entity, walk)
            rows = [
                (row, usable_id(row.get("id")), moment_of(row.get("modified")))
                for row in listing.rows
            ]
            recent += [(id_, row.get("revision"), at) for row, id_, at in rows if at is not None]
            news = [
                row
                for row, id_, at in rows
                if seen.get(id_, -1) != row.get("revision") and not (floor and at and at < floor)
            ]
            done = listing.after is None or _reaches(listing.rows, floor)
            _advance(walk, listing, done)
            if done and (next_floor := _floor(walk)):
                walk["seen"] = {
                    id_: revision for id_, revision, at in recent[:REMEMBERED] if at >= next_floor
                }
            yield news, done

    def _next(self, entity: str, walk: State) -> Listing:
        """Return the next page of a walk, the first of a new one where none is under way."""
        under_way: State = walk.setdefault("walk", {})
        params = NEWEST_FIRST
        if entity == CONTACTS and self._companies:
            params = {**NEWEST_FIRST, **WITH_COMPANY}
        try:
            listing = self._api.list(entity, params, under_way.get("after"), kind="read")
        except BadCursor:
            restarts = under_way.get("restarts", 0) + 1
            if restarts > RESTARTS:
                raise
            under_way.clear()
            under_way["restarts"] = restarts
            listing = self._api.list(entity, params, kind="read")
        under_way.setdefault("started_at", _server_time(listing))
        return listing

    def sweep(self, cursor: Cursor | None) -> Iterator[SweepPage]:
        """Yield ids and versions in order of id; raises `CursorExpired`."""
        params: Params = {"order-by": "id", "load-only": "id,revision,is_deleted"}
        after = (cursor or {}).get("after")
        complete = False
        while not complete:
            try:
                listing = self._api.list(CONTACTS, params, after, kind="sweep")
            except BadCursor:
                raise CursorExpired("Pipeliner does not know where the sweep was") from None
            seen = [
                (id_, version)
                for row in listing.rows
                if (id_ := usable_id(row.get("id")))
                and (version := version_of(row))
                and row.get("is_deleted") is not True
            ]
            after, complete = listing.after, listing.after is None
            yield SweepPage(seen, {"after": after}, complete)


def _covers(before: Any, now: Mapping[str, Any]) -> bool:
    """Return whether all that is read now was read before, too."""
    return (
        isinstance(before, dict)
        and (before["companies"] or not now["companies"])
        and set(before["fields"]) >= set(now["fields"])
    )


def _floor(walk: State) -> datetime | None:
    """Return the moment down to which a list is walked, None for all of it."""
    moments = [moment_of(walk.get(name)) for name in ("complete_at", "not_before")]
    complete_at, not_before = moments
    if complete_at is None:
        return None
    floor = complete_at - LATENESS
    return max(floor, not_before) if not_before else floor


def _reaches(rows: Sequence[Json], floor: datetime | None) -> bool:
    """Return whether a page, newest first, goes down below a moment."""
    last = moment_of(rows[-1].get("modified")) if rows else None
    return floor is not None and last is not None and last < floor


def _advance(walk: State, listing: Listing, done: bool) -> None:
    if done:
        walk["complete_at"] = walk.pop("walk")["started_at"]
    else:
        walk["walk"]["after"] = listing.after


def _is_within(time: timedelta, since: str | None, listing: Listing) -> bool:
    began = moment_of(since)
    return began is not None and listing.at is not None and listing.at - began <= time


def _are_close(earlier: str | None, later: str | None) -> bool:
    one, other = moment_of(earlier), moment_of(later)
    return one is not None and other is not None and other - one <= LATENESS


def _server_time(listing: Listing) -> str | None:
    newest = moment_of(listing.rows[0].get("modified")) if listing.rows else None
    moment = listing.at or newest
    return moment.isoformat() if moment else None


def _page(
    state: State,
    complete: bool,
    records: Sequence[RemoteRecord] = (),
    **more: Any,
) -> Page:
    full = state["full"]
    if complete:
        state["full"] = False
    return Page(records, copy.deepcopy(state), complete, full=full, **more)
