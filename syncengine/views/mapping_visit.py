"""What the page of a custom mapping shows: the two fields as far as they are chosen, what fits
them, and the form of the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from urllib.parse import urlencode

from django.http import HttpRequest

from connections import mapped, pairing
from connections.configuration import SIDES, Direction, Side, other
from connections.forms.mapping import MappingForm
from connections.models import Account, Connection
from connections.schema import Field, Type
from connections.setups import MappingSetup, Setup
from syncengine import mappings
from syncengine.mappings import Cell
from syncengine.setup import direction_words, pair_words
from syncengine.views.popup import POPUP

KEY = "key"
"""What the query string names: the left field of the mapping that is edited, none for a new one."""
NEW = "New mapping"
LONGEST_NAME = 100
LONGEST_EXAMPLE = 40
ICONS = {
    Direction.BOTH: "i-both",
    Direction.LEFT_TO_RIGHT: "i-right",
    Direction.RIGHT_TO_LEFT: "i-left",
}


@dataclass(frozen=True, slots=True)
class Choice:
    """One side of the page: the field that was chosen, else what there is to choose from.

    `groups` have keys of fields with what the picker says of them. `hidden` is what the form of
    the picker carries along, `other_url` leads to the picker where a field was chosen.
    """

    side: Side
    account: Account
    field: Field | None
    cell: Cell | None
    problem: str
    groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    may_name: bool
    named: str
    hidden: Sequence[tuple[str, str]]
    other_url: str


class Visit:
    """One look at the page: the set-up that it edits, and what was chosen so far."""

    def __init__(self, request: HttpRequest, connection: Connection, setup: Setup) -> None:
        self.request, self.connection, self.setup = request, connection, setup
        self.edited = mapping_of(setup, request.GET.get(KEY, ""))
        self.direction = Direction(setup.direction)
        self.fields = mapped.fields_of(setup, connection.left, connection.right)
        self.taken = mapped.taken(setup, self.fields, self.edited)
        self.example = mappings.example_of(connection)
        self.values = mappings.example_values(self.example)
        self.asked = {side: self._asked(side) for side in SIDES}

    # The two fields

    def _asked(self, side: Side) -> tuple[Field | None, str]:
        """Return the field that was chosen for a side, and what is wrong with what was given."""
        given = self.request.GET
        name = given.get(f"{side}_new", "").strip()
        key = given.get(side, getattr(self.edited, side, ""))
        app = self.connection.side_label(side)
        if name and key:
            return None, "Choose a field or name a new one, not both."
        if len(name) > LONGEST_NAME:
            return None, f"A name has at most {LONGEST_NAME} characters."
        if name:
            return mapped.new_field(self.connection.account(side), name), ""
        if not key:
            return None, "Choose a field." if given.get("choose") == side else ""
        field = self.fields.of(side).get(key) or self._new(side, key)
        return field, "" if field else f"{app} no longer has the field {key}. Choose another one."

    def _new(self, side: Side, key: str) -> Field | None:
        account = self.connection.account(side)
        prefix = account.declared.custom_prefix
        if not prefix or not key.startswith(prefix):
            return None
        return mapped.new_field(account, key.removeprefix(prefix)[:LONGEST_NAME])

    def field(self, side: Side) -> Field | None:
        return self.asked[side][0]

    @cached_property
    def choices(self) -> list[Choice]:
        return [self._choice(side) for side in SIDES]

    def _choice(self, side: Side) -> Choice:
        field, problem = self.asked[side]
        account = self.connection.account(side)
        if self.form is not None and self.form.at_fault == side:
            problem = self.form.cannot
        return Choice(
            side=side,
            account=account,
            field=field,
            cell=self._cell(side, field) if field else None,
            problem=problem,
            groups=() if field else self._groups(side),
            may_name=field is None and self._fits(side, Field("", "", Type.TEXT), account),
            named=self.request.GET.get(f"{side}_new", ""),
            hidden=[*self._carried({side: None})],
            other_url=self.url(**{side: ""}),
        )

    def _cell(self, side: Side, field: Field) -> Cell:
        words = mappings.in_words(field, self.values[side])
        return Cell(field.label, field.type.value, words)

    def _fits(self, side: Side, new: Field, account: Account) -> bool:
        """Return whether a new custom field of a side could be mapped."""
        if not account.declared.custom_prefix:
            return False
        there = self.field(other(side))
        if there is None:
            return True
        return bool(pairing.candidates(there, [new], side=other(side), connection=self.direction))

    def _groups(self, side: Side) -> list[tuple[str, list[tuple[str, str]]]]:
        there = self.field(other(side))
        if there is None:
            fields = mappings.offered(self.setup, self.fields, side, self.taken)
        else:
            fields = pairing.candidates(
                there,
                [*self.fields.of(side).values()],
                self.taken.left if side == "left" else self.taken.right,
                side=other(side),
                connection=self.direction,
            )
        return [
            (name, [(each.key, self._text(side, each)) for each in found])
            for name, found in pairing.groups(fields)
        ]

    def _text(self, side: Side, field: Field) -> str:
        value = ", ".join(mappings.in_words(field, self.values[side]))
        value = " ".join(value.split())
        if len(value) > LONGEST_EXAMPLE:
            value = f"{value[:LONGEST_EXAMPLE]}…"
        return " · ".join(filter(None, [field.label, field.type.value, value]))

    @property
    def longest_name(self) -> int:
        return LONGEST_NAME

    @property
    def is_next(self) -> str:
        """The side of which a field is to be chosen next, "" where both are."""
        return next((side for side in SIDES if self.field(side) is None), "")

    @property
    def is_begun(self) -> bool:
        """Whether one of the two fields is chosen."""
        return any(self.field(side) for side in SIDES)

    @property
    def title(self) -> str:
        return f"Mapping of {pair_words(self.connection, self.edited)}" if self.edited else NEW

    # The rest

    @cached_property
    def form(self) -> MappingForm | None:
        """The form of direction and options, once both fields are chosen."""
        left, right = self.field("left"), self.field("right")
        if left is None or right is None:
            return None
        return MappingForm(
            self.request.POST if self.request.method == "POST" else None,
            left=left,
            right=right,
            connection=self.direction,
            taken=self.taken,
            mapping=self.edited,
        )

    @property
    def is_possible(self) -> bool:
        return self.form is not None and not self.form.cannot

    @property
    def directions(self) -> list[tuple[str, str, str, bool]]:
        """Each direction that is possible: its value, icon and words, and whether it is chosen."""
        assert self.form is not None
        chosen = self.form["direction"].value()
        words = {each: direction_words(self.connection, each) for each in Direction}
        words[Direction.BOTH] = "Both ways"
        return [(each.value, ICONS[each], words[each], each == chosen) for each in self.form.arrows]

    @property
    def why(self) -> str:
        """Why not every direction is possible."""
        left, right = self.field("left"), self.field("right")
        assert left is not None
        assert right is not None
        why = pairing.why_one_way(left, right, *(self.connection.side_label(s) for s in SIDES))
        if why or self.direction is Direction.BOTH:
            return why
        words = direction_words(self.connection, self.direction)
        return f"The connection syncs {words} only, and no mapping goes further."

    def with_mapping(self, mapping: MappingSetup) -> Setup:
        """Return the set-up with a mapping in the place of the edited one, else as the last."""
        before = self.setup.mappings
        if self.edited is None:
            return replace(self.setup, mappings=(*before, mapping))
        changed = (mapping if each == self.edited else each for each in before)
        return replace(self.setup, mappings=tuple(changed))

    # Where to go

    def _carried(self, changed: dict[Side, str | None]) -> Iterator[tuple[str, str]]:
        """Yield what the query string of the next step says; None leaves a side out."""
        if self.edited is not None:
            yield KEY, self.edited.left
        if POPUP in self.request.GET:
            yield POPUP, "1"
        for side in SIDES:
            field = self.field(side)
            key = changed.get(side, field.key if field else None)
            if side in changed and changed[side] is None:
                continue
            if key is not None:
                yield side, key

    def url(self, **changed: str) -> str:
        sides: dict[Side, str | None] = {side: changed[side] for side in SIDES if side in changed}
        return f"?{urlencode([*self._carried(sides)])}"


def mapping_of(setup: Setup, key: str) -> MappingSetup | None:
    """Return the custom mapping of a left field, None where there is none."""
    return next((each for each in setup.mappings if each.left == key), None)
