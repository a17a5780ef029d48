"""Finds out what became of creations whose answer was lost [I2]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from django.db.models import Q, QuerySet

from connections.configuration import SIDES, Side
from connections.connectors.base import RemoteRecord
from connections.schema import kept_as
from syncengine import contacts, rivals, wording
from syncengine.book import Book, Draft
from syncengine.brake import Kind
from syncengine.job import Job
from syncengine.matching import BEING_CREATED, Matcher
from syncengine.mirroring import Taker
from syncengine.models import Change, Contact, Intent, IntentKey, MatchKey, Mirror, Record
from syncengine.state import Status, sent_from_json


def open_intents(job: Job) -> QuerySet[Intent]:
    """Return the creations that this run is to look after: the connection's own, and those in its
    accounts whose contact is no more.
    """
    mine = Q(contact__connection=job.connection)
    orphaned = Q(contact=None, mirror__in=[mirror.pk for mirror in job.mirrors.values()])
    return Intent.objects.filter(mine | orphaned, state=Intent.State.OPEN)


def seek_again(job: Job, matcher: Matcher) -> None:
    """Match those anew that waited for a creation of which is known now what became."""
    waiting = Contact.objects.filter(
        connection=job.connection, awake=True, status=Status.WAITING, reason=BEING_CREATED
    )
    drafts = [_draft(matcher.book, contact) for contact in waiting.defer(*Contact.ENCRYPTED)]
    matcher.seek([draft for draft in drafts if not draft.is_linked])


def resolve(job: Job, matcher: Matcher, now: datetime) -> list[Change]:
    """Settle each open creation of the connection that can be settled now, and return what
    happened.

    By its mark at once, or by the id that the app gave it; where the settling time is over and a
    complete read has begun since, by its match keys and what was sent. One that is nowhere then was
    deleted where the app gave it an id; else it was not created, and its contact is matched and
    decided anew.
    """
    open_ = list(open_intents(job).select_related("contact").order_by("pk"))
    lines: list[Change] = []
    for side in SIDES:
        mine = [intent for intent in open_ if intent.mirror_id == job.mirrors[side].pk]
        lines += _resolve_side(job, matcher, side, mine, now)
    # Each line is of a creation that was done.
    job.spend(Counter({Kind.CREATIONS: len(lines)}))
    return lines


def _resolve_side(
    job: Job, matcher: Matcher, side: Side, intents: Sequence[Intent], now: datetime
) -> list[Change]:
    if not intents:
        return []
    mirror, lines = job.mirrors[side], []
    shown = _shown(mirror, intents)
    over: list[Intent] = []
    for intent in intents:
        record, by = shown.get(intent.pk, (None, ""))
        if record is not None and intent.contact is None:
            intent.state, intent.closed_at, intent.record = Intent.State.DONE, now, record
        elif record is not None:
            lines.append(_adopt(job, matcher.book, side, intent, record, now, f"found by {by}"))
        elif (
            intent.settles_at is not None
            and mirror.read_at is not None
            and mirror.read_at >= intent.settles_at
            and not mirror.confirming
        ):
            over.append(intent)
        elif intent.contact is not None:
            _draft(matcher.book, intent.contact).rest(Status.DOUBT, wording.IN_DOUBT)
    for intent in over:
        record = _as_sent(job, matcher.book, side, intent)
        if record is not None:
            why = "found by what was sent"
            lines.append(_adopt(job, matcher.book, side, intent, record, now, why))
    deleted = [each for each in over if each.record is None and each.remote_id and each.contact]
    lines += _take_as_deleted(job, matcher.book, side, deleted, now)
    _give_up(job, matcher, side, [each for each in over if each.record is None], now)
    changed = [intent for intent in intents if intent.state != Intent.State.OPEN]
    Intent.objects.bulk_update(changed, ["state", "closed_at", "record"])
    if changed:
        rivals.wake_waiting(job, others=True)
    return lines


def _shown(mirror: Mirror, intents: Sequence[Intent]) -> dict[int, tuple[Record, str]]:
    """Return, by intent, the record that bears its mark, else the one of its id, and by what."""
    marks = {intent.mark: intent.pk for intent in intents}
    ids = {intent.remote_id: intent.pk for intent in intents if intent.remote_id}
    found: dict[int, tuple[Record, str]] = {}
    for record in mirror.records.filter(Q(mark__in=marks) | Q(remote_id__in=ids)).defer("content"):
        if record.mark in marks:
            found[marks[record.mark]] = record, "its mark"
        else:
            found.setdefault(ids[record.remote_id], (record, "its id"))
    return found


def _take_as_deleted(
    job: Job, book: Book, side: Side, intents: Sequence[Intent], now: datetime
) -> list[Change]:
    """Link contacts with what was created for them and never seen: it was deleted meanwhile, and is
    not created again by itself [DU2].
    """
    if not intents:
        return []
    mirror = job.mirrors[side]
    rows = [RemoteRecord(each.remote_id, "", mark=each.mark, deleted=True) for each in intents]
    taken = Taker(mirror, job.roles[side], now).take(rows)
    mirror.save(update_fields=["last_number"])
    why = "created, but not there any more"
    return [
        _adopt(job, book, side, intent, taken[intent.remote_id], now, why) for intent in intents
    ]


def _adopt(
    job: Job, book: Book, side: Side, intent: Intent, record: Record, now: datetime, why: str
) -> Change:
    """Link the contact with the record that was created for it; what was sent is judged by it."""
    assert intent.contact is not None
    job.counts[f"created_{side}"] += 1
    intent.state, intent.closed_at, intent.record = Intent.State.DONE, now, record
    draft = _draft(book, intent.contact)
    theirs = book.of(side, [record.pk]).get(record.pk)
    if theirs is not None and theirs.is_linked and theirs is not draft:
        draft.rest(Status.REVIEW, "the contact that was created for it is linked with another one")
    elif theirs is not draft and not draft.is_linked:
        book.link(draft, side, record.pk, keeps_base=True)
    return contacts.change(job.run, intent.contact, Change.Kind.ADOPTED, now, side=side, reason=why)


def _as_sent(job: Job, book: Book, side: Side, intent: Intent) -> Record | None:
    """Return the one record that holds all that was sent and belongs to nobody, or did until it was
    deleted; None where there is none or more than one.
    """
    contact = intent.contact
    if contact is None or contact.is_linked or not contact.sent:
        return None
    since = Q(gone_at=None) | Q(gone_at__gt=intent.created_at)
    keys = MatchKey.objects.filter(
        mirror=intent.mirror_id, key__in=intent.keys.values("key"), current=True
    )
    holders = job.mirrors[side].records.filter(since, pk__in=keys.values("record"))
    claimed = Intent.objects.filter(mirror=intent.mirror_id, record__in=holders).values("record")
    found = [record for record in holders.exclude(pk__in=claimed) if _holds(job, contact, record)]
    theirs = book.of(side, [record.pk for record in found])
    free = [each for each in found if each.pk not in theirs or not theirs[each.pk].is_linked]
    return free[0] if len(free) == 1 else None


def _holds(job: Job, contact: Contact, record: Record) -> bool:
    """Return whether a record holds all that was sent for a contact, as its app keeps it."""
    pairs = {pair.key: pair for pair in job.configuration.pairs}
    side: Side = "right" if contact.left_id is not None else "left"
    return all(
        kept_as(
            pairs[key].field(side),
            sent.value,
            record.values.get(pairs[key].field(side).key),
            job.configuration.phone_region,
        )
        for (key, _), sent in sent_from_json(contact.sent or []).items()
        if key in pairs
    )


def _draft(book: Book, contact: Contact) -> Draft:
    side: Side = "left" if contact.left_id is not None else "right"
    record_id = contact.record_id(side)
    assert record_id is not None
    return book.of(side, [record_id])[record_id]


def _give_up(
    job: Job, matcher: Matcher, side: Side, intents: Sequence[Intent], now: datetime
) -> None:
    """Believe that these were not created under their mark: look for them by their keys, else
    decide anew.
    """
    drafts = []
    for intent in intents:
        intent.state, intent.closed_at = Intent.State.DROPPED, now
        if intent.contact is not None:
            drafts.append(_draft(matcher.book, intent.contact))
    if not intents:
        return
    Intent.objects.bulk_update(list(intents), ["state", "closed_at"])
    Contact.objects.filter(pk__in=[draft.contact_id for draft in drafts]).update(
        sent=None, settles_at=None
    )
    keys = IntentKey.objects.filter(intent__in=intents).values("key")
    waiting = Contact.objects.filter(
        Q(left__keys__key__in=keys) | Q(right__keys__key__in=keys),
        connection=job.connection,
        status=Status.WAITING,
    )
    for contact in waiting:
        drafts.append(_draft(matcher.book, contact))
    matcher.seek(drafts)
