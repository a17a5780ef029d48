"""The invariants I1 to I5, as the state machine checks them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from connections.configuration import SIDES, Direction
from connections.models import Connection
from connections.schema import is_blank
from syncengine import matching, wording
from syncengine.models import Contact
from syncengine.state import Status
from tests.connectors.memory import MemoryApp
from tests.syncengine.machine_truth import ADDRESS, LISTS, Person, Ref, Truth, alike
from tests.syncengine.machine_world import Overtaken

WINDOW = timedelta(seconds=60)
"""How long before a write an edit of the same field may go unseen, without compare-and-set [I3]."""


def app_key(connection: Connection, side: str) -> str:
    return str(getattr(connection, side).label)


def linked_refs(contact: Contact, connection: Connection) -> tuple[Ref, Ref]:
    assert contact.left is not None
    assert contact.right is not None
    return (
        Ref(app_key(connection, "left"), contact.left.remote_id),
        Ref(app_key(connection, "right"), contact.right.remote_id),
    )


def contacts_of(connection: Connection) -> Sequence[Contact]:
    rows = Contact.objects.filter(connection=connection).select_related("left", "right")
    return list(rows.defer("left__content", "right__content").order_by("pk"))


@dataclass
class Watch:
    """Follows what the engine does, run by run, and compares it with the truth."""

    truth: Truth
    seen_writes: dict[str, int] = field(default_factory=dict)

    @property
    def apps(self) -> dict[str, MemoryApp]:
        return dict(self.truth.apps)

    def writes(self) -> int:
        return sum(len(app.writes) for app in self.apps.values())

    def observe(
        self,
        connections: Sequence[Connection],
        overtaken: Iterable[Overtaken],
    ) -> None:
        """Take in what was written and linked since last time, and check what holds at any time."""
        for key, app in self.apps.items():
            mapped = set(_mapped_keys(connections, key))
            start = self.seen_writes.get(key, 0)
            for verb, id_, changes in app.writes[start:]:
                assert set(changes) <= mapped, f"an unmapped field was written: {changes}"
                if verb == "create":
                    self._created(Ref(key, id_))
            self.seen_writes[key] = len(app.writes)
            live = {ref.id for ref in self.truth.live if ref.app == key}
            assert set(app.live()) == live, "I5: the engine deleted or restored a contact"
        for each in overtaken:
            self._overtaken(each)
        for connection in connections:
            self._follow_links(connection)

    def _created(self, ref: Ref) -> None:
        token = str(self.truth.row(ref).get("job_title"))
        person = self.truth.by_token(token)
        there = {each for each in person.refs if each.app == ref.app} if person else set()
        if person is not None and not person.may_be_made_again:
            assert not there, f"I2: {token} was created again as {ref}, beside {there}"
        self.truth.add(ref, token, by_api=True)

    def _overtaken(self, each: Overtaken) -> None:
        ref = Ref(each.app, each.id)
        person = self.truth.of[ref]
        app = self.apps[each.app]
        edited_at = self.truth.edited_at.get((ref, each.field))
        if edited_at is not None:
            late = timedelta(seconds=app.habits.late)
            assert app.clock() - edited_at <= WINDOW + late, f"I3: written over a known edit {each}"
        if each.field in LISTS:
            person.lists[each.field].is_overtaken = True

    def _follow_links(self, connection: Connection) -> None:
        for contact in contacts_of(connection):
            if not contact.is_linked:
                continue
            one, two = (self.truth.of[ref] for ref in linked_refs(contact, connection))
            if one is not two:
                assert one.emails & two.emails, f"strangers were linked: {one} and {two}"
                self.truth.unite(one, two)
                if connection.first_merge != "winner":
                    one.apart |= {*self.truth.text_names, *LISTS}

    # When all is calm

    def check(self, connections: Sequence[Connection]) -> None:
        """Check what holds when everybody has been quiet, and take it as what was agreed."""
        for connection in connections:
            self._check_statuses(connection)
            self._check_pairs(connection)
        for person in list(self.truth.people):
            for name in (*self.truth.text_names, *LISTS):
                self._check_field(connections, person, name)

    def _check_statuses(self, connection: Connection) -> None:
        contacts = contacts_of(connection)
        for side in SIDES:
            key = app_key(connection, side)
            held = {each.record(side).remote_id for each in contacts if each.record(side)}  # type: ignore[union-attr]
            live = {ref.id for ref in self.truth.live if ref.app == key}
            assert live <= held, f"{live - held} of {key} are no contacts"
        for contact in contacts:
            problem = self._unjust(connection, contact)
            assert not problem, (
                f"{connection}: {contact} is {contact.status} ({contact.reason}): {problem}"
            )

    def _unjust(self, connection: Connection, contact: Contact) -> str:
        """Return why a contact cannot be in its status, "" if it can."""
        refs = [
            Ref(app_key(connection, side), record.remote_id)
            for side in SIDES
            if (record := contact.record(side))
        ]
        dead = [ref for ref in refs if ref not in self.truth.live]
        person = self.truth.of[refs[0]]
        if contact.status == Status.IN_SYNC:
            if dead:
                return f"{dead} are deleted"
            return "" if len(refs) == 2 else "it has no counterpart"
        if contact.status == Status.GONE:
            return "" if dead else "nobody deleted it"
        if contact.status == Status.REVIEW:
            return "" if self.truth.namesakes(person) else "nobody shares its addresses"
        if contact.status == Status.EXCLUDED:
            return self._unjustly_excluded(connection, contact, refs, dead)
        return "it waits for ever"

    def _unjustly_excluded(
        self, connection: Connection, contact: Contact, refs: Sequence[Ref], dead: Sequence[Ref]
    ) -> str:
        reason = contact.reason
        without_email = any(not self.truth.entries(ref, "emails") for ref in refs)
        archived = any(self.apps[ref.app].rows[ref.id].archived for ref in refs)
        scoped = connection.left_scope or connection.right_scope
        person = self.truth.of[refs[0]]
        if reason == wording.NO_EMAIL:
            return "" if without_email else "it has an address"
        if reason.startswith("Archived"):
            return "" if archived else "it is not archived"
        if reason.startswith("Outside"):
            return "" if scoped else "there is no scope"
        if reason == matching.OUTSIDE:
            return "" if scoped and self.truth.namesakes(person) else "there is nobody outside"
        if reason.startswith("The direction"):
            return "" if connection.direction != Direction.BOTH else "the direction is both"
        if reason.startswith("Deleted"):
            return "" if dead else "nobody deleted it"
        if reason.endswith("wants a first or last name"):
            return "" if any(is_blank(self.truth.value(ref, "name")) for ref in refs) else "named"
        return "no such reason"

    def _check_pairs(self, connection: Connection) -> None:
        """Each side holds what the other side's value becomes there [I1]."""
        names = set(mapped_names(connection, self.truth))
        for contact in contacts_of(connection):
            if contact.status != Status.IN_SYNC:
                continue
            left, right = linked_refs(contact, connection)
            person = self.truth.of[left]
            for name in names:
                if name in person.apart or self._is_let_be(contact, name):
                    continue
                problem = self._differ(person, left, right, name)
                assert not problem, f"I1: {connection}, {name} of {contact}: {problem}"

    def _is_let_be(self, contact: Contact, name: str) -> bool:
        """Return whether a flag says that a name was not copied, since it fits no single part."""
        return name == "name" and any("fits no single part" in flag for flag in contact.flags)

    def _differ(self, person: Person, left: Ref, right: Ref, name: str) -> str:
        if name not in LISTS:
            one, two = (self.truth.value(ref, name) for ref in (left, right))
            return "" if alike(one, two) else f"{one!r} and {two!r}"
        one_list, two_list = (self.truth.entries(ref, name) for ref in (left, right))
        if one_list == two_list:
            return ""
        slots = [ref for ref in (left, right) if self.apps[ref.app].habits.slots]
        known = person.lists[name]
        known.is_overfull |= any(
            len(known.may) > (self.apps[ref.app].habits.slots or 0) for ref in slots
        )
        if known.is_overfull and (one_list <= two_list or two_list <= one_list):
            return ""
        return f"{sorted(one_list)} and {sorted(two_list)}"

    def _check_field(self, connections: Sequence[Connection], person: Person, name: str) -> None:
        """Nothing is lost: what stands there is what people entered [I3]."""
        refs = person.refs & self.truth.live
        for ref in refs:
            self._check_possible(person, ref, name)
        parts = list(self._parts(connections, person, name))
        is_let_be = name in person.apart or any(
            self._is_let_be(contact, name)
            for connection in connections
            for contact in contacts_of(connection)
            if contact.is_linked and self.truth.of[linked_refs(contact, connection)[0]] is person
        )
        if len(parts) == 1 and not is_let_be:
            for ref in refs:
                self._check_arrived(person, ref, name)
        if len(parts) <= 1:
            self._settle(person, refs, name)

    def _check_possible(self, person: Person, ref: Ref, name: str) -> None:
        if name in LISTS:
            there, may = self.truth.entries(ref, name), person.lists[name].may
            assert there <= may, f"{name} of {ref} has {there - may} that nobody entered"
        else:
            value, text = self.truth.value(ref, name), person.text(name)
            assert text.may_be(value), f"I3: {name} of {ref} is {value!r}, which nobody entered: {text}"

    def _check_arrived(self, person: Person, ref: Ref, name: str) -> None:
        if name in LISTS:
            there, entries = self.truth.entries(ref, name), person.lists[name]
            if not entries.is_overfull:
                assert entries.has_arrived(there), (
                    f"I3: {name} of {ref} are {sorted(there)}, but should be {entries}"
                )
        else:
            value, text = self.truth.value(ref, name), person.text(name)
            parts = [person.text(part) for part in ADDRESS if name in ADDRESS]
            if any(len(part.edits) > 1 or part.is_merged_anew for part in parts):
                return  # one side's whole address stands
            assert text.has_arrived(value), (
                f"I3: {name} of {ref} is {value!r}, but should be {text}"
            )

    def _parts(
        self, connections: Sequence[Connection], person: Person, name: str
    ) -> Iterator[set[Ref]]:
        """Yield the sets of a person's live contacts that are in sync with one another."""
        left = person.refs & self.truth.live
        links = [
            linked_refs(contact, connection)
            for connection in connections
            if name in mapped_names(connection, self.truth)
            for contact in contacts_of(connection)
            if contact.status == Status.IN_SYNC
        ]
        while left:
            part = {left.pop()}
            while more := {
                ref for pair in links if part & set(pair) for ref in pair if ref not in part
            }:
                part |= more
            left -= part
            yield part

    def _settle(self, person: Person, refs: Iterable[Ref], name: str) -> None:
        if name in LISTS:
            lists = [self.truth.entries(ref, name) for ref in refs]
            person.lists[name].settle(lists)
            are_equal = len(set(lists)) <= 1
        else:
            values = [self.truth.value(ref, name) for ref in refs]
            person.text(name).settle(values or [None])
            are_equal = all(alike(values[0], each) for each in values)
        if are_equal:
            person.apart.discard(name)


def mapped_names(connection: Connection, truth: Truth) -> list[str]:
    """Return the fields, as the truth names them, that a connection maps."""
    off = set(connection.switched_off)
    roles = {"name": "full_name"}
    return [
        name for name in (*truth.text_names, *LISTS) if roles.get(name, name) not in off
    ]


def _mapped_keys(connections: Sequence[Connection], key: str) -> Iterator[str]:
    for connection in connections:
        for side in SIDES:
            if app_key(connection, side) != key:
                continue
            configuration = connection.configuration()
            for pair in configuration.pairs:
                yield pair.field(side).key
            yield from ("given_name", "family_name", "full_name")
