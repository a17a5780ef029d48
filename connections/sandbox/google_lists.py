"""The method of the API that lists contacts, whole or since a sync token.

https://developers.google.com/people/api/rest/v1/people.connections/list
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .base import Request, Response, Route, Row
from .google_errors import backend_limited, expired_sync_token, invalid
from .google_feed import Feed, Token, decode, era
from .google_people import read_mask, read_sources
from .google_person import render
from .google_request import Query, answer, digest, dump, query, text_answer

if TYPE_CHECKING:
    from .google import GoogleSandbox

OLDEST_FIRST = "LAST_MODIFIED_ASCENDING"
SORT_ORDERS = (
    OLDEST_FIRST,
    "LAST_MODIFIED_DESCENDING",
    "FIRST_NAME_ASCENDING",
    "LAST_NAME_ASCENDING",
)
_MOST_TEXTS = 20_000


@dataclass(frozen=True)
class View:
    """What a list is to show; the requests that follow a token must ask for the same."""

    user: str
    mask: frozenset[str]
    sources: frozenset[str]
    size: int
    order: str
    wants_sync: bool

    @classmethod
    def of(cls, user: str, q: Query) -> View:
        """The view that the parameters ask for. Raises ApiError, 400."""
        order = q.text("sortOrder") or OLDEST_FIRST
        if order not in SORT_ORDERS:
            raise invalid(f"Invalid value at 'sort_order' (TYPE_ENUM), {order!r}", "sort_order")
        size, wants_sync = q.number("pageSize", 100, 1, 1000), q.flag("requestSyncToken")
        return cls(user, read_mask(q), read_sources(q), size, order, wants_sync)

    @property
    def digest(self) -> str:
        """The view in short, as tokens carry it."""
        lists = sorted(self.mask), sorted(self.sources)
        return digest(self.user, *lists, self.size, self.order, self.wants_sync)


class ListMethod:
    """`people.connections.list`."""

    def __init__(self, sandbox: GoogleSandbox) -> None:
        self.sandbox = sandbox
        self._texts: dict[tuple[str, str, bool], tuple[Row, str]] = {}

    def routes(self) -> list[Route]:
        """The one route."""
        return [Route("GET", "/v1/people/<person>/connections", "connections.list", self.page)]

    def page(self, request: Request, person: str) -> Response:
        """A page of all contacts, or with a sync token of those that changed."""
        if person != "me":
            raise invalid("Only people/me is valid.", "resource_name")
        q = query(
            request,
            *("personFields", "requestMask.includeField", "pageSize", "pageToken"),
            *("requestSyncToken", "syncToken", "sortOrder"),
            repeated=("sources",),
        )
        view = View.of(self.sandbox.user_of(request), q)
        feed = self.sandbox.book.lists.feed(view.user)
        at = self._position(request, q, view, feed)
        size = max(1, view.size // 2) if self.sandbox.habits.short_pages else view.size
        if view.order == OLDEST_FIRST or view.wants_sync or at.since is not None:
            rows, cursor = self._by_change(feed, at, size)
        else:
            rows, cursor = self._sorted(feed, at, size, view.order)
        total = feed.live if at.since is None else len(feed.after(at.since))
        rest = {"totalPeople": total, "totalItems": total, **_next(view, at, cursor)}
        return self._answer(rows, view, q, rest, sync=at.since is not None)

    def _position(self, request: Request, q: Query, view: View, feed: Feed) -> Token:
        """Where the page begins; its `query` is what the next page token must fit."""
        page_query = digest(view.digest, q.text("syncToken"))
        if page := q.text("pageToken"):
            return decode(page, "page", page_query)
        if text := q.text("syncToken"):
            token = decode(text, "sync", view.digest)
            if self.sandbox.faults.take("expired_sync_token", request.method, request.path):
                raise expired_sync_token(self.sandbox.habits.expired_token_code)
            self.sandbox.check_alive(token)
            return Token(
                "page",
                page_query,
                cursor=token.since or 0,
                since=token.since,
                until=feed.top,
                full_at=token.full_at,
                era=token.era,
            )
        if not self.sandbox.gate.quotas.allows(view.user, "full_lists"):
            raise backend_limited()
        now = self.sandbox.clock.now().timestamp()
        return Token("page", page_query, until=feed.top, full_at=now, era=era(self.sandbox.store))

    def _by_change(self, feed: Feed, at: Token, size: int) -> tuple[list[Row], int | None]:
        """The rows of a page, oldest change first, and where the next one begins, if there is one.

        A contact that changes while a client pages comes again on a later page.
        """
        rows: list[Row] = []
        cursor = at.cursor
        for number, key in feed.after(at.cursor):
            row = self.sandbox.book.lists.shown(key)
            if row is None or (row["deleted"] and at.since is None):
                continue
            if len(rows) == size:
                return rows, cursor
            rows.append(row)
            cursor = number
        return rows, None

    def _sorted(self, feed: Feed, at: Token, size: int, order: str) -> tuple[list[Row], int | None]:
        shown = (self.sandbox.book.lists.shown(key) for _, key in reversed(feed.order))
        rows = [row for row in shown if row is not None and not row["deleted"]]
        if order != "LAST_MODIFIED_DESCENDING":
            part = "displayName" if order == "FIRST_NAME_ASCENDING" else "displayNameLastFirst"
            rows.sort(key=lambda row: _name(row, part).casefold())
        end = at.cursor + size
        return rows[at.cursor : end], end if end < len(rows) else None

    def _answer(
        self, rows: list[Row], view: View, q: Query, rest: dict[str, Any], *, sync: bool
    ) -> Response:
        """The page; built from texts of persons that are kept, as most come unchanged again."""
        if not rows:
            return answer(rest, q)
        reorder = self.sandbox.habits.reorder_lists
        if q.selection is not None or reorder:
            people = [
                render(row, view.mask, view.sources, listed=True, sync=sync, reorder=reorder)
                for row in rows
            ]
            return answer({"connections": people, **rest}, q)
        shape = digest(sorted(view.mask), sorted(view.sources))
        texts = ",".join(self._text(row, view, shape, sync) for row in rows)
        return text_answer(f'{{"connections":[{texts}],{dump(rest)[1:]}')

    def _text(self, row: Row, view: View, shape: str, sync: bool) -> str:
        key = row["id"], shape, sync
        kept = self._texts.get(key)
        # A row is never changed in place.
        if kept is not None and kept[0] is row:
            return kept[1]
        if len(self._texts) >= _MOST_TEXTS:
            self._texts.clear()
        text = dump(render(row, view.mask, view.sources, listed=True, sync=sync))
        self._texts[key] = row, text
        return text


def _next(view: View, at: Token, cursor: int | None) -> dict[str, str]:
    """The token for the next page, or on the last one for the next sync."""
    life: dict[str, Any] = {"full_at": at.full_at, "era": at.era}
    if cursor is not None:
        token = Token("page", at.query, cursor=cursor, since=at.since, until=at.until, **life)
        return {"nextPageToken": token.encode()}
    if view.wants_sync:
        return {"nextSyncToken": Token("sync", view.digest, since=at.until, **life).encode()}
    return {}


def _name(row: Row, part: str) -> str:
    names = row["fields"].get("names") or [{}]
    return str(names[0].get(part, ""))
