"""Previews a sync: matches and decides as a run would, keeps what it found with the run, and
changes nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar

from django.db.models import Q

from connections.configuration import SIDES
from syncengine import brake, clock, contacts
from syncengine.book import Draft
from syncengine.job import Job
from syncengine.matching import Matcher
from syncengine.models import Change, Contact, Record, Run
from syncengine.state import Decision, Status

CHUNK = 400
T = TypeVar("T")


def preview(job: Job) -> None:
    """Fill the run with what a sync would do now."""
    now = clock.now()
    _forget_others(job)
    matcher = Matcher(job.connection, job.configuration, job.mirrors, job.roles, now)
    same = job.state.revision == job.revision
    for side in SIDES:
        seen = job.state.seen(side) if same else 0
        while seen < job.mirrors[side].last_number:
            seen = matcher.match(side, seen)
    tally: Counter[str] = Counter()
    for chunk in _chunks(job, matcher, everything=not same):
        job.ensure()
        lines = []
        for contact in chunk:
            if contact.status == Status.REVIEW and not contact.is_linked:
                tally["review"] += 1
                lines.append(
                    contacts.change(
                        job.run, contact, Change.Kind.REVIEW, now, reason=contact.reason
                    )
                )
                continue
            decision = contacts.decide(job.configuration, contact, job.mirrors, now)
            tally.update(kind.value for kind in brake.kinds(decision))
            lines += list(_lines(job, contact, decision, tally))
        Change.objects.bulk_create(lines)
    job.run.linked, job.run.excluded = tally["linked"], tally["excluded"]
    job.run.review, job.run.failed = tally["review"], tally["failed"]
    for side in SIDES:
        setattr(job.run, f"created_{side}", tally[f"created_{side}"])
        setattr(job.run, f"updated_{side}", tally[f"updated_{side}"])
    job.run.conflicts = tally["conflicts"]
    job.run.braked = {kind.value: tally[kind.value] for kind in brake.Kind}
    job.run.save()


def _forget_others(job: Job) -> None:
    """Keep one preview a connection, and begin one that was broken off from the start."""
    previews = Run.objects.filter(connection=job.connection, kind=Run.Kind.PREVIEW)
    previews.exclude(pk=job.run.pk).delete()
    Change.objects.filter(run=job.run).delete()


def _chunks(job: Job, matcher: Matcher, *, everything: bool) -> Iterator[list[Contact]]:
    """Yield, with their records, the contacts that matching touched and those that a run would
    decide.
    """
    touched = matcher.book.touched()
    for part in _batches([each for each in touched if each.awake or each.status == Status.REVIEW]):
        yield _contacts(job, part)
    known = {draft.contact_id for draft in touched if draft.contact_id is not None}
    awake = Contact.objects.filter(connection=job.connection)
    if not everything:
        awake = awake.filter(Q(awake=True) | Q(wake_at__lte=clock.now()))
    for ids in _batches([pk for pk in awake.values_list("pk", flat=True) if pk not in known]):
        yield list(Contact.objects.filter(pk__in=ids).select_related("left", "right"))


def _batches(items: Sequence[T]) -> Iterator[Sequence[T]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


def _contacts(job: Job, drafts: Sequence[Draft]) -> list[Contact]:
    """Return contacts as the drafts have them, none of them saved."""
    rows = Contact.objects.in_bulk([each.contact_id for each in drafts if each.contact_id])
    ids = {pk for each in drafts for pk in (each.left, each.right) if pk is not None}
    records = Record.objects.in_bulk(ids)
    found = []
    for draft in drafts:
        contact = rows.get(draft.contact_id or 0) or Contact(connection=job.connection)
        contact.left = records.get(draft.left or 0)
        contact.right = records.get(draft.right or 0)
        contact.status, contact.reason = draft.status, draft.reason
        contact.left_number, contact.right_number = draft.left_number, draft.right_number
        if draft.begins:
            contact.base = contact.sent = None
        found.append(contact)
    return found


def _lines(job: Job, contact: Contact, decision: Decision, tally: Counter[str]) -> Iterator[Change]:
    """Yield what the preview says of one contact, and count it."""
    now = job.run.started_at
    if contact.is_linked and not (contact.left_number and contact.right_number):
        tally["linked"] += 1
        yield contacts.change(job.run, contact, Change.Kind.LINKED, now, reason=decision.reason)
    if decision.status is Status.EXCLUDED:
        tally["excluded"] += 1
        yield contacts.change(job.run, contact, Change.Kind.EXCLUDED, now, reason=decision.reason)
    if decision.status is Status.FAILING:
        tally["failed"] += 1
        yield contacts.change(job.run, contact, Change.Kind.FAILED, now, reason=decision.reason)
    tally["conflicts"] += decision.conflicts
    for side in decision.writes:
        creates = decision.create_on == side
        tally[f"{'created' if creates else 'updated'}_{side}"] += 1
        yield contacts.change(
            job.run,
            contact,
            Change.Kind.CREATED if creates else Change.Kind.UPDATED,
            now,
            side=side,
            reason=decision.reason,
            fields=[change for change in decision.changes if change.side == side],
        )
