"""Google's OAuth 2: the consent with PKCE, the exchange of its code, tokens that stay fresh.

https://developers.google.com/identity/protocols/oauth2/web-server
"""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from connections.connectors.base import AuthorizationLost, Login, Rejected, Unavailable
from connections.connectors.http import Answer, Session

CONTACTS_SCOPE = "https://www.googleapis.com/auth/contacts"
EMAIL_SCOPE = "https://www.googleapis.com/auth/userinfo.email"
TOKEN_CALL = "token"  # noqa: S105
"""What calls for tokens count as in the session's `sent_by`."""
USUAL_LIFETIME = timedelta(hours=1)
LONGEST_MARGIN = timedelta(minutes=1)
"""How long before its end a token is taken as expired."""


@dataclass(frozen=True, slots=True)
class GoogleEndpoints:
    """Where Google is, without closing slashes, and our web client's id and secret there."""

    api_url: str
    accounts_url: str
    oauth_url: str
    client_id: str
    client_secret: str = field(repr=False)


def authorization_url(
    endpoints: GoogleEndpoints,
    redirect_uri: str,
    state: str,
    code_verifier: str,
    login_hint: str = "",
) -> str:
    """Return the address of the consent page.

    `code_verifier` is 43 to 128 random characters (RFC 7636, 4.1). A refusal comes back as
    `error=access_denied`.
    """
    challenge = base64.urlsafe_b64encode(hashlib.sha256(code_verifier.encode()).digest())
    query = {
        "client_id": endpoints.client_id,
        "redirect_uri": redirect_uri,
        "response_type": "code",
        "scope": f"{CONTACTS_SCOPE} {EMAIL_SCOPE}",
        "state": state,
        # A refresh token comes with offline access, and surely only when consent is asked anew.
        "access_type": "offline",
        "prompt": "consent",
        "code_challenge": challenge.rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    if login_hint:
        query["login_hint"] = login_hint
    return f"{endpoints.accounts_url}/o/oauth2/v2/auth?{urlencode(query)}"


def exchange(
    endpoints: GoogleEndpoints,
    session: Session,
    code: str,
    redirect_uri: str,
    code_verifier: str,
) -> dict[str, str]:
    """Return the secrets that the code of a consent is good for.

    Raises `Rejected` where the code is not good, where contacts were not granted, and where Google
    gave no refresh token.
    """
    session.hide(code, code_verifier)
    answer = _ask_token(
        endpoints,
        session,
        {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": code_verifier,
        },
        repeatable=False,
    )
    if not answer.ok:
        raise Rejected(
            f"Google did not accept the sign-in ({_error(answer) or answer.status}): it may have "
            "taken too long. Please try again"
        )
    tokens = _tokens(answer)
    # Consent is granular: a person may untick any of what was asked for.
    if CONTACTS_SCOPE not in str(answer.json().get("scope", CONTACTS_SCOPE)).split():
        raise Rejected(
            "Access to contacts was not granted. Please authorize again and tick the box that lets "
            "Pipesite see, edit, download and permanently delete your contacts"
        )
    if "refresh_token" not in tokens:
        raise Rejected(
            "Google granted no lasting access. Please remove Pipesite at "
            "https://myaccount.google.com/permissions and authorize again"
        )
    session.hide(*tokens.values())
    return tokens


def revoke(endpoints: GoogleEndpoints, session: Session, refresh_token: str) -> None:
    """Give the grant back; one that Google no longer knows is given back already."""
    session.request(
        "POST",
        f"{endpoints.oauth_url}/revoke",
        data={"token": refresh_token},
        repeatable=True,
        kind=TOKEN_CALL,
    )


class Tokens:
    """The tokens of one login, for all its threads; new ones are stored if the old still stand."""

    def __init__(self, login: Login, session: Session, endpoints: GoogleEndpoints) -> None:
        self._save = login.save_secrets
        self._session = session
        self._endpoints = endpoints
        self._lock = threading.Lock()
        self._hold(login.secrets)

    @property
    def refresh_token(self) -> str:
        return self._secrets.get("refresh_token", "")

    def fresh(self, refused: str = "") -> str:
        """Return an access token that is not expired and not the one that Google `refused`.

        Raises `AuthorizationLost` where Google gives none any more.
        """
        with self._lock:
            for _attempt in range(3):
                token = self._secrets.get("access_token", "")
                if token and token != refused and not _is_expired(self._secrets):
                    return token
                self._refresh()
        raise AuthorizationLost(
            "Google gives no access that lasts: please authorize the account again"
        )

    def _refresh(self) -> None:
        held = self._secrets
        answer = _ask_token(
            self._endpoints,
            self._session,
            {"grant_type": "refresh_token", "refresh_token": self.refresh_token},
            # Google does not rotate refresh tokens.
            repeatable=True,
        )
        if answer.ok:
            new = {**held, **_tokens(answer)}
            self._session.hide(*_secret_parts(new))
            self._hold(self._save(held, new))
            return
        standing = self._save(held, held)
        if dict(standing) == held:
            if not _error(answer):
                raise Unavailable(
                    f"Google answered with error {answer.status} when asked for access"
                )
            raise AuthorizationLost(
                f"Google no longer accepts this account ({_error(answer)}): access was revoked, or "
                "it ended. Please authorize the account again"
            )
        self._hold(standing)

    def _hold(self, secrets: Mapping[str, str]) -> None:
        self._secrets = dict(secrets)
        self._session.hide(*_secret_parts(secrets))


def _secret_parts(secrets: Mapping[str, str]) -> list[str]:
    return [secret for key, secret in secrets.items() if key != "expires_at"]


def _is_expired(secrets: Mapping[str, str]) -> bool:
    try:
        return datetime.fromisoformat(secrets["expires_at"]) <= datetime.now(UTC)
    except (KeyError, ValueError, TypeError):
        return False  # Google will say so.


def _ask_token(
    endpoints: GoogleEndpoints, session: Session, form: dict[str, str], *, repeatable: bool
) -> Answer:
    session.hide(endpoints.client_secret)
    try:
        return session.request(
            "POST",
            f"{endpoints.oauth_url}/token",
            data={
                **form,
                "client_id": endpoints.client_id,
                "client_secret": endpoints.client_secret,
            },
            repeatable=repeatable,
            kind=TOKEN_CALL,
        )
    except AuthorizationLost:
        # RFC 6749, 5.2: 401 here speaks of the client, not of the account.
        unknown_client = AuthorizationLost(
            "Google does not know this installation: please check GOOGLE_CLIENT_ID and "
            "GOOGLE_CLIENT_SECRET"
        )
    raise unknown_client


def _tokens(answer: Answer) -> dict[str, str]:
    """Return the access token, when it expires, and the refresh token if the answer has one."""
    body: Any = answer.json()
    if not isinstance(body, dict) or not isinstance(body.get("access_token"), str):
        raise AuthorizationLost("Google answered without an access token")
    seconds = body.get("expires_in")
    lifetime = USUAL_LIFETIME
    if isinstance(seconds, int | float) and 0 < seconds < 10 * USUAL_LIFETIME.total_seconds():
        lifetime = timedelta(seconds=seconds)
    expires_at = datetime.now(UTC) + lifetime - min(LONGEST_MARGIN, lifetime / 10)
    tokens = {"access_token": body["access_token"], "expires_at": expires_at.isoformat()}
    if isinstance(body.get("refresh_token"), str) and body["refresh_token"]:
        tokens["refresh_token"] = body["refresh_token"]
    return tokens


def _error(answer: Answer) -> str:
    """Return the error code of RFC 6749, 5.2, such as `invalid_grant`; "" without one."""
    body = answer.json()
    code = body.get("error") if isinstance(body, dict) else None
    return code[:40] if isinstance(code, str) and code.isidentifier() else ""
