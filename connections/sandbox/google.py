"""A stand-in for Google Contacts: the People API v1, OAuth 2 with its consent page, and a page.

The API is at `url`, so are `/o/oauth2/v2/auth`, `/token` and `/revoke`. Not offered: photos,
search, other contacts, the directory and the multipart `/batch`.
https://developers.google.com/people/api/rest
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from .base import (
    FormError,
    FormField,
    ListRow,
    Refused,
    Request,
    Response,
    Route,
    Row,
    Sandbox,
    json_response,
)
from .google_batches import BatchMethods
from .google_contacts import Contacts
from .google_errors import ApiError, no_such_method
from .google_feed import Token, check_alive, era
from .google_gate import Gate
from .google_group_methods import GroupMethods
from .google_groups import Groups
from .google_habits import GoogleHabits
from .google_lists import ListMethod
from .google_oauth import DEFAULT_SCOPES, OAuth
from .google_page import (
    FORM_FIELDS,
    SEED_LABELS,
    changed_fields,
    form_values,
    person_fields,
    seed_fields,
)
from .google_people import PeopleMethods
from .google_person import render
from .google_schema import READ_MASK, parse_person
from .seed import Person, side_people

Fields = Mapping[str, Any]


class GoogleSandbox(Sandbox):
    """Google users with their contacts, of which `email` is the default one.

    With `people`, an empty default user gets that many invented contacts: those of the right of two
    sides, by `seed`. In the methods for people's edits a contact goes by the id of its contact
    source, which stays when it is renamed, or by its resource name. Fields are in the API's form,
    `{"names": [{"givenName": "Ada"}]}`, and refused by it with ApiError.
    """

    title = "Google Contacts (sandbox)"
    fault_kinds = frozenset({"expired_sync_token", "quota", "stale_etag"})
    can_restore = True
    habits: GoogleHabits

    def __init__(
        self,
        path: Path | str | None = None,
        port: int = 0,
        client_id: str = "demo-client",
        client_secret: str = "demo-secret",  # noqa: S107 - what the demo is set up with
        email: str = "ops@example.com",
        clock: Callable[[], datetime] | None = None,
        seed: int | None = None,
        people: int = 0,
    ) -> None:
        self.oauth = OAuth(self, client_id, client_secret)
        self._people = PeopleMethods(self)
        super().__init__(Path(path) if path else None, port, clock, GoogleHabits())
        self.email = email
        self.groups = Groups(self.store, self.clock)
        self.book = Contacts(self.store, self.clock, self.habits, self.groups)
        self.gate = Gate(self)
        for row in self.store.table("contact").values():
            self.clock.at_least(datetime.fromisoformat(row["updated"]))
        self.add_user(email)
        if people and not any(self.book.live(email)):
            # An account that begins beyond the limit has room for as many again.
            self.habits.max_contacts = max(self.habits.max_contacts, 2 * people)
            self._fill(side_people(people, seed or 0, "right"))

    def _fill(self, people: Iterable[Person]) -> None:
        with self.store.transaction():
            labels = [self.add_group(name) for name in SEED_LABELS]
            for place, person in enumerate(people):
                self.add_contact(seed_fields(person, place, labels))

    @property
    def users(self) -> Mapping[str, Row]:
        """The users by email address."""
        return self.store.table("user")

    def add_user(self, email: str, name: str = "") -> None:
        """Add a Google user without contacts; nothing happens if there is one."""
        with self.store.transaction():
            if email in self.users:
                return
            account = f"1{zlib.crc32(email.encode()):020}"
            label = name or email.partition("@")[0].replace(".", " ").title()
            self.store.put("user", email, {"email": email, "account": account, "name": label})
            self.groups.add_user(email)

    def add_people(self, people: Iterable[Person], user: str | None = None) -> list[str]:
        """Add invented people as contacts; their ids, in order."""
        with self.store.transaction():
            return [self.add_contact(person_fields(person), user) for person in people]

    def add_contact(self, fields: Fields, user: str | None = None) -> str:
        """Add a contact as a person would; its id."""
        with self.store.transaction():
            person = parse_person(dict(fields))
            key: str = self.book.create(user or self.email, person.fields)["id"]
            return key

    def edit_contact(self, contact: str, fields: Fields) -> None:
        """Replace these fields of a contact; an empty list clears one."""
        with self.store.transaction():
            self.book.replace(self._live(contact), parse_person(dict(fields)).fields)

    def delete_contact(self, contact: str) -> None:
        """Move a contact to the trash."""
        with self.store.transaction():
            self.book.delete(self._live(contact))

    def restore_contact(self, contact: str) -> None:
        """Take a contact out of the trash; LookupError after its 30 days."""
        with self.store.transaction():
            row = self.book.row(contact)
            if row is None:
                raise LookupError(contact)
            self.book.restore(row)

    def merge(self, keep: str, lost: str) -> None:
        """Merge one contact into another; the second goes to the trash."""
        with self.store.transaction():
            self.book.merge(self._live(keep), self._live(lost))

    def rename(self, contact: str) -> str:
        """Give a contact another resource name; the new one."""
        with self.store.transaction():
            name: str = self.book.rename(self._live(contact))["name"]
            return name

    def link_profile(self, contact: str, fields: Fields) -> None:
        """Merge a Google profile's items into the person, or with {} part them again.

        They cannot be written, and the first of each list is the person's primary one.
        """
        with self.store.transaction():
            row = self._live(contact)
            account = f"1{zlib.crc32(row['id'].encode()):020}"
            self.book.link_profile(row, account, parse_person(dict(fields)).fields)

    def add_group(self, name: str, user: str | None = None) -> str:
        """Add a label; its resource name."""
        with self.store.transaction():
            return f"contactGroups/{self.groups.create(user or self.email, name)['id']}"

    def contacts(self, user: str | None = None) -> dict[str, Row]:
        """The live contacts as `people.get` shows them with all fields, by id."""
        with self.store.transaction():
            return {row["id"]: render(row, READ_MASK) for row in self.book.live(user or self.email)}

    def issue_refresh_token(
        self, user: str | None = None, scopes: Iterable[str] = DEFAULT_SCOPES
    ) -> str:
        """A refresh token, as if the user had given consent in a browser."""
        with self.store.transaction():
            return self.oauth.issue(user or self.email, list(scopes))

    def expire_sync_tokens(self) -> None:
        """Let all sync tokens be dead that were given out so far."""
        with self.store.transaction():
            self.store.put("meta", "era", {"n": era(self.store) + 1})

    def revoke_all(self) -> None:
        """Let all users withdraw what they allowed: no token works any more."""
        with self.store.transaction():
            for kind in ("code", "access", "refresh"):
                for key in list(self.store.table(kind)):
                    self.store.remove(kind, key)

    def routes(self) -> list[Route]:
        """The API, and the OAuth endpoints."""
        return [
            *self.oauth.routes(),
            *self._people.routes(),
            *ListMethod(self).routes(),
            *BatchMethods(self, self._people).routes(),
            *GroupMethods(self).routes(),
        ]

    def before(self, request: Request, route: Route) -> Response | None:
        """Refuses what has no token, not the scope, no quota left, or a write beside another."""
        if not route.name.startswith("oauth."):
            self.gate.check(request, route)
        return None

    def user_of(self, request: Request) -> str:
        """The user whose token the request brought."""
        user: str = request.environ["sandbox.access"]["user"]
        return user

    def scopes_of(self, request: Request) -> set[str]:
        """What the request's token allows."""
        return set(request.environ["sandbox.access"]["scopes"])

    def check_alive(self, token: Token) -> None:
        """Raises ApiError for a sync token that has died."""
        code = self.habits.expired_token_code
        check_alive(token, self.store, self.clock.now(), code)

    def error(self, status: int, message: str = "") -> Response:
        """Google's error envelope."""
        return ApiError(status, message or "The service is currently unavailable.").response

    def unroutable(self, request: Request) -> Response:
        """Google's 404 page."""
        return no_such_method()

    def form_fields(self) -> list[FormField]:
        """A contact's form; with several users it asks which one's a new contact is."""
        if len(self.users) == 1:
            return FORM_FIELDS
        users = tuple((user, user) for user in self.users)
        return [*FORM_FIELDS, FormField("user", "Google user (for a new contact)", options=users)]

    def form_values(self, contact: str) -> dict[str, str] | None:
        """What the form shows of a contact."""
        row = self.book.row(contact)
        if row is None:
            return None
        deleted = {"_deleted": "1"} if row["deleted"] else {}
        return {**form_values(row, self.groups), "user": row["user"], **deleted}

    def save_form(self, contact: str | None, values: dict[str, str]) -> str:
        """Save what the form changes."""
        row = None if contact is None else self._live(contact)
        user = row["user"] if row else values.get("user") or self.email
        try:
            fields = changed_fields(row, values, self.groups, user)
            if row is None:
                return self.add_contact(fields, user)
            self.edit_contact(row["id"], fields)
        except Refused as refused:
            message = refused.message if isinstance(refused, ApiError) else str(refused)
            raise FormError(message) from refused
        key: str = row["id"]
        return key

    def list_rows(self, search: str) -> list[ListRow]:
        """All users' contacts by name; deleted ones last."""
        shown = [self._list_row(row) for row in self.store.table("contact").values()]
        found = [row for row in shown if search in f"{row.name}\n{row.detail}".casefold()]
        return sorted(found, key=lambda row: (row.deleted, row.name.casefold()))

    def _list_row(self, row: Row) -> ListRow:
        values = form_values(row, self.groups)
        name = (row["fields"].get("names") or [{}])[0].get("displayName", "")
        parts = [*values["emails"].split("\n"), *values["phones"].split("\n"), values["company"]]
        if len(self.users) > 1:
            parts.append(f"({row['user']})")
        detail = ", ".join(part for part in (*parts, values["labels"]) if part)
        return ListRow(row["id"], name or values["company"], detail, row["deleted"])

    def _live(self, contact: str) -> Row:
        row = self.book.row(contact)
        if row is None or row["deleted"]:
            raise KeyError(contact)
        return row

    def _respond(self, request: Request) -> Response:
        if request.method == "GET" or not request.path.startswith("/v1/"):
            return super()._respond(request)
        with self.gate.write(request):
            return super()._respond(request)

    def _control_routes(self) -> list[Route]:
        return [
            *super()._control_routes(),
            Route("POST", "/_sandbox/consent", "consent", self._consent),
            Route("POST", "/_sandbox/expire_sync_tokens", "expire", self._expire),
            Route("POST", "/_sandbox/revoke_all", "revoke", self._revoke),
        ]

    def _consent(self, request: Request) -> Response:
        """Takes {} or {"user": email}; answers {"refresh_token": …}."""
        user = request.get_json(force=True).get("user") or self.email
        if user not in self.users:
            return json_response({"error": f"unknown user {user!r}"}, 400)
        return json_response({"refresh_token": self.issue_refresh_token(user)})

    def _expire(self, request: Request) -> Response:
        self.expire_sync_tokens()
        return json_response({})

    def _revoke(self, request: Request) -> Response:
        self.revoke_all()
        return json_response({})
