from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest

from connections.conversion import (
    NOUNS,
    WAYS,
    CannotConvert,
    Way,
    convert,
    converts,
    way,
    why_not,
)
from connections.schema import LISTS, TEXTS, Birthday, Type, Value
from tests.connections.fields import COLOURS, FARBEN, VIENNA, a

NOON = datetime(2026, 5, 17, 10, 0, tzinfo=UTC)

CELLS = tuple(product(Type, Type))
SAMPLES: Mapping[Type, tuple[Value, ...]] = {
    Type.TEXT: ("ann@x.org", "+43 1 58858", "https://x.org", "Ann Lee"),
    Type.LONG_TEXT: ("ann@x.org", "+43 1 58858", "https://x.org", "one\ntwo"),
    Type.EMAIL: ("ann@x.org",),
    Type.PHONE: ("+43 1 58858",),
    Type.URL: ("https://x.org/a?b=c",),
    Type.INTEGER: (0, -7, 10**15),
    Type.DECIMAL: (Decimal(7), Decimal("-0.25"), Decimal("1E+20")),
    Type.BOOLEAN: (True, False),
    Type.DATE: (date(2026, 5, 17), date(1600, 2, 29)),
    Type.DATETIME: (NOON, datetime(2026, 5, 17, 23, tzinfo=UTC)),
    Type.BIRTHDAY: (Birthday(1990, 5, 17), Birthday(None, 2, 29)),
    Type.CHOICE: ("1", "2", "3"),
    Type.MULTI_CHOICE: (("1",), ("1", "2"), ("3", "1")),
    Type.EMAILS: (("a@x.org", "b@x.org"), ("a@x.org",)),
    Type.PHONES: (("+43 1 58858", "+43 1 58859"),),
    Type.REFERENCE: ("12",),
    Type.REFERENCES: (("12", "13"),),
}
KINDS: Mapping[Type, type] = {
    **dict.fromkeys(TEXTS, str),
    Type.INTEGER: int,
    Type.DECIMAL: Decimal,
    Type.BOOLEAN: bool,
    Type.DATE: date,
    Type.DATETIME: datetime,
    Type.BIRTHDAY: Birthday,
    Type.CHOICE: str,
    Type.MULTI_CHOICE: tuple,
}


def there(value: Value, source: Type, target: Type) -> Value:
    """Convert between a field of colours and one of Farben, where options count."""
    return convert(value, a(source, options=COLOURS), a(target, options=FARBEN), time_zone=VIENNA)


def and_back(value: Value, source: Type, target: Type) -> Value:
    fields = a(source, options=COLOURS), a(target, options=FARBEN)
    return convert(there(value, source, target), fields[1], fields[0], time_zone=VIENNA)


def outcomes(source: Type, target: Type) -> list[str]:
    """Return for each sample whether it is "refused", and if not how it comes "back"."""
    found = []
    for value in SAMPLES[source]:
        try:
            converted = there(value, source, target)
        except CannotConvert:
            found.append("refused")
            continue
        kind = KINDS.get(target, tuple if source in LISTS else str)
        assert type(converted) is kind
        if converts(target, source):
            found.append("equal" if and_back(value, source, target) == value else "other")
        else:
            found.append("there")
    return found


@pytest.mark.parametrize(("source", "target"), CELLS)
def test_va6_each_value_converts_or_is_refused_as_the_matrix_says(
    source: Type, target: Type
) -> None:
    found = set(outcomes(source, target))
    if way(source, target) is Way.LOSSLESS:
        assert found == {"equal"}
    elif way(source, target) in (Way.CHECKED, Way.OPTIONS):
        assert found == {"equal", "refused"}
    elif way(source, target) is Way.REDUCED:
        assert "other" in found
        assert "refused" not in found
    elif way(source, target) is Way.AS_TEXT:
        assert found == {"there"}
    else:
        assert found == {"refused"}


@pytest.mark.parametrize("source", Type)
def test_va6_what_does_not_convert_has_a_reason_in_words(source: Type) -> None:
    for target in Type:
        reason = why_not(source, target)
        assert (reason == "") == converts(source, target) == (way(source, target) is not Way.NO)
        if reason:
            assert reason.startswith(f"{NOUNS[source]} cannot become {NOUNS[target]}.")
            with pytest.raises(CannotConvert) as raised:
                there(SAMPLES[source][0], source, target)
            assert raised.value.reason == reason.rstrip(".")


def test_va6_the_reason_says_what_to_do_instead() -> None:
    assert why_not(Type.TEXT, Type.CHOICE) == "text cannot become a choice. Use a rule to set it."
    assert why_not(Type.TEXT, Type.EMAILS) == "text cannot become a list of email addresses."


@pytest.mark.parametrize("source", Type)
@pytest.mark.parametrize("blank", ["", None, ()])
def test_va6_a_blank_converts_into_a_blank(source: Type, blank: Value) -> None:
    assert {there(blank, source, each) for each in Type if converts(source, each)} <= {None}


COLUMNS = (Way.LOSSLESS, Way.CHECKED, Way.REDUCED, Way.OPTIONS, Way.AS_TEXT)


def documented() -> list[str]:
    """Return the matrix as its table in the docs."""
    heads = ("From", *(each.value.capitalize() for each in COLUMNS))
    lines = [heads, ("---",) * len(heads)]
    for source in Type:
        cells = (
            ", ".join(target for target in Type if way(source, target) is each) for each in COLUMNS
        )
        lines.append((f"**{source}**", *cells))
    return [
        f"| {' | '.join(line)} |".replace("|  |", "| |").replace("|  |", "| |") for line in lines
    ]


def test_va6_the_docs_have_the_matrix() -> None:
    page = (Path(__file__).parents[2] / "docs/field-types.md").read_text()
    assert [line for line in page.splitlines() if line.startswith("|")] == documented()
    words = " ".join(page.split())
    for each in COLUMNS:
        assert f"**{each.value.capitalize()}**: {WAYS[each]}" in words
