from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connections.connectors.base import AuthorizationLost, Creation, Rejected, Unavailable
from connections.connectors.google_oauth import (
    CONTACTS_SCOPE,
    EMAIL_SCOPE,
    GoogleEndpoints,
    authorization_url,
    exchange,
)
from connections.sandbox.base import Fault
from connections.sandbox.google import GoogleSandbox
from tests.connectors.google_account import EMAIL, Account, account, new_session, sandbox

__all__ = ["account", "sandbox"]

BACK = "http://127.0.0.1:8000/authorize/google"
VERIFIER = "v" * 60


def consent(url: str, scopes: tuple[str, ...] = (CONTACTS_SCOPE, EMAIL_SCOPE)) -> dict[str, str]:
    """Allow what the consent page asks for, and return what comes back."""
    form = {"user": EMAIL, "scope": list(scopes), "decision": "allow"}
    answer = requests.post(url, data=form, allow_redirects=False, timeout=10)
    location = urlsplit(answer.headers["Location"])
    assert f"{location.scheme}://{location.netloc}{location.path}" == BACK
    return {key: values[0] for key, values in parse_qs(location.query).items()}


def code_of(account: Account, scopes: tuple[str, ...] = (CONTACTS_SCOPE, EMAIL_SCOPE)) -> str:
    url = authorization_url(account.endpoints, BACK, "a-state", VERIFIER, EMAIL)
    return consent(url, scopes)["code"]


def calls(sandbox: GoogleSandbox) -> int:
    """Return how many requests were made that were none for tokens."""
    return sandbox.requests.total - sandbox.requests.by["POST oauth.token"]


# -- consent ---------------------------------------------------------------------------------------


def test_ac3_a_consent_gives_tokens_that_read_contacts(
    sandbox: GoogleSandbox, account: Account
) -> None:
    url = authorization_url(account.endpoints, BACK, "a-state", VERIFIER, EMAIL)
    page = requests.get(url, timeout=10)
    assert page.ok
    back = consent(url)
    assert back["state"] == "a-state"
    secrets = exchange(account.endpoints, new_session(), back["code"], BACK, VERIFIER)
    assert secrets.keys() == {"refresh_token", "access_token", "expires_at"}
    account.secrets = secrets
    assert account.connector().identify().label == EMAIL
    assert sandbox.requests.by["POST oauth.token"] == 1


def test_ac3_the_consent_page_is_asked_for_lasting_access_with_a_hashed_verifier() -> None:
    endpoints = GoogleEndpoints("https://a", "https://b", "https://c", "client", "hidden")
    url = urlsplit(authorization_url(endpoints, BACK, "s", VERIFIER))
    query = parse_qs(url.query)
    assert f"{url.scheme}://{url.netloc}{url.path}" == "https://b/o/oauth2/v2/auth"
    assert query["code_challenge_method"] == ["S256"]
    assert VERIFIER not in url.query
    assert (query["access_type"], query["prompt"]) == (["offline"], ["consent"])
    assert "hidden" not in url.query
    assert "hidden" not in repr(endpoints)


def test_ac3_a_code_is_good_for_its_verifier_alone_and_once(account: Account) -> None:
    code = code_of(account)
    with pytest.raises(Rejected, match="invalid_grant"):
        exchange(account.endpoints, new_session(), code, BACK, "w" * 60)
    exchange(account.endpoints, new_session(), code, BACK, VERIFIER)
    with pytest.raises(Rejected, match="try again") as caught:
        exchange(account.endpoints, new_session(), code, BACK, VERIFIER)
    assert code not in caught.value.message


def test_a_consent_without_contacts_is_refused_with_what_to_tick(account: Account) -> None:
    code = code_of(account, (EMAIL_SCOPE,))
    with pytest.raises(Rejected, match="contacts was not granted"):
        exchange(account.endpoints, new_session(), code, BACK, VERIFIER)


def test_a_consent_without_lasting_access_is_refused(account: Account) -> None:
    url = authorization_url(account.endpoints, BACK, "a-state", VERIFIER)
    code = consent(url.replace("access_type=offline", "access_type=online"))["code"]
    with pytest.raises(Rejected, match="lasting access"):
        exchange(account.endpoints, new_session(), code, BACK, VERIFIER)


def test_an_installation_that_google_does_not_know_is_told_so(account: Account) -> None:
    known = account.endpoints
    account.endpoints = GoogleEndpoints(
        known.api_url, known.accounts_url, known.oauth_url, known.client_id, "another"
    )
    with pytest.raises(AuthorizationLost, match="GOOGLE_CLIENT_ID"):
        account.connector().identify()


# -- tokens ----------------------------------------------------------------------------------------


def test_an_access_token_is_got_once_and_stored(sandbox: GoogleSandbox, account: Account) -> None:
    refresh_token = account.secrets["refresh_token"]
    account.connector().scopes()
    account.connector().scopes()
    assert sandbox.requests.by["POST oauth.token"] == 1
    assert account.session.sent_by["token"] == 1
    # Google's answer to a refresh holds no refresh token: the stored one stays.
    assert account.secrets["refresh_token"] == refresh_token
    left = datetime.fromisoformat(account.secrets["expires_at"]) - datetime.now(UTC)
    assert timedelta(minutes=55) < left < timedelta(minutes=60)


def test_a_token_is_refreshed_before_it_expires(sandbox: GoogleSandbox, account: Account) -> None:
    account.connector().scopes()
    first = account.secrets["access_token"]
    account.secrets = {
        **account.secrets,
        "expires_at": (datetime.now(UTC) - timedelta(seconds=1)).isoformat(),
    }
    account.connector().scopes()
    assert account.secrets["access_token"] != first
    assert calls(sandbox) == 2


def test_a_refused_token_is_refreshed_and_the_call_sent_once_more(
    sandbox: GoogleSandbox, account: Account
) -> None:
    account.connector().scopes()
    good = account.secrets
    account.secrets = {**good, "access_token": "a-dead-token"}
    assert account.connector().scopes()
    assert account.secrets["access_token"] not in ("a-dead-token", good["access_token"])
    assert calls(sandbox) == 3


def test_a_creation_that_met_a_dead_token_is_done_once(
    sandbox: GoogleSandbox, account: Account
) -> None:
    account.secrets = {**account.secrets, "access_token": "a-dead-token"}
    account.connector().create([Creation("m", {"given_name": "Ada"})])
    assert len(sandbox.contacts()) == 1


def test_ac5_an_account_that_google_dropped_needs_authorization(
    sandbox: GoogleSandbox, account: Account
) -> None:
    connector = account.connector()
    connector.scopes()
    sandbox.revoke_all()
    with pytest.raises(AuthorizationLost, match="authorize the account again") as caught:
        connector.scopes()
    assert not any(secret in str(caught.value) for secret in account.secrets.values())
    assert sandbox.requests.by["POST oauth.token"] == 2


def test_ac5_a_dead_token_is_no_loss_while_a_newer_one_is_stored(
    sandbox: GoogleSandbox, account: Account
) -> None:
    connector = account.connector()
    sandbox.revoke_all()
    account.secrets = {"refresh_token": sandbox.issue_refresh_token()}
    assert connector.scopes()
    assert account.secrets["access_token"]


def test_tokens_that_another_process_stored_first_stand(
    sandbox: GoogleSandbox, account: Account
) -> None:
    late, early = account.connector(), account.connector()
    early.scopes()
    stored = dict(account.secrets)
    late.scopes()
    assert account.secrets == stored
    assert sandbox.requests.by["POST oauth.token"] == 2
    late.scopes()
    assert sandbox.requests.by["POST oauth.token"] == 2


def test_threads_refresh_once(sandbox: GoogleSandbox, account: Account) -> None:
    connector = account.connector()
    threads = [threading.Thread(target=connector.scopes) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sandbox.requests.by["POST oauth.token"] == 1
    assert calls(sandbox) == 4


def test_a_token_endpoint_that_breaks_down_loses_no_authorization(
    sandbox: GoogleSandbox, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connections.connectors.http.RETRY_DELAYS", (0, 0))
    for code, body in ((503, "json"), (400, "html")):
        sandbox.faults.add(
            Fault("status", times=3, code=code, body=body, path_contains="/token")  # type: ignore[arg-type]
        )
        with pytest.raises(Unavailable) as caught:
            account.connector().scopes()
        assert not caught.value.in_doubt
        sandbox.faults.clear()
    assert account.connector().scopes()


def test_ac5_a_grant_is_given_back_and_giving_it_back_twice_is_no_error(
    sandbox: GoogleSandbox, account: Account
) -> None:
    connector = account.connector()
    connector.scopes()
    connector.revoke()
    connector.revoke()
    assert sandbox.requests.by["POST oauth.revoke"] == 2
    with pytest.raises(AuthorizationLost):
        connector.scopes()
