"""One hardened HTTP client for all that leaves the product; here HTTP becomes our errors, once."""

from __future__ import annotations

import base64
import html
import json as jsonlib
import logging
import random
import re
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Mapping
from http.cookiejar import DefaultCookiePolicy
from itertools import permutations
from typing import Any
from urllib.parse import quote, quote_plus, urlsplit

import requests
import urllib3

from connections.connectors.addresses import CONNECT_TIMEOUT, CheckedAdapter, Exchange, watched
from connections.connectors.answers import Answer, retry_after
from connections.connectors.base import (
    AuthorizationLost,
    ConnectorError,
    RateLimited,
    Unavailable,
)

__all__ = ["Answer", "Limiter", "Session"]

logger = logging.getLogger(__name__)

READ_TIMEOUT = 30.0
"""Seconds of silence after which an answer is given up."""
SIZE_LIMIT = 64 * 1024 * 1024
RETRY_DELAYS = (0.3, 1.0)
"""Seconds before the second and the third attempt, where repeating is safe."""
SHORTEST_SECRET = 4
REDACTED = "[secret]"

_WIRE_ERRORS = (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
Params = Mapping[str, str | int] | Iterable[tuple[str, str | int]]


class Limiter:
    """Lets `calls_per_second` calls start within a second, and `concurrency` run at once."""

    def __init__(self, concurrency: int, calls_per_second: float) -> None:
        self._slots = threading.BoundedSemaphore(concurrency)
        self._window = max(1, int(calls_per_second))
        self._period = self._window / calls_per_second
        self._starts: deque[float] = deque(maxlen=self._window)
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._slots.acquire()
        with self._lock:
            now = time.monotonic()
            start = now
            if len(self._starts) == self._window:
                start = max(now, self._starts[0] + self._period)
            self._starts.append(start)
        time.sleep(start - now)

    def __exit__(self, *_error: object) -> None:
        self._slots.release()


class Session:
    """An HTTP client for one account or webhook; its threads share connections and limits.

    `guard` is called with the seconds that a request may take, in the sending thread, before each
    one goes out; what it raises goes to the caller. `deadline` is in seconds, for one `request`
    with its retries. Without `allow_local` only https to public addresses is spoken; with it, http
    and https to loopback too.
    """

    def __init__(
        self,
        *,
        app_label: str,
        allow_local: bool,
        concurrency: int,
        calls_per_second: float,
        secrets: Collection[str] = (),
        deadline: float = 60,
        guard: Callable[[float], None] | None = None,
    ) -> None:
        self.app_label = app_label
        self.allow_local = allow_local
        self.deadline = deadline
        self.sent_by: Counter[str] = Counter()
        self._guard = guard
        self._limiter = Limiter(concurrency, calls_per_second)
        self._lock = threading.Lock()
        self._hidden: set[str] = set()
        self.hide(*secrets)
        self._requests = requests.Session()
        self._requests.trust_env = False
        self._requests.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._requests.headers["User-Agent"] = "Pipesite"
        for scheme in ("http://", "https://"):
            self._requests.mount(scheme, CheckedAdapter(concurrency))

    @property
    def sent(self) -> int:
        """How many HTTP requests went out, retries and token calls included."""
        with self._lock:
            return self.sent_by.total()

    def close(self) -> None:
        self._requests.close()

    def hide(self, *secrets: str) -> None:
        """Keep these out of every message from now on, plain, escaped, and as Basic credentials."""
        known = [secret for secret in secrets if len(secret) >= SHORTEST_SECRET]
        pairs = [":".join(pair) for pair in permutations(secrets, 2)]
        forms = {base64.b64encode(each.encode()).decode() for each in (*known, *pairs)}
        for secret in known:
            escaped = jsonlib.dumps(secret)[1:-1]
            forms |= {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), escaped}
            forms |= {html.escape(secret), base64.urlsafe_b64encode(secret.encode()).decode()}
        with self._lock:
            self._hidden = self._hidden | forms

    def redact(self, text: str) -> str:
        """Return the text without secrets, for messages made of what an app answered."""
        for form in sorted(self._hidden, key=len, reverse=True):
            flags = re.IGNORECASE if "%" in form else 0
            text = re.sub(re.escape(form), REDACTED, text, flags=flags)
        return text

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Params | None = None,
        json: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        repeatable: bool | None = None,
        kind: str = "",
    ) -> Answer:
        """Return the app's answer: a success, or a refusal (4xx) that the connector reads.

        Repeats a request that is `repeatable` (by default one that only reads) twice, and any whose
        connection could not be opened. `kind` is what it counts as in `sent_by`. Raises
        `AuthorizationLost` (401), `RateLimited` (429) and `Unavailable` (the rest), in doubt where
        one that is not repeatable may have been done.
        """
        if auth:
            self.hide(*auth)
        self._check_url(url)
        if repeatable is None:
            repeatable = method.upper() in _SAFE_METHODS
        prepared = self._prepare(method, url, params, json, data, headers, auth)
        ends_at: float | None = None
        for delay in (*RETRY_DELAYS, None):
            with self._limiter:
                if ends_at is None:
                    ends_at = time.monotonic() + self.deadline
                exchange = Exchange(self.app_label, self.allow_local, ends_at)
                if self._guard:
                    self._guard(exchange.remaining())
                result = self._send(prepared, exchange, repeatable, kind or method.lower())
            if isinstance(result, Answer):
                return result
            logger.info("%s", result.message)
            again = isinstance(result, Unavailable) and (repeatable or not exchange.sent)
            if delay is None or not again or exchange.cut or delay * 2 >= exchange.remaining():
                raise result
            time.sleep(delay * random.uniform(0.7, 1.3))  # noqa: S311
        raise AssertionError("unreachable")

    def _check_url(self, url: str) -> None:
        parts = urlsplit(url)
        schemes = ("https", "http") if self.allow_local else ("https",)
        if parts.scheme not in schemes or not parts.hostname or parts.username is not None:
            raise Unavailable(
                f"{self.app_label} was not called: its address must begin with https://"
            )

    def _prepare(
        self,
        method: str,
        url: str,
        params: Params | None,
        json: Any,
        data: Any,
        headers: Mapping[str, str] | None,
        auth: tuple[str, str] | None,
    ) -> requests.PreparedRequest:
        pairs = list(params.items() if isinstance(params, Mapping) else params or ())
        basic = tuple(part.encode() for part in auth) if auth else None
        request = requests.Request(
            method, url, params=pairs, json=json, data=data, headers=headers, auth=basic
        )
        try:
            return self._requests.prepare_request(request)
        except (requests.RequestException, ValueError, UnicodeError):
            failure = Unavailable(f"{self.app_label} was not called: its address is malformed")
        raise failure

    def _send(
        self, prepared: requests.PreparedRequest, exchange: Exchange, repeatable: bool, kind: str
    ) -> Answer | ConnectorError:
        """Return the answer or the error to raise.

        The error is raised by the caller, outside of any handler, so that no library's exception,
        which holds addresses and headers, hangs on it.
        """
        with self._lock:
            self.sent_by[kind] += 1
        timeout = (CONNECT_TIMEOUT, min(READ_TIMEOUT, exchange.remaining()))
        try:
            with (
                watched(exchange),
                self._requests.send(
                    prepared, stream=True, timeout=timeout, allow_redirects=False
                ) as response,
            ):
                content = _content(response)
        except ConnectorError as error:
            return error.with_traceback(None)
        except _WIRE_ERRORS as error:
            return self._failure(_reason(error, exchange), exchange.sent and not repeatable)
        in_doubt = not repeatable
        if exchange.cut:
            return self._failure("did not answer in time", in_doubt)
        if content is None:
            return self._failure("sent more than can be taken", in_doubt)
        return self._judged(response.status_code, response.headers, content, in_doubt)

    def _judged(
        self, status: int, headers: Mapping[str, str], content: bytes, in_doubt: bool
    ) -> Answer | ConnectorError:
        if status == 401:
            return AuthorizationLost(f"{self.app_label} does not accept the credentials")
        if status == 429:
            return RateLimited(f"{self.app_label} asks for patience", retry_after(headers))
        if status == 408 or status >= 500:
            return self._failure(f"answered with error {status}", in_doubt)
        if status < 200 or 300 <= status < 400:
            return self._failure("answered with a redirect, which is not followed", False)
        return Answer(status, headers, content, self.app_label, in_doubt)

    def _failure(self, what: str, in_doubt: bool) -> Unavailable:
        return Unavailable(self.redact(f"{self.app_label} {what}"), in_doubt=in_doubt)


def _content(response: requests.Response) -> bytes | None:
    """Return the body, None where it is larger than the limit."""
    chunks: list[bytes] = []
    size = 0
    for chunk in response.iter_content(64 * 1024):
        size += len(chunk)
        if size > SIZE_LIMIT:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def _reason(error: Exception, exchange: Exchange) -> str:
    """Return what went wrong on the wire, without the library's own text, which has the address."""
    chain: list[BaseException] = [error]
    while len(chain) < 10 and (inner := _cause(chain[-1])) is not None:
        chain.append(inner)
    if exchange.cut or any(isinstance(each, requests.Timeout | TimeoutError) for each in chain):
        return "did not answer in time"
    if any(isinstance(each, urllib3.exceptions.NameResolutionError) for each in chain):
        return "could not be found: its host name has no address"
    if any(isinstance(each, requests.exceptions.SSLError) for each in chain):
        return "could not be trusted: its certificate is not valid for its name"
    if exchange.sent:
        return "broke off the connection"
    return "could not be reached"


def _cause(error: BaseException) -> BaseException | None:
    nested = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
    return next((each for each in nested if isinstance(each, BaseException)), None)
