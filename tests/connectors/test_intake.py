from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connections.connectors.intake import LONGEST, Unusable, is_storable, text


@pytest.mark.parametrize("value", ["", "Ada", "žluťoučký 漢字 😀", "\u0001\\u0000", "x" * LONGEST])
def test_text_is_taken_as_it_is(value: str) -> None:
    assert text(value) == value
    assert is_storable({"a": [value]})


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("a\x00b", "NUL"),
        ("half \ud83d", "half a character"),
        ("x" * (LONGEST + 1), "64 KiB"),
        ("ž" * (LONGEST // 2 + 1), "64 KiB"),
        (12, "not text"),
        (["x"], "not text"),
    ],
)
def test_what_cannot_be_kept_has_a_reason(value: object, reason: str) -> None:
    with pytest.raises(Unusable, match=reason) as caught:
        text(value)
    assert caught.value.reason
    if isinstance(value, str):
        assert not is_storable({"a": [value]})
        assert not is_storable({value: 1})


def test_nothing_is_blank_text() -> None:
    assert text(None) == ""


leaves = st.none() | st.integers() | st.sampled_from(["", "a", "漢", "\x00", "\ud800", "\\u0000"])
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["a", "b", "\x00"]), inner),
    max_leaves=6,
)


@given(value=values)
def test_json_is_storable_where_each_of_its_texts_is(value: Any) -> None:
    def texts(part: Any) -> list[str]:
        if isinstance(part, dict):
            return [*part, *(each for value in part.values() for each in texts(value))]
        if isinstance(part, list):
            return [each for value in part for each in texts(value)]
        return [part] if isinstance(part, str) else []

    assert is_storable(value) is all(is_storable(each) for each in texts(value))
