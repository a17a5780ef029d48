"""What a person is asked about contacts in review: who it is, who it could be, and what tells them
apart.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from connections.configuration import SIDES, Side
from connections.models import Connection
from connections.schema import Role
from syncengine import matching, twins
from syncengine.differences import entries
from syncengine.mirroring import roles_of
from syncengine.models import Contact, Record
from syncengine.waiting import Case, Half, cases_of

TELLING = {
    Role.EMAILS: "Email",
    Role.PHONES: "Phone",
    Role.COMPANY: "Company",
    Role.JOB_TITLE: "Job title",
    Role.CITY: "City",
}
"""The fields by which people tell contacts apart."""
HINTS = {
    matching.SEVERAL: "The others stay on their own.",
    matching.DUPLICATE: (
        "Its address belongs to a contact that is linked already. Two contacts in one app are best "
        "merged there; kept apart, it stays out of the sync."
    ),
    matching.SAME_SIDE: (
        "Merge them in the app, or give one of them another address; it goes on by itself then."
    ),
    matching.NAME_ALONE: (
        "Give it an email address, a phone or a company in the app; it goes on by itself then. Or "
        "have it created, if you know that the other app does not have it."
    ),
    twins.MERGED: (
        "Two contacts in one app are best merged there: it goes on by itself then. Kept apart, the "
        "two are different people."
    ),
}


@dataclass(frozen=True, slots=True)
class Detail:
    label: str
    entries: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Person:
    """One record as a person sees it; `same` has what it shares with the one in question, `note`
    what else is to be known.
    """

    record: int
    side: Side
    name: str
    details: tuple[Detail, ...]
    is_linked: bool = False
    same: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """A contact in review, whom it could be linked with, and who stands beside those."""

    contact: Contact
    hint: str
    people: tuple[Person, ...]
    candidates: tuple[Person, ...]
    beside: tuple[Person, ...]
    may_create: bool

    @property
    def open_candidates(self) -> int:
        """How many of the candidates are free to be linked."""
        return sum(not each.is_linked for each in self.candidates)


def questions(connection: Connection, contacts: Sequence[Contact]) -> list[Question]:
    """Return what is asked of these contacts, each pair once; decrypts what it shows."""
    cases = cases_of(connection, contacts)
    halves = [half for case in cases for half in (*case.halves, *case.candidates, *case.beside)]
    records = Record.objects.in_bulk([half.record for half in halves])
    linked = _linked(connection, [half for case in cases for half in case.candidates])
    roles = {side: roles_of(connection.account(side).offers.fields) for side in SIDES}
    details = {half.record: _details(records[half.record], roles[half.side]) for half in halves}
    return _without_mirrored([_question(case, details, linked) for case in cases])


def _without_mirrored(found: Sequence[Question]) -> list[Question]:
    """Leave out who is a candidate of somebody above, and asks for nobody else."""
    kept: list[Question] = []
    people: set[int] = set()
    candidates: set[int] = set()
    for each in found:
        mine = {person.record for person in each.people}
        theirs = {person.record for person in each.candidates}
        if mine <= candidates and theirs and theirs <= people:
            continue
        kept.append(each)
        people |= mine
        candidates |= theirs
    return kept


def _question(case: Case, details: Mapping[int, tuple[Detail, ...]], linked: set[int]) -> Question:
    people = tuple(
        _person(half, details, note="deleted" if half.gone else "") for half in case.halves
    )
    mine = {
        (detail.label, entry.casefold())
        for person in people
        for detail in person.details
        for entry in detail.entries
    }
    return Question(
        case.contact,
        HINTS.get(case.contact.reason, ""),
        people,
        tuple(_person(half, details, linked, mine) for half in case.candidates),
        tuple(_person(half, details, same=mine, note="its counterpart") for half in case.beside),
        case.may_create,
    )


def _person(
    half: Half,
    details: Mapping[int, tuple[Detail, ...]],
    linked: Collection[int] = (),
    same: Collection[tuple[str, str]] = (),
    note: str = "",
) -> Person:
    found = details[half.record]
    shared = tuple(
        detail.label.lower()
        for detail in found
        if any((detail.label, entry.casefold()) in same for entry in detail.entries)
    )
    is_linked = half.record in linked
    return Person(half.record, half.side, half.name, found, is_linked, shared, note)


def _details(record: Record, roles: Mapping[Role, str]) -> tuple[Detail, ...]:
    return tuple(
        Detail(label, shown)
        for role, label in TELLING.items()
        if role in roles and (shown := entries(record.values.get(roles[role])))
    )


def _linked(connection: Connection, halves: Sequence[Half]) -> set[int]:
    """Return which of these records are linked already, with one that stands."""
    both = Contact.objects.filter(connection=connection, left__gone_at=None, right__gone_at=None)
    both = both.filter(left__isnull=False, right__isnull=False)
    found: set[int] = set()
    for side in SIDES:
        pks = [half.record for half in halves if half.side == side]
        if pks:
            found |= set(both.filter(**{f"{side}__in": pks}).values_list(side, flat=True))
    return found
