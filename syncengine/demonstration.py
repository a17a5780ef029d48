"""What people do at the demo's stand-ins, over HTTP as their apps would."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import requests

from syncengine.models import Record

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
