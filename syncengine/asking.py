"""Does what people asked for a contact: link, keep apart, create, create again, try again."""

from __future__ import annotations

from datetime import datetime

from connections.configuration import SIDES, Side, other
from syncengine import contacts, twins
from syncengine.book import Draft, being_created
from syncengine.job import Job
from syncengine.matching import Matcher
from syncengine.models import Apart, Change, Contact, Record
from syncengine.neighbourhood import Neighbourhood
from syncengine.state import Status

Asked = Contact.Asked


def answer(job: Job, matcher: Matcher, now: datetime) -> list[Change]:
    """Do what is asked of the connection's contacts, and return what the history says of it."""
    asked = list(
        Contact.objects.filter(connection=job.connection)
        .exclude(asked=Asked.NOTHING)
        .select_related("left", "right")
        .defer("left__content", "right__content")
    )
    lines = []
    for contact in asked:
        draft = _draft(matcher, contact)
        if draft is None:
            continue
        what = {
            Asked.LINK: _link,
            Asked.APART: _apart,
            Asked.CREATE: _create,
            Asked.RECREATE: _recreate,
            Asked.RETRY: _retry,
        }[Asked(contact.asked)](matcher, contact, draft)
        lines.append(contacts.change(job.run, contact, Change.Kind.NOTE, now, reason=what))
    Contact.objects.filter(pk__in=[contact.pk for contact in asked]).update(asked=Asked.NOTHING)
    return lines


def _draft(matcher: Matcher, contact: Contact) -> Draft | None:
    for side in SIDES:
        record_id = contact.record_id(side)
        if record_id is not None:
            return matcher.book.of(side, [record_id]).get(record_id)
    return None


def candidates(around: Neighbourhood, draft: Draft) -> list[int]:
    """Return the records on the other side that share a match key with a contact of one half."""
    me = around.records[draft.record_id(draft.side) or 0]
    found = around.sharing(me, other(me.side)) or around.namesakes(me)[other(me.side)]
    return [each.pk for each in found if (me.pk, each.pk) not in around.apart]


def _link(matcher: Matcher, contact: Contact, draft: Draft) -> str:
    merged = twins.survivor(contact)
    if merged is not None:
        return _link_with_survivor(matcher, contact, draft, *merged)
    if draft.is_linked:
        return "asked to link, but it is linked already"
    there = other(draft.side)
    chosen = (
        [contact.asked_record_id]
        if contact.asked_record_id
        else candidates(Neighbourhood(matcher, [draft]), draft)
    )
    if len(chosen) != 1 or chosen[0] is None:
        return f"asked to link, but {len(chosen)} contacts come into question; say which one"
    theirs = matcher.book.of(there, chosen).get(chosen[0])
    doubtful = being_created(matcher.connection)
    if draft.contact_id in doubtful or (theirs is not None and theirs.contact_id in doubtful):
        return "asked to link, but whether a counterpart was created is not known yet; ask again"
    if theirs is not None and theirs.is_linked:
        return "asked to link, but the other one is linked already"
    matcher.book.link(draft, there, chosen[0])
    return "linked by a person"


def _link_with_survivor(
    matcher: Matcher, contact: Contact, draft: Draft, there: Side, survivor: int
) -> str:
    """Link the half that stayed with the record into which the other half was merged, where that is
    free.
    """
    theirs = matcher.book.of(there, [survivor]).get(survivor)
    if contact.asked_record_id not in (None, survivor):
        return "asked to link, but with another one than its counterpart was merged into"
    if theirs is not None and theirs.contact_id in being_created(matcher.connection):
        return "asked to link, but whether a counterpart was created is not known yet; ask again"
    if theirs is not None and theirs.is_linked:
        partner = theirs.record_id(other(there)) or 0
        if Record.objects.filter(pk=partner, gone_at=None).exists():
            return "asked to link, but the other one is linked already"
    matcher.book.link(draft, there, survivor)
    return "linked by a person"


def _apart(matcher: Matcher, contact: Contact, draft: Draft) -> str:
    if draft.is_linked:
        pairs = [(draft.left or 0, draft.right or 0)]
        if merged := twins.survivor(contact):
            there, survivor = merged
            pairs.append((survivor, draft.record_id(other(there)) or 0))
        half = matcher.book.unlink(draft)
        _keep_apart(pairs)
        matcher.seek([draft, half])
        return "unlinked by a person"
    mine = draft.record_id(draft.side) or 0
    _keep_apart([(mine, each) for each in candidates(Neighbourhood(matcher, [draft]), draft)])
    matcher.seek([draft])
    return "kept apart by a person"


def _keep_apart(pairs: list[tuple[int, int]]) -> None:
    Apart.objects.bulk_create(
        (Apart(one_id=one, two_id=two) for one, two in pairs), ignore_conflicts=True
    )


def _create(matcher: Matcher, contact: Contact, draft: Draft) -> str:
    around = Neighbourhood(matcher, [draft])
    mine = draft.record_id(draft.side) or 0
    if draft.is_linked or draft.status != Status.REVIEW or around.records[mine].emails:
        return "asked to create, but it no longer waits in review with a name alone"
    _keep_apart([(mine, each) for each in candidates(around, draft)])
    draft.rest(Status.WAITING, "")
    draft.wake()
    return "to be created, as a person asked"


def _recreate(matcher: Matcher, contact: Contact, draft: Draft) -> str:
    gone = [side for side in SIDES if (record := contact.record(side)) and record.gone_at]
    if not draft.is_linked or len(gone) != 1:
        return "asked to create again, but no counterpart of it is deleted"
    matcher.book.drop_half(draft, gone[0])
    matcher.seek([draft])
    return "to be created again, as a person asked"


def _retry(matcher: Matcher, contact: Contact, draft: Draft) -> str:
    # A field that two programs chased is thawed, and a refused write counts its tries anew.
    Contact.objects.filter(pk=contact.pk).update(written_at={}, attempts=0)
    if draft.is_linked:
        twins.rouse([draft])
    else:
        matcher.seek([draft])
    return "to be tried again, as a person asked"
