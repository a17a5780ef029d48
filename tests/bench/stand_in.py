"""A stand-in in a process of its own, so that its time is not the engine's.

Run as a module it takes its job as JSON in the first argument, and then one command a line.
"""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from connections.sandbox.google import GoogleSandbox
from connections.sandbox.pipeliner import PipelinerSandbox
from connections.sandbox.seed import people
from tests.bench.child import say

SEED = 7
FILLED_AGO = timedelta(days=1)
_STATE = {
    "pipeliner": (
        "first_name", "last_name", "email1", "phone1", "address", "city", "zip_code", "country",
        "comments", "cf_birthday", "cf_website",
    ),
    "google": (
        "names", "emailAddresses", "phoneNumbers", "addresses", "biographies", "birthdays", "urls",
    ),
}  # fmt: skip


@dataclass
class Clock:
    """The real time and a distance, by which an app's past can be made and waits left out."""

    distance: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.distance


class StandIn:
    """One app with `contacts` invented people, dated a day ago.

    Pipeliner's are spread over `parts` sales units, where there are any; at Google there are so
    many users, whose contacts all are there for the first.
    """

    def __init__(self, app: str, contacts: int, parts: int = 0) -> None:
        self.app = app
        self.clock = Clock(-FILLED_AGO)
        self.sandbox: PipelinerSandbox | GoogleSandbox
        self.tokens: list[str] = []
        if app == "pipeliner":
            self._fill_pipeliner(contacts, parts)
        else:
            self._fill_google(contacts, parts)
        self.clock.distance = timedelta()

    def _fill_pipeliner(self, count: int, parts: int) -> None:
        sandbox = self.sandbox = PipelinerSandbox(seed=SEED, clock=self.clock)
        ids = sandbox.add_people(people(count, SEED, oddities=False))
        units = [sandbox.add("SalesUnit", {"name": f"Unit {part}"}) for part in range(parts)]
        for place, contact in enumerate(ids if units else ()):
            sandbox.edit_contact(contact, {"unit_id": units[place % parts]})

    def _fill_google(self, count: int, parts: int) -> None:
        sandbox = self.sandbox = GoogleSandbox(clock=self.clock)
        sandbox.habits.max_contacts = max(sandbox.habits.max_contacts, 3 * count)
        sandbox.add_people(people(count, SEED, oddities=False))
        users = [sandbox.email, *(f"user{part}@example.com" for part in range(1, parts))]
        for user in users:
            sandbox.add_user(user)
            self.tokens.append(sandbox.issue_refresh_token(user))

    def do(self, command: Mapping[str, Any]) -> Any:
        """Do one command, and return what it comes to."""
        match command:
            case {"latency_ms": latency}:
                self.sandbox.faults.latency_ms = latency
            case {"later": seconds}:
                self.clock.distance += timedelta(seconds=seconds)
            case {"edit": [start, stop], "text": text}:
                for contact in self._by_address()[start:stop]:
                    self.sandbox.edit_contact(contact, self._note(text))
            case {"requests": "since then"}:
                counts = self.sandbox.requests.as_json()["by"]
                self.sandbox.requests.reset()
                return sum(count for name, count in counts.items() if "oauth" not in name)
            case {"state": True}:
                return self._state()
        return None

    def _by_address(self) -> list[str]:
        rows = self.sandbox.contacts()
        if self.app == "pipeliner":
            return sorted(rows, key=lambda id_: str(rows[id_]["email1"]))
        return sorted(rows, key=lambda id_: str(rows[id_]["emailAddresses"][0]["value"]))

    def _note(self, text: str) -> dict[str, Any]:
        return {"comments": text} if self.app == "pipeliner" else {"biographies": [{"value": text}]}

    def _state(self) -> dict[str, Any]:
        """Return how many contacts there are, and a digest of what they say."""
        rows = [
            json.dumps([_plain(row.get(name)) for name in _STATE[self.app]], sort_keys=True)
            for row in self.sandbox.contacts().values()
        ]
        digest = hashlib.sha256("\n".join(sorted(rows)).encode()).hexdigest()
        return {"contacts": len(rows), "digest": digest}


def _plain(value: Any) -> Any:
    """Return a value without what tells one item from an equal one."""
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {key: each for key, each in value.items() if key != "metadata"}
    return value


def main() -> None:
    stand_in = StandIn(**json.loads(sys.argv[1]))
    url = stand_in.sandbox.start()
    say(json.dumps({"url": url, "tokens": stand_in.tokens}))
    for line in sys.stdin:
        say(json.dumps(stand_in.do(json.loads(line))))


if __name__ == "__main__":
    main()
