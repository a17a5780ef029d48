from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from connections.models import Account, Canary, Connection
from syncengine import clock
from syncengine.models import Heartbeat, SyncState

pytestmark = [pytest.mark.django_db, pytest.mark.db_matters]


@pytest.fixture(autouse=True)
def worker() -> None:
    """A worker that was last seen a minute ago."""
    Heartbeat.objects.create(at=clock.now() - timedelta(minutes=1))


def answer(client: Client) -> tuple[int, str]:
    response = client.get("/healthz")
    return response.status_code, response.json().get("reason", "")


def test_all_is_well(client: Client) -> None:
    assert answer(client) == (200, "")


def test_a_silent_worker_is_told(client: Client) -> None:
    Heartbeat.objects.update(at=clock.now() - timedelta(minutes=4))

    assert answer(client) == (503, "no sign of the worker for 3 minutes")


def test_a_worker_in_a_long_slice_is_not_silent(client: Client) -> None:
    Heartbeat.objects.update(at=clock.now() - timedelta(minutes=4))
    a_lease = clock.now() + timedelta(minutes=1)
    SyncState.objects.create(connection=new_connection(), lease_expires_at=a_lease)

    assert answer(client) == (200, "")


def test_a_worker_that_never_ran_is_missed_where_it_has_work(client: Client) -> None:
    Heartbeat.objects.all().delete()
    assert answer(client) == (200, "")

    new_connection()
    assert answer(client) == (503, "no sign of the worker for 3 minutes")


def new_connection() -> Connection:
    left, right = (Account.objects.create(label=label, app=label) for label in "lr")
    return Connection.objects.create(
        name="North", left=left, right=right, state=Connection.State.ACTIVE
    )


def test_keys_that_do_not_fit_are_told(
    client: Client, use_keys: Callable[..., None], new_key: Callable[[], str]
) -> None:
    Canary.listen()
    use_keys(new_key())

    assert answer(client) == (503, "the encryption keys do not fit the database")


def test_a_database_that_fails_is_told(client: Client) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE syncengine_heartbeat RENAME TO elsewhere")

    assert answer(client) == (503, "the database does not answer")
