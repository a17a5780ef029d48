"""The methods of the API that read people and write single contacts.

https://developers.google.com/people/api/rest/v1/people
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Request, Response, Route, Row
from .google_errors import invalid, not_found
from .google_person import DEFAULT_SOURCES, profile_source, render
from .google_request import Body, Query, answer, json_body, query
from .google_schema import READ_MASK, UPDATE_MASK, parse_mask, parse_person

if TYPE_CHECKING:
    from .google import GoogleSandbox

MOST_READ = 200
SOURCES = frozenset(
    f"READ_SOURCE_TYPE_{name}"
    for name in ("PROFILE", "CONTACT", "DOMAIN_CONTACT", "OTHER_CONTACT", "DOMAIN_PROFILE")
)
# Without one of these the user's own addresses are not shown.
_EMAIL_SCOPES = frozenset(
    f"https://www.googleapis.com/auth/{name}" for name in ("userinfo.email", "user.emails.read")
)


class PeopleMethods:
    """The methods of `people`, without the batch writes."""

    def __init__(self, sandbox: GoogleSandbox) -> None:
        self.sandbox = sandbox

    def routes(self) -> list[Route]:
        """The routes for single people, and batchGet."""
        one = "/v1/people/<person>"
        return [
            Route("GET", "/v1/people:batchGet", "people.batchGet", self.batch_get),
            Route("GET", one, "people.get", self.get),
            Route("POST", "/v1/people:createContact", "people.createContact", self.create),
            Route("PATCH", f"{one}:updateContact", "people.updateContact", self.update),
            Route("DELETE", f"{one}:deleteContact", "people.deleteContact", self.delete),
        ]

    def get(self, request: Request, person: str) -> Response:
        """One person, a contact or the user."""
        q = query(request, "personFields", "requestMask.includeField", repeated=("sources",))
        shown = self._shown(request, f"people/{person}", read_mask(q), read_sources(q))
        if shown is None:
            raise not_found()
        return answer(shown, q)

    def batch_get(self, request: Request) -> Response:
        """Up to 200 people, each with a status of its own."""
        q = query(
            request,
            *("personFields", "requestMask.includeField"),
            repeated=("resourceNames", "sources"),
        )
        mask, sources, names = read_mask(q), read_sources(q), q.each("resourceNames")
        if not 0 < len(names) <= MOST_READ:
            raise invalid(f"resourceNames must hold 1 to {MOST_READ} names.", "resource_names")
        responses = []
        for name in names:
            if not name.startswith("people/"):
                raise invalid(f"Invalid resource name {name!r}.", "resource_names")
            responses.append(person_response(name, self._shown(request, name, mask, sources)))
        if self.sandbox.habits.reorder_lists:
            responses.reverse()
        return answer({"responses": responses}, q)

    def create(self, request: Request) -> Response:
        """A new contact."""
        q = query(request, "personFields", repeated=("sources",))
        mask, sources = written_mask(q), read_sources(q)
        person = parse_person(json_body(request))
        row = self.sandbox.book.create(self.sandbox.user_of(request), person.fields)
        return answer(self.rendered(row, mask, sources), q)

    def update(self, request: Request, person: str) -> Response:
        """Replace the masked fields of a contact whose etag is the one sent."""
        q = query(request, "personFields", "updatePersonFields", repeated=("sources",))
        mask, sources = written_mask(q), read_sources(q)
        update = update_mask(q.text("updatePersonFields"), "updatePersonFields")
        sent = parse_person(json_body(request))
        row = self._contact(request, person)
        self.sandbox.gate.stale_on_request(request)
        row = self.sandbox.book.update(row, sent, update)
        return answer(self.rendered(row, mask, sources), q)

    def delete(self, request: Request, person: str) -> Response:
        """Move a contact to the trash."""
        q = query(request)
        self.sandbox.book.delete(self._contact(request, person))
        return answer({}, q)

    def rendered(self, row: Row, mask: frozenset[str], sources: frozenset[str]) -> Row:
        """A contact as reads and writes answer it."""
        return render(row, mask, sources, reorder=self.sandbox.habits.reorder_lists)

    def _contact(self, request: Request, person: str) -> Row:
        row = self.sandbox.book.find(self.sandbox.user_of(request), f"people/{person}")
        if row is None:
            raise not_found()
        return row

    def _shown(
        self, request: Request, name: str, mask: frozenset[str], sources: frozenset[str]
    ) -> Row | None:
        user = self.sandbox.user_of(request)
        account = self.sandbox.users[user]
        if name in ("people/me", f"people/{account['account']}"):
            return self._me(request, account, mask)
        row = self.sandbox.book.find(user, name)
        return None if row is None else self.rendered(row, mask, sources)

    def _me(self, request: Request, account: Row, mask: frozenset[str]) -> Row:
        source = profile_source(account["account"])
        item = {"primary": True, "source": {"type": "PROFILE", "id": account["account"]}}
        me: Row = {"resourceName": f"people/{account['account']}", "etag": source["etag"]}
        if "metadata" in mask:
            me["metadata"] = {"sources": [source], "objectType": "PERSON"}
        if "names" in mask:
            names = {"displayName": account["name"], "unstructuredName": account["name"]}
            me["names"] = [{"metadata": {**item, "sourcePrimary": True}, **names}]
        if "emailAddresses" in mask and _EMAIL_SCOPES & self.sandbox.scopes_of(request):
            metadata = {**item, "sourcePrimary": True, "verified": True}
            me["emailAddresses"] = [{"metadata": metadata, "value": account["email"]}]
        return me


def read_mask(q: Query) -> frozenset[str]:
    """The required `personFields`, or what the deprecated `requestMask.includeField` says."""
    old = q.text("requestMask.includeField")
    text = q.text("personFields") or old.replace("person.", "")
    mask = parse_mask(text, READ_MASK, "personFields")
    if not mask:
        raise invalid(
            "personFields mask is required. Please specify one or more valid paths. Valid paths"
            " are documented at https://developers.google.com/people/api/rest/v1/people.",
            "personFields",
        )
    return mask


def written_mask(q: Query) -> frozenset[str]:
    """The `personFields` that a write answers with: all if there are none."""
    return parse_mask(q.text("personFields"), READ_MASK, "personFields") or READ_MASK


def update_mask(text: str, name: str) -> frozenset[str]:
    """The fields that an update replaces, at least one."""
    mask = parse_mask(text, UPDATE_MASK, name)
    if not mask:
        raise invalid(f"{name} mask is required. Please specify one or more valid paths.", name)
    return mask


def read_sources(source: Query | Body) -> frozenset[str]:
    """The sources to show, contact and profile if none are named."""
    names = source.each("sources") if isinstance(source, Query) else source.texts("sources")
    for name in names:
        if name not in SOURCES:
            raise invalid(f"Invalid value at 'sources' (TYPE_ENUM), {name!r}", "sources")
    return frozenset(names) or DEFAULT_SOURCES


def person_response(name: str, person: Row | None) -> Row:
    """A PersonResponse: 404 in its status where there is no person."""
    response: Row = {"requestedResourceName": name}
    if person is None:
        return {**response, "httpStatusCode": 404, "status": not_found().rpc}
    return {**response, "httpStatusCode": 200, "person": person, "status": {}}
