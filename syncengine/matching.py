"""Finds out which contacts concern a run, and who is whom: the second step of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

from django.db.models import Q

from connections import names
from connections.configuration import SIDES, Configuration, Side, other
from connections.models import Connection
from syncengine import twins, wording
from syncengine.book import Book, Draft, being_created
from syncengine.mirroring import Roles
from syncengine.models import Contact, MatchKey, Mirror
from syncengine.neighbourhood import Neighbourhood, Seen
from syncengine.state import Status

CHUNK = 500

OUTSIDE = "exists outside the scope"
DUPLICATE = "another contact with the same address is linked already"
SEVERAL = "several contacts share an address; which one is meant is for a person to say"
SAME_SIDE = "another contact in the same app has the same address"
NAME_ALONE = "it has a name alone, and no single contact of that name is on the other side"
APART = "kept apart by a person"
BEING_CREATED = "a contact with the same address is being created"


class Matcher:
    """Matches the records of a connection; what it finds stands in `book` until that is saved."""

    def __init__(
        self,
        connection: Connection,
        configuration: Configuration,
        mirrors: Mapping[Side, Mirror],
        roles: Mapping[Side, Roles],
        now: datetime,
    ) -> None:
        self.connection = connection
        self.configuration = configuration
        self.mirrors = mirrors
        self.roles = roles
        self.now = now
        self.book = Book(connection)
        self.siblings = self._siblings()

    def _siblings(self) -> list[int]:
        """The other connections of the same two accounts: what they know of a pair holds here too
        [MA5].
        """
        one, two = self.connection.left_id, self.connection.right_id
        pair = Q(left=one, right=two) | Q(left=two, right=one)
        found = Connection.objects.filter(pair).exclude(pk=self.connection.pk)
        return list(found.values_list("pk", flat=True))

    def match(self, side: Side, after: int) -> int:
        """Match the next records of a side that changed after this number, and return the number
        reached.
        """
        records = list(
            self.mirrors[side]
            .records.filter(number__gt=after)
            .order_by("number")
            .values_list("pk", "number")[:CHUNK]
        )
        if not records:
            return self.mirrors[side].last_number
        reached = records[-1][1]
        known = self.book.of(side, [pk for pk, _ in records])
        seekers: dict[int, Draft] = {}
        moved: list[Draft] = []
        for pk, number in records:
            draft = known.get(pk)
            if draft is None:
                draft = self.book.new(side, pk)
            if not draft.is_linked:
                seekers[id(draft)] = draft
            elif not draft.was_decided_on(side, number):
                moved.append(draft)
        changed = [pk for pk, _ in records]
        moved += twins.sharing_drafts(self.book, side, self.mirrors[side], changed)
        twins.rouse(moved)
        for draft in self._waiting_on(changed):
            seekers.setdefault(id(draft), draft)
        self.seek(list(seekers.values()))
        return reached

    def _waiting_on(self, changed: Collection[int]) -> Iterable[Draft]:
        """Yield contacts with one half that hold an address which one of these records has or had,
        and of those without any address who has such a name, where names count.
        """
        # Lists, not subqueries: PostgreSQL took minutes for what it plans by guesses.
        moved = set(MatchKey.objects.filter(record__in=changed).values_list("key", flat=True))
        holders = self._holders([key for key in moved if key.startswith("e:")])
        if not self.configuration.avoid_duplicates:
            namesakes = self._holders([key for key in moved if key.startswith("n:")])
            with_address = MatchKey.objects.filter(
                record__in=namesakes, key__startswith="e:", current=True
            )
            holders |= namesakes.difference(with_address.values_list("record_id", flat=True))
        for each in SIDES:
            waiting = Contact.objects.filter(
                **{f"{each}__in": holders, f"{other(each)}": None}, connection=self.connection
            ).values_list(each, flat=True)
            for draft in self.book.of(each, waiting).values():
                if not draft.is_linked:
                    yield draft

    def _holders(self, keys: Collection[str]) -> set[int]:
        """Return the records of both sides that hold one of these keys."""
        mirrors = [mirror.pk for mirror in self.mirrors.values()]
        found = MatchKey.objects.filter(mirror__in=mirrors, key__in=keys, current=True)
        return set(found.values_list("record_id", flat=True))

    # Looking for partners

    def seek(self, seekers: Sequence[Draft]) -> None:
        """Find the partner of each contact with one half; the doubtful ones wait for a person."""
        seekers = self._certain(seekers)
        if not seekers:
            return
        around = Neighbourhood(self, seekers)
        for side in SIDES:
            # All at once; joining asks for them one by one.
            self.book.of(side, [each.pk for each in around.records.values() if each.side == side])
        for draft in seekers:
            if not draft.is_linked and self.book.has(draft):
                self._seek_one(draft, around)

    def _certain(self, seekers: Sequence[Draft]) -> list[Draft]:
        """Return the contacts that are not being created: those wait until it is known what became
        of that.
        """
        doubtful = being_created(self.connection)
        for draft in seekers:
            if draft.contact_id in doubtful:
                draft.rest(Status.DOUBT, wording.IN_DOUBT)
        return [draft for draft in seekers if draft.contact_id not in doubtful]

    def _seek_one(self, draft: Draft, around: Neighbourhood) -> None:
        side = draft.side
        me = around.records[draft.record_id(side) or 0]
        if me.gone or not self.in_scope(me):
            draft.wake()
            return
        partner = around.known_partners.get(me.pk)
        if partner is not None and (me.pk, partner) not in around.apart:
            self._join(draft, me, partner, around)
            return
        if around.creating(me, draft):
            draft.rest(Status.WAITING, BEING_CREATED)
            return
        if me.emails:
            self._by_email(draft, me, around)
        elif self.configuration.avoid_duplicates:
            draft.wake()
        else:
            self._by_name(draft, me, around)

    def in_scope(self, record: Seen) -> bool:
        """Return whether a record lies inside its side's scope."""
        scope = self.configuration.side(record.side).scope
        return scope is None or not scope.isdisjoint(record.scopes)

    def _by_email(self, draft: Draft, me: Seen, around: Neighbourhood) -> None:
        there = around.sharing(me, other(me.side))
        candidates = [each for each in there if (me.pk, each.pk) not in around.apart]
        inside = [each for each in candidates if self.in_scope(each)]
        if not candidates:
            self._alone(draft, me, around, kept_apart=bool(there))
        elif not inside:
            draft.rest(Status.EXCLUDED, OUTSIDE)
        else:
            chosen = self._only(me, inside, around)
            if chosen is None:
                draft.rest(Status.REVIEW, SEVERAL)
            else:
                self._join(draft, me, chosen.pk, around)

    def _alone(self, draft: Draft, me: Seen, around: Neighbourhood, *, kept_apart: bool) -> None:
        if kept_apart:
            draft.rest(Status.EXCLUDED, APART)
        elif self._rivals(me, me, around):
            draft.rest(Status.REVIEW, SAME_SIDE)
        else:
            draft.wake()

    def _rivals(self, me: Seen, held: Seen, around: Neighbourhood) -> list[Seen]:
        """Return who else on this contact's side shares an address with a record."""
        return [
            each
            for each in around.sharing(held, me.side)
            if each.pk != me.pk and self.in_scope(each)
        ]

    def _only(self, me: Seen, candidates: Sequence[Seen], around: Neighbourhood) -> Seen | None:
        """Return the one candidate that fits and that nobody else here fits; an equal full name
        decides [MA3].
        """
        if len(candidates) == 1 and not self._rivals(me, candidates[0], around):
            return candidates[0]
        namesakes = [each for each in candidates if names.same(each.name, me.name)]
        if len(namesakes) != 1:
            return None
        rivals = self._rivals(me, namesakes[0], around)
        return None if any(names.same(each.name, me.name) for each in rivals) else namesakes[0]

    def _join(self, draft: Draft, me: Seen, chosen: int, around: Neighbourhood) -> None:
        there = other(me.side)
        theirs = self.book.of(there, [chosen]).get(chosen)
        if theirs is not None and theirs.contact_id in around.being_created:
            draft.rest(Status.WAITING, BEING_CREATED)
            return
        if theirs is None or not theirs.is_linked:
            self.book.link(draft, there, chosen)
            return
        half = around.gone_half(theirs.record_id(me.side) or 0)
        if half:
            self.book.link(theirs, me.side, me.pk)
            theirs.reason = "made anew: it takes the place of a deleted contact"
        else:
            draft.rest(Status.REVIEW, DUPLICATE)

    # Without an address [MA2]

    def _by_name(self, draft: Draft, me: Seen, around: Neighbourhood) -> None:
        if not names.key(me.name):
            draft.wake()
            return
        namesakes = around.namesakes(me)
        mine, theirs = namesakes[me.side], namesakes[other(me.side)]
        details = around.details
        extras = details[me.pk]
        if extras:
            theirs = [each for each in theirs if extras & details[each.pk]]
            mine = [each for each in mine if extras & details[each.pk]]
        theirs = [each for each in theirs if (me.pk, each.pk) not in around.apart]
        if len(theirs) == 1 and not mine:
            self._join(draft, me, theirs[0].pk, around)
        elif theirs or mine or not extras:
            draft.rest(Status.REVIEW, SEVERAL if theirs or mine else NAME_ALONE)
        else:
            draft.wake()
