"""Writing many rows at once writes what Django would write."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from connections.models import Account, Connection
from syncengine import bulk
from syncengine.models import Contact, MatchKey, Mirror, Record
from syncengine.state import Status

pytestmark = [pytest.mark.django_db, pytest.mark.db_matters]
NOON = datetime(2026, 5, 4, 12, 0, 0, 123456, tzinfo=UTC)
MANY = 130
"""More rows than fit one statement."""


@pytest.fixture
def mirror() -> Mirror:
    return Mirror.objects.create(account=Account.objects.create(label="One", app="google"))


def record(mirror: Mirror, number: int, **more: object) -> bulk.Row:
    content = {"values": {"first_name": f"Zoë {number}"}, "raw": {}}
    row = Record(
        mirror=mirror, remote_id=f"id {number}", version="1", content=content, number=number
    )
    return {**vars(row), **more}


def test_inserted_rows_are_as_given_and_their_ids_come_in_order(mirror: Mirror) -> None:
    rows = [record(mirror, number, gone_at=NOON, scopes=["a"]) for number in range(MANY)]
    ids = bulk.insert(Record, rows)
    for id_, row in zip(ids, rows, strict=True):
        stored = Record.objects.get(pk=id_)
        assert stored.content == row["content"]
        assert (stored.remote_id, stored.number) == (row["remote_id"], row["number"])
        assert (stored.scopes, stored.left_out, stored.gone_at) == (["a"], {}, NOON)


def test_encrypted_fields_are_encrypted(mirror: Mirror) -> None:
    bulk.insert(Record, [record(mirror, 1)])
    bulk.update(Record, [record(mirror, 1, id=Record.objects.get().pk)], ["content"])
    assert not Record.objects.extra(where=["content LIKE %s"], params=["%Zoë%"]).exists()


def test_upsert_writes_these_fields_of_rows_that_stand_and_gives_the_ids_of_all(
    mirror: Mirror,
) -> None:
    (standing,) = bulk.insert(Record, [record(mirror, 1, name="before", version="1")])
    news = [record(mirror, number, name="after", version="2") for number in (2, 1, 3)]
    ids = bulk.upsert(Record, news, ["mirror", "remote_id"], ["version", "content"])
    assert ids[1] == standing
    assert [Record.objects.get(pk=id_).number for id_ in ids] == [2, 1, 3]
    stored = Record.objects.get(pk=standing)
    assert (stored.version, stored.name) == ("2", "before")


def test_update_writes_these_fields_alone(mirror: Mirror) -> None:
    other = Account.objects.create(label="Two", app="google", identity="two")
    connection = Connection.objects.create(name="North", left=mirror.account, right=other)
    (left,) = bulk.insert(Record, [record(mirror, 1)])
    contact = Contact.objects.create(connection=connection, left_id=left, reason="kept")
    contact.status, contact.reason, contact.wake_at = Status.REVIEW, "not written", NOON
    contact.base, contact.flags = {"a=b": [1, "two"]}, ["flag"]
    bulk.update(Contact, [vars(contact)], ["status", "wake_at", "base", "flags", "left"])
    stored = Contact.objects.get()
    assert (stored.status, stored.reason, stored.wake_at) == (Status.REVIEW, "kept", NOON)
    assert (stored.base, stored.flags, stored.sent) == ({"a=b": [1, "two"]}, ["flag"], None)
    assert stored.left_id == left


def test_nothing_is_asked_of_the_database_for_no_rows() -> None:
    assert bulk.insert(MatchKey, []) == []
    assert bulk.upsert(MatchKey, [], ["record", "key"], ["current"]) == []
    bulk.update(MatchKey, [], ["current"])
