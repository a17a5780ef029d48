"""A stand-in for Pipeliner's REST API v100, as strict as its documentation allows.

What the documentation leaves open is decided towards the harder case for a client; the habits
(`PipelinerHabits`) hold the other cases.
"""

from __future__ import annotations

import hmac
import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from .base import FormField, ListRow, Request, Response, Route, Sandbox, json_response
from .pipeliner_api import PREFIX, Api, unroutable
from .pipeliner_demo import Demo
from .pipeliner_errors import ApiError, bad_request
from .pipeliner_form import ContactForm, complaints
from .pipeliner_rendering import Renderer
from .pipeliner_space import PipelinerHabits, Space
from .pipeliner_writing import Writer
from .seed import Person, side_people

__all__ = ["PipelinerHabits", "PipelinerSandbox"]

_ERROR_NAMES = {
    401: "ERROR_AUTHORIZATION_FAILED",
    403: "ERROR_ACCESS_DENIED",
    429: "ERROR_TOO_MANY_REQUESTS",
}


class PipelinerSandbox(Sandbox):
    """One space with one API key, which `token` and `password` are and may be changed.

    A new space gets its users, sales units and fields, and `people` contacts, from `seed`. The
    fault kind `cursor` refuses the next request with an `after` cursor. Values and rows in the
    methods below are as in the API's bodies.
    """

    title = "Pipeliner (stand-in)"
    fault_kinds = frozenset({"cursor"})
    can_restore = True
    habits: PipelinerHabits

    def __init__(
        self,
        path: Path | None = None,
        port: int = 0,
        space: str = "demo",
        token: str = "demo-token",  # noqa: S107 - the stand-in's own
        password: str = "demo-password",  # noqa: S107 - the stand-in's own
        clock: Callable[[], datetime] | None = None,
        seed: int | None = None,
        people: int = 0,
    ) -> None:
        habits = PipelinerHabits()
        super().__init__(path, port, clock, habits)
        self.space_id, self.token, self.password = space, token, password
        self.space = Space(self.store, self.clock, habits)
        self.writer = Writer(self.space)
        self.renderer = Renderer(self.space)
        self._api = Api(self.space, self.writer, self.renderer, self.faults)
        self._demo = Demo(self.space, self.writer)
        self._form = ContactForm(self.space, self.writer)
        self._recent: deque[float] = deque()
        if not self.store.table("_counter"):
            with self.store.transaction():
                self._demo.fill(seed or 0)
                self._demo.add_people(side_people(people, seed or 0, "left"))

    def routes(self) -> list[Route]:
        return self._api.routes()

    def unroutable(self, request: Request) -> Response:
        return unroutable()

    def error(self, status: int, message: str = "") -> Response:
        name = _ERROR_NAMES.get(status, "ERROR_INTERNAL")
        body = ApiError(status, 100, name, message or name.lower()).body
        return json_response(body, status)

    def before(self, request: Request, route: Route) -> Response | None:
        """Space, key, limit, permission and headers, in this order."""
        if request.path.removeprefix(PREFIX).partition("/")[0] != self.space_id:
            return unroutable("Unknown space")
        if self.habits.revoked or not self._is_key(request):
            response = self._auth_error(401)
            response.headers["WWW-Authenticate"] = 'Basic realm="restapi"'
            return response
        if self._is_over_limit():
            return self._over_limit()
        if self.habits.forbidden and route.name.partition("/")[0] == "Contacts":
            return self._auth_error(403)
        if "Timezone" in request.headers:
            problem = bad_request("The Timezone header changes all times and is not taken here.")
            return json_response(problem.body, problem.status)
        return None

    def contacts(self) -> dict[str, dict[str, Any]]:
        """The live contacts by id."""
        return self.rows("Contact")

    def add_contact(self, values: dict[str, Any]) -> str:
        """A contact made by a person, the first user's unless `owner_id` is given; its id."""
        owner = self.space.rows("Client")[0]["id"]
        return self.add("Contact", {"owner_id": owner} | values)

    def edit_contact(self, contact: str, values: dict[str, Any]) -> None:
        """Change some properties of a contact."""
        self.edit("Contact", contact, values)

    def delete_contact(self, contact: str) -> None:
        """Delete a contact; LookupError if it is not there, FormError if it is protected."""
        with complaints():
            self.delete("Contact", contact)

    def restore_contact(self, contact: str) -> None:
        """Bring a deleted contact back; LookupError if it is not there, FormError if it lives."""
        with complaints(), self.store.transaction():
            self.writer.restore("Contact", contact)

    def merge(self, master: str, others: Iterable[str]) -> None:
        """Merge contacts into `master`; the others are deleted."""
        with self.store.transaction():
            self.writer.merge({"id": master}, list(others), 0)

    def add_people(self, people: Iterable[Person]) -> list[str]:
        """Contacts for people, owned by the users in turn; their ids in order."""
        with self.store.transaction():
            return self._demo.add_people(people)

    def add_field(self, api_name: str, type_id: str, options: Iterable[str] = ()) -> str:
        """A custom field of contacts with its options; the id of its row in Fields."""
        with self.store.transaction():
            return self._demo.add_field(api_name, api_name, type_id, list(options))

    def require_fields(self, *api_names: str) -> None:
        """Let the form of every contact type require these fields."""
        form = {"fields": [{"api_name": name, "required": True} for name in api_names]}
        with self.store.transaction():
            for row in self.space.rows("ContactType"):
                self.writer.update("ContactType", row["id"], {"form_edit_api": form})

    def rows(self, kind: str) -> dict[str, dict[str, Any]]:
        """The live rows of an entity ("Client", "SalesUnit", "Field", "Data", "Account") by id."""
        with self.store.transaction():
            base = f"{PREFIX}{self.space_id}"
            return {row["id"]: self.renderer.show(kind, row, base) for row in self.space.rows(kind)}

    def add(self, kind: str, values: dict[str, Any]) -> str:
        """A row of any entity; its id."""
        with self.store.transaction():
            return str(self.writer.create(kind, values)["id"])

    def edit(self, kind: str, key: str, values: dict[str, Any]) -> None:
        """Change some properties of a row of any entity."""
        with self.store.transaction():
            self.writer.update(kind, key, values)

    def delete(self, kind: str, key: str) -> None:
        """Delete a row of any entity: a user, a sales unit, a field, an option."""
        with self.store.transaction():
            self.writer.delete(kind, key)

    def form_fields(self) -> list[FormField]:
        return self._form.fields()

    def form_values(self, contact: str) -> dict[str, str] | None:
        return self._form.values(contact)

    def save_form(self, contact: str | None, values: dict[str, str]) -> str:
        return self._form.save(contact, values)

    def list_rows(self, search: str) -> list[ListRow]:
        return self._form.rows(search)

    def _is_key(self, request: Request) -> bool:
        given = request.authorization
        if given is None or given.type != "basic":
            return False
        mine = f"{self.token}:{self.password}".encode()
        return hmac.compare_digest(mine, f"{given.username}:{given.password}".encode())

    def _auth_error(self, status: int) -> Response:
        if self.habits.plain_auth_errors:
            return Response(f"<h1>{status}</h1>", status, content_type="text/html")
        return self.error(status)

    def _is_over_limit(self) -> bool:
        """Whether the window is full; one that is let through takes a place in it."""
        if not self.habits.rate_limit:
            return False
        now = time.monotonic()
        while self._recent and self._recent[0] <= now - self.habits.rate_window_seconds:
            self._recent.popleft()
        if len(self._recent) >= self.habits.rate_limit:
            return True
        self._recent.append(now)
        return False

    def _over_limit(self) -> Response:
        if self.habits.rate_empty:
            return Response(b"", 429, content_type=None)
        wait = self._recent[0] + self.habits.rate_window_seconds - time.monotonic()
        response = self.error(429)
        response.headers["Retry-After"] = str(max(1, round(wait + 0.5)))
        return response
