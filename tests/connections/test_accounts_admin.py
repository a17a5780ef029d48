"""The list of accounts, the page of one, and deleting it."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django_q.models import OrmQ
from pytest_django import DjangoAssertNumQueries

from connections.models import Account, Connection
from connections.sandbox.base import Fault
from connections.sandbox.google import GoogleSandbox
from connections.sandbox.pipeliner import PipelinerSandbox
from syncengine import clock, forgetting, notices, tasks
from syncengine.models import Intent, MatchKey, Mirror, Record
from tests.connections.standins import (
    ACCOUNTS,
    ADD,
    google,
    google_account,
    of_group,
    pipeliner,
    pipeliner_account,
    text,
)

pytestmark = pytest.mark.django_db
__all__ = ["google", "pipeliner"]


def page_of(account: Account) -> str:
    return f"{ACCOUNTS}{account.pk}/change/"


def delete(account: Account) -> str:
    return f"{ACCOUNTS}{account.pk}/delete/"


def with_records(account: Account, number: int) -> Mirror:
    """Return the mirror of an account that was read."""
    mirror = Mirror.objects.create(account=account, cursor={"sync_token": "x"})
    for count in range(number):
        record = Record.objects.create(
            mirror=mirror, remote_id=f"r{count}", content={"values": {}, "raw": {}}, number=count
        )
        MatchKey.objects.create(mirror=mirror, record=record, key=f"e:{count}", number=count)
    Intent.objects.create(mirror=mirror, mark="m", created_at=clock.now())
    return mirror


# The list and the page


def test_ac1_the_accounts_stand_under_home_as_in_the_header(
    admin_client: Client, pipeliner: PipelinerSandbox
) -> None:
    account = pipeliner_account(pipeliner)
    listed = text(admin_client.get(ACCOUNTS))
    one = text(admin_client.get(page_of(account)))
    assert "<title>Accounts | Pipesite</title>" in listed
    assert f"<title>{account} | Pipesite</title>" in one
    for shown in (listed, one):
        trail = shown.split('class="breadcrumbs"')[1].split("</div>")[0]
        assert "Home</a> › " in trail
        assert "Connections" not in trail
    assert f'<a href="{ACCOUNTS}">Accounts</a>' in trail


def test_the_list_shows_state_login_uses_and_who_authorized(
    admin_client: Client, admin_user: Any, google: GoogleSandbox, pipeliner: PipelinerSandbox
) -> None:
    left, right = pipeliner_account(pipeliner, "Nordlicht CRM"), google_account(google)
    left.authorized_by = admin_user
    left.save()
    notices.lose_authorization(right, "access was revoked")
    Connection.objects.create(name="North", left=left, right=right)
    answer: Any = admin_client.get(ACCOUNTS)
    page = " ".join(text(answer).split())
    for shown in ("Nordlicht CRM", "Needs authorization", "access was revoked", "by admin"):
        assert shown in page
    assert [account.uses for account in answer.context["cl"].result_list] == [1, 1]


def test_the_list_is_filtered_by_state(admin_client: Client, google: GoogleSandbox) -> None:
    google_account(google, "Good one")
    Account.objects.create(label="Lost one", app="google")
    page = text(admin_client.get(f"{ACCOUNTS}?status__exact=needs_authorization"))
    assert "Lost one" in page
    assert "Good one" not in page


def test_the_list_takes_as_many_queries_for_many_accounts(
    admin_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(60):
        Account.objects.create(label=f"Account {number}", app="pipeliner")
    with django_assert_max_num_queries(8):
        admin_client.get(ACCOUNTS)


def test_an_empty_list_says_the_next_step(admin_client: Client) -> None:
    page = text(admin_client.get(ACCOUNTS))
    assert "No app is authorized yet" in page
    assert ADD in page


def test_an_account_can_be_named_anew(admin_client: Client, google: GoogleSandbox) -> None:
    account = google_account(google)
    admin_client.post(page_of(account), {"label": "Sales"})
    account.refresh_from_db()
    assert account.label == "Sales"
    assert account.status == Account.Status.AUTHORIZED


# Deleting


def test_ac5_an_account_in_use_is_not_deleted_and_names_its_connections(
    admin_client: Client, google: GoogleSandbox, pipeliner: PipelinerSandbox
) -> None:
    left, right = pipeliner_account(pipeliner), google_account(google)
    Connection.objects.create(name="North sales", left=left, right=right)
    for answer in (admin_client.get(delete(left)), admin_client.post(delete(right))):
        assert "North sales" in text(answer)
    assert Account.objects.filter(status=Account.Status.AUTHORIZED).count() == 2
    assert google.store.table("refresh")


def test_ac5_deleting_asks_first_with_counts(admin_client: Client, google: GoogleSandbox) -> None:
    account = google_account(google)
    with_records(account, 3)
    assert "Delete Google and 3 contacts" in text(admin_client.get(delete(account)))
    assert Account.objects.get().secrets


def test_ac5_deleting_gives_the_grant_back(admin_client: Client, google: GoogleSandbox) -> None:
    account = google_account(google)
    with_records(account, 3)
    answer = admin_client.post(delete(account), follow=True)
    assert "“Google” is deleted, its secrets are wiped." in text(answer)
    assert not google.store.table("refresh")
    assert not Account.objects.exists()
    assert not Record.objects.exists()
    assert LogEntry.objects.get().is_deletion()


def test_ac5_a_grant_that_cannot_be_given_back_is_told(
    admin_client: Client, google: GoogleSandbox
) -> None:
    account = google_account(google)
    google.faults.add(Fault("status", times=3, code=500, path_contains="revoke"))
    answer = admin_client.post(delete(account), follow=True)
    assert "https://myaccount.google.com/permissions" in text(answer)
    assert not Account.objects.exists()


def test_the_grant_of_a_login_that_another_account_has_too_stays(
    admin_client: Client, google: GoogleSandbox
) -> None:
    account, twin = google_account(google), google_account(google, "Twin")
    admin_client.post(delete(account))
    assert len(google.store.table("refresh")) == 2
    admin_client.post(delete(twin))
    assert len(google.store.table("refresh")) < 2


def test_ac5_a_large_account_is_left_to_the_worker_without_its_secrets(
    admin_client: Client, google: GoogleSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "CHUNK", 2)
    monkeypatch.setattr(tasks, "PATIENCE", 0)
    account = google_account(google)
    with_records(account, 5)
    answer = admin_client.post(delete(account), follow=True)
    assert "“Google” is being deleted" in text(answer)
    account.refresh_from_db()
    assert (account.status, account.secrets) == (Account.Status.DELETING, None)
    assert Record.objects.count() == 3
    assert OrmQ.objects.get().func() == tasks.DELETE_ACCOUNT

    assert tasks.delete_account(account.pk) == {"status": "deleted"}
    assert not Account.objects.exists()
    assert not MatchKey.objects.exists()
    assert tasks.delete_account(account.pk) == {"status": "deleted"}


def test_a_deletion_that_takes_longer_goes_on_with_the_tick(
    google: GoogleSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = google_account(google)
    with_records(account, 3)
    Account.objects.update(status=Account.Status.DELETING)
    monkeypatch.setattr(tasks, "DELETION_SECONDS", 0)
    assert tasks.delete_account(account.pk) == {"status": "goes on"}
    tasks.tick()
    assert OrmQ.objects.get().func() == tasks.DELETE_ACCOUNT


def test_an_account_that_got_a_connection_meanwhile_is_kept_and_read_anew(
    google: GoogleSandbox, pipeliner: PipelinerSandbox
) -> None:
    account = google_account(google)
    mirror = with_records(account, 3)
    Account.objects.update(status=Account.Status.DELETING)
    Connection.objects.create(name="North", left=account, right=pipeliner_account(pipeliner))
    tasks.delete_account(account.pk)
    account.refresh_from_db()
    mirror.refresh_from_db()
    assert account.status == Account.Status.NEEDS_AUTHORIZATION
    assert mirror.cursor is None


def test_an_account_that_is_authorized_again_meanwhile_is_kept(google: GoogleSandbox) -> None:
    account = google_account(google)
    mirror = with_records(account, 3)
    Account.objects.update(status=Account.Status.DELETING)
    forgetting.delete_account(account.pk, 0)
    account.save()
    tasks.delete_account(account.pk)
    mirror.refresh_from_db()
    assert mirror.cursor is None
    assert Account.objects.get().secrets


def test_one_that_is_being_deleted_is_not_said_to_need_authorization(
    google: GoogleSandbox,
) -> None:
    account = google_account(google)
    Account.objects.update(status=Account.Status.DELETING)
    notices.lose_authorization(account, "no secrets")
    assert Account.objects.get().status == Account.Status.DELETING


def test_an_account_that_is_being_deleted_is_not_offered(
    admin_client: Client, google: GoogleSandbox
) -> None:
    account = google_account(google, "Going")
    Account.objects.update(status=Account.Status.DELETING)
    assert "Going" not in text(admin_client.get(f"{ADD}?_popup=1"))
    assert admin_client.post(f"{ADD}?_popup=1", {"account": account.pk}).status_code == 404
    assert admin_client.get(f"{ADD}?account={account.pk}").status_code in (403, 404)
    assert "Going" not in text(admin_client.get("/admin/connections/connection/add/"))
    assert "Authorize again" not in text(admin_client.get(page_of(account)))


@pytest.mark.parametrize("group", ["Viewer", "Operator"])
def test_deleting_is_for_administrators(client: Client, google: GoogleSandbox, group: str) -> None:
    account = google_account(google)
    of_group(client, group)
    assert client.get(delete(account)).status_code == 403
    assert client.post(delete(account)).status_code == 403
    assert client.get(ACCOUNTS).status_code == 200
    assert Account.objects.get().secrets
