"""The invariants I1 to I5, as the state machine checks them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from connections.configuration import SIDES, Direction
from connections.models import Connection
from connections.schema import is_blank
from syncengine import matching, twins, wording
from syncengine.models import Contact
from syncengine.state import Status
from tests.syncengine.machine_apps import App, Overtaken
from tests.syncengine.machine_truth import ADDRESS, LISTS, Person, Ref, Truth, alike

WINDOW = timedelta(seconds=60)
"""How long before a write an edit of the same field may go unseen, without compare-and-set [I3]."""


@dataclass(frozen=True)
class Link:
    """A contact of a connection: its halves, and what the engine says of it."""

    connection: Connection
    left: Ref | None
    right: Ref | None
    status: str
    reason: str
    flags: Sequence[str]

    @property
    def refs(self) -> list[Ref]:
        return [ref for ref in (self.left, self.right) if ref is not None]

    def __str__(self) -> str:
        halves = " = ".join(ref.id for ref in self.refs)
        return f"{halves} in {self.connection} ({self.status}, {self.reason})"


def links_of(connections: Sequence[Connection]) -> list[Link]:
    """Return the contacts of connections as they stand in the database."""
    by_id = {connection.pk: connection for connection in connections}
    rows = Contact.objects.filter(connection__in=by_id).values_list(
        "connection_id", "left__remote_id", "right__remote_id", "status", "reason", "flags"
    )
    return [
        Link(
            by_id[pk],
            Ref(by_id[pk].left.label, left) if left else None,
            Ref(by_id[pk].right.label, right) if right else None,
            status,
            reason,
            flags,
        )
        for pk, left, right, status, reason, flags in rows.order_by("pk")
    ]


@dataclass
class Watch:
    """Follows what the engine does, run by run, and compares it with the truth."""

    truth: Truth
    seen_writes: dict[str, int] = field(default_factory=dict)
    created: set[Ref] = field(default_factory=set)
    """What the engine created."""

    @property
    def apps(self) -> dict[str, App]:
        return dict(self.truth.apps)

    def writes(self) -> int:
        return sum(len(app.writes) for app in self.apps.values())

    def observe(self, connections: Sequence[Connection]) -> None:
        """Take in what was written and linked since last time, and check what holds at any time."""
        for key, app in self.apps.items():
            mapped = set(_mapped_names(connections, key))
            start = self.seen_writes.get(key, 0)
            for verb, id_, changes in app.writes[start:]:
                assert set(changes) <= mapped, f"an unmapped field was written: {changes}"
                if verb == "create":
                    self._created(Ref(key, id_))
            self.seen_writes[key] = len(app.writes)
            live = {ref.id for ref in self.truth.live if ref.app == key}
            assert set(app.live()) == live, "I5: the engine deleted or restored a contact"
            for each in app.overtaken:
                self._overtaken(each)
            app.overtaken.clear()
        for link in links_of(connections):
            self._follow(link)

    def _created(self, ref: Ref) -> None:
        token = str(self.truth.row(ref).get("job_title"))
        person = self.truth.by_token(token)
        there = {each for each in person.refs if each.app == ref.app} if person else set()
        if person is not None and not person.may_be_made_again:
            assert not there, f"I2: {token} was created again as {ref}, beside {there}"
        self.truth.add(ref, token, by_api=True)
        self.created.add(ref)

    def _overtaken(self, each: Overtaken) -> None:
        ref = Ref(each.app, each.id)
        person = self.truth.of[ref]
        app = self.apps[each.app]
        edited_at = self.truth.edited_at.get((ref, each.field))
        if edited_at is not None:
            late = timedelta(seconds=app.late)
            assert app.clock() - edited_at <= WINDOW + late, f"I3: written over a known edit {each}"
        if each.field in LISTS:
            person.lists[each.field].is_overtaken = True

    def _follow(self, link: Link) -> None:
        if link.left is None or link.right is None:
            return
        one, two = self.truth.of[link.left], self.truth.of[link.right]
        if one is not two:
            assert one.emails & two.emails, f"strangers were linked: {link}"
            self.truth.unite(one, two)
            # Where one side is not written, what it lacks of a merged list stays on the other.
            if link.connection.first_merge != "winner" or link.connection.direction != "both":
                one.apart |= {*self.truth.text_names, *LISTS}

    # When all is calm

    def check(self, connections: Sequence[Connection]) -> None:
        """Check what holds when everybody has been quiet, and take it as what was agreed."""
        links = links_of(connections)
        self._check_completeness(connections, links)
        for link in links:
            problem = self._unjust(link)
            assert not problem, f"{link}: {problem}"
            if link.status == Status.IN_SYNC:
                self._check_pair(link)
        for person in list(self.truth.people):
            names = (*self.truth.text_names, *LISTS)
            calm = [name for name in names if self._check_field(links, person, name)]
            for name in calm:
                self._settle(person, name)

    def _check_completeness(self, connections: Sequence[Connection], links: Sequence[Link]) -> None:
        for connection in connections:
            held = {ref for link in links if link.connection is connection for ref in link.refs}
            apps = (connection.left.label, connection.right.label)
            missing = {ref for ref in self.truth.live if ref.app in apps} - held
            assert not missing, f"{missing} are no contacts of {connection}"

    def _unjust(self, link: Link) -> str:
        """Return why a contact cannot be in its status, "" if it can."""
        dead = [ref for ref in link.refs if ref not in self.truth.live]
        person = self.truth.of[link.refs[0]]
        if link.status == Status.IN_SYNC:
            if dead:
                return f"{dead} are deleted"
            return "" if len(link.refs) == 2 else "it has no counterpart"
        if link.status == Status.GONE:
            return "" if dead else "nobody deleted it"
        if link.status == Status.REVIEW:
            return self._unjustly_in_review(link, person)
        if link.status == Status.EXCLUDED:
            return self._unjustly_excluded(link, person, is_dead=bool(dead))
        return "it waits for ever"

    def _unjustly_in_review(self, link: Link, person: Person) -> str:
        if link.reason == matching.NAME_ALONE:
            (ref,) = link.refs
            values = self.truth.row(ref)
            return "it has more than a name" if values.get("phones") else ""
        if link.reason == twins.MERGED:
            is_merged = not self.truth.merged.isdisjoint(link.refs)
            return "" if is_merged else "none of its halves was merged"
        return "" if self.truth.has_double(person) else "nobody shares its addresses"

    def _unjustly_excluded(self, link: Link, person: Person, *, is_dead: bool) -> str:
        reason, connection = link.reason, link.connection
        without_email = not all(self.truth.entries(ref, "emails") for ref in link.refs)
        without_name = any(self._is_nameless(ref) for ref in link.refs)
        if reason == wording.NO_EMAIL:
            return "" if without_email and connection.avoid_duplicates else "it has an address"
        if reason == wording.NO_NAME:
            return "" if without_email and without_name else "it has a name or an address"
        if reason.startswith("Archived"):
            archived = any(self.apps[ref.app].row(ref.id).archived for ref in link.refs)
            return "" if archived else "it is not archived"
        if reason.startswith("Outside"):
            inside = all(self._is_in_scope(connection, ref) for ref in link.refs)
            return "it is in the scope" if inside else ""
        if reason == matching.OUTSIDE:
            inside = all(self._is_in_scope(connection, ref) for ref in person.refs)
            is_alone = inside and not self.truth.has_double(person)
            return "nobody is outside the scope" if is_alone else ""
        if reason == matching.APART:
            return "" if person.is_kept_apart else "nobody kept it apart"
        if reason.startswith("The direction"):
            return "" if connection.direction != Direction.BOTH else "the direction is both"
        if reason.startswith("Deleted"):
            return "" if is_dead else "nobody deleted it"
        if reason.endswith("wants a first or last name"):
            return "" if without_name else "it has a name"
        return "there is no such reason"

    def _is_nameless(self, ref: Ref) -> bool:
        return is_blank(self.truth.value(ref, "name"))

    def _is_in_scope(self, connection: Connection, ref: Ref) -> bool:
        """Return whether a contact lies in the scope of its side; one of another app does."""
        scope = {
            connection.left.label: connection.left_scope,
            connection.right.label: connection.right_scope,
        }.get(ref.app)
        return not scope or not set(scope).isdisjoint(self.apps[ref.app].row(ref.id).scopes)

    def _check_pair(self, link: Link) -> None:
        """Each side holds what the other side's value becomes there [I1]."""
        assert link.left is not None
        assert link.right is not None
        person = self.truth.of[link.left]
        for name in mapped_names(link.connection, self.truth):
            if name in person.apart or is_let_be(link, name) or self._is_half_blank(link, name):
                continue
            problem = self._differ(person, link.left, link.right, name)
            assert not problem, f"I1: {name} of {link}: {problem}"

    def _is_half_blank(self, link: Link, name: str) -> bool:
        """Return whether part of an address was blank where the whole of it was to be copied, and
        blanks are not.
        """
        return (
            name in ADDRESS
            and not link.connection.copy_blanks
            and any(is_blank(self.truth.value(ref, name)) for ref in link.refs)
        )

    def _differ(self, person: Person, left: Ref, right: Ref, name: str) -> str:
        if name not in LISTS:
            one, two = (self.truth.value(ref, name) for ref in (left, right))
            return "" if alike(one, two) else f"{one!r} and {two!r}"
        one_list, two_list = (self.truth.entries(ref, name) for ref in (left, right))
        if one_list == two_list:
            return ""
        slots = [ref for ref in (left, right) if self.apps[ref.app].slots]
        known = person.lists[name]
        known.is_overfull |= any(len(known.may) > (self.apps[ref.app].slots or 0) for ref in slots)
        if known.is_overfull and (one_list <= two_list or two_list <= one_list):
            return ""
        return f"{sorted(one_list)} and {sorted(two_list)}"

    def _check_field(self, links: Sequence[Link], person: Person, name: str) -> bool:
        """Check that what people entered stands there [I3]; return whether all of a person's
        contacts are in sync.
        """
        refs = person.refs & self.truth.live
        for ref in refs:
            self._check_possible(person, ref, name)
        mine = [link for link in links if not person.refs.isdisjoint(link.refs)]
        parts = list(self._parts(mine, refs, name))
        lets_be = name in person.apart or any(is_let_be(link, name) for link in mine)
        if len(parts) == 1 and not lets_be:
            for ref in refs:
                self._check_arrived(person, ref, name)
        return len(parts) <= 1

    def _check_possible(self, person: Person, ref: Ref, name: str) -> None:
        if name in LISTS:
            there, may = self.truth.entries(ref, name), person.lists[name].may
            assert there <= may, f"{name} of {ref} has {there - may} that nobody entered"
        else:
            value, text = self.truth.value(ref, name), person.text(name)
            assert text.may_be(value), (
                f"I3: {name} of {ref} is {value!r}, which nobody entered: {text}"
            )

    def _check_arrived(self, person: Person, ref: Ref, name: str) -> None:
        if name in LISTS:
            there, entries = self.truth.entries(ref, name), person.lists[name]
            if not entries.is_overfull:
                assert entries.has_arrived(there, self.truth.live), (
                    f"I3: {name} of {ref} are {sorted(there)}, but should be {entries}"
                )
        else:
            value, text = self.truth.value(ref, name), person.text(name)
            parts = [person.text(part) for part in ADDRESS if name in ADDRESS]
            if any(len(part.edits) > 1 or part.is_merged_anew for part in parts):
                return  # one side's whole address stands
            assert text.has_arrived(value, self.truth.live), (
                f"I3: {name} of {ref} is {value!r}, but should be {text}"
            )

    def _parts(self, links: Sequence[Link], refs: set[Ref], name: str) -> Iterator[set[Ref]]:
        """Yield the sets of a person's contacts that are in sync with one another."""
        pairs = [
            link.refs
            for link in links
            if link.status == Status.IN_SYNC and name in mapped_names(link.connection, self.truth)
        ]
        left = set(refs)
        while left:
            part = {left.pop()}
            while more := {ref for pair in pairs if part & set(pair) for ref in pair} - part:
                part |= more
            left -= part
            yield part

    def _settle(self, person: Person, name: str) -> None:
        refs = person.refs & self.truth.live
        if name in LISTS:
            lists = [self.truth.entries(ref, name) for ref in refs]
            person.lists[name].settle(lists)
            are_equal = len(set(lists)) <= 1
        else:
            values = [self.truth.value(ref, name) for ref in refs]
            person.text(name).settle(values or [None])
            are_equal = all(alike(values[0], each) for each in values)
        if are_equal and refs == person.refs:
            person.apart.discard(name)


def is_let_be(link: Link, name: str) -> bool:
    """Return whether a flag says that a name was not copied, since it fits no single part."""
    return name == "name" and any("fits no single part" in flag for flag in link.flags)


def mapped_names(connection: Connection, truth: Truth) -> list[str]:
    """Return the fields, as the truth names them, that a connection maps."""
    off = set(connection.switched_off)
    roles = {"name": "full_name"}
    return [name for name in (*truth.text_names, *LISTS) if roles.get(name, name) not in off]


def _mapped_names(connections: Sequence[Connection], key: str) -> Iterator[str]:
    for connection in connections:
        for side in SIDES:
            if connection.account(side).label != key:
                continue
            configuration = connection.configuration()
            for pair in configuration.pairs:
                if role := pair.field(side).role:
                    yield role.value
            yield from ("given_name", "family_name", "full_name")
