"""The floor: sends just the requests that the APIs compel, as a plain script would.

Pages are read one after the other, since each leads to the next, the left side's first; batches go
to both sides at once, within the concurrency and rate that the connectors declare. Bodies are made
before the clock starts; answers are parsed, and nothing else is done with them.

Run as a module it takes its job as JSON in the first argument and prints a JSON value.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import requests

from connections.connectors import google_values
from connections.connectors.google import BATCH as GOOGLE_BATCH
from connections.connectors.google import OF_CONTACTS, PAGE_SIZE, Google
from connections.connectors.http import Limiter
from connections.connectors.pipeliner import Pipeliner
from connections.connectors.pipeliner_api import PAGE
from connections.connectors.pipeliner_feed import (
    ACCOUNTS,
    CONTACTS,
    LINKS,
    NEWEST_FIRST,
    WITH_COMPANY,
)
from connections.connectors.pipeliner_writes import BATCH as PIPELINER_BATCH
from connections.sandbox.google_page import person_fields
from connections.sandbox.pipeliner_demo import contact_values
from connections.sandbox.seed import Person, people
from tests.bench.child import say, wait_until_ready
from tests.bench.stand_in import SEED

Json = dict[str, Any]
Batches = Sequence[Callable[[], object]]
Work = Callable[[], None]


class Client:
    """Requests of one account, within its limits."""

    def __init__(self, url: str, concurrency: int, calls_per_second: float) -> None:
        self.url = url
        self.session = requests.Session()
        self.concurrency = concurrency
        self.limiter = Limiter(concurrency, calls_per_second)

    def call(self, method: str, path: str, **more: Any) -> Any:
        with self.limiter:
            answer = self.session.request(method, f"{self.url}/{path}", timeout=60, **more)
        answer.raise_for_status()
        return answer.json()

    def in_batches(
        self, size: int, bodies: Sequence[Json], send: Callable[[Sequence[Json]], object]
    ) -> Batches:
        """Return what sends these bodies in batches, when it is called."""
        return [partial(send, bodies[at : at + size]) for at in range(0, len(bodies), size)]

    def all(self, calls: Batches) -> None:
        """Make the calls, as many at once as the app allows."""
        with ThreadPoolExecutor(self.concurrency) as pool:
            list(pool.map(lambda call: call(), calls))


class PipelinerFloor(Client):
    def __init__(self, url: str) -> None:
        app = Pipeliner.app
        base = f"{url}/api/v100/rest/spaces/demo/entities"
        super().__init__(base, app.concurrency, app.calls_per_second)
        self.session.auth = ("demo-token", "demo-password")

    def pages(self, count: int | None = None) -> list[Json]:
        """Read so many pages of contacts, newest first; all without a count."""
        rows: list[Json] = []
        after: Json = {}
        while count is None or count > 0:
            page = self.page(CONTACTS, **WITH_COMPANY, **after)
            rows += page["data"]
            if not page["page_info"]["has_next_page"]:
                break
            after = {"after": page["page_info"]["end_cursor"]}
            count = None if count is None else count - 1
        return rows

    def page(self, entity: str, **more: Any) -> Any:
        return self.call("GET", entity, params={"first": PAGE, **NEWEST_FIRST, **more})

    def batches(self, bodies: Sequence[Json], **params: int) -> Batches:
        params = {"rollback-method": 1, **params}
        send = partial(self.call, "POST", "Contacts/batch-modify", params=params)
        return self.in_batches(PIPELINER_BATCH, bodies, lambda part: send(json=part))


class GoogleFloor(Client):
    def __init__(self, url: str, token: str) -> None:
        app = Google.app
        super().__init__(url, app.concurrency, app.calls_per_second)
        login = {"grant_type": "refresh_token", "refresh_token": token}
        client = {"client_id": "demo-client", "client_secret": "demo-secret"}
        access = self.session.post(f"{url}/token", data={**login, **client}, timeout=60).json()
        self.session.headers["Authorization"] = f"Bearer {access['access_token']}"
        self.sync_token = ""

    def pages(self) -> list[Json]:
        """Read what changed since the last time; all contacts the first time."""
        persons: list[Json] = []
        tokens = {"syncToken": self.sync_token} if self.sync_token else {}
        while True:
            params = {
                "personFields": google_values.MASK,
                "pageSize": PAGE_SIZE,
                "sources": OF_CONTACTS,
                "requestSyncToken": "true",
                **tokens,
            }
            page = self.call("GET", "v1/people/me/connections", params=params)
            persons += page.get("connections", [])
            self.sync_token = page.get("nextSyncToken", "")
            if self.sync_token:
                return persons
            tokens["pageToken"] = page["nextPageToken"]

    def creations(self, bodies: Sequence[Json]) -> Batches:
        return self.in_batches(GOOGLE_BATCH, bodies, self._create)

    def updates(self, persons: Sequence[Json], mask: str) -> Batches:
        return self.in_batches(GOOGLE_BATCH, persons, partial(self._update, mask))

    def _create(self, part: Sequence[Json]) -> None:
        contacts = [{"contactPerson": each} for each in part]
        self._write("batchCreateContacts", contacts=contacts)

    def _update(self, mask: str, part: Sequence[Json]) -> None:
        contacts = {each["resourceName"]: each for each in part}
        self._write("batchUpdateContacts", contacts=contacts, updateMask=mask)

    def _write(self, method: str, **body: Any) -> None:
        body |= {"readMask": google_values.MASK, "sources": [OF_CONTACTS]}
        self.call("POST", f"v1/people:{method}", json=body)


class Floor:
    """The floors of the scenarios; each returns the work to be timed, after it is prepared."""

    def __init__(self, left: str, right: str, tokens: Sequence[str], n: int) -> None:
        self.left = PipelinerFloor(left)
        self.rights = [GoogleFloor(right, token) for token in tokens]
        self.right = self.rights[0]
        self.n = n

    def create_right(self) -> Work:
        """Read both sides, and create all of the left on the right."""
        creations = self.right.creations([person_fields(each) for each in self._people()])

        def work() -> None:
            self._read()
            self.right.all(creations)

        return work

    def create_left(self) -> Work:
        """Read both sides, create all of the right on the left, and read back what was created."""
        owners = [row for row in self.left.page("Clients")["data"] if row["type"] == 0]
        bodies = [{"owner_id": owners[0]["id"], **contact_values(each)} for each in self._people()]
        creations = self.left.batches(bodies)

        def work() -> None:
            self._read()
            self.left.all(creations)
            self.left.pages(-(-self.n // PAGE))

        return work

    def read(self) -> Work:
        """Read both sides."""
        return self._read

    def _read(self) -> None:
        self.left.pages()
        self.right.pages()

    def change(self) -> Work:
        """Read what changed of 1 % on each side, write it to the other one, and read back."""
        count = self.n // 100
        rows, persons = self.left.pages(), self.right.pages()
        self.left.all(self._notes_left(rows[:count]))
        self.right.all(self._notes_right(persons[:count]))
        left = self._notes_left(rows[count : 2 * count])
        right = self._notes_right(persons[count : 2 * count])

        def work() -> None:
            # As many rows as changed, and one that did not, at which to stop.
            self.left.pages(count // PAGE + 1)
            self.left.page(LINKS)
            self.left.page(ACCOUNTS)
            self.right.pages()
            with ThreadPoolExecutor(2) as pool:
                futures = [pool.submit(self.left.all, left), pool.submit(self.right.all, right)]
            for future in futures:
                future.result()
            self.left.pages(-(-count // PAGE))

        return work

    def idle(self) -> Work:
        """Ask each side whether anything changed."""
        self.right.pages()

        def work() -> None:
            self.left.page(CONTACTS)
            self.right.pages()

        return work

    def idle_with_company(self) -> Work:
        """Ask each side whether anything changed, companies too."""
        self.right.pages()

        def work() -> None:
            self.left.page(CONTACTS, **WITH_COMPANY)
            self.left.page(LINKS)
            self.left.page(ACCOUNTS)
            self.right.pages()

        return work

    def idle_many(self) -> Work:
        """Ask the left side once, and each of the right sides, one after the other."""
        for right in self.rights:
            right.pages()

        def work() -> None:
            self.left.page(CONTACTS)
            for right in self.rights:
                right.pages()

        return work

    def _people(self) -> list[Person]:
        return people(self.n, SEED, oddities=False)

    def _notes_left(self, rows: Sequence[Json]) -> Batches:
        bodies = [{"id": row["id"], "comments": "Changed"} for row in rows]
        return self.left.batches(bodies, **{"validation-level": 2})

    def _notes_right(self, persons: Sequence[Json]) -> Batches:
        return self.right.updates(
            [
                {
                    "resourceName": each["resourceName"],
                    "etag": each["etag"],
                    "metadata": {"sources": each["metadata"]["sources"]},
                    "biographies": [{"value": "Changed"}],
                }
                for each in persons
            ],
            "biographies",
        )


def main() -> None:
    job = json.loads(sys.argv[1])
    scenario = job.pop("floor")
    work = getattr(Floor(**job), scenario)()
    wait_until_ready()
    began = time.perf_counter()
    work()
    say(json.dumps({"seconds": time.perf_counter() - began}))


if __name__ == "__main__":
    main()
