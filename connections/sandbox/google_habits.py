"""The habits and limits of Google Contacts that a test can turn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from .base import Clock, Habits


@dataclass
class GoogleHabits(Habits):
    """Google's own habits beside those that all apps may have; limits are per user, 0 is none.

    - `renames`: an edit of the email addresses changes the resource name.
    - `forgets_old_names`: a former resource name answers 404 instead of leading to the contact.
    - `refuses_parallel_writes`: a write that comes while another of the user is under way fails.
    - `expired_token_code`: 400, or the 410 of an older page, for a dead sync token.
    - `max_contacts`: the most contacts of an account, its trash included.
    - `full_lists_per_minute`: first pages of full lists, the quota that cannot be raised.
    """

    renames: bool = False
    forgets_old_names: bool = False
    refuses_parallel_writes: bool = True
    expired_token_code: int = 400
    max_contacts: int = 25_000
    reads_per_minute: int = 0
    writes_per_minute: int = 0
    full_lists_per_minute: int = 0
    access_token_seconds: int = 3600


class Quotas:
    """Counts each user's requests in a minute of the clock, against the limits of `habits`."""

    def __init__(self, habits: GoogleHabits, clock: Clock) -> None:
        self.habits = habits
        self.clock = clock
        self._minute = 0
        self._used: Counter[tuple[str, str]] = Counter()

    def allows(self, user: str, kind: str) -> bool:
        """Use up one of `kind` (reads, writes, full_lists); False when there was none left."""
        limit: int = getattr(self.habits, f"{kind}_per_minute")
        minute = int(self.clock.now().timestamp() // 60)
        if minute != self._minute:
            self._minute = minute
            self._used.clear()
        self._used[user, kind] += 1
        return not limit or self._used[user, kind] <= limit
