"""Previews a sync: matches and decides as a run would, keeps what it found with the run, and
changes nothing else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence

from django.db.models import Q
from django.utils.text import capfirst

from connections.configuration import SIDES, Configuration, Side
from connections.models import Connection
from connections.operands import ConditionKind
from connections.rule_parts import ends
from connections.rule_words import kind_label, lower_first
from syncengine import brake, clock, contacts, leases, pending, twins, wording
from syncengine.book import Draft, being_created
from syncengine.job import COUNTS, Job
from syncengine.matching import Matcher
from syncengine.mirroring import roles_of
from syncengine.models import Change, Contact, Mirror, Record, Run
from syncengine.state import Decision, Status

CHUNK = 400
RESTING: dict[str, Change.Kind] = {
    Status.REVIEW: Change.Kind.REVIEW,
    Status.EXCLUDED: Change.Kind.EXCLUDED,
}
"""What a contact counts as with which matching ends: nothing is decided of it."""


def preview(job: Job) -> bool:
    """Go on filling the run with what a sync would do now; return False where the slice is over
    first.

    Each slice matches all anew, as nothing of that is kept, and decides those that follow the last
    one decided.
    """
    now = clock.now()
    if not job.run.cursor:
        _begin_anew(job)
    matcher = Matcher(job.connection, job.configuration, job.mirrors, job.roles, now)
    to_decide = _match_all(job, matcher)
    job.clockwork.lengthen(2 * job.clockwork.elapsed)
    tally = _tally_of(job.run)
    homes = Homes(job.connection, job.configuration)
    for start in range(0, len(to_decide), CHUNK):
        if start and job.clockwork.is_over():
            return False
        job.ensure()
        chunk = to_decide[start : start + CHUNK]
        lines = []
        for contact in unsaved(job.connection, chunk):
            if _waits_for_person(contact) or not contact.awake:
                tally[contact.status] += 1
                kind = RESTING[contact.status]
                lines.append(contacts.change(job.run, contact, kind, now, reason=contact.reason))
                continue
            decision = contacts.decide(job.configuration, contact, job.mirrors, now)
            tally.update(kind.value for kind in brake.kinds(decision))
            lines += _line(job, homes, contact, decision, tally)
        job.run.cursor = _place(chunk[-1])
        with leases.commit(job.hand):
            Change.objects.bulk_create(lines)
            _note(job, tally)
    with leases.commit(job.hand):
        _note(job, tally)
    return True


def _waits_for_person(contact: Contact) -> bool:
    """Return whether matching leaves a contact to a person; a linked one may be decided again."""
    return contact.status == Status.REVIEW and not (contact.is_linked and contact.awake)


COUNTED = (*COUNTS, "excluded", "review")


def _tally_of(run: Run) -> Counter[str]:
    """Return what earlier slices of a preview have counted."""
    return Counter({name: getattr(run, name) for name in COUNTED} | run.braked)


def _note(job: Job, tally: Counter[str]) -> None:
    """Show on the run how far it has come, and in the end what it found."""
    run = job.run
    run.step = Run.Step.DECIDE
    for name in COUNTED:
        setattr(run, name, tally[name])
    run.braked = {kind.value: tally[kind.value] for kind in brake.Kind}
    run.save(update_fields=["step", "revision", "cursor", *COUNTED, "braked"])


def _begin_anew(job: Job) -> None:
    """Keep one preview a connection, and of this one nothing that was found before."""
    run = job.run
    previews = Run.objects.filter(connection=job.connection, kind=Run.Kind.PREVIEW)
    previews.exclude(pk=run.pk).delete()
    with leases.commit(job.hand):
        Change.objects.filter(run=run).delete()
        _note(job, Counter())


def _match_all(job: Job, matcher: Matcher) -> list[Draft]:
    """Match all that changed, and return whom a run would decide, or leave to a person, in the
    order of their places, without those decided in earlier slices.
    """
    same = job.state.revision == job.revision
    waking = Contact.objects.filter(connection=job.connection)
    if same:
        waking = waking.filter(Q(awake=True) | Q(wake_at__lte=clock.now()))
    matcher.book.wake(waking)
    for side in SIDES:
        seen = job.state.seen(side) if same else 0
        while seen < job.mirrors[side].last_number:
            job.ensure()
            seen = matcher.match(side, seen)
    doubtful = being_created(job.connection)
    to_decide = [
        draft
        for draft in matcher.book.all()
        if (draft.awake or (draft.touched and draft.status in RESTING))
        and draft.contact_id not in doubtful
        and _place(draft) > job.run.cursor
    ]
    return sorted(to_decide, key=_place)


def _place(draft: Draft) -> int:
    """Return where a contact comes in a preview: the number of one of its records."""
    return draft.left or draft.right or 0


def unsaved(connection: Connection, drafts: Sequence[Draft]) -> list[Contact]:
    """Return contacts as the drafts have them, none of them saved."""
    rows = Contact.objects.in_bulk([each.contact_id for each in drafts if each.contact_id])
    ids = {pk for each in drafts for pk in (each.left, each.right) if pk is not None}
    records = Record.objects.in_bulk(ids)
    found = []
    for draft in drafts:
        contact = rows.get(draft.contact_id or 0) or Contact(connection=connection)
        contact.left = records.get(draft.left or 0)
        contact.right = records.get(draft.right or 0)
        contact.status, contact.reason, contact.awake = draft.status, draft.reason, draft.awake
        contact.left_number, contact.right_number = draft.left_number, draft.right_number
        if draft.begins:
            contact.base = contact.sent = contact.acted = None
        found.append(contact)
    return found


class Homes:
    """Says who will own what is created, and where it will be."""

    def __init__(self, connection: Connection, configuration: Configuration) -> None:
        self._configuration = configuration
        self._ends = ends(connection.left, connection.right)
        self._own = {side: connection.account(side).own_user for side in SIDES}
        self._units = {
            side: {user.id: user.unit for user in end.offers.users}
            for side, end in self._ends.items()
        }

    def of(self, decision: Decision) -> str:
        """Return "Owner: Ann Archer, sales unit: North"; "" where nothing is created, or nothing
        is known of either.
        """
        side = decision.create_on
        if side is None:
            return ""
        there, end = self._configuration.side(side), self._ends[side]
        own, values = self._own[side], decision.writes[side]
        owner = str(values.get(there.owner_field) or (own.id if own else ""))
        unit = self._units[side].get(owner, "")
        place = str(values.get(there.unit_field) or there.create_scope or unit)
        said = []
        if there.owner_field and owner in end.users:
            said.append(f"owner: {end.users[owner]}")
        if place in end.scopes:
            kind = ConditionKind.SCOPE if end.app.unit_field else ConditionKind.LABEL
            what = lower_first(kind_label(kind, end.offers, end.app))
            said.append(f"{what}: {end.scopes[place]}")
        return capfirst(", ".join(said))


def _line(
    job: Job, homes: Homes, contact: Contact, decision: Decision, tally: Counter[str]
) -> Iterator[Change]:
    """Yield what the preview says of one contact, in one line, and count it."""
    links = contact.is_new_link
    tally["linked"] += links
    tally["excluded"] += decision.status is Status.EXCLUDED
    tally["failed"] += decision.status is Status.FAILING
    tally["conflicts"] += decision.conflicts
    for side in decision.writes:
        tally[f"{'created' if side == decision.create_on else 'updated'}_{side}"] += 1
    kind = kind_of(decision, links=links)
    if kind is None:
        return
    yield would_change(job.run, homes, contact, decision, kind, links=links)


def would_change(
    run: Run, homes: Homes, contact: Contact, decision: Decision, kind: Change.Kind, *, links: bool
) -> Change:
    """Return a line of a preview: what a decision would do with a contact, not saved."""
    sides = tuple(decision.writes)
    said = (
        wording.LINKED_FIRST if links and kind is not Change.Kind.LINKED else "",
        wording.LEAVES if decision.leaves_scope else "",
        homes.of(decision),
        decision.reason,
        wording.LEFT_OUT + "; ".join(decision.flags) if decision.flags else "",
    )
    return contacts.change(
        run,
        contact,
        kind,
        run.started_at,
        side=sides[0] if len(sides) == 1 else None,
        reason=". ".join(filter(None, said)),
        fields=sorted(decision.changes, key=lambda change: change.side),
    )


def kind_of(decision: Decision, *, links: bool) -> Change.Kind | None:
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


# One contact


class NotRead(Exception):
    """An account of the connection was not read yet: nothing is known of its contacts."""


def of_records(connection: Connection, record_ids: Collection[int]) -> list[Contact]:
    """Return the contacts that these records belong to or would be matched to, none of them saved,
    under the edit that waits where one does. Reads what is stored, and asks no app.
    """
    configuration, now = pending.configuration(connection), clock.now()
    mirrors = mirrors_of(connection)
    roles = {side: roles_of(connection.account(side).offers.fields) for side in SIDES}
    matcher = Matcher(connection, configuration, mirrors, roles, now)
    places: list[tuple[Side, int]] = []
    for side in SIDES:
        mine = mirrors[side].records.filter(pk__in=record_ids, gone_at=None)
        ids = list(mine.order_by("name", "pk").values_list("pk", flat=True))
        known = matcher.book.of(side, ids)
        for pk in ids:
            if pk not in known:
                matcher.book.new(side, pk)
        places += [(side, pk) for pk in ids]
    drafts = [matcher.book.drafts[place] for place in places]
    matcher.seek([draft for draft in drafts if not draft.is_linked])
    twins.rouse(draft for draft in drafts if draft.is_linked)
    found = {id(draft): draft for place in places if (draft := matcher.book.drafts.get(place))}
    return unsaved(connection, list(found.values()))


def mirrors_of(connection: Connection) -> dict[Side, Mirror]:
    """Return the mirrors of both accounts; raises `NotRead` where one was never read."""
    rows = Mirror.objects.filter(account__in=(connection.left_id, connection.right_id))
    by_account = {mirror.account_id: mirror for mirror in rows.exclude(read_at=None)}
    try:
        return {side: by_account[connection.account(side).pk] for side in SIDES}
    except KeyError:
        raise NotRead from None


def decide_one(contact: Contact) -> Decision | None:
    """Return what a run would decide of a contact that `of_records` gave; None for one that waits
    for a person, or stands aside until its neighbours change.
    """
    if _waits_for_person(contact) or not (contact.is_linked or contact.awake):
        return None
    connection = contact.connection
    configuration = pending.configuration(connection)
    return contacts.decide(configuration, contact, mirrors_of(connection), clock.now())
