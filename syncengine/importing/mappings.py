"""The mappings and the table of owners of a file, with their names looked up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from connections import pairing
from connections.configuration import SIDES, Direction, Pair, Side, default_pairs, narrowed
from connections.schema import CHOICES, Field, Role
from connections.setups import MappingSetup, OwnersSetup
from syncengine.importing.looking import Look
from syncengine.importing.rule_entries import MappingEntry, OwnersEntry
from syncengine.importing.section import Section, Value


class MappingList:
    """A list that names all that is mapped: of the default mappings those that are switched on, and
    custom ones. A mapping of the two fields of a default one is that, unless the file gives it
    another direction.
    """

    def __init__(self, look: Look, direction: Direction) -> None:
        self.look = look
        self.direction = direction
        self.fields = {side: look.at(side).offers.fields for side in SIDES}
        self.defaults = default_pairs(self.fields["left"], self.fields["right"])
        self.pairs: list[Pair] = []
        self.on: set[str] = set()
        self.custom: list[MappingSetup] = []

    def read(self, entries: Sequence[MappingEntry]) -> None:
        for entry in entries:
            self._add(entry)

    def switched_off(self, named: tuple[str, ...]) -> tuple[str, ...]:
        """Return the roles of the default mapping that are not synced: those that the list does not
        map, and of those that the two apps do not share the ones in `named`.
        """
        shared = {pair.left.role for pair in self.defaults}
        off = {role for role in Role if (role not in self.on if role in shared else role in named)}
        return named if off == set(named) else tuple(role.value for role in Role if role in off)

    def _add(self, entry: MappingEntry) -> None:
        left, right = self._field(entry, "left"), self._field(entry, "right")
        if left is None or right is None:
            return
        direction = self._direction(entry, left, right)
        if direction is None:
            return
        self.pairs.append(Pair(left, right, direction))
        standard = next((p for p in self.defaults if (p.left, p.right) == (left, right)), None)
        if standard and standard.direction is direction and not entry.options:
            self.on.add(str(standard.left.role))
            return
        options = self._options(entry, left, right)
        if options is not None:
            self.custom.append(MappingSetup(left.key, right.key, direction.value, options))

    def _field(self, entry: MappingEntry, side: Side) -> Field | None:
        key = entry.left if side == "left" else entry.right
        names = self.look.at(side)
        return self.look.ask(
            entry.section, side, entry.section.line(side), lambda: names.field(key)
        )

    def _direction(self, entry: MappingEntry, left: Field, right: Field) -> Direction | None:
        """Return the direction, the widest one where the file leaves it out; None where the two
        fields cannot be mapped so.
        """
        possible = pairing.arrows(left, right, Direction.BOTH)
        wanted = entry.direction or (possible[0] if possible else Direction.BOTH)
        taken = pairing.taken_by(self.pairs, self.fields["left"], self.fields["right"])
        # One that goes both ways is narrowed to what the connection does.
        widest = Direction.BOTH if narrowed(self.direction, wanted) else self.direction
        if problem := pairing.problem(left, right, wanted, widest, taken):
            self.look.wrong(entry.section, "direction" if entry.direction else "left", problem)
            return None
        return wanted

    def _options(
        self, entry: MappingEntry, left: Field, right: Field
    ) -> tuple[tuple[str, str], ...] | None:
        section = entry.section
        if not entry.options:
            return ()
        if left.type not in CHOICES and right.type not in CHOICES:
            self.look.wrong(section, "options", "must be left out where neither field is a choice")
            return None
        read = [
            (self._option("left", left, one, entry), self._option("right", right, two, entry))
            for one, two in entry.options
        ]
        found = [(one, two) for one, two in read if one is not None and two is not None]
        return tuple(dict.fromkeys(found)) if len(found) == len(read) else None

    def _option(self, side: Side, field: Field, value: Value, entry: MappingEntry) -> str | None:
        """Return an option, or the text that it becomes; "" says that the other one is not
        copied.
        """
        if not value.text or field.type not in CHOICES:
            return value.text
        names = self.look.at(side)
        return self.look.ask(
            entry.section, "options", value.line, lambda: names.option(field, value.text)
        )


# Owners


def owners(entry: OwnersEntry, standing: OwnersSetup, look: Look) -> OwnersSetup:
    """Return the table of owners [VA10]; what the file leaves out of it stays."""
    table = standing.table
    if entry.table is not None:
        table = tuple(_table(entry, look))
    fallbacks = {side: getattr(standing, f"{side}_fallback") for side in SIDES}
    for side, value in _fallbacks(entry, look).items():
        found = _user(entry, side, value, look) if value.text else ""
        if found is not None:
            fallbacks[side] = found
    return OwnersSetup(table, fallbacks["left"], fallbacks["right"])


def _fallbacks(entry: OwnersEntry, look: Look) -> Mapping[Side, Value]:
    if entry.fallback is None or isinstance(entry.fallback, dict):
        return entry.fallback or {}
    if not entry.fallback.text:
        return dict.fromkeys(SIDES, entry.fallback)
    having: list[Side] = [side for side in SIDES if look.at(side).app.owner_field]
    if not having:
        look.wrong(entry.section, "fallback", "neither app has owners")
    return dict.fromkeys(having, entry.fallback)


def _user(entry: OwnersEntry, side: Side, value: Value, look: Look) -> str | None:
    names = look.at(side)
    return look.ask(entry.section, "fallback", value.line, lambda: names.user(value.text))


def _table(entry: OwnersEntry, look: Look) -> list[tuple[str, str]]:
    found: dict[tuple[str, str], Section] = {}
    for section, *values in entry.table or ():
        users = []
        for side, value in zip(SIDES, values, strict=True):
            names = look.at(side)
            users.append(
                look.ask(section, side, value.line, lambda n=names, v=value: n.user(v.text))  # type: ignore[misc]
            )
        left, right = users
        if left is None or right is None:
            continue
        first = found.setdefault((left, right), section)
        if first is not section:
            look.wrong(section, "", f"stands twice; the first is on line {first.line()}")
    return list(found)
