"""The form of a custom mapping: its direction, and what becomes of each option [VA5]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from connections import pairing
from connections.configuration import Direction, Pair, Side
from connections.pairing import OptionRow, Taken
from connections.schema import Field
from connections.setups import MappingSetup


class MappingForm(forms.Form):
    """The direction of a mapping of two fields, and what becomes of each option."""

    direction = forms.ChoiceField(
        choices=[(each.value, each.value) for each in Direction],
        error_messages={"required": "Choose a direction."},
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None,
        *,
        left: Field,
        right: Field,
        connection: Direction,
        taken: Taken,
        mapping: MappingSetup | None = None,
    ) -> None:
        """`connection` is the direction of the connection, `taken` what other mappings have, and
        `mapping` the one that is edited.
        """
        super().__init__(data)
        self.pair = Pair(left, right)
        self.connection, self.taken = connection, taken
        self.arrows = pairing.arrows(left, right, connection)
        stored = Direction(mapping.direction) if mapping else None
        self.initial["direction"] = stored if stored in self.arrows else next(iter(self.arrows), "")
        self.source: Side = "right" if self.arrows == (Direction.RIGHT_TO_LEFT,) else "left"
        same_fields = mapping and (mapping.left, mapping.right) == (left.key, right.key)
        self.table = mapping.options if mapping and same_fields else ()
        self.rows = self._rows()
        for number, row in enumerate(self.rows):
            self.fields[f"option_{number}"] = self._option(row)

    @property
    def _ends(self) -> tuple[Field, Field]:
        left, right = self.pair.left, self.pair.right
        return (left, right) if self.source == "left" else (right, left)

    def _rows(self) -> tuple[OptionRow, ...]:
        if not pairing.wants_options(self.pair.left, self.pair.right):
            return ()
        return pairing.option_rows(*self._ends, self._turned(self.table))

    def _turned(self, table: Sequence[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
        """Return a table with the source's options first, or turn it back."""
        return tuple((two, one) if self.source == "right" else (one, two) for one, two in table)

    def _option(self, row: OptionRow) -> forms.ChoiceField:
        target = self._ends[1]
        choices = [("", "not copied"), *((each.value, each.label) for each in target.options)]
        if row.partner and row.partner_is_gone:
            choices.append((row.partner.value, f"{row.partner.label} (gone)"))
        field = forms.ChoiceField(
            required=False,
            choices=choices,
            label=row.option.label,
            initial=row.partner.value if row.partner else "",
        )
        field.widget.attrs["aria-label"] = f"{row.option.label} becomes"
        field.disabled = row.is_gone
        return field

    @property
    def options(self) -> list[tuple[OptionRow, forms.BoundField]]:
        return [(row, self[f"option_{number}"]) for number, row in enumerate(self.rows)]

    @property
    def cannot(self) -> str:
        """Why the two fields cannot be mapped at all, "" where they can."""
        direction = self.arrows[0] if self.arrows else self.connection
        return pairing.problem(
            self.pair.left, self.pair.right, direction, self.connection, self.taken
        )

    @property
    def at_fault(self) -> Side:
        """Beside which field that is to be told."""
        left = self.pair.left
        is_left = left.key in self.taken.left or not pairing.groups([left])
        return "left" if is_left else "right"

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "direction" in data:
            left, right = self.pair.left, self.pair.right
            wanted = Direction(data["direction"])
            if why := pairing.problem(left, right, wanted, self.connection, self.taken):
                self.add_error("direction", why)
        for number, row in enumerate(self.rows):
            name = f"option_{number}"
            is_kept = row.partner and data.get(name) == row.partner.value
            if row.partner_is_gone and is_kept and not row.is_gone:
                self.add_error(name, "This option is gone. Choose another one, or “not copied”.")
        return data

    def mapping(self) -> MappingSetup:
        """Return what people chose; to be asked of a valid form."""
        chosen = {
            row.option.value: self.cleaned_data[f"option_{number}"]
            for number, row in enumerate(self.rows)
        }
        table = pairing.option_table(*self._ends, chosen)
        return MappingSetup(
            self.pair.left.key,
            self.pair.right.key,
            self.cleaned_data["direction"],
            # An import may say which text an option becomes; the page does not show that.
            self._turned(table) if self.rows else self.table,
        )
