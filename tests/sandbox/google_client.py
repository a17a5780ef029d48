"""A started stand-in of Google Contacts, by plain requests and by Google's own client."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import requests
from google.oauth2.credentials import Credentials
from googleapiclient.discovery import build

from connections.sandbox.google import GoogleSandbox

CLIENT = ("demo-client", "demo-secret")
MASK = "names,emailAddresses,phoneNumbers,memberships,clientData,metadata"


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def move(self, **by: float) -> None:
        self.now += timedelta(**by)


class GoogleClient:
    """The stand-in, and a session that has an access token; paths are relative to `/v1/`."""

    def __init__(self, sandbox: GoogleSandbox | None = None) -> None:
        self.clock = Clock()
        self.sandbox = sandbox or GoogleSandbox(clock=self.clock)
        self.url = self.sandbox.start()
        self.session = requests.Session()
        self.refresh_token = self.sandbox.issue_refresh_token()
        self.authorize(self.refresh_token)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.session.close()
        self.sandbox.close()

    def authorize(self, refresh_token: str, **more: str) -> None:
        """Send the access token that this refresh token gives."""
        data = {"grant_type": "refresh_token", "refresh_token": refresh_token, **more}
        answer = self.session.post(f"{self.url}/token", data=data, auth=CLIENT, timeout=10)
        self.session.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"

    def call(self, method: str, path: str, **more: Any) -> requests.Response:
        return self.session.request(method, f"{self.url}/v1/{path}", timeout=10, **more)

    def ok(self, method: str, path: str, **more: Any) -> Any:
        answer = self.call(method, path, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, method: str, path: str, code: int = 400, **more: Any) -> dict[str, Any]:
        """The error of a request that must fail with this code."""
        answer = self.call(method, path, **more)
        assert answer.status_code == code, answer.text
        error: dict[str, Any] = answer.json()["error"]
        assert error["code"] == code
        return error

    def person(self, name: str, mask: str = MASK) -> Any:
        return self.ok("GET", name, params={"personFields": mask})

    def create(self, **fields: Any) -> Any:
        return self.ok("POST", "people:createContact", json=fields, params={"personFields": MASK})

    def update(self, person: dict[str, Any], mask: str, **fields: Any) -> requests.Response:
        body = {"etag": person["etag"], "metadata": person["metadata"], **fields}
        params = {"updatePersonFields": mask, "personFields": MASK}
        return self.call(
            "PATCH", f"{person['resourceName']}:updateContact", json=body, params=params
        )

    def list_page(self, **params: Any) -> Any:
        query = {"personFields": MASK, "requestSyncToken": "true", **params}
        return self.ok("GET", "people/me/connections", params=query)

    def list_all(self, **params: Any) -> tuple[list[Any], str]:
        """All pages, and the sync token of the last one."""
        people: list[Any] = []
        page = self.list_page(**params)
        while "nextPageToken" in page:
            assert "nextSyncToken" not in page
            people += page.get("connections", [])
            page = self.list_page(**params, pageToken=page["nextPageToken"])
        return people + page.get("connections", []), page["nextSyncToken"]

    def service(self, refresh_token: str | None = None) -> Any:
        """Google's client for the People API, with a refresh token and no access token yet."""
        credentials = Credentials(  # type: ignore[no-untyped-call]
            token=None,
            refresh_token=refresh_token or self.refresh_token,
            client_id=CLIENT[0],
            client_secret=CLIENT[1],
            token_uri=f"{self.url}/token",
        )
        options = {"api_endpoint": self.url}
        return build("people", "v1", credentials=credentials, client_options=options)


def given_names(people: list[Any]) -> list[str]:
    return [person["names"][0]["givenName"] for person in people]
