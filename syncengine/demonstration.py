"""What people do at the demo's stand-ins, over HTTP as their apps would."""

from __future__ import annotations

import secrets
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests

from connections.models import Connection
from syncengine.models import Contact, Record
from syncengine.state import Status

TIMEOUT = 20
Credentials = Mapping[str, str]


class Person(ABC):
    """Somebody who works in an app and edits the job title of a contact there."""

    def __init__(self, credentials: Credentials) -> None:
        self.credentials = credentials

    @abstractmethod
    def job_title(self, record: Record) -> str:
        """Return what the app shows."""

    @abstractmethod
    def change_job_title(self, record: Record, title: str) -> None: ...


class PipelinerUser(Person):
    def job_title(self, record: Record) -> str:
        return str(self._ask("GET", record)["data"]["position"])

    def change_job_title(self, record: Record, title: str) -> None:
        self._ask("PATCH", record, {"position": title})

    def _ask(self, method: str, record: Record, body: object = None) -> Any:
        known = self.credentials
        space = f"{known['service_url']}/api/v100/rest/spaces/{known['space_id']}"
        return _answer(
            requests.request(
                method,
                f"{space}/entities/Contacts/{record.remote_id}",
                json=body,
                auth=(known["api_token"], known["api_password"]),
                timeout=TIMEOUT,
            )
        )


class GoogleUser(Person):
    def __init__(self, credentials: Credentials) -> None:
        super().__init__(credentials)
        answer = requests.post(
            f"{credentials['url']}/token",
            data={
                "grant_type": "refresh_token",
                "refresh_token": credentials["refresh_token"],
                "client_id": credentials["client_id"],
                "client_secret": credentials["client_secret"],
            },
            timeout=TIMEOUT,
        )
        self._headers = {"Authorization": f"Bearer {_answer(answer)['access_token']}"}

    def job_title(self, record: Record) -> str:
        jobs = self._person(record).get("organizations", [])
        return str(jobs[0].get("title", "")) if jobs else ""

    def change_job_title(self, record: Record, title: str) -> None:
        person = self._person(record)
        first, *others = person.get("organizations") or [{}]
        person["organizations"] = [{**first, "title": title}, *others]
        answer = requests.patch(
            f"{self._url(record)}:updateContact",
            params={"updatePersonFields": "organizations"},
            json=person,
            headers=self._headers,
            timeout=TIMEOUT,
        )
        _answer(answer)

    def _person(self, record: Record) -> Any:
        mask = {"personFields": "organizations,metadata"}
        url = self._url(record)
        return _answer(requests.get(url, params=mask, headers=self._headers, timeout=TIMEOUT))

    def _url(self, record: Record) -> str:
        return f"{self.credentials['url']}/v1/{record.address}"


def _answer(response: requests.Response) -> Any:
    response.raise_for_status()
    return response.json()


@dataclass(frozen=True, slots=True)
class Arrival:
    """How an edit came over; `there` is what the other app shows."""

    mine: Record
    theirs: Record
    title: str
    there: str
    seconds: float
    within: float

    @property
    def arrived(self) -> bool:
        return self.there == self.title and self.seconds <= self.within

    def __str__(self) -> str:
        here, there = (each.mirror.account for each in (self.mine, self.theirs))
        what = f"Edited the job title of {self.mine.name} in {here}"
        if self.arrived:
            return f"{what}: {there} had it after {self.seconds:.1f} seconds."
        return f"{what}: after {self.seconds:.1f} seconds {there} has “{self.there}”."


def edit_both(
    connection: Connection,
    credentials: Mapping[str, Credentials],
    sync: Callable[[], object],
    within: float,
) -> Iterator[Arrival]:
    """Edit a contact at Pipeliner, left, and another one at Google, right, and sync after each.

    Yields how each came over, which should be within so many seconds.
    """
    ann, ops = PipelinerUser(credentials["pipeliner"]), GoogleUser(credentials["google"])
    linked = Contact.objects.filter(
        connection=connection, status=Status.IN_SYNC, left__isnull=False, right__isnull=False
    )
    one, two = linked.select_related("left__mirror", "right__mirror").order_by("pk")[:2]
    for contact, writer, reader in ((one, ann, ops), (two, ops, ann)):
        assert contact.left is not None
        assert contact.right is not None
        mine, theirs = contact.left, contact.right
        if writer is ops:
            mine, theirs = theirs, mine
        yield _edit(writer, mine, reader, theirs, sync, within)


def _edit(
    writer: Person,
    mine: Record,
    reader: Person,
    theirs: Record,
    sync: Callable[[], object],
    within: float,
) -> Arrival:
    title = f"Head of {secrets.token_hex(3)}"
    writer.change_job_title(mine, title)
    began = time.monotonic()
    seconds, there = 0.0, ""
    while there != title and seconds < within:
        sync()
        there = reader.job_title(theirs)
        seconds = time.monotonic() - began
    return Arrival(mine, theirs, title, there, seconds, within)
