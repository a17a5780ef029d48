"""Linked contacts that are in each other's way: two with one address, two merged inside an app."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from connections.configuration import SIDES, Side
from connections.models import Connection
from syncengine import wording
from syncengine.book import Book, Draft
from syncengine.models import Contact, MatchKey, Mirror, Record
from syncengine.state import Decision, Status

MERGED = "its counterpart was merged into another contact there"

Decided = tuple[Contact, Decision]


# Two with one address [MA1]


def flagged(connection: Connection, decided: Sequence[Decided]) -> list[Decided]:
    """Return the decisions with a flag on each contact in sync that shares an address with another
    linked one.
    """
    shared = _sharing(connection, [contact for contact, _ in decided if contact.is_linked])
    return [
        (contact, replace(decision, flags=(*decision.flags, wording.SHARED)))
        if contact.pk in shared and decision.status in (Status.IN_SYNC, Status.WAITING)
        else (contact, decision)
        for contact, decision in decided
    ]


def _sharing(connection: Connection, contacts: Sequence[Contact]) -> set[int]:
    of = {
        pk: contact.pk for contact in contacts for side in SIDES if (pk := contact.record_id(side))
    }
    if not of:
        return set()
    mine = MatchKey.objects.filter(record__in=list(of), key__startswith="e:", current=True)
    keys = _held_twice(mine)
    if not keys:
        return set()
    accounts = [connection.left_id, connection.right_id]
    living = MatchKey.objects.filter(
        mirror__account__in=accounts, key__in=keys, current=True, record__gone_at=None
    )
    held: defaultdict[tuple[int, str], set[int]] = defaultdict(set)
    for mirror, key, record in living.values_list("mirror_id", "key", "record_id"):
        held[mirror, key].add(record)
    linked = _linked(connection, {pk for records in held.values() for pk in records})
    return {
        of[pk]
        for records in held.values()
        if len(there := records & linked) > 1
        for pk in there
        if pk in of
    }


def _held_twice(keys: QuerySet[MatchKey]) -> set[str]:
    """Return those of these keys that another record of the same account has, or had."""
    same = MatchKey.objects.filter(mirror=OuterRef("mirror"), key=OuterRef("key"))
    others = same.exclude(record=OuterRef("record"))
    return set(keys.filter(Exists(others)).values_list("key", flat=True))


def _linked(connection: Connection, records: Collection[int]) -> set[int]:
    """Return those of these records that belong to a linked contact of the connection."""
    both = Contact.objects.filter(connection=connection, left__isnull=False, right__isnull=False)
    halves = both.filter(Q(left__in=records) | Q(right__in=records)).values_list("left", "right")
    return {pk for pair in halves for pk in pair} & set(records)


def sharing_drafts(book: Book, side: Side, mirror: Mirror, changed: Collection[int]) -> list[Draft]:
    """Return the linked contacts that share an address, or did, with one of these changed records,
    and theirs: whether they bear the flag is to be seen again.
    """
    moved = MatchKey.objects.filter(record__in=changed, key__startswith="e:")
    keys = _held_twice(moved)
    if not keys:
        return []
    holders = MatchKey.objects.filter(mirror=mirror, key__in=keys).values_list(
        "record_id", flat=True
    )
    return [draft for draft in book.of(side, holders).values() if draft.is_linked]


# Merged inside an app [MA5]


def rouse(drafts: Iterable[Draft]) -> None:
    """Wake linked contacts; one whose half was merged into another record goes to review."""
    drafts = list(drafts)
    lost = _merged({pk for draft in drafts for pk in (draft.left, draft.right) if pk is not None})
    for draft in drafts:
        halves = {draft.left or 0, draft.right or 0}
        if len(gone := halves & lost.keys()) == 1 and lost[gone.pop()] is not None:
            draft.rest(Status.REVIEW, MERGED)
        else:
            draft.wake()


def survivor(contact: Contact) -> tuple[Side, int] | None:
    """Return the side on which a half of a contact was merged, and into which record; None where
    that is not what it waits for.
    """
    found = survivors([contact]).get(contact.pk)
    if found is None:
        return None
    return ("left" if contact.left and contact.left.gone_at else "right"), found[0]


def survivors(contacts: Sequence[Contact]) -> dict[int, list[int]]:
    """Return, by contact that is in review since a half of it was merged, the record into which."""
    halves = {
        contact.pk: [pk for side in SIDES if (pk := contact.record_id(side))]
        for contact in contacts
        if contact.status == Status.REVIEW and contact.is_linked
    }
    lost = _merged({pk for pks in halves.values() for pk in pks})
    into = {contact: [lost[pk] for pk in pks if pk in lost] for contact, pks in halves.items()}
    return {contact: [pk] for contact, (pk, *more) in into.items() if pk is not None and not more}


def _merged(records: Collection[int]) -> Mapping[int, int | None]:
    """Return those of these records that are gone, each with the living one into which it was
    merged, None without one.
    """
    gone = Record.objects.filter(pk__in=records).exclude(gone_at=None)
    into = Record.objects.filter(
        mirror=OuterRef("mirror"), remote_id=OuterRef("merged_into"), gone_at=None
    )
    found = gone.annotate(survivor=Subquery(into.values("pk")[:1]))
    return dict(found.values_list("pk", "survivor"))
