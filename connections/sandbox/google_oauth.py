"""Google's OAuth 2 endpoints: the consent page, tokens and their end.

https://developers.google.com/identity/protocols/oauth2/web-server
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from werkzeug.utils import redirect

from .base import Request, Response, Route, Row, json_response
from .google_consent import consent_page, error_page
from .google_schema import words

if TYPE_CHECKING:
    from .google import GoogleSandbox

_ROOT = "https://www.googleapis.com/auth/"
CONTACTS = f"{_ROOT}contacts"
CONTACTS_READ_ONLY = f"{_ROOT}contacts.readonly"
SCOPES = {
    CONTACTS: "See, edit, download, and permanently delete your contacts",
    CONTACTS_READ_ONLY: "See and download your contacts",
    f"{_ROOT}contacts.other.readonly": "See and download your other contacts",
    f"{_ROOT}directory.readonly": "See and download your organization's directory",
    f"{_ROOT}userinfo.email": "See your primary email address",
    f"{_ROOT}userinfo.profile": "See your personal info",
    f"{_ROOT}user.emails.read": "See and download all of your email addresses",
}
DEFAULT_SCOPES = (CONTACTS, f"{_ROOT}userinfo.email", f"{_ROOT}userinfo.profile")

CODE_SECONDS = 600
# Unused for six months, a refresh token dies.
UNUSED_SECONDS = 183 * 86400
# With one more for an account and client, the oldest dies without a word.
MOST_REFRESH_TOKENS = 100

_AUTH_PARAMETERS = words(
    "access_type client_id code_challenge code_challenge_method include_granted_scopes login_hint"
    " prompt redirect_uri response_type scope state"
)
_TOKEN_PARAMETERS = {
    "authorization_code": "client_id client_secret code code_verifier grant_type redirect_uri",
    "refresh_token": "client_id client_secret grant_type refresh_token scope",
}


class OAuthError(Exception):
    """An error of the token endpoints, with the words of RFC 6749 section 5.2."""

    def __init__(self, error: str, description: str, code: int = 400) -> None:
        super().__init__(f"{error}: {description}")
        self.response = json_response({"error": error, "error_description": description}, code)


class OAuth:
    """Grants, codes and tokens, rows of the tables "code", "refresh" and "access"."""

    def __init__(self, sandbox: GoogleSandbox, client_id: str, client_secret: str) -> None:
        self.sandbox = sandbox
        self.client_id = client_id
        self.client_secret = client_secret

    def routes(self) -> list[Route]:
        """The consent page, the token endpoint and the one that revokes."""
        return [
            Route("GET", "/o/oauth2/v2/auth", "oauth.auth", self.ask),
            Route("POST", "/o/oauth2/v2/auth", "oauth.consent", self.consent),
            Route("POST", "/token", "oauth.token", self.token),
            Route("POST", "/revoke", "oauth.revoke", self.revoke),
        ]

    def ask(self, request: Request) -> Response:
        """The page on which a person chooses the account and what to allow."""
        problem = self._problem(request)
        if problem:
            return error_page(*problem)
        scopes = {name: SCOPES[name] for name in request.args["scope"].split()}
        return consent_page(request, list(self.sandbox.users), scopes)

    def consent(self, request: Request) -> Response:
        """Send the person back with a code, or with `access_denied`."""
        problem = self._problem(request)
        if problem:
            return error_page(*problem)
        args, form = request.args, request.form
        state = {"state": args["state"]} if "state" in args else {}
        user = form.get("user", "")
        asked = args["scope"].split()
        granted = [scope for scope in form.getlist("scope") if scope in asked]
        if form.get("decision") != "allow" or user not in self.sandbox.users or not granted:
            return _back(args["redirect_uri"], {"error": "access_denied", **state})
        if args.get("include_granted_scopes") == "true":
            granted = list(dict.fromkeys([*granted, *self._granted(user)]))
        code = f"4/0{secrets.token_urlsafe(32)}"
        consent = "consent" in args.get("prompt", "").split()
        row = {
            "user": user,
            "scopes": granted,
            "redirect_uri": args["redirect_uri"],
            "challenge": args.get("code_challenge"),
            "method": args.get("code_challenge_method", "plain"),
            "refresh": args.get("access_type") == "offline"
            and (consent or not self._granted(user)),
            "expires": self._now() + CODE_SECONDS,
        }
        self.sandbox.store.put("code", code, row)
        found = {**state, "code": code, "scope": " ".join(granted)}
        return _back(args["redirect_uri"], found)

    def token(self, request: Request) -> Response:
        """Tokens for a code or a refresh token."""
        try:
            return self._token(request)
        except OAuthError as problem:
            return problem.response

    def revoke(self, request: Request) -> Response:
        """End a refresh token and its access tokens, whichever of them is given."""
        token = request.form.get("token") or request.args.get("token", "")
        access = self.sandbox.store.table("access").get(token)
        refresh = access["refresh"] if access else token
        if access is None and refresh not in self.sandbox.store.table("refresh"):
            return OAuthError("invalid_token", "Token expired or revoked").response
        self.drop(refresh)
        if token in self.sandbox.store.table("access"):
            self.sandbox.store.remove("access", token)
        return json_response({})

    def issue(self, user: str, scopes: list[str]) -> str:
        """A new refresh token, as a consent gives one."""
        held = [k for k, row in self.sandbox.store.table("refresh").items() if row["user"] == user]
        for oldest in held[: max(0, len(held) + 1 - MOST_REFRESH_TOKENS)]:
            self.drop(oldest)
        token = f"1//0{secrets.token_urlsafe(48)}"
        row = {"user": user, "scopes": scopes, "used": self._now()}
        self.sandbox.store.put("refresh", token, row)
        return token

    def drop(self, refresh: str) -> None:
        """End a refresh token with all its access tokens."""
        store = self.sandbox.store
        for key, row in list(store.table("access").items()):
            if row["refresh"] == refresh:
                store.remove("access", key)
        if refresh in store.table("refresh"):
            store.remove("refresh", refresh)

    def access(self, request: Request) -> Row | None:
        """What the request's bearer token stands for; None if it is dead or none."""
        kind, _, token = request.headers.get("Authorization", "").partition(" ")
        row = self.sandbox.store.table("access").get(token) if kind == "Bearer" else None
        return row if row and row["expires"] > self._now() else None

    def _token(self, request: Request) -> Response:
        form = request.form
        grant = form.get("grant_type", "")
        if not grant:
            raise OAuthError("invalid_request", "Required parameter is missing: grant_type")
        if grant not in _TOKEN_PARAMETERS:
            raise OAuthError("unsupported_grant_type", f"Invalid grant_type: {grant}")
        for name in [*form, *request.args]:
            if name not in _TOKEN_PARAMETERS[grant].split() or name in request.args:
                raise OAuthError(
                    "invalid_request", f"Parameter not allowed for this message type: {name}"
                )
        self._check_client(request)
        if grant == "refresh_token":
            return self._refreshed(form.get("refresh_token", ""), form.get("scope"))
        return self._exchanged(request)

    def _check_client(self, request: Request) -> None:
        basic = request.authorization
        if basic is not None and basic.type == "basic":
            client, secret = basic.username, basic.password
        else:
            client = request.form.get("client_id")
            secret = request.form.get("client_secret")
        if not client:
            raise OAuthError("invalid_request", "Could not determine client ID from request.")
        if client != self.client_id:
            raise OAuthError("invalid_client", "The OAuth client was not found.", 401)
        if secret != self.client_secret:
            raise OAuthError("invalid_client", "Unauthorized", 401)

    def _exchanged(self, request: Request) -> Response:
        code, form = request.form.get("code", ""), request.form
        row = self.sandbox.store.table("code").get(code)
        if row is None or row["expires"] <= self._now():
            raise OAuthError("invalid_grant", "Malformed auth code.")
        if form.get("redirect_uri") != row["redirect_uri"]:
            raise OAuthError("redirect_uri_mismatch", "Bad Request")
        _check_verifier(row, form.get("code_verifier"))
        self.sandbox.store.remove("code", code)
        refresh = self.issue(row["user"], row["scopes"]) if row["refresh"] else ""
        answer = self._access_answer(row["user"], row["scopes"], refresh)
        return json_response({**answer, "refresh_token": refresh} if refresh else answer)

    def _refreshed(self, token: str, scope: str | None) -> Response:
        row = self.sandbox.store.table("refresh").get(token)
        if row is None or row["used"] + UNUSED_SECONDS <= self._now():
            raise OAuthError("invalid_grant", "Token has been expired or revoked.")
        scopes = scope.split() if scope else row["scopes"]
        if not set(scopes) <= set(row["scopes"]):
            raise OAuthError("invalid_scope", "Some requested scopes were not granted.")
        self.sandbox.store.put("refresh", token, {**row, "used": self._now()})
        return json_response(self._access_answer(row["user"], scopes, token))

    def _access_answer(self, user: str, scopes: list[str], refresh: str) -> Row:
        store, now = self.sandbox.store, self._now()
        for key, row in list(store.table("access").items()):
            if row["expires"] <= now:
                store.remove("access", key)
        token = f"ya29.a0{secrets.token_urlsafe(64)}"
        seconds = self.sandbox.habits.access_token_seconds
        row = {"user": user, "scopes": scopes, "refresh": refresh, "expires": now + seconds}
        store.put("access", token, row)
        return {
            "access_token": token,
            "expires_in": max(0, seconds - 1),
            "scope": " ".join(scopes),
            "token_type": "Bearer",
        }

    def _problem(self, request: Request) -> tuple[str, str] | None:
        """What Google's own error page says against the request, if anything."""
        args = request.args
        for name in args:
            if name not in _AUTH_PARAMETERS:
                return "invalid_request", f"Parameter not allowed for this message type: {name}"
        for name in ("client_id", "redirect_uri", "response_type", "scope"):
            if not args.get(name):
                return "invalid_request", f"Missing required parameter: {name}"
        uri = urlsplit(args["redirect_uri"])
        unknown = [scope for scope in args["scope"].split() if scope not in SCOPES]
        challenge = args.get("code_challenge")
        access, method = (
            args.get("access_type", "online"),
            args.get("code_challenge_method", "S256"),
        )
        well_formed = uri.scheme in ("http", "https") and uri.netloc and not uri.fragment
        checks = [
            (args["client_id"] == self.client_id, "invalid_client", "OAuth client not found."),
            (well_formed, "redirect_uri_mismatch", "The redirect URI is not one of an app."),
            (args["response_type"] == "code", "unsupported_response_type", "Only code is offered."),
            (not unknown, "invalid_scope", f"Some requested scopes were invalid: {unknown}"),
            (access in ("online", "offline"), "invalid_request", "Invalid access_type."),
            (method in ("plain", "S256"), "invalid_request", "Invalid code_challenge_method."),
            (
                challenge is None or 43 <= len(challenge) <= 128,
                "invalid_request",
                "Invalid code_challenge.",
            ),
        ]
        return next(((error, text) for good, error, text in checks if not good), None)

    def _granted(self, user: str) -> list[str]:
        rows = self.sandbox.store.table("refresh").values()
        return [scope for row in rows if row["user"] == user for scope in row["scopes"]]

    def _now(self) -> float:
        return self.sandbox.clock.now().timestamp()


def _check_verifier(row: Row, verifier: str | None) -> None:
    """RFC 7636 section 4.6."""
    if row["challenge"] is None:
        if verifier:
            raise OAuthError("invalid_grant", "code_verifier or verifier is not needed.")
        return
    if not verifier:
        raise OAuthError("invalid_grant", "Missing code verifier.")
    challenge = verifier
    if row["method"] == "S256":
        hashed = hashlib.sha256(verifier.encode()).digest()
        challenge = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
    if challenge != row["challenge"]:
        raise OAuthError("invalid_grant", "Invalid code verifier.")


def _back(uri: str, values: dict[str, str]) -> Response:
    mark = "&" if urlsplit(uri).query else "?"
    return redirect(f"{uri}{mark}{urlencode(values)}", 302)
