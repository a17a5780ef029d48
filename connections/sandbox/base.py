"""What all stand-ins share: server, state, faults, habits, clock and the page for people."""

from __future__ import annotations

import json
import logging
import re
import threading
import time
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any, ClassVar

from werkzeug.exceptions import HTTPException
from werkzeug.http import http_date
from werkzeug.routing import Map, MapAdapter, Rule
from werkzeug.wrappers import Request, Response

from .faults import Fault, Faults, Requests
from .people_page import FormError, FormField, ListRow, PeoplePage
from .server import ConnectionCut, Route, Server
from .store import Row, Store

__all__ = [
    "Clock",
    "ConnectionCut",
    "Fault",
    "Faults",
    "FormError",
    "FormField",
    "Habits",
    "ListRow",
    "Refused",
    "Request",
    "Requests",
    "Response",
    "Route",
    "Row",
    "Sandbox",
    "Store",
    "json_response",
]

logger = logging.getLogger(__name__)


class Refused(Exception):
    """Raised by a handler to answer `response` and take back all that the request did."""

    def __init__(self, response: Response) -> None:
        super().__init__(response.status)
        self.response = response


@dataclass
class Habits:
    """What the app does to values and lists, each off until switched on.

    Texts are changed as they are stored, `late_seconds` and `short_pages` concern lists alone.
    """

    trim: bool = False
    unicode_nfc: bool = False
    phone_format: bool = False
    cut_at: int = 0
    escape: bool = False
    reorder_lists: bool = False
    late_seconds: float = 0
    short_pages: bool = False

    def text(self, value: str, *, phone: bool = False) -> str:
        """What the app stores of a text."""
        if self.trim:
            value = value.strip()
        if self.unicode_nfc:
            value = unicodedata.normalize("NFC", value)
        if self.phone_format and phone:
            value = re.sub(r"[\s()/.-]", "", value)
        if self.escape:
            value = value.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return value[: self.cut_at] if self.cut_at else value


class Clock:
    """The sandbox's own time, from `source`, an aware UTC datetime each call."""

    def __init__(self, source: Callable[[], datetime] | None = None) -> None:
        self.source = source or (lambda: datetime.now(UTC))
        self._last = datetime(1970, 1, 1, tzinfo=UTC)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The present time; equal ones are possible."""
        return self.source()

    def tick(self) -> datetime:
        """A time for a write: later than each one before, by a microsecond at least."""
        with self._lock:
            self._last = max(self.source(), self._last + timedelta(microseconds=1))
            return self._last

    def at_least(self, moment: datetime) -> None:
        """Let later ticks come after `moment`, which was read from a file."""
        with self._lock:
            self._last = max(self._last, moment)


class Sandbox(ABC):
    """A stand-in for one app, on 127.0.0.1, in a thread of this process.

    `path` is the SQLite file that keeps its state; without one it ends with the process. A
    subclass first calls `super().__init__`, then fills `self.store`. Each request runs inside one
    transaction of the store, so handlers need no lock and a `Refused` leaves nothing behind.
    """

    title: ClassVar[str]
    fault_kinds: ClassVar[frozenset[str]] = frozenset()
    can_restore: ClassVar[bool] = False

    def __init__(
        self,
        path: Path | None = None,
        port: int = 0,
        clock: Callable[[], datetime] | None = None,
        habits: Habits | None = None,
    ) -> None:
        self.store = Store(path)
        self.clock = Clock(clock)
        self.habits = habits or Habits()
        self.faults = Faults(self.fault_kinds)
        self.requests = Requests()
        self._port = port
        self._server: Server | None = None

    @abstractmethod
    def routes(self) -> list[Route]:
        """The API's routes; a handler gets the request and the path's variables."""

    @abstractmethod
    def error(self, status: int, message: str = "") -> Response:
        """The app's own error body for a status that has no better reason."""

    @abstractmethod
    def unroutable(self, request: Request) -> Response:
        """The answer to a path or method that the API does not have."""

    def before(self, request: Request, route: Route) -> Response | None:
        """An answer instead of the handler's (authorization, limits), or None to go on."""
        return None

    @abstractmethod
    def form_fields(self) -> list[FormField]:
        """The fields of the form for one contact on the page for people."""

    @abstractmethod
    def form_values(self, contact: str) -> dict[str, str] | None:
        """What the form shows for a contact, live or deleted; None if there is none."""

    @abstractmethod
    def save_form(self, contact: str | None, values: dict[str, str]) -> str:
        """Create (None) or edit a contact by the API's own code; its id. Raises FormError."""

    @abstractmethod
    def list_rows(self, search: str) -> list[ListRow]:
        """The contacts that hold `search` (casefolded, may be empty), in order of name."""

    @abstractmethod
    def delete_contact(self, contact: str) -> None:
        """Delete a contact as a person would; LookupError if it is not there, else FormError."""

    def restore_contact(self, contact: str) -> None:
        """Bring a deleted contact back; LookupError where the app cannot."""
        raise LookupError(contact)

    @property
    def url(self) -> str:
        """The base URL while it is started."""
        if self._server is None:
            raise RuntimeError("the sandbox is not started")
        return self._server.url

    def start(self) -> str:
        """Serve in a daemon thread; the base URL. The port stays the same over stop and start."""
        self._server = Server(self.wsgi_app, self._port)
        self._port = self._server.server_port
        self._server.start()
        return self.url

    def stop(self) -> None:
        """Stop serving and close connections; the state stays, `start` goes on from it."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def close(self) -> None:
        """Stop, and close the file."""
        self.stop()
        self.store.close()

    @cached_property
    def _routes(self) -> dict[tuple[str, str], tuple[Route, bool]]:
        """By method and path: the route, and whether it is the API's and so counted."""
        own = [*self._control_routes(), *PeoplePage(self).routes()]
        routes = [(route, True) for route in self.routes()] + [(route, False) for route in own]
        return {(route.method, route.path): (route, is_api) for route, is_api in routes}

    @cached_property
    def _adapter(self) -> MapAdapter:
        return _matcher(tuple(self._routes))

    def wsgi_app(self, environ: Any, start_response: Any) -> Any:
        """The sandbox as a WSGI app. Raises ConnectionCut for the server to close the socket."""
        request = Request(environ)
        response = self._respond(request)
        response.headers["Date"] = http_date(self.clock.now())
        return response(environ, start_response)

    def _respond(self, request: Request) -> Response:
        try:
            place, args = self._adapter.match(request.path, request.method)
        except HTTPException:
            with self.requests.counted(request.method, "unroutable"):
                return self.unroutable(request)
        route, is_api = self._routes[place]
        if not is_api:
            return self._handle(request, route, args)
        with self.requests.counted(request.method, route.name):
            return self._answer(request, route, args)

    def _answer(self, request: Request, route: Route, args: Mapping[str, Any]) -> Response:
        """What the API says, unless a fault comes between."""
        if self.faults.latency_ms:
            time.sleep(self.faults.latency_ms / 1000)
        if slow := self._fault(request, "slow"):
            time.sleep(slow.seconds)
        if self._fault(request, "cut_before"):
            raise ConnectionCut
        status = self._fault(request, "status")
        if status and not status.commit:
            return self._failure(status)
        response = self._handle(request, route, args, api=True)
        if self._fault(request, "cut_after"):
            raise ConnectionCut
        return self._failure(status) if status else response

    def _handle(
        self, request: Request, route: Route, args: Mapping[str, Any], *, api: bool = False
    ) -> Response:
        try:
            with self.store.transaction():
                refusal = self.before(request, route) if api else None
                return refusal or route.handler(request, **args)
        except Refused as refused:
            return refused.response
        except HTTPException as problem:
            return self.error(problem.code or 400, problem.description or "")
        except Exception:
            logger.exception("%s %s", request.method, request.path)
            return self.error(500, "internal error")

    def _fault(self, request: Request, kind: str) -> Fault | None:
        return self.faults.take(kind, request.method, request.path)

    def _failure(self, fault: Fault) -> Response:
        if fault.body == "json":
            response = self.error(fault.code)
        elif fault.body == "html":
            page = f"<html><body><h1>{fault.code}</h1></body></html>"
            response = Response(page, fault.code, content_type="text/html")
        else:
            response = Response(b"", fault.code, content_type=None)
        if fault.retry_after is not None:
            response.headers["Retry-After"] = str(fault.retry_after)
        return response

    def _control_routes(self) -> list[Route]:
        return [
            Route("GET", "/_sandbox/faults", "faults", self._get_faults),
            Route("POST", "/_sandbox/faults", "faults", self._add_faults),
            Route("DELETE", "/_sandbox/faults", "faults", self._clear_faults),
            Route("GET", "/_sandbox/habits", "habits", self._get_habits),
            Route("POST", "/_sandbox/habits", "habits", self._set_habits),
            Route("GET", "/_sandbox/requests", "requests", self._get_requests),
            Route("DELETE", "/_sandbox/requests", "requests", self._reset_requests),
        ]

    def _get_faults(self, request: Request) -> Response:
        return json_response(self.faults.as_json())

    def _add_faults(self, request: Request) -> Response:
        """Takes one fault, a list of them, or {"latency_ms": n}."""
        data = request.get_json(force=True)
        if isinstance(data, dict) and set(data) == {"latency_ms"}:
            self.faults.latency_ms = float(data["latency_ms"])
            return self._get_faults(request)
        try:
            for item in data if isinstance(data, list) else [data]:
                self.faults.add(Fault.from_json(item))
        except (TypeError, ValueError) as problem:
            return json_response({"error": str(problem)}, 400)
        return self._get_faults(request)

    def _clear_faults(self, request: Request) -> Response:
        self.faults.clear()
        return self._get_faults(request)

    def _get_habits(self, request: Request) -> Response:
        return json_response(asdict(self.habits))

    def _set_habits(self, request: Request) -> Response:
        """Takes the habits to change: {"trim": true}."""
        data = request.get_json(force=True)
        known = {field.name for field in fields(self.habits)}
        for name, value in data.items():
            if name not in known:
                return json_response({"error": f"unknown habit {name!r}"}, 400)
            setattr(self.habits, name, type(getattr(self.habits, name))(value))
        return self._get_habits(request)

    def _get_requests(self, request: Request) -> Response:
        return json_response(self.requests.as_json())

    def _reset_requests(self, request: Request) -> Response:
        self.requests.reset()
        return self._get_requests(request)


@cache
def _matcher(places: tuple[tuple[str, str], ...]) -> MapAdapter:
    # Compiling hundreds of rules takes a while, so all instances with the same paths share them.
    rules = [Rule(path, methods=[method], endpoint=(method, path)) for method, path in places]
    return Map(rules, merge_slashes=False).bind("sandbox")


def json_response(data: Any, status: int = 200) -> Response:
    """`data` as a JSON answer in UTF-8."""
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    # Half a surrogate pair has no UTF-8, only an escape.
    content = body.encode(errors="backslashreplace")
    return Response(content, status, content_type="application/json; charset=utf-8")
