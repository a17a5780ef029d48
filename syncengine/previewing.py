"""Previews a sync: matches and decides as a run would, keeps what it found with the run, and
changes nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar

from django.db.models import Q

from connections.configuration import SIDES
from syncengine import brake, clock, contacts, leases, wording
from syncengine.book import Draft
from syncengine.job import COUNTS, Job
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
            job.ensure()
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
            lines += _line(job, contact, decision, tally)
        with leases.commit(job.hand):
            Change.objects.bulk_create(lines)
            _note(job, tally)
    with leases.commit(job.hand):
        _note(job, tally)


def _note(job: Job, tally: Counter[str]) -> None:
    """Show on the run how far it has come, and in the end what it found."""
    run = job.run
    run.step = Run.Step.DECIDE
    for name in (*COUNTS, "excluded", "review"):
        setattr(run, name, tally[name])
    run.braked = {kind.value: tally[kind.value] for kind in brake.Kind}
    run.save(update_fields=["step", *COUNTS, "excluded", "review", "braked"])


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


def _line(job: Job, contact: Contact, decision: Decision, tally: Counter[str]) -> Iterator[Change]:
    """Yield what the preview says of one contact, in one line, and count it."""
    links = contact.is_linked and not (contact.left_number and contact.right_number)
    tally["linked"] += links
    tally["excluded"] += decision.status is Status.EXCLUDED
    tally["failed"] += decision.status is Status.FAILING
    tally["conflicts"] += decision.conflicts
    for side in decision.writes:
        tally[f"{'created' if side == decision.create_on else 'updated'}_{side}"] += 1
    kind = _kind(decision, links=links)
    if kind is None:
        return
    sides = tuple(decision.writes)
    linked = wording.LINKED_FIRST if links and kind is not Change.Kind.LINKED else ""
    yield contacts.change(
        job.run,
        contact,
        kind,
        job.run.started_at,
        side=sides[0] if len(sides) == 1 else None,
        reason=". ".join(filter(None, (linked, decision.reason))),
        fields=sorted(decision.changes, key=lambda change: change.side),
    )


def _kind(decision: Decision, *, links: bool) -> Change.Kind | None:
    """Return what a contact counts as; None for one with which nothing would be done."""
    if decision.status is Status.FAILING:
        return Change.Kind.FAILED
    if decision.create_on is not None:
        return Change.Kind.CREATED
    if decision.writes:
        return Change.Kind.UPDATED
    if decision.status is Status.EXCLUDED:
        return Change.Kind.EXCLUDED
    return Change.Kind.LINKED if links else None
