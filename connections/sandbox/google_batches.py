"""The batch writes of the API: each succeeds or fails as a whole.

https://developers.google.com/people/api/rest/v1/people/batchCreateContacts and its neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .base import Request, Response, Route, Row
from .google_errors import ApiError, invalid, not_found
from .google_people import (
    PeopleMethods,
    person_response,
    read_sources,
    update_mask,
)
from .google_request import Body, answer, body, query
from .google_schema import READ_MASK, parse_mask, parse_person

if TYPE_CHECKING:
    from .google import GoogleSandbox

MOST_WRITTEN = 200
MOST_DELETED = 500


class BatchMethods:
    """The methods `people:batch…` that write."""

    def __init__(self, sandbox: GoogleSandbox, people: PeopleMethods) -> None:
        self.sandbox = sandbox
        self.people = people

    def routes(self) -> list[Route]:
        """The routes of the batch writes."""
        at = "/v1/people:batch"
        return [
            Route("POST", f"{at}CreateContacts", "people.batchCreateContacts", self.create),
            Route("POST", f"{at}UpdateContacts", "people.batchUpdateContacts", self.update),
            Route("POST", f"{at}DeleteContacts", "people.batchDeleteContacts", self.delete),
        ]

    def create(self, request: Request) -> Response:
        """Up to 200 new contacts."""
        q, sent = query(request), body(request, "contacts", "readMask", "sources")
        mask, sources = _read_mask(sent), read_sources(sent)
        contacts = sent.value("contacts") or []
        if not isinstance(contacts, list):
            raise invalid("Invalid value at 'contacts', expected a list.", "contacts")
        _check_size(len(contacts), MOST_WRITTEN, "contacts")
        people = [
            parse_person(
                Body(item, ("contactPerson",), f"contacts[{index}]").data.get("contactPerson"),
                f"contacts[{index}].contact_person",
            )
            for index, item in enumerate(contacts)
        ]
        user = self.sandbox.user_of(request)
        rows: list[Row] = []
        problems: list[ApiError | None] = []
        for person in people:
            try:
                rows.append(self.sandbox.book.create(user, person.fields))
                problems.append(None)
            except ApiError as problem:
                problems.append(problem)
        _fail_whole(problems, "BatchCreateContactsErrorDetails")
        if not mask:
            return answer({}, q)
        created = [
            person_response(row["name"], self.people.rendered(row, mask, sources)) for row in rows
        ]
        # Nothing promises the order of the request.
        if self.sandbox.habits.reorder_lists:
            created.reverse()
        return answer({"createdPeople": created}, q)

    def update(self, request: Request) -> Response:
        """Up to 200 updates with one mask, answered by resource name."""
        q = query(request)
        sent = body(request, "contacts", "updateMask", "readMask", "sources")
        mask, sources = _read_mask(sent), read_sources(sent)
        update = update_mask(sent.text("updateMask"), "updateMask")
        contacts = sent.value("contacts") or {}
        if not isinstance(contacts, dict):
            raise invalid("Invalid value at 'contacts', expected a map.", "contacts")
        _check_size(len(contacts), MOST_WRITTEN, "contacts")
        people = {
            name: parse_person(person, f"contacts[{name}]") for name, person in contacts.items()
        }
        self.sandbox.gate.stale_on_request(request)
        user = self.sandbox.user_of(request)
        rows: dict[str, Row] = {}
        problems: list[ApiError | None] = []
        for name, person in people.items():
            try:
                row = self.sandbox.book.find(user, name)
                if row is None:
                    raise not_found()
                rows[name] = self.sandbox.book.update(row, person, update)
                problems.append(None)
            except ApiError as problem:
                problems.append(problem)
        _fail_whole(problems, "BatchUpdateContactsErrorDetails")
        if not mask:
            return answer({}, q)
        result = {
            name: person_response(name, self.people.rendered(row, mask, sources))
            for name, row in rows.items()
        }
        return answer({"updateResult": result}, q)

    def delete(self, request: Request) -> Response:
        """Up to 500 contacts to the trash."""
        q, sent = query(request), body(request, "resourceNames")
        names = sent.texts("resourceNames")
        _check_size(len(names), MOST_DELETED, "resource_names")
        user = self.sandbox.user_of(request)
        for name in dict.fromkeys(names):
            row = self.sandbox.book.find(user, name)
            if row is None:
                raise not_found()
            self.sandbox.book.delete(row)
        return answer({}, q)


def _read_mask(sent: Body) -> frozenset[str]:
    if not sent.has("readMask"):
        raise invalid("readMask is required.", "read_mask")
    return parse_mask(sent.text("readMask"), READ_MASK, "readMask")


def _check_size(size: int, most: int, name: str) -> None:
    if not 0 < size <= most:
        raise invalid(f"{name} must hold 1 to {most} entries, not {size}.", name)


def _fail_whole(problems: list[ApiError | None], details: str) -> None:
    """Raises ApiError if there is a problem; its details hold a status for each contact.

    That there is such a list is documented, its form is not.
    """
    first = next((problem for problem in problems if problem), None)
    if first is None:
        return
    raise ApiError(
        first.code,
        first.message,
        {
            "@type": f"type.googleapis.com/google.people.v1.{details}",
            "errors": [problem.rpc if problem else {} for problem in problems],
        },
        status=first.status,
    )
