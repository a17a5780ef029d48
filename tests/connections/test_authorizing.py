"""Authorizing by a form: which account, the key, who one is there. One test for each outcome."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from connections.models import Account
from connections.sandbox.base import Fault
from connections.sandbox.pipeliner import PipelinerSandbox
from connections.views import pending
from syncengine import notices
from tests.connections.standins import (
    ADD,
    ANN,
    BOB,
    SECRETS,
    copy_pending,
    login,
    of_group,
    pipeliner,
    pipeliner_account,
    text,
)

pytestmark = pytest.mark.django_db
__all__ = ["pipeliner"]
PIPELINER = f"{ADD}?app=pipeliner"


def units(pipeliner: PipelinerSandbox) -> dict[str, str]:
    """Return the ids of the sales units by name."""
    return {row["name"].strip(): id_ for id_, row in pipeliner.rows("SalesUnit").items()}


def second_step(client: Client, pipeliner: PipelinerSandbox, address: str = PIPELINER) -> str:
    """Return the address of the second step, after a first one that was accepted."""
    answer: Any = client.post(address, login(pipeliner))
    assert answer.status_code == 302, text(answer)
    return str(answer.url)


def refused(client: Client, pipeliner: PipelinerSandbox, **changes: str) -> dict[str, list[str]]:
    """Return what is said beside each field of the first step; nothing was saved."""
    answer: Any = client.post(PIPELINER, login(pipeliner, **changes))
    assert answer.status_code == 200
    assert not Account.objects.exists()
    for secret in SECRETS.values():
        assert secret not in text(answer)
    return dict(answer.context["form"].errors)


# Which account


def test_ac1_connected_accounts_are_offered_under_their_heading(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    pipeliner_account(pipeliner, "Nordlicht CRM")
    page = text(admin_client.get(f"{ADD}?_popup=1&flow=abc"))
    assert "Connected accounts" in page
    assert "Nordlicht CRM" in page
    assert f"{ADD}?_popup=1&flow=abc&app=google" in page


def test_ac1_a_connected_account_is_handed_to_the_form_that_asked(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    account = pipeliner_account(pipeliner)
    page = text(admin_client.post(f"{ADD}?_popup=1&flow=abc", {"account": account.pk}))
    assert 'data-flow="abc"' in page
    assert f'data-value="{account.pk}"' in page


def test_ac1_one_that_needs_authorization_is_authorized_first(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    account = pipeliner_account(pipeliner)
    notices.lose_authorization(account, "revoked")
    answer: Any = admin_client.post(f"{ADD}?_popup=1&flow=abc", {"account": account.pk})
    assert answer.url == f"{ADD}?_popup=1&flow=abc&account={account.pk}"


def test_an_app_that_there_is_not_is_not_found(admin_client: Client) -> None:
    assert admin_client.get(f"{ADD}?app=nonsense").status_code == 404
    assert admin_client.get(f"{ADD}?account=nonsense").status_code == 404


# The key


def test_ac2_a_key_that_is_accepted_leads_to_users_and_units(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    page = text(admin_client.get(second_step(admin_client, pipeliner)))
    assert "Dora Díaz (dora@example.com)" in page
    assert "Vienna" in page
    assert f'value="{ANN}" selected' in page
    assert not Account.objects.exists()


def test_ac2_a_wrong_password_is_said_beside_the_key(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    errors = refused(admin_client, pipeliner, api_password="wrong")
    assert list(errors) == ["api_token"]
    assert "does not accept this API token with this password" in errors["api_token"][0]


def test_ac2_a_wrong_space_is_said_beside_the_space(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    assert list(refused(admin_client, pipeliner, space_id="other")) == ["space_id"]


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "not an address"])
def test_ac2_no_network_is_said_beside_the_service_url(
    admin_client: Client, pipeliner: PipelinerSandbox, url: str
) -> None:
    assert list(refused(admin_client, pipeliner, service_url=url)) == ["service_url"]


def test_ac2_a_key_that_may_not_read_contacts_is_told_so(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    pipeliner.habits.forbidden = True
    errors = refused(admin_client, pipeliner)
    assert "no right to read contacts" in errors["api_token"][0]


def test_a_service_that_asks_for_patience_is_no_fault_of_a_field(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    pipeliner.faults.add(Fault("status", code=429))
    assert "asks for patience" in refused(admin_client, pipeliner)["__all__"][0]


def test_ac2_what_is_missing_is_said_without_asking_the_app(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    errors = refused(admin_client, pipeliner, space_id="", api_password=" ")
    assert set(errors) == {"space_id", "api_password"}
    assert pipeliner.requests.total == 0


# Who one is there


def test_ac6_the_units_are_what_new_connections_start_from(
    admin_client: Client, admin_user: Any, pipeliner: PipelinerSandbox
) -> None:
    unit = units(pipeliner)
    chosen = [unit["North"], unit["Vienna"], unit["Rome"]]
    answer: Any = admin_client.post(
        second_step(admin_client, pipeliner), {"user": BOB, "part": "these", "scopes": chosen}
    )
    account = Account.objects.get()
    assert answer.url == f"/admin/connections/account/{account.pk}/change/"
    # North includes Vienna.
    assert account.settings["default_scope"] == [unit["North"], unit["Rome"]]
    assert account.settings["user"] == BOB
    assert account.identity_label == account.label == "bob@example.com in demo"
    assert account.status == Account.Status.AUTHORIZED
    assert account.authorized_by == admin_user
    assert account.offers.users
    assert account.secrets == SECRETS


def test_ac6_all_units_are_no_list(admin_client: Client, pipeliner: PipelinerSandbox) -> None:
    admin_client.post(second_step(admin_client, pipeliner), {"user": ANN, "part": "all"})
    assert Account.objects.get().settings["default_scope"] == []


def test_these_units_without_any_are_refused(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    page = admin_client.post(second_step(admin_client, pipeliner), {"user": ANN, "part": "these"})
    assert "Choose at least one" in text(page)
    assert not Account.objects.exists()


def test_a_user_that_is_not_offered_is_refused(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    answer: Any = admin_client.post(
        second_step(admin_client, pipeliner), {"user": "nobody", "part": "all"}
    )
    assert list(answer.context["form"].errors) == ["user"]
    assert not Account.objects.exists()


def test_ac1_the_pop_up_hands_over_the_new_account(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    step = second_step(admin_client, pipeliner, f"{PIPELINER}&_popup=1&flow=abc")
    page = text(admin_client.post(step, {"user": ANN, "part": "all"}))
    assert f'data-value="{Account.objects.get().pk}"' in page
    assert 'data-flow="abc"' in page


def test_the_same_login_makes_no_second_account(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    account = pipeliner_account(pipeliner, "Nordlicht CRM")
    admin_client.post(second_step(admin_client, pipeliner), {"user": ANN, "part": "all"})
    assert Account.objects.get() == account
    assert Account.objects.get().label == "Nordlicht CRM"


def test_another_login_of_that_name_gets_a_label_of_its_own(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    Account.objects.create(label="ann@example.com in demo", app="google")
    admin_client.post(second_step(admin_client, pipeliner), {"user": ANN, "part": "all"})
    assert Account.objects.filter(label="ann@example.com in demo (2)").exists()


def test_an_app_that_is_down_in_the_second_step_can_be_asked_again(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    step = second_step(admin_client, pipeliner)
    pipeliner.faults.add(Fault("status", times=3, code=500))
    assert "Try again" in text(admin_client.get(step))
    assert "Your user" in text(admin_client.get(step))


def test_going_back_keeps_all_but_the_secrets(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    page: Any = admin_client.get(second_step(admin_client, pipeliner))
    first = text(admin_client.get(page.context["back"]))
    assert pipeliner.url in first
    assert "demo-token" not in first


def test_a_second_step_is_done_once(admin_client: Client, pipeliner: PipelinerSandbox) -> None:
    step = second_step(admin_client, pipeliner)
    admin_client.post(step, {"user": ANN, "part": "all"})
    answer: Any = admin_client.post(step, {"user": BOB, "part": "all"}, follow=True)
    assert "This step is over" in text(answer)
    assert Account.objects.get().settings["user"] == ANN


def test_a_second_step_ends_after_half_an_hour(
    admin_client: Client, pipeliner: PipelinerSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = second_step(admin_client, pipeliner)
    monkeypatch.setattr(pending, "LASTS", -pending.LASTS)
    assert "This step is over" in text(admin_client.get(step, follow=True))


def test_a_second_step_is_the_persons_who_did_the_first(
    admin_client: Client, client: Client, pipeliner: PipelinerSandbox
) -> None:
    step = second_step(admin_client, pipeliner)
    of_group(client, "Administrator")
    copy_pending(admin_client, client)
    assert "This step is over" in text(client.get(step, follow=True))


# Secrets


def test_ac4_between_the_steps_the_secrets_are_sealed(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    step = second_step(admin_client, pipeliner)
    kept = str(Session.objects.get().get_decoded())
    page = text(admin_client.get(step))
    for secret in SECRETS.values():
        assert secret not in kept
        assert secret not in step
        assert secret not in page


def test_ac4_the_secrets_are_encrypted_at_rest_and_in_no_page(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    account = pipeliner_account(pipeliner)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secrets FROM connections_account")
        assert "demo-token" not in cursor.fetchone()[0]
    for address in (
        f"/admin/connections/account/{account.pk}/change/",
        f"{ADD}?account={account.pk}",
        "/admin/connections/account/",
    ):
        page = text(admin_client.get(address))
        assert not any(secret in page for secret in SECRETS.values())


# Authorizing again


def test_ac5_an_empty_key_keeps_the_stored_one(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    account = pipeliner_account(pipeliner)
    notices.lose_authorization(account, "revoked")
    again = f"{ADD}?account={account.pk}"
    page = text(admin_client.get(again))
    assert "Leave it empty to keep it" in page
    answer: Any = admin_client.post(again, login(pipeliner, api_token="", api_password=""))
    admin_client.post(answer.url, {"user": ANN, "part": "all"})

    account.refresh_from_db()
    assert account.status == Account.Status.AUTHORIZED
    assert account.secrets == SECRETS
    assert LogEntry.objects.get().get_change_message() == "Authorized again."


def test_ac4_the_log_names_what_changed_and_no_value(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    account = pipeliner_account(pipeliner)
    pipeliner.password = "another-password"
    answer: Any = admin_client.post(
        f"{ADD}?account={account.pk}", login(pipeliner, api_password="another-password")
    )
    admin_client.post(answer.url, {"user": ANN, "part": "all"})
    assert LogEntry.objects.get().get_change_message() == (
        "Authorized again. Changed: api_password."
    )


def test_a_stored_key_is_not_sent_to_another_address(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    account = pipeliner_account(pipeliner)
    elsewhere = PipelinerSandbox()
    typed = login(pipeliner, service_url=elsewhere.start(), api_token="", api_password="")
    answer: Any = admin_client.post(f"{ADD}?account={account.pk}", typed)
    assert set(answer.context["form"].errors) == {"api_token", "api_password"}
    assert elsewhere.requests.total == 0
    elsewhere.close()


def test_ac5_another_space_is_refused_with_both_names(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    account = pipeliner_account(pipeliner)
    other = PipelinerSandbox(space="other", seed=7)
    other.start()
    answer = admin_client.post(f"{ADD}?account={account.pk}", login(other, space_id="other"))
    other.close()
    assert "ann@example.com in other" in text(answer)
    assert "ann@example.com in demo" in text(answer)
    account.refresh_from_db()
    assert account.settings["space_id"] == "demo"


def test_ac5_another_user_is_refused_with_both_names(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    account = pipeliner_account(pipeliner)
    step = second_step(admin_client, pipeliner, f"{ADD}?account={account.pk}")
    page: Any = admin_client.post(step, {"user": BOB, "part": "all"})
    (message,) = page.context["form"].errors["user"]
    assert "bob@example.com in demo" in message
    assert "ann@example.com in demo" in message
    account.refresh_from_db()
    assert account.settings["user"] == ANN


# Who may


@pytest.mark.parametrize("group", ["Viewer", "Operator"])
def test_authorizing_is_for_administrators(
    client: Client, pipeliner: PipelinerSandbox, group: str
) -> None:
    account = pipeliner_account(pipeliner)
    of_group(client, group)
    for query in ("", "?app=pipeliner", "?app=google", f"?account={account.pk}"):
        assert client.get(ADD + query).status_code == 403
        assert client.post(ADD + query, login(pipeliner)).status_code == 403
    page = text(client.get(f"/admin/connections/account/{account.pk}/change/"))
    assert "Authorize again" not in page
    assert "Delete" not in page


def test_an_administrator_may_authorize(client: Client, pipeliner: PipelinerSandbox) -> None:
    user = of_group(client, "Administrator")
    client.post(second_step(client, pipeliner), {"user": ANN, "part": "all"})
    assert Account.objects.get().authorized_by == user
