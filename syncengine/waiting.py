"""The contacts that wait for a person, and what a person can ask for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from connections.configuration import SIDES, Side, other
from connections.models import Connection
from syncengine import clock, engine
from syncengine.asking import candidates
from syncengine.book import Draft
from syncengine.matching import Matcher, Neighbourhood
from syncengine.mirroring import roles_of
from syncengine.models import Contact, MatchKey, Record
from syncengine.state import Status

WAITING = (Status.REVIEW, Status.GONE, Status.FAILING)
EMAIL = "e:"


@dataclass(frozen=True, slots=True)
class Half:
    """One side of a contact; `record` is its number, by which a person names it."""

    side: Side
    record: int
    name: str
    emails: tuple[str, ...]
    gone: bool


@dataclass(frozen=True, slots=True)
class Case:
    """A contact that waits; `candidates` are those on the other side that it could be."""

    contact: Contact
    halves: tuple[Half, ...]
    candidates: tuple[Half, ...] = field(default=())


def cases(connection: Connection) -> list[Case]:
    """Return the contacts of a connection that wait for a person, by their numbers."""
    rows = Contact.objects.filter(connection=connection, status__in=WAITING)
    return cases_of(connection, list(without_values(rows).order_by("pk")))


def without_values(rows: QuerySet[Contact]) -> QuerySet[Contact]:
    """Return contacts with their records, and nothing decrypted."""
    return rows.select_related("left", "right").defer(
        "base", "sent", "left__content", "right__content"
    )


def cases_of(connection: Connection, rows: Sequence[Contact]) -> list[Case]:
    """Return these contacts with whom each could be linked."""
    found = _candidates(connection, rows)
    shown = {pk for pks in found.values() for pk in pks}
    shown |= {pk for row in rows for side in SIDES if (pk := row.record_id(side))}
    records = _records(shown)
    emails = emails_of(shown)

    def half(side: Side, pk: int) -> Half:
        record = records[pk]
        return Half(side, pk, record.name, tuple(emails[pk]), record.gone_at is not None)

    return [
        Case(
            row,
            tuple(half(side, pk) for side in SIDES if (pk := row.record_id(side))),
            tuple(half(other(_side(row)), pk) for pk in found.get(row.pk, ())),
        )
        for row in rows
    ]


def candidates_of(contact: Contact) -> list[int]:
    """Return the records with which a contact of one half could be linked."""
    return _candidates(contact.connection, [contact]).get(contact.pk, [])


def _candidates(connection: Connection, rows: Sequence[Contact]) -> Mapping[int, list[int]]:
    """Return, by contact, the records that matching found on the other side."""
    seekers = [row for row in rows if not row.is_linked and row.status == Status.REVIEW]
    if not seekers:
        return {}
    matcher = Matcher(
        connection,
        connection.configuration(),
        {side: engine.mirror_of(connection.account(side)) for side in SIDES},
        {side: roles_of(connection.account(side).offers.fields) for side in SIDES},
        clock.now(),
    )
    drafts = [Draft(row.left_id, row.right_id, row.pk) for row in seekers]
    around = Neighbourhood(matcher, drafts)
    return {draft.contact_id or 0: candidates(around, draft) for draft in drafts}


def _side(contact: Contact) -> Side:
    return "left" if contact.left_id is not None else "right"


def _records(pks: set[int]) -> dict[int, Record]:
    return Record.objects.defer("content").in_bulk(list(pks))


def emails_of(pks: Collection[int]) -> Mapping[int, list[str]]:
    """Return the email addresses of records, by their numbers."""
    found: defaultdict[int, list[str]] = defaultdict(list)
    keys = MatchKey.objects.filter(record__in=pks, key__startswith=EMAIL, current=True)
    for pk, key in keys.order_by("key").values_list("record_id", "key"):
        found[pk].append(key.removeprefix(EMAIL))
    return found


def is_record_of(connection: Connection, side: Side, record: int) -> bool:
    """Return whether a record that still exists belongs to a side of a connection."""
    account = connection.account(side)
    return Record.objects.filter(pk=record, mirror__account=account, gone_at=None).exists()
