"""How the worlds of stand-ins begin."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from tests.syncengine.machine_sandbox_world import Kind, Side
from tests.syncengine.machine_setup import SETTINGS, SHAPES, Setup

Habits = tuple[dict[str, Any], ...]

SETUPS: dict[str, Setup] = {
    "plain": Setup(Side(), Side("google")),
    "late, small pages, renamed": Setup(
        Side(habits=(("late_seconds", 50), ("delete_keeps_modified", True)), small_pages=True),
        Side("google", (("late_seconds", 90), ("renames", True)), small_pages=True),
        settings=(("left_scope", ["North"]),),
    ),
    "tidied, cut, escaped, reordered": Setup(
        Side(habits=(("unicode_nfc", True), ("phone_format", True), ("cut_at", 40))),
        Side("google", (("escape", True), ("reorder_lists", True))),
    ),
    "star": Setup(
        Side(habits=(("skew_seconds", 50), ("escape", True))),
        Side("google", (("renames", True), ("forgets_old_names", True), ("cut_at", 30))),
        shape="star",
    ),
}
TEXTS = st.fixed_dictionaries(
    {
        "trim": st.booleans(),
        "unicode_nfc": st.booleans(),
        "phone_format": st.booleans(),
        "cut_at": st.sampled_from((0, 0, 30)),
        "escape": st.booleans(),
        "reorder_lists": st.booleans(),
        "short_pages": st.booleans(),
    }
)
TIMES: dict[Kind, Habits] = {
    "pipeliner": ({}, {"late_seconds": 20}, {"late_seconds": 50}, {"skew_seconds": 50}),
    "google": ({}, {"late_seconds": 20}, {"late_seconds": 90}, {"late_seconds": 600}),
}
OWN: dict[Kind, Habits] = {
    "pipeliner": ({}, {"delete_keeps_modified": True}),
    "google": (
        {},
        {"renames": True},
        {"renames": True, "forgets_old_names": True},
        {"expired_token_code": 410},
    ),
}


def side(app: Kind) -> st.SearchStrategy[Side]:
    """Return the ways in which a side of the world can be this app."""
    return st.builds(
        lambda texts, times, own, small: Side(
            app, (*texts.items(), *times.items(), *own.items()), small_pages=small
        ),
        TEXTS,
        st.sampled_from(TIMES[app]),
        st.sampled_from(OWN[app]),
        st.booleans(),
    )


SIDES = side("pipeliner") | side("google")
ANY = st.builds(
    Setup,
    left=SIDES,
    right=SIDES,
    shape=st.sampled_from(sorted(SHAPES)),
    settings=SETTINGS,
)
