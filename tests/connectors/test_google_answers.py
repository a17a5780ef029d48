"""Answers that the stand-in never gives, from a server that says what it is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from connections.connectors.base import (
    AuthorizationLost,
    ConnectorError,
    Creation,
    CursorExpired,
    Doubt,
    Moved,
    RateLimited,
    Rejected,
    Unavailable,
    Update,
    Written,
)
from connections.connectors.google import Google
from connections.connectors.google_values import record
from tests.connectors.google_account import Account, read

CREATE = "/v1/people:batchCreateContacts"
UPDATE = "/v1/people:batchUpdateContacts"
LIST = "/v1/people/me/connections"
GET = "/v1/people:batchGet"


@pytest.fixture
def connector(httpserver: HTTPServer) -> Google:
    account = Account(httpserver.url_for("").rstrip("/"))
    account.secrets = {"refresh_token": "refresh-token", "access_token": "access-token"}
    return account.connector()


def person(number: int, mark: str = "", **fields: Any) -> dict[str, Any]:
    source = {
        "type": "CONTACT",
        "id": f"{number:x}",
        "etag": "#1",
        "updateTime": "2026-02-01T10:00:00Z",
    }
    if mark:
        fields["clientData"] = [{"key": "pipesite", "value": mark}]
    return {"resourceName": f"people/c{number}", "metadata": {"sources": [source]}, **fields}


def refusal(code: int, status: str, message: str = "", *details: dict[str, Any]) -> dict[str, Any]:
    return {"error": {"code": code, "status": status, "message": message, "details": list(details)}}


def creations(*marks: str) -> list[Creation]:
    return [Creation(mark, {"given_name": "Ada"}) for mark in marks]


def changed(number: int) -> Update:
    seen = record(person(number), whole=True)
    assert seen is not None
    return Update(seen.id, seen.address, seen.version, seen.values, seen.raw, {"city": "Wien"})


# -- writes ----------------------------------------------------------------------------------------


def test_i2_creations_answered_in_another_order_are_bound_by_mark(
    connector: Google, httpserver: HTTPServer
) -> None:
    people = [{"person": person(2, "m2")}, {"person": person(1, "m1")}]
    httpserver.expect_request(CREATE).respond_with_json({"createdPeople": people})
    outcomes = connector.create(creations("m1", "m2"))
    assert [each.id for each in outcomes if isinstance(each, Written)] == ["1", "2"]


def test_i2_an_answer_that_fits_no_creation_leaves_a_doubt(
    connector: Google, httpserver: HTTPServer
) -> None:
    people = [{"person": person(1, "m1")}, {"person": person(2)}, {"person": person(3, "other")}]
    httpserver.expect_request(CREATE).respond_with_json({"createdPeople": [*people, "junk"]})
    first, second = connector.create(creations("m1", "m2"))
    assert isinstance(first, Written)
    assert isinstance(second, Doubt)


@pytest.mark.parametrize("answer", [{}, {"createdPeople": None}, {"createdPeople": "junk"}])
def test_i2_an_answer_without_people_leaves_a_doubt(
    connector: Google, httpserver: HTTPServer, answer: dict[str, Any]
) -> None:
    httpserver.expect_request(CREATE).respond_with_json(answer)
    (outcome,) = connector.create(creations("m1"))
    assert isinstance(outcome, Doubt)


def test_i2_an_answer_of_another_shape_is_in_doubt(
    connector: Google, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(CREATE).respond_with_json([])
    with pytest.raises(Unavailable) as caught:
        connector.create(creations("m1"))
    assert caught.value.in_doubt


def test_updates_have_the_outcome_of_their_own_contact(
    connector: Google, httpserver: HTTPServer
) -> None:
    answer = {
        "people/c1": {"person": person(1), "status": {}},
        "people/c2": {"status": {"code": 5}},
        "people/c3": {"status": {"code": 9}},
        "people/c4": {"status": {"code": 3, "message": "Ada is no good"}},
        "people/c5": {"person": person(99)},
        "people/c7": {"httpStatusCode": 404},
        "people/c8": {"status": {"code": 13}},
    }
    httpserver.expect_request(UPDATE).respond_with_json({"updateResult": answer})
    outcomes = connector.update([changed(number) for number in range(1, 9)])
    kinds = [type(outcome) for outcome in outcomes]
    assert kinds == [Written, Moved, Moved, Rejected, Doubt, Doubt, Moved, Doubt]
    assert "Ada" not in str(outcomes[3])


@pytest.mark.parametrize(
    ("code", "body"),
    [
        (400, refusal(400, "FAILED_PRECONDITION", "Request person.etag is different")),
        (400, {"error": {"code": 400, "message": "Request person.etag is different"}}),
        (403, refusal(403, "PERMISSION_DENIED", "person.etag is different")),
        (404, refusal(404, "NOT_FOUND")),
    ],
)
def test_each_wording_of_a_stale_etag_is_a_move(
    connector: Google, httpserver: HTTPServer, code: int, body: dict[str, Any]
) -> None:
    httpserver.expect_request(UPDATE).respond_with_json(body, status=code)
    assert connector.update([changed(1)]) == [Moved()]


def test_a_refusal_tells_codes_but_nothing_of_the_contact(
    connector: Google, httpserver: HTTPServer
) -> None:
    path = "contacts[0].contact_person.email_addresses[1].value"
    violation = {"field": path, "description": "Ada is no address"}
    body = refusal(400, "INVALID_ARGUMENT", "Ada is no address", {"fieldViolations": [violation]})
    httpserver.expect_request(CREATE).respond_with_json(body, status=400)
    with pytest.raises(Rejected) as caught:
        connector.create(creations("m1"))
    assert (caught.value.field, caught.value.stops_creations) == ("emails", False)
    assert "INVALID_ARGUMENT" in caught.value.message
    assert "Ada" not in caught.value.message


def test_a_write_beside_another_was_not_done(connector: Google, httpserver: HTTPServer) -> None:
    httpserver.expect_request(CREATE).respond_with_json(refusal(409, "ABORTED"), status=409)
    with pytest.raises(Unavailable) as caught:
        connector.create(creations("m1"))
    assert not caught.value.in_doubt


@pytest.mark.parametrize(
    ("details", "expected", "words"),
    [
        ({"reason": "SERVICE_DISABLED"}, AuthorizationLost, "enable it"),
        ({"reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}, AuthorizationLost, "grant access"),
        ({"reason": "RATE_LIMIT_EXCEEDED"}, RateLimited, "patience"),
        ({"reason": "rateLimitExceeded"}, RateLimited, "patience"),
    ],
)
@pytest.mark.parametrize("path", [CREATE, LIST])
def test_a_403_about_the_account_is_told_by_its_reason(
    connector: Google,
    httpserver: HTTPServer,
    path: str,
    details: dict[str, Any],
    expected: type[ConnectorError],
    words: str,
) -> None:
    body = refusal(403, "PERMISSION_DENIED", "No", details)
    httpserver.expect_request(path).respond_with_json(body, status=403)
    verbs: dict[str, Callable[[], object]] = {
        LIST: lambda: read(connector),
        CREATE: lambda: connector.create(creations("m1")),
    }
    with pytest.raises(expected, match=words):
        verbs[path]()


def test_a_403_on_contacts_is_theirs_and_one_on_the_list_the_accounts(
    connector: Google, httpserver: HTTPServer
) -> None:
    body = refusal(403, "PERMISSION_DENIED", "No")
    for path in (UPDATE, LIST):
        httpserver.expect_request(path).respond_with_json(body, status=403)
    with pytest.raises(Rejected):
        connector.update([changed(1)])
    with pytest.raises(AuthorizationLost):
        read(connector)


# -- reads -----------------------------------------------------------------------------------------


def test_an_error_without_a_token_is_no_expired_cursor(
    connector: Google, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(LIST).respond_with_json(refusal(400, "INVALID_ARGUMENT"), status=400)
    with pytest.raises(Unavailable, match="INVALID_ARGUMENT"):
        read(connector)


def test_a_page_that_leads_to_itself_ends_the_read(
    connector: Google, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(LIST).respond_with_json({"nextPageToken": "same"})
    with pytest.raises(Unavailable, match="same page"):
        read(connector)


def test_an_empty_page_is_not_the_end(connector: Google, httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request(LIST).respond_with_json({"nextPageToken": "two"})
    httpserver.expect_oneshot_request(LIST).respond_with_json(
        {"connections": [person(1), None], "nextSyncToken": "sync", "unheard": "of"}
    )
    first, second = read(connector)
    assert (first.complete, second.complete) == (False, True)
    assert (len(second.records), second.skipped) == (1, 1)


def test_a_read_that_gave_no_sync_token_starts_anew(
    connector: Google, httpserver: HTTPServer
) -> None:
    httpserver.expect_request(LIST).respond_with_json({"connections": [person(1)]})
    (page,) = read(connector)
    assert page.complete
    with pytest.raises(CursorExpired):
        read(connector, page.cursor)


def test_changes_that_gave_no_sync_token_are_read_from_the_last_one(
    connector: Google, httpserver: HTTPServer
) -> None:
    httpserver.expect_oneshot_request(LIST).respond_with_json({"nextSyncToken": "one"})
    httpserver.expect_request(LIST, query_string=None).respond_with_json({})
    (first,) = read(connector)
    (second,) = read(connector, first.cursor)
    assert second.cursor == first.cursor


def test_a_contact_that_the_answer_lacks_is_not_gone(
    connector: Google, httpserver: HTTPServer
) -> None:
    answer = {
        "responses": [
            {"requestedResourceName": "people/c1", "person": person(1), "status": {}},
            {"requestedResourceName": "people/c2", "status": {"code": 14}},
        ]
    }
    httpserver.expect_request(GET).respond_with_json(answer)
    with pytest.raises(Unavailable):
        connector.get(["people/c1", "people/c2"])
    with pytest.raises(Unavailable):
        connector.get(["people/c1", "people/c3"])
    assert connector.get(["people/c1"])["people/c1"]


def test_a_person_without_a_contact_is_none(connector: Google, httpserver: HTTPServer) -> None:
    profile = {"resourceName": "people/1", "metadata": {"sources": [{"type": "PROFILE"}]}}
    answer = {"responses": [{"requestedResourceName": "people/c1", "person": profile}]}
    httpserver.expect_request(GET).respond_with_json(answer)
    assert connector.get(["people/c1"]) == {"people/c1": None}
