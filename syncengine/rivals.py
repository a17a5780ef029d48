"""Writes that must wait: for a creation that is under way elsewhere, or until what another
connection wrote is seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from django.db.models import Q

from connections.configuration import SIDES, Side, other
from connections.models import Connection
from syncengine import contacts, wording
from syncengine.job import Job
from syncengine.matching import BEING_CREATED
from syncengine.mirroring import email_keys, match_keys
from syncengine.models import Contact, Intent, IntentKey
from syncengine.state import Decision, Status

Decided = tuple[Contact, Decision]


def waiting(job: Job, decided: Sequence[Decided], now: datetime) -> dict[int, Decision]:
    """Return, by contact, what is to be done instead of writes that must wait."""
    return {**_creations(job, decided), **_updates(job, decided, now)}


def wake_waiting(job: Job, *, others: bool = False) -> None:
    """Wake the contacts that wait for a creation in these accounts, of which is known now what
    became; with `others`, those of other connections alone.
    """
    accounts = [mirror.account_id for mirror in job.mirrors.values()]
    using = Connection.objects.filter(Q(left__in=accounts) | Q(right__in=accounts))
    resting = Contact.objects.filter(status=Status.WAITING, reason=BEING_CREATED)
    mine = job.connection.pk if others else 0
    resting.filter(connection__in=using.exclude(pk=mine)).update(awake=True)


def keys_of(job: Job, contact: Contact, side: Side) -> set[str]:
    """Return the match keys under which a contact is created on a side."""
    record = contact.record(other(side))
    assert record is not None
    values, roles = record.values, job.roles[other(side)]
    return email_keys(values, roles) or match_keys(values, roles)


def _creations(job: Job, decided: Sequence[Decided]) -> dict[int, Decision]:
    """Creations whose match keys another open one holds wait for it [I2]."""
    keys = {
        contact.pk: keys_of(job, contact, decision.create_on)
        for contact, decision in decided
        if decision.create_on is not None
    }
    taken = {side: _taken(job, side, keys.values()) for side in SIDES}
    waits = {}
    for contact, decision in decided:
        side = decision.create_on
        if side is None:
            continue
        if taken[side].isdisjoint(keys[contact.pk]):
            taken[side] |= keys[contact.pk]
        else:
            waits[contact.pk] = Decision(Status.WAITING, BEING_CREATED)
    return waits


def _taken(job: Job, side: Side, keys: Iterable[set[str]]) -> set[str]:
    wanted = set().union(*keys)
    open_ = IntentKey.objects.filter(
        mirror=job.mirrors[side], key__in=wanted, intent__state=Intent.State.OPEN
    )
    return set(open_.values_list("key", flat=True))


def _updates(job: Job, decided: Sequence[Decided], now: datetime) -> dict[int, Decision]:
    """Updates of what another connection wrote to wait until that is seen, so as not to write over
    it [I3].
    """
    targets = {
        record_id: (contact, decision, side)
        for contact, decision in decided
        for side in decision.writes
        if decision.create_on is None and (record_id := contact.record_id(side)) is not None
    }
    waits = {}
    for record_id, theirs in _sent_by_others(job, targets):
        contact, decision, side = targets[record_id]
        if contacts.is_unseen(theirs, record_id, job.mirrors[side], now):
            waits[contact.pk] = Decision(
                Status.WAITING,
                wording.WAITING,
                base=decision.base,
                acted=decision.acted,
                matched=decision.matched,
                flags=decision.flags,
                late=decision.late,
                wake_at=theirs.settles_at,
            )
    return waits


def _sent_by_others(job: Job, records: Iterable[int]) -> Iterator[tuple[int, Contact]]:
    """Yield each of these records with each contact of another connection for which was sent."""
    wanted = set(records)
    if not wanted:
        return
    sent = Contact.objects.filter(Q(left__in=wanted) | Q(right__in=wanted), sent__isnull=False)
    others = sent.exclude(connection=job.connection).select_related("left", "right")
    for contact in others.defer("base", "left__content", "right__content"):
        for side in SIDES:
            record_id = contact.record_id(side)
            if record_id is not None and record_id in wanted:
                yield record_id, contact
