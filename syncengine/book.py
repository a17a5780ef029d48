"""The contacts of a connection as matching sees them: who is linked with whom, in the database or
in a preview.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import QuerySet

from connections.configuration import SIDES, Side
from connections.models import Connection
from syncengine import bulk
from syncengine.models import Contact, Intent
from syncengine.state import Status

FIELDS = ("left", "right", "status", "reason", "awake", "left_number", "right_number")


@dataclass(slots=True, eq=False)
class Draft:
    """A contact by its ids; `contact_id` is None while it has no row."""

    left: int | None = None
    right: int | None = None
    contact_id: int | None = None
    status: str = Status.WAITING
    reason: str = ""
    awake: bool = False
    left_number: int = 0
    right_number: int = 0
    touched: bool = False
    begins: bool = False
    """Whether the link is new, so that what was agreed before counts no more."""
    absorbed: list[int] = field(default_factory=list)

    @property
    def is_linked(self) -> bool:
        return self.left is not None and self.right is not None

    def record_id(self, side: Side) -> int | None:
        return self.left if side == "left" else self.right

    @property
    def side(self) -> Side:
        """The side of the only half."""
        return "left" if self.left is not None else "right"

    def was_decided_on(self, side: Side, number: int) -> bool:
        """Return whether the last decision knew this change of a record."""
        return (self.left_number if side == "left" else self.right_number) >= number

    def wake(self) -> None:
        self.awake = self.touched = True

    def rest(self, status: Status, reason: str) -> None:
        if (self.status, self.reason, self.awake) != (status, reason, False):
            self.status, self.reason, self.awake, self.touched = status, reason, False, True


def being_created(connection: Connection) -> set[int]:
    """Return the contacts of a connection whose other half is being created, or may be."""
    open_ = Intent.objects.filter(contact__connection=connection, state=Intent.State.OPEN)
    return set(open_.values_list("contact", flat=True))


class Book:
    """Drafts by record, in memory until they are saved; a preview never saves them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.drafts: dict[tuple[Side, int], Draft] = {}
        self._without: set[tuple[Side, int]] = set()
        """The records that were found to have no contact, so as not to be asked for again."""

    def of(self, side: Side, record_ids: Iterable[int]) -> dict[int, Draft]:
        """Return the draft of each record that has a contact."""
        wanted = set(record_ids)
        missing = {
            pk for pk in wanted if (side, pk) not in self.drafts and (side, pk) not in self._without
        }
        if missing:
            self._load(Contact.objects.filter(**{f"{side}__in": missing}))
            self._without |= {(side, pk) for pk in missing if (side, pk) not in self.drafts}
        return {pk: self.drafts[side, pk] for pk in wanted if (side, pk) in self.drafts}

    def wake(self, rows: QuerySet[Contact]) -> None:
        """Take in these contacts as a run has them before it matches: awake."""
        for draft in self._load(rows):
            draft.awake = True

    def _load(self, rows: QuerySet[Contact]) -> list[Draft]:
        found = rows.filter(connection=self.connection).values_list(
            "left_id", "right_id", "pk", "status", "reason", "awake", "left_number", "right_number"
        )
        drafts = [Draft(*row) for row in found]
        for draft in drafts:
            self._keep(draft)
        return drafts

    def _keep(self, draft: Draft) -> None:
        for side in SIDES:
            record_id = draft.record_id(side)
            if record_id is not None:
                self.drafts.setdefault((side, record_id), draft)

    def has(self, draft: Draft) -> bool:
        """Return whether a contact stands, and was not absorbed by another one."""
        record_id = draft.record_id(draft.side)
        return record_id is not None and self.drafts.get((draft.side, record_id)) is draft

    def new(self, side: Side, record_id: int) -> Draft:
        """Return a new contact with one half."""
        draft = Draft(touched=True)
        self._set(draft, side, record_id)
        return draft

    def link(self, draft: Draft, side: Side, record_id: int, *, keeps_base: bool = False) -> None:
        """Give a contact its other half; the contact that had it alone is absorbed, a gone half is
        replaced.

        With `keeps_base`, what was sent to the new half stays on record, to be judged by what
        stands there: it was created for this contact, and is no new link.
        """
        alone = self.drafts.get((side, record_id))
        if alone is not None and alone.contact_id is not None:
            if draft.contact_id is None:
                draft.contact_id = alone.contact_id
            else:
                draft.absorbed.append(alone.contact_id)
        former = draft.record_id(side)
        if former is not None:
            self.drafts.pop((side, former), None)
        self._set(draft, side, record_id)
        draft.status, draft.reason = Status.WAITING, ""
        draft.left_number = draft.right_number = int(keeps_base)
        draft.begins = not keeps_base
        draft.wake()

    def _set(self, draft: Draft, side: Side, record_id: int) -> None:
        if side == "left":
            draft.left = record_id
        else:
            draft.right = record_id
        self.drafts[side, record_id] = draft

    def unlink(self, draft: Draft) -> Draft:
        """Take a contact apart, and return the new one that has its right half."""
        assert draft.right is not None
        record_id = draft.right
        self.drop_half(draft, "right")
        half = self.new("right", record_id)
        half.wake()
        return half

    def drop_half(self, draft: Draft, side: Side) -> None:
        """Take a deleted half away from a contact; the other half looks for a partner again."""
        self.drafts.pop((side, draft.record_id(side) or 0), None)
        if side == "left":
            draft.left = None
        else:
            draft.right = None
        draft.left_number = draft.right_number = 0
        draft.begins = True
        draft.wake()

    def all(self) -> list[Draft]:
        """Return each draft, once."""
        return list({id(draft): draft for draft in self.drafts.values()}.values())

    def save(self) -> list[Draft]:
        """Write what changed to the database, forget all drafts, and return those that were
        written.
        """
        touched = [draft for draft in self.all() if draft.touched]
        Contact.objects.filter(pk__in=[pk for draft in touched for pk in draft.absorbed]).delete()
        known = [draft for draft in touched if draft.contact_id]
        bulk.update(Contact, [_row(draft) for draft in known], FIELDS)
        begun = [draft.contact_id for draft in touched if draft.begins and draft.contact_id]
        Contact.objects.filter(pk__in=begun).update(
            base=None, sent=None, acted=None, settles_at=None
        )
        new = [draft for draft in touched if not draft.contact_id]
        blank = vars(Contact(connection=self.connection))
        ids = bulk.insert(Contact, [{**blank, **_row(draft)} for draft in new])
        for draft, contact_id in zip(new, ids, strict=True):
            draft.contact_id = contact_id
        self.drafts.clear()
        self._without.clear()
        return touched


def _row(draft: Draft) -> bulk.Row:
    return {
        "id": draft.contact_id,
        "left_id": draft.left,
        "right_id": draft.right,
        "status": draft.status,
        "reason": draft.reason,
        "awake": draft.awake,
        "left_number": draft.left_number,
        "right_number": draft.right_number,
    }
