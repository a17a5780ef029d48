"""The contacts that wait for a person, and what a person can ask for them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import QuerySet

from connections.configuration import SIDES, Side, other
from connections.models import Connection
from syncengine import clock, engine, twins
from syncengine.asking import candidates
from syncengine.book import Draft
from syncengine.matching import Matcher
from syncengine.mirroring import roles_of
from syncengine.models import Contact, MatchKey, Record
from syncengine.neighbourhood import Neighbourhood
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
    """A contact that waits; `candidates` are those on the other side that it could be, `beside` are
    those with whom they are linked where its counterpart was merged into them.
    """

    contact: Contact
    halves: tuple[Half, ...]
    candidates: tuple[Half, ...] = field(default=())
    beside: tuple[Half, ...] = field(default=())

    @property
    def may_create(self) -> bool:
        """Whether a person may have it created: where nothing but a name says who it is [MA2]."""
        in_review = self.contact.status == Status.REVIEW and len(self.halves) == 1
        return in_review and not self.halves[0].emails


def cases(connection: Connection) -> list[Case]:
    """Return the contacts of a connection that wait for a person, by their numbers."""
    rows = Contact.objects.filter(connection=connection, status__in=WAITING)
    return cases_of(connection, list(without_values(rows).order_by("pk")))


def without_values(rows: QuerySet[Contact]) -> QuerySet[Contact]:
    """Return contacts with their records, and nothing decrypted."""
    heavy = (*Contact.ENCRYPTED, "left__content", "right__content")
    return rows.select_related("left", "right").defer(*heavy)


def cases_of(connection: Connection, rows: Sequence[Contact]) -> list[Case]:
    """Return these contacts with whom each could be linked."""
    found = _candidates(connection, rows)
    beside = _beside(connection, rows, found)
    shown = {pk for pks in (*found.values(), *beside.values()) for pk in pks}
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
            tuple(half(open_side(row), pk) for pk in found.get(row.pk, ())),
            tuple(half(other(open_side(row)), pk) for pk in beside.get(row.pk, ())),
        )
        for row in rows
    ]


def candidates_of(contact: Contact) -> list[int]:
    """Return the records with which a contact of one half could be linked."""
    return _candidates(contact.connection, [contact]).get(contact.pk, [])


def _candidates(connection: Connection, rows: Sequence[Contact]) -> Mapping[int, list[int]]:
    """Return, by contact, the records that matching found on the other side, or into which its half
    there was merged.
    """
    review = [row for row in rows if row.status == Status.REVIEW]
    merged = twins.survivors([row for row in review if row.is_linked])
    seekers = [row for row in review if not row.is_linked]
    if not seekers:
        return merged
    matcher = Matcher(
        connection,
        connection.configuration(),
        {side: engine.mirror_of(connection.account(side)) for side in SIDES},
        {side: roles_of(connection.account(side).offers.fields) for side in SIDES},
        clock.now(),
    )
    drafts = [Draft(row.left_id, row.right_id, row.pk) for row in seekers]
    around = Neighbourhood(matcher, drafts)
    return merged | {draft.contact_id or 0: candidates(around, draft) for draft in drafts}


def _beside(
    connection: Connection, rows: Sequence[Contact], found: Mapping[int, list[int]]
) -> Mapping[int, list[int]]:
    """Return, by contact that lost a half to a merger, with whom the survivor is linked."""
    merged = {row.pk: open_side(row) for row in rows if row.is_linked and row.pk in found}
    beside = {}
    for side in SIDES:
        survivors = {pk: found[pk] for pk, there in merged.items() if there == side}
        if not survivors:
            continue
        linked = Contact.objects.filter(
            **{f"{side}__in": [each for pks in survivors.values() for each in pks]},
            **{f"{other(side)}__isnull": False},
            connection=connection,
        )
        partners = dict(linked.values_list(side, other(side)))
        for pk, pks in survivors.items():
            beside[pk] = [partners[each] for each in pks if each in partners]
    return beside


def open_side(contact: Contact) -> Side:
    """Return the side on which a contact lacks a half, or has one that is gone."""
    for side in SIDES:
        record = contact.record(side)
        if record is None or record.gone_at is not None:
            return side
    return "right"


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
