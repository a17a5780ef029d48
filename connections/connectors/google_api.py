"""Calls to the Google People API v1, and what its refusals mean.

https://developers.google.com/people/api/rest/v1/people
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from connections.connectors.base import (
    AuthorizationLost,
    CursorExpired,
    RateLimited,
    Rejected,
    Unavailable,
)
from connections.connectors.google_oauth import GoogleEndpoints, Tokens
from connections.connectors.google_person import Json, dicts
from connections.connectors.http import Answer, Session

_WHAT_TO_DO = {
    "ACCESS_TOKEN_SCOPE_INSUFFICIENT": (
        "Google was not allowed to show contacts: please authorize the account again and grant "
        "access to contacts"
    ),
    "SERVICE_DISABLED": (
        "The People API is not enabled for this installation's Google Cloud project: please "
        "enable it in the Cloud console, then authorize the account again"
    ),
}
_RATE_REASONS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
_FULL = "MY_CONTACTS_OVERFLOW_COUNT"


class GoogleRefusal(Rejected):
    """A write that was refused whole; `moved`: a contact changed since it was read, or is gone."""

    def __init__(
        self, message: str, *, field: str = "", stops_creations: bool = False, moved: bool = False
    ) -> None:
        super().__init__(message, field=field, stops_creations=stops_creations)
        self.moved = moved


class People:
    """The People API for one login."""

    def __init__(self, session: Session, endpoints: GoogleEndpoints, tokens: Tokens) -> None:
        self._session = session
        self._endpoints = endpoints
        self._tokens = tokens

    def read(
        self, path: str, params: Iterable[tuple[str, str | int]], *, resumes: bool = False
    ) -> Json:
        """Return what a GET gives. `resumes`: the params hold a page token or a sync token.

        Raises `CursorExpired` where Google no longer takes such a token, and `AuthorizationLost`
        where it does not show contacts.
        """
        answer = self._call("GET", path, params=list(params))
        if answer.ok:
            return _object(answer)
        # EXPIRED_SYNC_TOKEN is a 400, of old a 410; a page token that is not known, or whose other
        # parameters differ, is a 400 too, and nothing else in these requests varies.
        if resumes and answer.status in (400, 404, 410):
            raise CursorExpired(
                "Google no longer knows where reading was: all contacts are read again"
            )
        _raise_for_account(answer)
        if answer.status == 403:
            raise AuthorizationLost(
                "Google refuses to show contacts: please authorize the account again"
            )
        raise Unavailable(f"Google Contacts answered with error {answer.status}{_named(answer)}")

    def write(self, path: str, body: Json) -> Json:
        """Return what a POST gives. Raises `GoogleRefusal` where nothing of it was done."""
        answer = self._call("POST", path, body=body)
        if answer.ok:
            return _object(answer)
        _raise_for_account(answer)
        if _FULL in answer.text:
            raise GoogleRefusal(
                "This Google account takes no more contacts: it is full (contacts in the trash "
                "count for 30 days)",
                stops_creations=True,
            )
        if answer.status == 409:
            raise Unavailable("Google Contacts is busy with another change of this account")
        # A stale etag is a 400, in 2021 it was a 403.
        error = _error(answer)
        moved = answer.status == 404 or (
            answer.status in (400, 403, 412)
            and (
                error.get("status") == "FAILED_PRECONDITION" or "etag" in str(error.get("message"))
            )
        )
        raise GoogleRefusal(
            f"Google refused the content (error {answer.status}{_named(answer)})",
            field=_violated(answer),
            moved=moved,
        )

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: list[tuple[str, str | int]] | None = None,
        body: Json | None = None,
    ) -> Answer:
        token = self._tokens.fresh()
        try:
            return self._send(method, path, params, body, token)
        except AuthorizationLost:
            # Nothing was done: the same is sent once more with a new token.
            token = self._tokens.fresh(refused=token)
        return self._send(method, path, params, body, token)

    def _send(
        self,
        method: str,
        path: str,
        params: list[tuple[str, str | int]] | None,
        body: Json | None,
        token: str,
    ) -> Answer:
        return self._session.request(
            method,
            f"{self._endpoints.api_url}/v1/{path}",
            params=params,
            json=body,
            headers={"Authorization": f"Bearer {token}"},
        )


def _object(answer: Answer) -> Json:
    body = answer.json()
    if not isinstance(body, dict):
        raise Unavailable(
            "Google Contacts gave an answer of another shape", in_doubt=answer.in_doubt
        )
    return body


def _error(answer: Answer) -> Json:
    """Return the `error` of Google's error envelope (https://cloud.google.com/apis/design/errors)."""
    body = answer.json()
    error = body.get("error") if isinstance(body, dict) else None
    return error if isinstance(error, dict) else {}


def _details(answer: Answer) -> list[Json]:
    error = _error(answer)
    return dicts(error.get("details")) + dicts(error.get("errors"))


def _reasons(answer: Answer) -> list[str]:
    return [
        detail["reason"] for detail in _details(answer) if isinstance(detail.get("reason"), str)
    ]


def _named(answer: Answer) -> str:
    """Return the codes that an error gives, for people; its message may hold a contact's data."""
    codes = [_error(answer).get("status"), *_reasons(answer)]
    named = [code for code in codes if isinstance(code, str) and re.fullmatch(r"\w{1,60}", code)]
    return "".join(f", {code}" for code in dict.fromkeys(named))


def _raise_for_account(answer: Answer) -> None:
    """Raise what a refusal says about the account, whatever was asked for."""
    if answer.status != 403:
        return
    for reason in _reasons(answer):
        if reason in _RATE_REASONS:
            raise RateLimited("Google Contacts asks for patience")
        if reason in _WHAT_TO_DO:
            raise AuthorizationLost(_WHAT_TO_DO[reason])


# The fields of a person that hold one field of ours.
_OURS = {
    "emailaddresses": "emails",
    "phonenumbers": "phones",
    "birthdays": "birthday",
    "biographies": "notes",
    "urls": "website",
    "nicknames": "nickname",
    "memberships": "labels",
}


def _violated(answer: Answer) -> str:
    """Return our key of the field that `google.rpc.BadRequest` names, "" if it is not ours."""
    for detail in _details(answer):
        for violation in dicts(detail.get("fieldViolations")):
            path = str(violation.get("field")).replace("_", "").lower()
            for name in re.split(r"[^a-z]+", path):
                if name in _OURS:
                    return _OURS[name]
    return ""
