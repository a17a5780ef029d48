"""Authorizing at Google's consent page. One test for each outcome."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.test import Client
from pytest_django import Settings

from connections.models import Account
from connections.sandbox.base import Fault
from connections.sandbox.google import GoogleSandbox
from connections.sandbox.google_oauth import CONTACTS
from connections.views import pending
from syncengine import notices
from tests.connections.standins import (
    ADD,
    copy_pending,
    google,
    google_account,
    of_group,
    text,
)

pytestmark = pytest.mark.django_db
__all__ = ["google"]
GOOGLE = f"{ADD}?app=google"
CALLBACK = "/admin/connections/account/callback/"


@pytest.fixture(autouse=True)
def _at_home(settings: Settings) -> None:
    settings.PIPESITE_URL = "http://testserver"


def go(client: Client, address: str = GOOGLE) -> str:
    """Return the address of the consent page to which a person is sent."""
    answer: Any = client.post(address)
    assert answer.status_code == 302
    return str(answer.url)


def consent(
    consent_page: str, user: str = "ops@example.com", scopes: list[str] | None = None
) -> str:
    """Return the address to which Google sends the person who allows it, without the host."""
    asked = parse_qs(urlsplit(consent_page).query)["scope"][0].split()
    form = {"user": user, "scope": asked if scopes is None else scopes, "decision": "allow"}
    return _sent_back(consent_page, form)


def refuse(consent_page: str) -> str:
    return _sent_back(consent_page, {"decision": "cancel"})


def _sent_back(consent_page: str, form: dict[str, Any]) -> str:
    answer = requests.post(consent_page, data=form, allow_redirects=False, timeout=10)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"].removeprefix("http://testserver")


def state_of(address: str) -> str:
    return parse_qs(urlsplit(address).query)["state"][0]


def test_ac3_consent_makes_an_account(
    admin_client: Client, admin_user: Any, google: GoogleSandbox
) -> None:
    answer: Any = admin_client.get(consent(go(admin_client)), follow=True)
    account = Account.objects.get()
    assert "“ops@example.com” is authorized" in text(answer)
    assert answer.redirect_chain[-1][0] == f"/admin/connections/account/{account.pk}/change/"
    assert account.label == account.settings["email"] == "ops@example.com"
    assert account.authorized_by == admin_user
    assert account.secrets is not None
    assert "refresh_token" in account.secrets


def test_ac3_the_request_has_state_and_a_pkce_challenge(
    admin_client: Client, google: GoogleSandbox
) -> None:
    asked = parse_qs(urlsplit(go(admin_client)).query)
    assert asked["redirect_uri"] == [f"http://testserver{CALLBACK}"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) > 40
    assert asked["access_type"] == ["offline"]


def test_looking_at_the_page_begins_nothing(admin_client: Client, google: GoogleSandbox) -> None:
    assert "See and edit your contacts" in text(admin_client.get(GOOGLE))
    assert "authorizing" not in admin_client.session


def test_ac1_the_pop_up_hands_over_the_new_account(
    admin_client: Client, google: GoogleSandbox
) -> None:
    page = text(admin_client.get(consent(go(admin_client, f"{GOOGLE}&_popup=1&flow=abc"))))
    assert 'data-flow="abc"' in page
    assert f'data-value="{Account.objects.get().pk}"' in page


def test_a_refusal_is_told_and_saves_nothing(admin_client: Client, google: GoogleSandbox) -> None:
    answer: Any = admin_client.get(refuse(go(admin_client, f"{GOOGLE}&_popup=1")), follow=True)
    assert "was not given access" in text(answer)
    assert answer.redirect_chain[-1][0] == f"{ADD}?app=google&_popup=1"
    assert not Account.objects.exists()


@pytest.mark.parametrize("query", ["", "?code=4/abc", "?code=4/abc&state=forged", "?error=x"])
def test_a_forged_or_missing_state_is_forbidden(
    admin_client: Client, google: GoogleSandbox, query: str
) -> None:
    go(admin_client)
    answer = admin_client.get(CALLBACK + query)
    assert answer.status_code == 403
    assert "Nothing is saved" in text(answer)
    assert not Account.objects.exists()


def test_a_state_is_good_once(admin_client: Client, google: GoogleSandbox) -> None:
    back = consent(go(admin_client))
    admin_client.get(back)
    assert admin_client.get(back).status_code == 403
    assert Account.objects.count() == 1


def test_a_state_is_good_for_the_person_who_was_sent(
    admin_client: Client, client: Client, google: GoogleSandbox
) -> None:
    back = consent(go(admin_client))
    of_group(client, "Administrator")
    copy_pending(admin_client, client)
    assert client.get(back).status_code == 403
    assert not Account.objects.exists()


def test_a_state_ends_after_half_an_hour(
    admin_client: Client, google: GoogleSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = consent(go(admin_client))
    monkeypatch.setattr(pending, "LASTS", -pending.LASTS)
    assert admin_client.get(back).status_code == 403


def test_an_answer_needs_the_right_to_authorize(client: Client, google: GoogleSandbox) -> None:
    user = of_group(client, "Administrator")
    back = consent(go(client))
    user.groups.clear()
    assert client.get(back).status_code == 403
    assert not Account.objects.exists()


def test_contacts_that_were_not_granted_are_asked_for_again(
    admin_client: Client, google: GoogleSandbox
) -> None:
    asked = go(admin_client)
    others = parse_qs(urlsplit(asked).query)["scope"][0].split()
    others.remove(CONTACTS)
    answer = admin_client.get(consent(asked, scopes=others), follow=True)
    assert "tick the box" in text(answer)
    assert not Account.objects.exists()


def test_an_answer_without_a_code_is_no_authorization(
    admin_client: Client, google: GoogleSandbox
) -> None:
    state = state_of(go(admin_client))
    answer = admin_client.get(f"{CALLBACK}?state={state}", follow=True)
    assert "cannot be read" in text(answer)


def test_another_error_is_told_by_its_code(admin_client: Client, google: GoogleSandbox) -> None:
    state = state_of(go(admin_client))
    answer = admin_client.get(f"{CALLBACK}?state={state}&error=org_internal", follow=True)
    assert "“org_internal”" in text(answer)


def test_a_code_that_google_does_not_know_is_told(
    admin_client: Client, google: GoogleSandbox
) -> None:
    state = state_of(go(admin_client))
    answer = admin_client.get(f"{CALLBACK}?state={state}&code=4/nonsense", follow=True)
    assert "did not accept the sign-in" in text(answer)
    assert not Account.objects.exists()


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", code=200, body="html", path_contains="/token"),
        Fault("status", code=200, body="empty", path_contains="/token"),
        Fault("status", code=500, body="html", path_contains="/token"),
        Fault("cut_after", path_contains="/token"),
        Fault("status", times=3, code=503, path_contains="people/me"),
    ],
    ids=["html", "empty", "error", "cut", "contacts"],
)
def test_nonsense_from_google_is_told_and_saves_nothing(
    admin_client: Client, google: GoogleSandbox, fault: Fault
) -> None:
    back = consent(go(admin_client))
    google.faults.add(fault)
    answer: Any = admin_client.get(back, follow=True)
    assert answer.status_code == 200
    assert [str(each) for each in answer.context["messages"]]
    assert not Account.objects.exists()


def test_ac5_authorizing_again_keeps_the_account(
    admin_client: Client, google: GoogleSandbox
) -> None:
    account = google_account(google, "Field team")
    google.revoke_all()
    notices.lose_authorization(account, "revoked")
    asked = go(admin_client, f"{ADD}?account={account.pk}")
    assert parse_qs(urlsplit(asked).query)["login_hint"] == ["ops@example.com"]
    admin_client.get(consent(asked))
    account.refresh_from_db()
    assert account.status == Account.Status.AUTHORIZED
    assert account.label == "Field team"
    assert Account.objects.count() == 1


def test_ac5_another_google_account_is_refused_with_both_names(
    admin_client: Client, google: GoogleSandbox
) -> None:
    account = google_account(google)
    google.add_user("eve@example.com")
    asked = go(admin_client, f"{ADD}?account={account.pk}")
    page = text(admin_client.get(consent(asked, user="eve@example.com"), follow=True))
    assert "This login is eve@example.com; the account is ops@example.com" in page
    former = account.secrets
    account.refresh_from_db()
    assert account.secrets == former


def test_an_imported_account_takes_its_own_address_alone(
    admin_client: Client, google: GoogleSandbox
) -> None:
    google.add_user("eve@example.com")
    account = Account.objects.create(
        label="Imported", app="google", settings={"email": "ops@example.com"}
    )
    asked = go(admin_client, f"{ADD}?account={account.pk}")
    page = text(admin_client.get(consent(asked, user="eve@example.com"), follow=True))
    assert "eve@example.com, another Google account" in page
    admin_client.get(consent(go(admin_client, f"{ADD}?account={account.pk}")))
    account.refresh_from_db()
    assert account.status == Account.Status.AUTHORIZED


def test_without_a_client_the_page_says_what_to_set(
    admin_client: Client, settings: Settings
) -> None:
    settings.GOOGLE_CLIENT_ID = ""
    page = text(admin_client.get(GOOGLE))
    assert "GOOGLE_CLIENT_ID" in page
    assert f"http://testserver{CALLBACK}" in page
    assert admin_client.post(GOOGLE).status_code == 200


def test_at_another_host_the_page_leads_to_where_google_sends_back(
    admin_client: Client, google: GoogleSandbox, settings: Settings
) -> None:
    settings.PIPESITE_URL = "https://pipesite.example.com"
    assert f"https://pipesite.example.com{GOOGLE}" in text(admin_client.get(GOOGLE))
    assert admin_client.post(GOOGLE).status_code == 200


def test_the_answer_comes_by_get_alone(admin_client: Client, google: GoogleSandbox) -> None:
    assert admin_client.post(consent(go(admin_client))).status_code == 405
