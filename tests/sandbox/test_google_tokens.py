from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.sandbox.google_client import CLIENT, GoogleClient

ROOT = "https://www.googleapis.com/auth/"
CONTACTS, EMAIL = f"{ROOT}contacts", f"{ROOT}userinfo.email"
READ_ONLY = f"{ROOT}contacts.readonly"
BACK = "http://127.0.0.1:1/callback"
VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()
ASK = {
    "client_id": CLIENT[0],
    "redirect_uri": BACK,
    "response_type": "code",
    "scope": f"{CONTACTS} {EMAIL}",
    "state": "s t&te",
    "access_type": "offline",
    "code_challenge": CHALLENGE.rstrip("="),
    "code_challenge_method": "S256",
}


@pytest.fixture
def google() -> Iterator[GoogleClient]:
    with GoogleClient() as client:
        client.sandbox.revoke_all()
        yield client


def decide(google: GoogleClient, decision: str = "allow", **more: Any) -> dict[str, str]:
    """What comes back to the app when the person presses a button."""
    asked = {**ASK, **more.pop("ask", {})}
    form = {"user": "ops@example.com", "scope": asked["scope"].split(), "decision": decision}
    answer = requests.post(
        f"{google.url}/o/oauth2/v2/auth",
        params=asked,
        data={**form, **more},
        timeout=10,
        allow_redirects=False,
    )
    assert answer.status_code == 302
    location = urlsplit(answer.headers["Location"])
    assert location._replace(query="").geturl() == BACK
    return {key: values[0] for key, values in parse_qs(location.query).items()}


def token(google: GoogleClient, status: int = 200, /, **form: str) -> dict[str, Any]:
    """The token endpoint's answer, with the client's credentials in the form."""
    data = {"client_id": CLIENT[0], "client_secret": CLIENT[1], **form}
    answer = requests.post(f"{google.url}/token", data=data, timeout=10)
    assert answer.status_code == status, answer.text
    body: dict[str, Any] = answer.json()
    return body


def exchange(google: GoogleClient, code: str, status: int = 200, /, **more: str) -> dict[str, Any]:
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK}
    return token(google, status, **{**form, "code_verifier": VERIFIER, **more})


def refresh(google: GoogleClient, refresh_token: str, status: int = 200) -> dict[str, Any]:
    return token(google, status, grant_type="refresh_token", refresh_token=refresh_token)


def test_consent_gives_a_code_and_the_code_gives_tokens(google: GoogleClient) -> None:
    back = decide(google)
    assert back["state"] == ASK["state"]
    answer = exchange(google, back["code"])
    assert answer["token_type"] == "Bearer"
    assert answer["expires_in"] == 3599
    assert answer["scope"] == ASK["scope"]
    again = refresh(google, answer["refresh_token"])
    assert again["access_token"] != answer["access_token"]
    assert "refresh_token" not in again


def test_cancel_is_access_denied(google: GoogleClient) -> None:
    assert decide(google, "cancel") == {"error": "access_denied", "state": ASK["state"]}


def test_a_person_may_grant_less_than_was_asked_for(google: GoogleClient) -> None:
    answer = exchange(google, decide(google, scope=[EMAIL])["code"])
    assert answer["scope"] == EMAIL
    google.session.headers["Authorization"] = f"Bearer {answer['access_token']}"
    params = {"personFields": "names"}
    error = google.refused("GET", "people/me/connections", 403, params=params)
    assert error["details"][0]["reason"] == "ACCESS_TOKEN_SCOPE_INSUFFICIENT"


def test_scopes_granted_before_are_included_on_request(google: GoogleClient) -> None:
    exchange(google, decide(google, ask={"scope": EMAIL})["code"])
    asked = {"scope": CONTACTS, "include_granted_scopes": "true"}
    assert exchange(google, decide(google, ask=asked)["code"])["scope"] == f"{CONTACTS} {EMAIL}"


def test_the_refresh_token_comes_at_the_first_consent_only(google: GoogleClient) -> None:
    online = exchange(google, decide(google, ask={"access_type": "online"})["code"])
    assert "refresh_token" not in online
    assert "refresh_token" in exchange(google, decide(google)["code"])
    assert "refresh_token" not in exchange(google, decide(google)["code"])
    asked = {"prompt": "consent"}
    assert "refresh_token" in exchange(google, decide(google, ask=asked)["code"])


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"client_id": "x"}, 401, "invalid_client"),
        ({"redirect_uri": ""}, 400, "Missing required parameter: redirect_uri"),
        ({"redirect_uri": "/callback"}, 400, "redirect_uri_mismatch"),
        ({"response_type": "token"}, 400, "unsupported_response_type"),
        ({"scope": ""}, 400, "Missing required parameter: scope"),
        ({"scope": "contacts"}, 400, "invalid_scope"),
        ({"access_type": "always"}, 400, "invalid_request"),
        ({"code_challenge_method": "S1"}, 400, "invalid_request"),
        ({"code_challenge": "short"}, 400, "invalid_request"),
        ({"next": "x"}, 400, "Parameter not allowed"),
    ],
)
def test_a_wrong_question_is_shown_to_the_person_and_not_sent_back(
    google: GoogleClient, change: dict[str, str], status: int, message: str
) -> None:
    answer = requests.get(f"{google.url}/o/oauth2/v2/auth", params={**ASK, **change}, timeout=10)
    assert answer.status_code == status
    assert message in answer.text


def test_the_consent_page_shows_accounts_and_scopes(google: GoogleClient) -> None:
    google.sandbox.add_user("second@example.com")
    params = {**ASK, "login_hint": "second@example.com"}
    page = requests.get(f"{google.url}/o/oauth2/v2/auth", params=params, timeout=10).text
    assert 'value="second@example.com" checked' in page
    assert 'value="ops@example.com">' in page
    assert "permanently delete your contacts" in page
    assert ">Allow</button>" in page
    assert ">Cancel</button>" in page


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"code_verifier": "w" * 64}, "invalid_grant"),
        ({"code_verifier": ""}, "invalid_grant"),
        ({"code": "4/other"}, "invalid_grant"),
        ({"redirect_uri": "http://127.0.0.1:2/"}, "redirect_uri_mismatch"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"audience": "x"}, "invalid_request"),
    ],
)
def test_a_wrong_exchange_is_refused(
    google: GoogleClient, change: dict[str, str], error: str
) -> None:
    code = decide(google)["code"]
    assert exchange(google, code, 400, **change)["error"] == error
    assert "access_token" in exchange(google, code)


def test_a_code_is_good_once_and_for_ten_minutes(google: GoogleClient) -> None:
    code = decide(google)["code"]
    exchange(google, code)
    assert exchange(google, code, 400)["error"] == "invalid_grant"
    code = decide(google)["code"]
    google.clock.move(minutes=10)
    assert exchange(google, code, 400)["error"] == "invalid_grant"


def test_wrong_client_credentials_are_refused(google: GoogleClient) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x"}
    assert token(google, 401, client_secret="x", **form)["error"] == "invalid_client"
    assert token(google, 401, client_id="x", **form)["error"] == "invalid_client"
    answer = requests.post(f"{google.url}/token", data=form, auth=(CLIENT[0], "x"), timeout=10)
    assert answer.status_code == 401


def test_a_dead_refresh_token_is_an_invalid_grant(google: GoogleClient) -> None:
    assert refresh(google, "1//other", 400) == {
        "error": "invalid_grant",
        "error_description": "Token has been expired or revoked.",
    }


def test_a_refresh_token_dies_when_it_is_unused_for_six_months(google: GoogleClient) -> None:
    issued = google.sandbox.issue_refresh_token()
    google.clock.move(days=180)
    refresh(google, issued)
    google.clock.move(days=184)
    assert refresh(google, issued, 400)["error"] == "invalid_grant"


def test_the_101st_refresh_token_ends_the_oldest(google: GoogleClient) -> None:
    first, second = google.sandbox.issue_refresh_token(), google.sandbox.issue_refresh_token()
    for _ in range(99):
        google.sandbox.issue_refresh_token()
    assert refresh(google, first, 400)["error"] == "invalid_grant"
    refresh(google, second)


@pytest.mark.parametrize("which", ["refresh_token", "access_token"])
def test_revoking_either_token_ends_both(google: GoogleClient, which: str) -> None:
    answer = exchange(google, decide(google)["code"])
    google.session.headers["Authorization"] = f"Bearer {answer['access_token']}"
    google.ok("GET", "contactGroups")
    revoked = requests.post(f"{google.url}/revoke", data={"token": answer[which]}, timeout=10)
    assert revoked.status_code == 200
    google.refused("GET", "contactGroups", 401)
    assert refresh(google, answer["refresh_token"], 400)["error"] == "invalid_grant"
    again = requests.post(f"{google.url}/revoke", data={"token": answer[which]}, timeout=10)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_token")


def test_access_tokens_expire(google: GoogleClient) -> None:
    google.sandbox.habits.access_token_seconds = 60
    google.authorize(google.sandbox.issue_refresh_token())
    google.ok("GET", "contactGroups")
    google.clock.move(seconds=60)
    answer = google.call("GET", "contactGroups")
    assert answer.status_code == 401
    assert answer.json()["error"]["status"] == "UNAUTHENTICATED"
    assert "invalid_token" in answer.headers["WWW-Authenticate"]
    del google.session.headers["Authorization"]
    google.refused("GET", "contactGroups", 401)


def test_a_read_only_scope_reads_and_does_not_write(google: GoogleClient) -> None:
    google.authorize(google.sandbox.issue_refresh_token(scopes=[READ_ONLY]))
    google.ok("GET", "people/me/connections", params={"personFields": "names"})
    google.refused("POST", "people:createContact", 403, json={"names": [{"givenName": "A"}]})
    me = google.ok("GET", "people/me", params={"personFields": "names,emailAddresses"})
    assert "names" in me
    assert "emailAddresses" not in me


def test_a_refresh_may_ask_for_fewer_scopes_but_not_for_more(google: GoogleClient) -> None:
    issued = google.sandbox.issue_refresh_token(scopes=[CONTACTS, EMAIL])
    form = {"grant_type": "refresh_token", "refresh_token": issued}
    assert token(google, 200, scope=EMAIL, **form)["scope"] == EMAIL
    assert token(google, 400, scope=READ_ONLY, **form)["error"] == "invalid_scope"
