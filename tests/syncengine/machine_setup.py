"""How the worlds of the state machine begin."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import Any

from hypothesis import strategies as st

from connections.connectors.base import Scope
from tests.connectors.memory import Habits

SCOPES = (Scope("north", "North"), Scope("south", "South"))

SHAPES: dict[str, tuple[tuple[str, str], ...]] = {
    "pair": (("left", "right"),),
    "star": (("left", "right"), ("left", "right2")),
    "chain": (("left", "right"), ("left2", "right"), ("left2", "right2")),
}


@dataclass(frozen=True)
class Setup:
    """How a world begins: what its apps do, who is connected with whom, and how."""

    left: Any = field(default_factory=Habits)
    right: Any = field(default_factory=Habits)
    shape: str = "pair"
    settings: tuple[tuple[str, Any], ...] = ()

    def __repr__(self) -> str:
        sides = (f"{side}({_unlike_plain(getattr(self, side))})" for side in ("left", "right"))
        return f"{self.shape} of {' and '.join(sides)} {dict(self.settings)}"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(repr(self))


def _unlike_plain(habits: Any) -> str:
    plain = type(habits)()
    own = ((each.name, getattr(habits, each.name)) for each in fields(habits))
    return ", ".join(f"{name}={value!r}" for name, value in own if value != getattr(plain, name))


SETUPS: dict[str, Setup] = {
    "plain": Setup(),
    "scoped, without avoiding duplicates": Setup(
        left=Habits(scopes=SCOPES, answers_records=False),
        right=Habits(escapes=True, late=30),
        settings=(("left_scope", ["North"]), ("avoid_duplicates", False)),
    ),
    "by time, ids alone, one by one": Setup(
        left=Habits(
            feed="modified", get_batch=1, answers_records=False, cut_at=24, page_size=2, late=30
        ),
        right=Habits(
            deletions="gone",
            renames=True,
            compare_and_set=True,
            partial_refusals=False,
            late=100,
            out_of_order=True,
            escapes=True,
        ),
    ),
    "no marks, few slots, tidied": Setup(
        left=Habits(
            normalises=True, marks=False, needs_name=True, late=40, page_size=3, short_pages=True
        ),
        right=Habits(slots=2, reorders=True, escapes=True, partial_refusals=False, marks=False),
    ),
    "one name, swept": Setup(
        left=Habits(feed="modified", deletions="none", normalises=True, answers_records=False),
        right=Habits(one_name=True, compare_and_set=True, cut_at=30, get_batch=1),
    ),
    "addresses that change": Setup(
        left=Habits(
            renames=True,
            forgets_addresses=True,
            compare_and_set=True,
            get_shows_deleted=True,
            write_batch=2,
        ),
        right=Habits(renames=True, late_get=True, late=20, feed="modified", answers_records=False),
    ),
    "star": Setup(
        left=Habits(escapes=True, late=20), right=Habits(cut_at=24, reorders=True), shape="star"
    ),
    "chain": Setup(
        left=Habits(compare_and_set=True, normalises=True),
        right=Habits(feed="modified", late=50, out_of_order=True),
        shape="chain",
    ),
}
HABITS = st.builds(
    lambda feed, late, renames, habits: Habits(
        feed=feed[0], deletions=feed[1], **late, **renames, **habits
    ),
    feed=st.sampled_from(
        (("token", "rows"), ("token", "gone"), ("modified", "rows"), ("modified", "none"))
    ),
    late=st.sampled_from(
        (
            {},
            {"late": 20, "late_get": True},
            {"late": 40},
            {"late": 100, "out_of_order": True},
        )
    ),
    renames=st.sampled_from(
        ({}, {}, {"renames": True}, {"renames": True, "forgets_addresses": True})
    ),
    habits=st.fixed_dictionaries(
        {
            "normalises": st.booleans(),
            "cut_at": st.sampled_from((0, 0, 24)),
            "escapes": st.booleans(),
            "reorders": st.booleans(),
            "get_batch": st.sampled_from((100, 1)),
            "get_shows_deleted": st.booleans(),
            "write_batch": st.sampled_from((50, 2)),
            "page_size": st.sampled_from((100, 2)),
            "short_pages": st.booleans(),
            "compare_and_set": st.booleans(),
            "marks": st.sampled_from((True, True, False)),
            "partial_refusals": st.booleans(),
            "one_name": st.sampled_from((False, False, True)),
            "needs_name": st.booleans(),
            "slots": st.sampled_from((None, None, 2)),
            "answers_records": st.booleans(),
            "scopes": st.sampled_from(((), (), SCOPES)),
        }
    ),
)
SETTINGS = st.sampled_from(
    (
        (),
        (),
        (("winner", "right"),),
        (("direction", "left_to_right"),),
        (("copy_blanks", False),),
        (("first_merge", "fill_gaps"),),
        (("avoid_duplicates", False),),
    )
)
ANY = st.builds(
    Setup,
    left=HABITS,
    right=HABITS,
    shape=st.sampled_from(sorted(SHAPES)),
    settings=SETTINGS,
)
