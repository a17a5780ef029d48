"""Finding contacts by name or any email address, and the rows in which pages list them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from connections import names
from connections.configuration import SIDES, Side
from connections.models import Connection
from syncengine.models import Change, Contact, MatchKey, Run
from syncengine.waiting import EMAIL, emails_of, without_values

NAME = "n:"
MOST = 2000
"""How many records a search takes in: who finds more says more."""


def contacts_of(connection: Connection) -> QuerySet[Contact]:
    """Return the contacts of a connection with their records, and nothing decrypted."""
    return without_values(Contact.objects.filter(connection=connection))


def find(connection: Connection, text: str) -> QuerySet[Contact]:
    """Return the contacts whose name or any email address, present or former, holds a text; at most
    those of the first `MOST` records.
    """
    holders = holders_of(connection, text)
    mine = contacts_of(connection)
    # Side by side and by their numbers: so an index finds them, whatever the size of the book.
    found = [
        pk
        for side in SIDES
        for pk in mine.filter(**{f"{side}__in": holders}).values_list("pk", flat=True)
    ]
    return mine.filter(pk__in=found).order_by("pk")


def holders_of(connection: Connection, text: str, most: int = MOST) -> set[int]:
    """Return the records of both accounts whose name or any email address holds a text."""
    holds = Q(key__startswith=EMAIL, key__contains=text.strip().casefold())
    if name := names.key(text):
        holds |= Q(key__startswith=NAME, key__contains=name)
    accounts = (connection.left_id, connection.right_id)
    keys = MatchKey.objects.filter(holds, mirror__account__in=accounts)
    return set(keys.values_list("record_id", flat=True)[:most])


def stray_changes(connection: Connection, text: str) -> QuerySet[Change]:
    """Return the changes of contacts that are no more, by their name, newest first."""
    runs = Run.objects.filter(connection=connection, kind=Run.Kind.SYNC)
    found = Change.objects.filter(run__in=runs, contact=None, name__icontains=text.strip())
    return found.select_related("run").defer("fields").order_by("-at", "-pk")


def name_of(contact: Contact) -> str:
    """Return the name of a contact; "" for one without."""
    return next((each.name for side in SIDES if (each := contact.record(side)) and each.name), "")


@dataclass(frozen=True, slots=True)
class Row:
    """A contact as lists show it; `sides` are those on which it has a record."""

    contact: Contact
    name: str
    emails: tuple[str, ...]
    sides: tuple[Side, ...]

    @property
    def record(self) -> int:
        """One of its records, by which a contact is chosen that no row has."""
        return self.contact.left_id or self.contact.right_id or 0


def rows(contacts: Sequence[Contact]) -> list[Row]:
    """Return contacts as lists show them."""
    emails = emails_of({pk for contact in contacts for pk in _record_ids(contact)})
    return [
        Row(
            contact,
            name_of(contact),
            _emails(contact, emails),
            tuple(side for side in SIDES if contact.record_id(side)),
        )
        for contact in contacts
    ]


def emails_by_contact(contacts: Iterable[Contact]) -> dict[int, tuple[str, ...]]:
    """Return the email addresses of contacts, of both their records, by their numbers."""
    found = list(contacts)
    emails = emails_of({pk for contact in found for pk in _record_ids(contact)})
    return {contact.pk: _emails(contact, emails) for contact in found}


def _emails(contact: Contact, emails: Mapping[int, Sequence[str]]) -> tuple[str, ...]:
    mine = (each for pk in _record_ids(contact) for each in emails.get(pk, ()))
    return tuple(dict.fromkeys(mine))


def _record_ids(contact: Contact) -> list[int]:
    return [pk for side in SIDES if (pk := contact.record_id(side))]
