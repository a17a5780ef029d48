"""What people did in the apps of the state machine, and what must therefore stand there."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from connections.schema import Type, Value, entries_of, entry_key, is_blank
from tests.syncengine.machine_apps import App

TOKEN = "job_title"
"""The field that tells who a contact is: people never edit it."""
TEXTS = ("company", "city", "postal_code", "notes")
ADDRESS = ("city", "postal_code")
LISTS = ("emails", "phones")
NAMES = ("given_name", "family_name")
SHORTEST_CUT = 20


class Ref(NamedTuple):
    """A contact in an app."""

    app: str
    id: str


def view(app: App, row: Mapping[str, Value], name: str) -> Value:
    """Return what a contact shows of a field; "name" is the joined one."""
    if name != "name" or app.one_name:
        return row.get("full_name" if name == "name" else name)
    return " ".join(str(row[part]) for part in NAMES if row.get(part)) or None


def keys(name: str, value: Value) -> frozenset[str]:
    """Return the entries of a list in the form in which they are compared."""
    type_ = Type.EMAILS if name == "emails" else Type.PHONES
    return frozenset(entry_key(type_, entry, None) for entry in entries_of(value))


def alike(one: Value, other: Value) -> bool:
    """Return whether one text is the other but for what apps make of it: space, escapes, a cut."""
    if is_blank(one) or is_blank(other):
        return is_blank(one) and is_blank(other)
    (short, raw), (long, _) = sorted((bare(str(each)), str(each)) for each in (one, other))
    return short == long or (len(raw) >= SHORTEST_CUT and long.startswith(short))


def bare(text: str) -> str:
    """Return a text without what apps make of it: space, escapes, the Unicode form."""
    while (plain := html.unescape(text)) != text:
        text = plain
    # What is left of an escape that was cut through is none.
    return " ".join(unicodedata.normalize("NFC", re.sub(r"&#?\w*$", "", text)).split())


@dataclass
class Text:
    """What may stand in a field of one person.

    `settled` is what stood there when all was calm, `edits` what people left in each contact since,
    `past` what they had entered before that.
    """

    settled: list[Value] = field(default_factory=lambda: [None])
    edits: dict[Ref, Value] = field(default_factory=dict)
    past: list[Value] = field(default_factory=list)
    is_merged_anew: bool = False
    """Whether a first merge may have let any of these prevail."""

    def edit(self, ref: Ref, value: Value) -> None:
        self.edits[ref] = value
        self.past.append(value)

    def may_be(self, value: Value) -> bool:
        """Return whether the value is one that stood there or that somebody entered."""
        return any(alike(value, each) for each in (*self.settled, *self.past))

    def has_arrived(self, value: Value, live: set[Ref]) -> bool:
        """Return whether the value is what was entered since it was calm, by those who are there
        still.
        """
        if self.is_merged_anew or not self.edits or not live.issuperset(self.edits):
            return self.may_be(value)
        return any(alike(value, each) for each in self.edits.values())

    def settle(self, values: Iterable[Value]) -> None:
        self.settled, self.edits, self.past = list(values), {}, []
        self.is_merged_anew = False

    def join(self, other: Text) -> None:
        self.settled += other.settled
        self.edits |= other.edits
        self.past += other.past
        self.is_merged_anew = True


@dataclass
class Entries:
    """What may stand in a list of one person; all by the key of the entry."""

    settled: frozenset[str] = frozenset()
    known: frozenset[str] = frozenset()
    added: dict[Ref, set[str]] = field(default_factory=dict)
    removed: dict[Ref, set[str]] = field(default_factory=dict)
    final: dict[Ref, frozenset[str]] = field(default_factory=dict)
    is_merged_anew: bool = False
    is_overtaken: bool = False
    """Whether a write went over an edit that was not known yet."""
    is_overfull: bool = False
    """Whether there were ever more entries than an app has slots."""

    def edit(self, ref: Ref, before: frozenset[str], after: frozenset[str]) -> None:
        self.added.setdefault(ref, set()).update(after - before)
        self.removed.setdefault(ref, set()).update(before - after)
        self.final[ref] = after

    @property
    def may(self) -> frozenset[str]:
        return self.known.union(self.settled, *self.added.values())

    def must(self, live: set[Ref]) -> frozenset[str]:
        """Return what nobody removed; an addition beside a removal may be an edit that lost."""
        if self.is_overtaken:
            return frozenset()
        pure = [
            added for ref, added in self.added.items() if ref in live and not self.removed.get(ref)
        ]
        return self.settled.union(*pure).difference(*self.removed.values())

    def has_arrived(self, there: frozenset[str], live: set[Ref]) -> bool:
        """Return whether nothing is lost, and nothing there that was not entered."""
        is_certain = len(self.final) == 1 and live.issuperset(self.final)
        if self.is_merged_anew or self.is_overtaken or not is_certain:
            return self.must(live) <= there <= self.may
        (final,) = self.final.values()
        return there == final

    def settle(self, lists: Iterable[frozenset[str]]) -> None:
        all_lists = list(lists)
        self.settled = frozenset.intersection(*all_lists) if all_lists else frozenset()
        self.known = frozenset().union(*all_lists)
        self.added, self.removed, self.final = {}, {}, {}
        self.is_merged_anew = self.is_overtaken = False

    def join(self, other: Entries) -> None:
        self.settled |= other.settled
        self.known |= other.known
        self.added |= other.added
        self.removed |= other.removed
        self.final |= other.final
        self.is_merged_anew = True
        self.is_overtaken |= other.is_overtaken
        self.is_overfull |= other.is_overfull


@dataclass(eq=False)
class Person:
    """One person, in however many apps."""

    tokens: set[str]
    refs: set[Ref] = field(default_factory=set)
    emails: set[str] = field(default_factory=set)
    """All addresses that they ever had."""
    texts: dict[str, Text] = field(default_factory=dict)
    lists: dict[str, Entries] = field(default_factory=lambda: {name: Entries() for name in LISTS})
    apart: set[str] = field(default_factory=set)
    """Fields that the settings may keep apart."""
    is_twin: bool = False
    """Whether people entered them in several apps."""
    may_be_made_again: bool = False
    is_kept_apart: bool = False
    """Whether a person took their contacts apart."""

    def text(self, name: str) -> Text:
        return self.texts.setdefault(name, Text())

    def join(self, other: Person) -> None:
        """Take over all that is known of another person who turned out to be the same."""
        self.tokens |= other.tokens
        self.refs |= other.refs
        self.emails |= other.emails
        self.apart |= other.apart
        self.is_kept_apart |= other.is_kept_apart
        self.may_be_made_again = True
        for name in {*self.texts, *other.texts}:
            self.text(name).join(other.text(name))
        for name in LISTS:
            self.lists[name].join(other.lists[name])


@dataclass
class Truth:
    """Who is who, and what people did."""

    apps: Mapping[str, App]
    text_names: tuple[str, ...]
    """The fields that hold one text each, names included."""
    people: list[Person] = field(default_factory=list)
    of: dict[Ref, Person] = field(default_factory=dict)
    live: set[Ref] = field(default_factory=set)
    merged: set[Ref] = field(default_factory=set)
    """Those that are gone since they were merged into another contact of their app."""
    edited_at: dict[tuple[Ref, str], datetime] = field(default_factory=dict)

    def row(self, ref: Ref) -> Mapping[str, Value]:
        return self.apps[ref.app].row(ref.id).values

    def value(self, ref: Ref, name: str) -> Value:
        return view(self.apps[ref.app], self.row(ref), name)

    def entries(self, ref: Ref, name: str) -> frozenset[str]:
        return keys(name, self.row(ref).get(name))

    def by_token(self, token: str) -> Person | None:
        return next((each for each in self.people if token in each.tokens), None)

    def add(self, ref: Ref, token: str, *, by_api: bool = False) -> Person:
        """Take in a new contact."""
        person = self.by_token(token)
        if person is None:
            assert not by_api, f"{ref} was created for nobody: {token}"
            person = Person({token})
            self.people.append(person)
        person.is_twin |= bool(person.refs) and not by_api
        person.refs.add(ref)
        self.of[ref] = person
        self.live.add(ref)
        if not by_api:
            for name in self.text_names:
                if not is_blank(self.value(ref, name)):
                    person.text(name).edit(ref, self.value(ref, name))
            for name in LISTS:
                person.lists[name].edit(ref, frozenset(), self.entries(ref, name))
        person.emails |= self.entries(ref, "emails")
        return person

    def unite(self, one: Person, two: Person) -> None:
        """Note that two people turned out to be one."""
        one.join(two)
        self.people.remove(two)
        self.of.update(dict.fromkeys(two.refs, one))

    def merged_anew(self, person: Person) -> None:
        """Note that a first merge of all fields is due."""
        refs = person.refs & self.live
        for name in self.text_names:
            text = person.text(name)
            text.settled += [self.value(ref, name) for ref in refs]
            text.is_merged_anew = True
        for name in LISTS:
            entries = person.lists[name]
            entries.known |= frozenset().union(*(self.entries(ref, name) for ref in refs))
            entries.is_merged_anew = True

    def keep_blanks(self) -> None:
        """Note that a blank is copied no more, not even one that was made before."""
        for person in self.people:
            refs = person.refs & self.live
            for name in (*self.text_names, *LISTS):
                held = self.entries if name in LISTS else self.value
                if {not held(ref, name) for ref in refs} == {True, False}:
                    person.apart.add(name)

    def restored(self, ref: Ref) -> None:
        """Take in a contact that is there again as it was."""
        person = self.of[ref]
        self.merged.discard(ref)
        for name in self.text_names:
            person.text(name).settled.append(self.value(ref, name))
        for name in LISTS:
            entries = person.lists[name]
            entries.known |= self.entries(ref, name)
            entries.is_merged_anew = True

    def has_double(self, person: Person) -> bool:
        """Return whether somebody else ever had an address of this person, or they are in an app
        twice.
        """
        apps = [ref.app for ref in person.refs]
        return len(set(apps)) < len(apps) or any(
            each is not person and not each.emails.isdisjoint(person.emails) for each in self.people
        )
