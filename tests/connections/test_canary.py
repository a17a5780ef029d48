from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.checks import run_checks
from django.db import connection

from connections.encryption import CannotDecrypt
from connections.models.canary import SONG, Canary

pytestmark = [pytest.mark.django_db, pytest.mark.db_matters]

UseKeys = Callable[..., None]
NewKey = Callable[[], str]


def ids(databases: list[str] | None = None) -> list[str | None]:
    return [message.id for message in run_checks(tags=["database"], databases=databases)]


def test_the_first_listening_writes_it_and_later_ones_read_it() -> None:
    Canary.listen()
    Canary.listen()

    assert Canary.objects.get().text == SONG


def test_other_keys_are_noticed(use_keys: UseKeys, new_key: NewKey) -> None:
    Canary.listen()
    use_keys(new_key())

    with pytest.raises(CannotDecrypt):
        Canary.listen()


def test_the_system_check_reads_it(use_keys: UseKeys, new_key: NewKey) -> None:
    assert ids(["default"]) == []
    Canary.listen()
    assert ids(["default"]) == []
    use_keys(new_key())

    [message] = run_checks(tags=["database"], databases=["default"])

    assert message.id == "connections.E002"
    assert "Canary.text" in message.msg
    assert "FIELD_ENCRYPTION_KEYS=" in str(message.hint)


def test_the_system_check_passes_before_the_first_migration() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE connections_canary RENAME TO elsewhere")

    assert ids(["default"]) == []
