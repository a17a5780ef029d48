"""The field mappings of a connection as its page shows them: grouped, with arrows, reasons and the
values of one real contact.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connections import mapped, pairing
from connections.configuration import SIDES, Direction, Pair, Side, narrowed, other, widest_arrow
from connections.configuring import target_field
from connections.mapped import Fields
from connections.models import Connection
from connections.pairing import OptionRow, Taken
from connections.schema import REFERENCES, Field, Value, is_blank
from connections.setups import MappingSetup, Setup
from syncengine.differences import entries
from syncengine.models import Contact
from syncengine.plans import shown
from syncengine.state import Status

LOOKED_AT = 10


@dataclass(frozen=True, slots=True)
class Cell:
    """A field of one side, with the example's value in words. `is_gone`: its app has it no more."""

    label: str
    type: str
    value: tuple[str, ...] = ()
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One mapping. `key` is the role of a default one, the key of the left field of another.

    `arrow` is where values flow, None where the connection's direction lets none; `notes` say what
    keeps them from flowing both ways at any time. `is_blocked`: another mapping has its fields, so
    that it cannot be switched on.
    """

    key: str
    left: Cell
    right: Cell
    arrow: Direction | None
    notes: tuple[str, ...] = ()
    is_blocked: bool = False
    options: tuple[OptionRow, ...] = ()

    @property
    def paired(self) -> int:
        """How many of the options that exist have a partner that exists."""
        return sum(
            bool(each.partner) and not each.partner_is_gone for each in self.options_that_exist
        )

    @property
    def options_that_exist(self) -> list[OptionRow]:
        return [each for each in self.options if not each.is_gone]

    @property
    def has_gone_options(self) -> bool:
        return any(each.is_gone or each.partner_is_gone for each in self.options)


@dataclass(frozen=True, slots=True)
class Group:
    name: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Block:
    """The mappings of a connection: default ones, those of its own, and what could still be mapped:
    so many fields of each side; `unmappable` says why others cannot.
    """

    groups: Sequence[Group]
    own: Sequence[Row]
    left_more: int
    right_more: int
    unmappable: Sequence[tuple[str, str]]


# One real contact


def example_of(connection: Connection) -> Contact | None:
    """Return a linked contact of a connection with both its records: of the first few, the one with
    the most values.
    """
    linked = Contact.objects.filter(
        connection=connection,
        status=Status.IN_SYNC,
        left__isnull=False,
        right__isnull=False,
    )
    first = (
        linked.select_related("left", "right").defer(*Contact.ENCRYPTED).order_by("pk")[:LOOKED_AT]
    )
    return max(first, key=_filled, default=None)


def _filled(contact: Contact) -> int:
    assert contact.left is not None
    return sum(not is_blank(value) for value in contact.left.values.values())


def example_values(example: Contact | None) -> Mapping[Side, Mapping[str, Value]]:
    """Return the values of both sides of a contact."""
    left = example.left.values if example and example.left else {}
    right = example.right.values if example and example.right else {}
    return {"left": left, "right": right}


def in_words(field: Field, values: Mapping[str, Value]) -> tuple[str, ...]:
    """Return a contact's value of a field as people read it."""
    return entries(shown(field, values.get(field.key)))


# The block


def block(connection: Connection, setup: Setup, example: Contact | None) -> Block:
    """Return the mappings of a set-up of a connection."""
    page = _Page(connection, setup, example)
    return Block(
        page.groups(),
        [page.own(mapping) for mapping in setup.mappings],
        len(page.offered["left"]),
        len(page.offered["right"]),
        list(page.unmappable()),
    )


def row(connection: Connection, setup: Setup, mapping: MappingSetup) -> Row:
    """Return one custom mapping of a set-up, without an example."""
    return _Page(connection, setup, None).own(mapping)


class _Page:
    def __init__(self, connection: Connection, setup: Setup, example: Contact | None) -> None:
        self.connection = connection
        self.setup = setup
        self.direction = Direction(setup.direction)
        self.apps = {side: connection.side_label(side) for side in SIDES}
        self.values = example_values(example)
        self.fields = mapped.fields_of(setup, connection.left, connection.right)
        self.taken = mapped.taken(setup, self.fields)
        self.offered = {side: offered(setup, self.fields, side, self.taken) for side in SIDES}
        self.acted: dict[tuple[Side, str], str] = {}
        for side, key, words in _acted(connection, setup, self.apps):
            self.acted.setdefault((side, key), words)

    # Default mappings

    def groups(self) -> list[Group]:
        """Return the default mappings of the two apps, those that are switched off too."""
        pairs = mapped.default_mapping(self.setup, self.fields, off=True)
        found = []
        for name in pairing.GROUPS:
            rows = [self.default(pair) for pair in pairs if pairing.group_of(pair.left) == name]
            if rows:
                found.append(Group(name, rows))
        return found

    def default(self, pair: Pair) -> Row:
        assert pair.left.role is not None
        role = pair.left.role.value
        is_off = role in self.setup.switched_off
        blocked = is_off and (
            pair.left.key in self.taken.left or pair.right.key in self.taken.right
        )
        notes = ["Off, as a mapping of your own has one of its fields."] if blocked else []
        return Row(
            role,
            self.cell("left", pair.left),
            self.cell("right", pair.right),
            widest_arrow(pair.left, pair.right, self.direction),
            (*notes, *self.notes(pair)),
            blocked,
        )

    # Custom ones

    def own(self, mapping: MappingSetup) -> Row:
        pair = mapped.pair_of(mapping, self.fields)
        if pair is None:
            return self.gone(mapping)
        wanted = narrowed(self.direction, pair.direction)
        arrow = widest_arrow(pair.left, pair.right, wanted) if wanted else None
        notes = self.notes(pair)
        if not notes and pair.direction is not Direction.BOTH and arrow is pair.direction:
            notes = [
                f"To {self.apps['right' if arrow.writes('right') else 'left']} only, as you chose."
            ]
        options: tuple[OptionRow, ...] = ()
        if pairing.wants_options(pair.left, pair.right):
            options = pairing.option_rows(pair.left, pair.right, pair.options)
        left, right = self.cell("left", pair.left), self.cell("right", pair.right)
        return Row(mapping.left, left, right, arrow, tuple(notes), options=options)

    def gone(self, mapping: MappingSetup) -> Row:
        """Return a mapping of which a field no longer exists."""
        left, right = (self.fields.of(side).get(getattr(mapping, side)) for side in SIDES)
        notes = [
            f"{app} no longer has this field. No run writes anything before you map another one "
            "or remove the mapping."
            for app, field in zip(self.apps.values(), (left, right), strict=True)
            if field is None
        ]
        return Row(
            mapping.left,
            self.cell("left", left) if left else Cell(mapping.left, "", is_gone=True),
            self.cell("right", right) if right else Cell(mapping.right, "", is_gone=True),
            None,
            tuple(notes),
        )

    def cell(self, side: Side, field: Field) -> Cell:
        return Cell(field.label, field.type.value, in_words(field, self.values[side]))

    # Reasons

    def notes(self, pair: Pair) -> list[str]:
        """Return what keeps values from flowing both ways at any time."""
        found = []
        if why := pairing.why_one_way(pair.left, pair.right, *self.apps.values()):
            found.append(why)
        found += [
            f"Written in {self.apps[side]} only while {condition}."
            for side in SIDES
            if (condition := pair.field(side).written_while)
            and narrowed(self.direction, pair.direction)
            and self.direction.writes(side)
        ]
        places = ((side, pair.field(side).key) for side in SIDES)
        return [*found, *(self.acted[place] for place in places if place in self.acted)]

    def unmappable(self) -> Iterator[tuple[str, str]]:
        """Yield what cannot be mapped, with the reason."""
        for side in SIDES:
            names = [
                each.label for each in self.fields.of(side).values() if each.type in REFERENCES
            ]
            if names:
                yield (
                    f"{', '.join(names)} in {self.apps[side]}",
                    "Users, units and labels are no values to copy. Use a rule to set them.",
                )
        yield from self.unfitting()

    def unfitting(self) -> Iterator[tuple[str, str]]:
        taken = {"left": self.taken.left, "right": self.taken.right}
        for side in SIDES:
            fitting = {each.key for each in self.offered[side]} | taken[side]
            names = [
                each.label
                for each in self.fields.of(side).values()
                if each.key not in fitting and each.type not in REFERENCES
            ]
            if names:
                yield (
                    f"{', '.join(names)} in {self.apps[side]}",
                    f"No field that is left in {self.apps[other(side)]} fits.",
                )


def offered(setup: Setup, fields: Fields, side: Side, taken: Taken) -> list[Field]:
    """Return the fields of a side that a further mapping can have."""
    return pairing.offered(
        fields.of(side).values(),
        fields.of(other(side)).values(),
        taken,
        side=side,
        connection=Direction(setup.direction),
    )


def _acted(
    connection: Connection, setup: Setup, apps: Mapping[Side, str]
) -> Iterator[tuple[Side, str, str]]:
    """Yield the side and key of each field that a rule sets, with the sentence that says so
    [RU6].
    """
    for side in SIDES:
        target = other(side)
        account = connection.account(target)
        offers, app = account.offers, account.declared
        rules = setup.rules_of(side) if Direction(setup.direction).writes(target) else ()
        for number, rule in enumerate(rules, 1):
            for action in rule.actions:
                if field := target_field(action, offers, app):
                    words = (
                        f"Rests while rule {number} for contacts from {apps[side]} matches: "
                        f"it sets {field.label} in {apps[target]}."
                    )
                    yield target, field.key, words
