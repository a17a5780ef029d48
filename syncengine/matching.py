"""Finds out which contacts concern a run, and who is whom: the second step of a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q

from connections import names, phones
from connections.configuration import SIDES, Configuration, Side, other
from connections.models import Connection
from connections.schema import Role, Value
from syncengine import twins, wording
from syncengine.book import Book, Draft, being_created
from syncengine.mirroring import Roles
from syncengine.models import Apart, Contact, Intent, IntentKey, MatchKey, Mirror, Record
from syncengine.state import Status

CHUNK = 500
INTENT_MEMORY = timedelta(days=1)
"""How long a finished creation still counts as a match for its keys [I2]."""

OUTSIDE = "exists outside the scope"
DUPLICATE = "another contact with the same address is linked already"
SEVERAL = "several contacts share an address; which one is meant is for a person to say"
SAME_SIDE = "another contact in the same app has the same address"
NAME_ALONE = "it has a name alone, and no single contact of that name is on the other side"
APART = "kept apart by a person"
BEING_CREATED = "a contact with the same address is being created"


@dataclass(slots=True)
class Seen:
    """A record as matching sees it."""

    pk: int
    side: Side
    name: str
    scopes: Sequence[str]
    gone: bool
    emails: set[str] = field(default_factory=set)


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
        """Yield contacts with one half that hold a key which one of these records has or had."""
        moved = (
            MatchKey.objects.filter(record__in=changed).exclude(key__startswith="r:").values("key")
        )
        for each in SIDES:
            holders = MatchKey.objects.filter(
                mirror=self.mirrors[each], current=True, key__in=moved
            ).values_list("record_id", flat=True)
            waiting = Contact.objects.filter(
                **{f"{each}__in": holders, f"{other(each)}": None}, connection=self.connection
            ).values_list(each, flat=True)
            for draft in self.book.of(each, waiting).values():
                if not draft.is_linked:
                    yield draft

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
        details = self._details([me, *mine, *theirs])
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

    def _details(self, seen: Iterable[Seen]) -> dict[int, set[str]]:
        """Return the phones and company by which namesakes without an address are told apart."""
        records = {each.pk: each.side for each in seen}
        found: dict[int, set[str]] = {}
        for record in Record.objects.filter(pk__in=list(records)):
            values, roles = record.values, self.roles[records[record.pk]]
            numbers = _texts(values.get(roles.get(Role.PHONES, "")))
            company = _texts(values.get(roles.get(Role.COMPANY, "")))
            region = self.configuration.phone_region or None
            found[record.pk] = {
                f"p:{key}" for each in numbers if (key := phones.normal(each, region))
            } | {f"c:{key}" for each in company if (key := names.key(each))}
        return found


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return tuple(str(each) for each in value)
    return (str(value),) if value else ()


class Neighbourhood:
    """All that matching asks about some contacts with one half, read in a few queries."""

    def __init__(self, matcher: Matcher, seekers: Sequence[Draft]) -> None:
        self.matcher = matcher
        self.records: dict[int, Seen] = {}
        self._holders: dict[str, dict[Side, set[int]]] = defaultdict(
            lambda: {"left": set(), "right": set()}
        )
        self._mirror_side: dict[int, Side] = {matcher.mirrors[side].pk: side for side in SIDES}
        ids = {draft.record_id(draft.side) or 0 for draft in seekers}
        keys = self._load(None, ids)
        self._load_created(keys)
        holders = self._load(Q(key__in=keys, mirror__in=list(self._mirror_side)), set())
        self._load(Q(key__in=holders - keys, mirror__in=list(self._mirror_side)), set())
        self.apart = self._apart(ids)
        self.known_partners = self._known_partners(ids)
        names_ = {f"n:{names.key(self.records[pk].name)}" for pk in ids}
        self._intents = self._open_intents(keys | names_)
        self.being_created = being_created(matcher.connection)

    def _load(self, which: Q | None, ids: Collection[int]) -> set[str]:
        """Take in these records and the holders of keys, and return all email keys that they
        hold.
        """
        found = set(ids)
        if which is not None:
            found.update(
                MatchKey.objects.filter(
                    which, key__startswith="e:", current=True, record__gone_at=None
                ).values_list("record_id", flat=True)
            )
        new = found - set(self.records)
        for pk, mirror_id, name, scopes, gone_at in Record.objects.filter(pk__in=new).values_list(
            "pk", "mirror_id", "name", "scopes", "gone_at"
        ):
            side = self._mirror_side[mirror_id]
            self.records[pk] = Seen(pk, side, name, scopes, gone_at is not None)
        keys = set()
        for pk, key in MatchKey.objects.filter(
            record__in=new, key__startswith="e:", current=True
        ).values_list("record_id", "key"):
            record = self.records[pk]
            record.emails.add(key)
            keys.add(key)
            if not record.gone:
                self._holders[key][record.side].add(pk)
        return keys

    def _load_created(self, keys: Collection[str]) -> None:
        """Count a creation that was finished within a day as a holder of the keys it was made for
        [I2].
        """
        done = IntentKey.objects.filter(
            key__in=keys,
            mirror__in=list(self._mirror_side),
            intent__state=Intent.State.DONE,
            intent__closed_at__gt=self.matcher.now - INTENT_MEMORY,
            intent__record__gone_at=None,
            intent__record__isnull=False,
        )
        created: dict[int, set[str]] = defaultdict(set)
        for key, pk in done.values_list("key", "intent__record"):
            created[pk].add(key)
        self._load(None, set(created))
        for pk, held in created.items():
            self.records[pk].emails |= held
            for key in held:
                self._holders[key][self.records[pk].side].add(pk)

    def sharing(self, record: Seen, side: Side) -> list[Seen]:
        """Return the records of a side that share an address with a record, itself left out."""
        pks = {pk for key in record.emails for pk in self._holders[key][side]} - {record.pk}
        return [self.records[pk] for pk in sorted(pks)]

    def namesakes(self, me: Seen) -> dict[Side, list[Seen]]:
        """Return the records in scope, by side, that have this name, itself left out."""
        found: dict[Side, list[Seen]] = {"left": [], "right": []}
        holders = MatchKey.objects.filter(
            mirror__in=list(self._mirror_side),
            key=f"n:{names.key(me.name)}",
            current=True,
            record__gone_at=None,
        ).exclude(record=me.pk)
        for pk, mirror_id, name, scopes in holders.values_list(
            "record_id", "mirror_id", "record__name", "record__scopes"
        ):
            seen = Seen(pk, self._mirror_side[mirror_id], name, scopes, gone=False)
            if self.matcher.in_scope(seen):
                found[seen.side].append(seen)
        return found

    def gone_half(self, record_id: int) -> bool:
        """Return whether the half of a linked contact is deleted or missing."""
        return Record.objects.filter(pk=record_id).exclude(gone_at=None).exists()

    def _apart(self, ids: Collection[int]) -> set[tuple[int, int]]:
        pairs = Apart.objects.filter(Q(one__in=ids) | Q(two__in=ids)).values_list("one", "two")
        return {pair for one, two in pairs for pair in ((one, two), (two, one))}

    def _known_partners(self, ids: Collection[int]) -> dict[int, int]:
        """Return the partner that another connection of the same accounts has for a record."""
        if not self.matcher.siblings:
            return {}
        linked = Contact.objects.filter(
            Q(left__in=ids) | Q(right__in=ids),
            connection__in=self.matcher.siblings,
            left__isnull=False,
            right__isnull=False,
        ).values_list("left", "right")
        return {one: two for pair in linked for one, two in (pair, pair[::-1]) if one in ids}

    def _open_intents(self, keys: Collection[str]) -> dict[tuple[int, str], set[int | None]]:
        found: dict[tuple[int, str], set[int | None]] = defaultdict(set)
        open_ = IntentKey.objects.filter(
            key__in=keys, mirror__in=list(self._mirror_side), intent__state=Intent.State.OPEN
        )
        for mirror_id, key, contact_id in open_.values_list("mirror_id", "key", "intent__contact"):
            found[mirror_id, key].add(contact_id)
        return found

    def creating(self, me: Seen, draft: Draft) -> bool:
        """Return whether another contact with one of these keys is being created there."""
        mirror = self.matcher.mirrors[other(me.side)]
        keys = me.emails or {f"n:{names.key(me.name)}"}
        return any(self._intents.get((mirror.pk, key), set()) - {draft.contact_id} for key in keys)
