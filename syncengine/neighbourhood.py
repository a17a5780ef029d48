"""Who else has the addresses or the name of those for whom matching seeks a partner."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from django.db.models import Q

from connections import names, phones
from connections.configuration import SIDES, Side, other
from connections.schema import Role, Value
from syncengine.book import Draft, being_created
from syncengine.models import Apart, Contact, Intent, IntentKey, MatchKey, Record

if TYPE_CHECKING:
    from syncengine.matching import Matcher

INTENT_MEMORY = timedelta(days=1)
"""How long a finished creation still counts as a match for its keys [I2]."""


@dataclass(slots=True)
class Seen:
    """A record as matching sees it."""

    pk: int
    side: Side
    name: str
    scopes: Sequence[str]
    gone: bool
    emails: set[str] = field(default_factory=set)


class Neighbourhood:
    """All that matching asks about some contacts with one half, read in a few queries."""

    def __init__(self, matcher: Matcher, seekers: Sequence[Draft]) -> None:
        self.matcher = matcher
        self.records: dict[int, Seen] = {}
        self._holders: dict[str, dict[Side, set[int]]] = defaultdict(
            lambda: {"left": set(), "right": set()}
        )
        self._mirror_side: dict[int, Side] = {matcher.mirrors[side].pk: side for side in SIDES}
        self._ids = ids = {draft.record_id(draft.side) or 0 for draft in seekers}
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
        for seen in self._by_name.get(names.key(me.name), ()):
            if seen.pk != me.pk and self.matcher.in_scope(seen):
                found[seen.side].append(seen)
        return found

    @cached_property
    def _by_name(self) -> dict[str, list[Seen]]:
        """Who has the name of one of the seekers, by the names' keys."""
        holders = MatchKey.objects.filter(
            mirror__in=list(self._mirror_side),
            key__in={f"n:{names.key(self.records[pk].name)}" for pk in self._ids},
            current=True,
            record__gone_at=None,
        )
        found: dict[str, list[Seen]] = defaultdict(list)
        for key, pk, mirror_id, name, scopes in holders.values_list(
            "key", "record_id", "mirror_id", "record__name", "record__scopes"
        ):
            seen = Seen(pk, self._mirror_side[mirror_id], name, scopes, gone=False)
            found[key.removeprefix("n:")].append(seen)
        return found

    @cached_property
    def details(self) -> dict[int, set[str]]:
        """The phones and company, by record, by which seekers without an address and their
        namesakes are told apart [MA2].
        """
        seekers = [self.records[pk] for pk in self._ids if not self.records[pk].emails]
        told = {each.pk for each in seekers}
        told |= {each.pk for me in seekers for each in self._by_name.get(names.key(me.name), ())}
        records = Record.objects.filter(pk__in=told).iterator(chunk_size=500)
        return {record.pk: self._details_of(record) for record in records}

    def _details_of(self, record: Record) -> set[str]:
        """Return the phones and company of a record."""
        values = record.values
        roles = self.matcher.roles[self._mirror_side[record.mirror_id]]
        numbers = _texts(values.get(roles.get(Role.PHONES, "")))
        company = _texts(values.get(roles.get(Role.COMPANY, "")))
        region = self.matcher.configuration.phone_region or None
        return {f"p:{key}" for each in numbers if (key := phones.normal(each, region))} | {
            f"c:{key}" for each in company if (key := names.key(each))
        }

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


def _texts(value: Value) -> tuple[str, ...]:
    if isinstance(value, tuple):
        return tuple(str(each) for each in value)
    return (str(value),) if value else ()
