"""Pipeliner's REST API v100: addresses, lists, single rows, and what its refusals mean.

https://developers.pipelinersales.com/api-docs/overview/about-the-api
"""

from __future__ import annotations

import math
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlsplit

from connections.connectors.answers import Answer, server_time
from connections.connectors.base import AuthorizationLost, Login, Rejected, Unavailable
from connections.connectors.http import Session

Json = dict[str, Any]
PAGE = 100
PROBE_LASTS = 60
"""Seconds for which a login that was found in order counts as such."""
SKIP_KEY = {"Webhook-Skip-Key": "pipesite"}
"""Webhooks that name this key are not called for what we write."""
WHERE = "Administration > Unit, Users & Roles > Applications in Pipeliner's web app"


class BadCursor(Unavailable):
    """The app does not take this cursor (any more): a list is asked for anew, from its start."""


@dataclass(frozen=True, slots=True)
class Listing:
    """One page of a list; `after` leads to the next, None at the end. `at` is the server's time."""

    rows: Sequence[Json]
    after: str | None
    at: datetime | None
    skipped: int = 0


def base_url(service_url: str, space_id: str, *, allow_http: bool) -> str:
    """Return the address of a space's entities, for a bare host or any address at that host.

    Raises `Rejected` for the setting at fault.
    """
    text = service_url.strip()
    if "://" not in text:
        text = f"https://{text}"
    try:
        parts = urlsplit(text)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise Rejected("This is not the address of a service", field="service_url") from None
    if not re.fullmatch(r"[A-Za-z0-9.\-:]+", host) or "@" in parts.netloc:
        raise Rejected("This is not the address of a service", field="service_url")
    if parts.scheme != "https" and not (allow_http and parts.scheme == "http"):
        raise Rejected("The service URL must begin with https://", field="service_url")
    space = space_id.strip()
    if not space or space.strip(".") == "" or re.search(r"[\s/\\?#]", space):
        raise Rejected("This is not a space ID", field="space_id")
    host = f"[{host}]" if ":" in host else host
    place = f"{host}:{port}" if port else host
    return f"{parts.scheme}://{place}/api/v100/rest/spaces/{quote(space, safe='')}/entities"


class Api:
    """The entities of one space."""

    def __init__(self, login: Login, session: Session) -> None:
        settings, secrets = login.settings, login.secrets
        self._session = session
        self._auth = (secrets.get("api_token") or "", secrets.get("api_password") or "")
        self.space = str(settings.get("space_id") or "").strip()
        self.base = base_url(
            str(settings.get("service_url") or ""), self.space, allow_http=session.allow_local
        )
        self.host = urlsplit(self.base).netloc
        self._probed_at = -math.inf

    def probe(self) -> None:
        """Raise what is wrong with the login, and with which setting, if contacts are not shown."""
        for entity, what in (("Clients", "users"), ("Contacts", "contacts")):
            try:
                answer = self.ask("GET", entity, {"first": 1}, kind="probe")
            except AuthorizationLost:
                raise AuthorizationLost(
                    f"Pipeliner does not accept this API token with this password; see {WHERE}",
                    field="api_token",
                ) from None
            except Unavailable as error:
                raise Unavailable(error.message, field="service_url") from None
            if answer.status == 403:
                raise AuthorizationLost(
                    f"This API token has no right to read {what}; see {WHERE}", field="api_token"
                )
            if answer.status == 404:
                raise Rejected("Pipeliner has no space of this ID there", field="space_id")
            data(answer)

    def check_login(self) -> None:
        """Raise what is wrong with the login; after a refusal that may be of one record alone."""
        if time.monotonic() - self._probed_at > PROBE_LASTS:
            self.probe()
            self._probed_at = time.monotonic()

    def ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str | int] | None = None,
        *,
        body: Any = None,
        kind: str,
    ) -> Answer:
        """Return the answer of one request; a refusal (4xx) is left to the caller."""
        return self._session.request(
            method,
            f"{self.base}/{path}",
            params=params,
            json=body,
            headers={"Accept": "application/json"} | (SKIP_KEY if body is not None else {}),
            auth=self._auth,
            kind=kind,
        )

    def list(
        self, entity: str, params: Mapping[str, str | int], after: str | None = None, *, kind: str
    ) -> Listing:
        """Return one page. Raises `BadCursor` where the page of a cursor is refused."""
        full = {"first": PAGE, **params} | ({"after": after} if after else {})
        answer = self.ask("GET", entity, full, kind=kind)
        if answer.status == 400 and after:
            raise BadCursor("Pipeliner does not keep its cursors")
        self.check_allowed(answer, f"read {entity}")
        body = success(answer)
        found, page_info = body.get("data"), body.get("page_info")
        if not isinstance(found, list):
            raise Unavailable("Pipeliner gave an answer that is not a list")
        info: Json = page_info if isinstance(page_info, dict) else {}
        following = info.get("end_cursor") if info.get("has_next_page") and found else None
        rows = [row for row in found if isinstance(row, dict)]
        return Listing(
            rows,
            following if isinstance(following, str) and following != after else None,
            server_time(answer.headers),
            len(found) - len(rows),
        )

    def all(self, entity: str, params: Mapping[str, str | int] | None = None) -> Iterator[Json]:
        """Yield all rows of a short list."""
        after: str | None = None
        while True:
            listing = self.list(
                entity, {"order-by": "id", **(params or {})}, after, kind="metadata"
            )
            yield from listing.rows
            after = listing.after
            if after is None:
                return

    def row(self, entity: str, id_: str, params: Mapping[str, str | int]) -> Json | None:
        """Return one row, None where there is none that we may see."""
        answer = self.ask("GET", f"{entity}/{quote(id_, safe='')}", params, kind="get")
        if answer.status in (403, 404):
            self.check_login()
            return None
        found = data(answer)
        return found if isinstance(found, dict) else None

    def check_allowed(self, answer: Answer, what: str) -> None:
        """Raise where a whole entity is refused: the login's fault only if the probe fails too."""
        if answer.status in (403, 404):
            self.check_login()
            raise Unavailable(f"Pipeliner does not let this API token {what}")

    def redact(self, text: str) -> str:
        return self._session.redact(text)


def success(answer: Answer) -> Json:
    """Return the body of a success; raises `Unavailable` for anything else."""
    body = answer.json()
    if not answer.ok or not isinstance(body, dict) or body.get("success") is False:
        raise Unavailable(f"Pipeliner answered with error {error_name(answer)}")
    return body


def data(answer: Answer) -> Any:
    """Return the `data` of a success; raises `Unavailable` for anything else."""
    return success(answer).get("data")


def error_name(answer: Answer) -> str:
    """Return status, code and name of an error, without its text."""
    body = answer.json()
    body = body if isinstance(body, dict) else {}
    name = str(body.get("name") or "")
    known = name if re.fullmatch(r"[A-Z_]{1,60}", name) else ""
    return " ".join(part for part in (str(answer.status), known) if part)
