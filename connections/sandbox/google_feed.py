"""What lists and sync requests show of the contacts, and the tokens that lead through them."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from .base import Clock, Habits, Row, Store
from .google_errors import expired_sync_token, invalid

# Counted from the full sync that began the chain of tokens.
SYNC_TOKEN_LIFE = timedelta(days=7)


def next_number(store: Store) -> int:
    """A number above all former ones, also after a restart."""
    number: int = store.table("meta").get("counter", {"n": 0})["n"] + 1
    store.put("meta", "counter", {"n": number})
    return number


class Feed:
    """The contacts of one user in the order in which lists came to show their last change."""

    def __init__(self) -> None:
        self.order: list[tuple[int, str]] = []
        self.live = 0
        self._at: dict[str, tuple[int, bool]] = {}

    @property
    def top(self) -> int:
        """The number of the newest change."""
        return self.order[-1][0] if self.order else 0

    def set(self, key: str, row: Row | None) -> None:
        """Put a contact in its place; None takes it out."""
        if key in self._at:
            number, live = self._at.pop(key)
            self.live -= live
            del self.order[bisect_left(self.order, (number, key))]
        if row is not None:
            self._at[key] = row["feed"], not row["deleted"]
            self.live += not row["deleted"]
            entry = (row["feed"], key)
            self.order.insert(bisect_left(self.order, entry), entry)

    def after(self, number: int) -> list[tuple[int, str]]:
        """What changed after a change, oldest first."""
        return self.order[bisect_right(self.order, number, key=lambda entry: entry[0]) :]


class Lists:
    """Which version of each contact lists show: with `late_seconds`, an older one for a while.

    A contact whose newest version is not shown yet has a row in the table "late": the version that
    is shown, and those to come with the time when they do. Each write waits for a time of its own,
    so that they come out of order.
    """

    def __init__(self, store: Store, clock: Clock, habits: Habits) -> None:
        self.store = store
        self.clock = clock
        self.habits = habits
        self._feeds: defaultdict[str, Feed] = defaultdict(Feed)
        # The late rows first: what they hold back must not be seen in between.
        store.watch("late", self._watch)
        store.watch("contact", self._watch)

    def feed(self, user: str) -> Feed:
        """What lists show of a user's contacts now."""
        self._settle()
        return self._feeds[user]

    def shown(self, key: str) -> Row | None:
        """The version of a contact that lists show."""
        late = self.store.table("late").get(key)
        return late["shown"] if late else self.store.table("contact").get(key)

    def put(self, row: Row) -> None:
        """Store a contact's new version, for lists to show now or later."""
        key = row["id"]
        old = self.store.table("contact").get(key)
        row = {**row, "feed": next_number(self.store), "written": row["version"] + row["links"]}
        late = self.store.table("late").get(key)
        if self.habits.late_seconds > 0 or late:
            waiting = late or {"user": row["user"], "shown": old, "coming": []}
            coming = [*waiting["coming"], [self._due(row), row]]
            self.store.put("late", key, {**waiting, "coming": coming})
        self.store.put("contact", key, row)

    def _due(self, row: Row) -> float:
        share = zlib.crc32(f"{row['id']}/{row['feed']}".encode()) % 1000 / 1000
        return self.clock.now().timestamp() + self.habits.late_seconds * (0.25 + 0.75 * share)

    def _settle(self) -> None:
        late = self.store.table("late")
        if not late:
            return
        now = self.clock.now().timestamp()
        due = [
            (moment, key, row)
            for key, waiting in late.items()
            for moment, row in waiting["coming"]
            if moment <= now
        ]
        for moment, key, row in sorted(due, key=lambda entry: entry[0]):
            self._appear(moment, key, row)

    def _appear(self, moment: float, key: str, row: Row) -> None:
        late = self.store.table("late")[key]
        shown = late["shown"]
        if shown is None or row["written"] > shown["written"]:
            shown = {**row, "feed": next_number(self.store)}
        coming = [entry for entry in late["coming"] if entry != [moment, row]]
        if coming:
            self.store.put("late", key, {**late, "shown": shown, "coming": coming})
        else:
            self.store.put("contact", key, shown)
            self.store.remove("late", key)

    def _watch(self, key: str, old: Row | None, new: Row | None) -> None:
        user = (new or old or {})["user"]
        self._feeds[user].set(key, self.shown(key))


@dataclass(frozen=True)
class Token:
    """What a page token or sync token says; to clients it is opaque.

    `query` is the digest of all other parameters, which must be the same in each request. `cursor`
    is where the next page begins, `since` where the sync request began, `until` what the next sync
    token will stand for, `full_at` when the full sync was, `era` which tokens still count.
    """

    kind: str
    query: str
    cursor: int = 0
    since: int | None = None
    until: int = 0
    full_at: float = 0
    era: int = 0

    def encode(self) -> str:
        """The token as clients get it."""
        text = json.dumps(asdict(self), separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(text: str, kind: str, query: str) -> Token:
    """A token from a client. Raises ApiError, 400, if it is none or belongs to another query."""
    name = "page" if kind.endswith("page") else "sync"
    try:
        data: dict[str, Any] = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        token = Token(**data)
    except (binascii.Error, TypeError, ValueError):
        raise invalid(f"Invalid {name} token.", f"{name}_token") from None
    if token.kind != kind:
        raise invalid(f"Invalid {name} token.", f"{name}_token")
    if token.query != query:
        raise invalid(
            f"Request parameters must match the first call that provided the {name} token.",
            f"{name}_token",
        )
    return token


def era(store: Store) -> int:
    """Sync tokens of earlier eras are dead."""
    number: int = store.table("meta").get("era", {"n": 0})["n"]
    return number


def check_alive(token: Token, store: Store, now: datetime, code: int) -> None:
    """Raises ApiError with `code` for a sync token that has died."""
    age = now.timestamp() - token.full_at
    if token.era != era(store) or age >= SYNC_TOKEN_LIFE.total_seconds():
        raise expired_sync_token(code)
