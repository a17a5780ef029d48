"""What stands before each method of the API: token, scope, one write at a time, quotas."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from .base import Request, Route
from .google_errors import ApiError, error_info, rate_limited, stale_etag
from .google_habits import Quotas
from .google_oauth import CONTACTS, CONTACTS_READ_ONLY

if TYPE_CHECKING:
    from .google import GoogleSandbox


class Gate:
    """Lets a request of the API through, or refuses it with ApiError."""

    def __init__(self, sandbox: GoogleSandbox) -> None:
        self.sandbox = sandbox
        self.quotas = Quotas(sandbox.habits, sandbox.clock)
        self._writing: Counter[str] = Counter()
        self._lock = threading.Lock()

    def check(self, request: Request, route: Route) -> None:
        """Raises ApiError; else leaves what the token stands for in "sandbox.access"."""
        access = self.sandbox.oauth.access(request)
        if access is None:
            raise _unauthenticated(request)
        request.environ["sandbox.access"] = access
        writes = request.method != "GET"
        about_me = route.name == "people.get" and request.path == "/v1/people/me"
        needed = {CONTACTS} if writes else {CONTACTS, CONTACTS_READ_ONLY}
        if not about_me and not needed & set(access["scopes"]):
            raise ApiError(
                403,
                "Request had insufficient authentication scopes.",
                error_info("ACCESS_TOKEN_SCOPE_INSUFFICIENT", service="people.googleapis.com"),
            )
        if request.environ.get("sandbox.beside") and self.sandbox.habits.refuses_parallel_writes:
            raise ApiError(409, "The operation was aborted: another write is under way.")
        self._check_quotas(request, route, access["user"])

    @contextmanager
    def write(self, request: Request) -> Iterator[None]:
        """Marks a write as "sandbox.beside" if another of its user is under way as it comes."""
        user = (self.sandbox.oauth.access(request) or {}).get("user", "")
        with self._lock:
            request.environ["sandbox.beside"] = self._writing[user] > 0
            self._writing[user] += 1
        try:
            yield
        finally:
            with self._lock:
                self._writing[user] -= 1

    def stale_on_request(self, request: Request) -> None:
        """Raises ApiError, as for a stale etag, where the fault `stale_etag` waits."""
        if self.sandbox.faults.take("stale_etag", request.method, request.path):
            raise stale_etag()

    def _check_quotas(self, request: Request, route: Route, user: str) -> None:
        charged = ["reads"] if request.method == "GET" else ["writes"]
        # Users see updates charged to the reads too.
        if route.name in ("people.updateContact", "people.batchUpdateContacts"):
            charged.append("reads")
        over = [kind for kind in charged if not self.quotas.allows(user, kind)]
        if over or self.sandbox.faults.take("quota", request.method, request.path):
            verb = (over or charged)[0].removesuffix("s")
            raise rate_limited(
                f"critical_{verb}_requests", f"Critical{verb.title()}sPerMinutePerProjectPerUser"
            )


def _unauthenticated(request: Request) -> ApiError:
    if "Authorization" not in request.headers:
        return ApiError(
            401,
            "Request is missing required authentication credential. Expected OAuth 2 access token,"
            " login cookie or other valid authentication credential.",
            error_info("CREDENTIALS_MISSING"),
        )
    realm = 'Bearer realm="https://accounts.google.com/", error="invalid_token"'
    return ApiError(
        401,
        "Request had invalid authentication credentials. Expected OAuth 2 access token, login"
        " cookie or other valid authentication credential.",
        error_info("ACCESS_TOKEN_EXPIRED"),
        headers={"WWW-Authenticate": realm},
    )
