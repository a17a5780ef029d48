"""What holds of custom mappings whatever people edit."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connections.configuration import SIDES, Direction, other
from connections.conversion import converts
from connections.schema import LISTS, Birthday, Type, Value, is_blank, same
from syncengine.cases import Case
from syncengine.state import Status
from tests.syncengine.builders import TwoApps
from tests.syncengine.custom_pairs import LEFT, MORNING, NOON, RIGHT, TABLE, Kind, connection


def _one_or_more(*options: str) -> tuple[st.SearchStrategy[Value], st.SearchStrategy[Value]]:
    """Return what may be chosen: one option or none, and any number of them."""
    several: st.SearchStrategy[list[str]] = st.lists(st.sampled_from(options), unique=True)
    return st.sampled_from([None, *options]), several.map(lambda chosen: tuple(chosen))


OURS, OUR_SETS = _one_or_more("1", "2", "dead")
THEIRS, THEIR_SETS = _one_or_more("r", "b", "gone")
DRAWN: dict[Type, tuple[st.SearchStrategy[Value], st.SearchStrategy[Value]]] = {
    type_: (st.sampled_from(values), st.sampled_from(values))
    for type_, values in {
        Type.TEXT: (None, "a", "a@x.org", "01 1000", "a text that is too long"),
        Type.LONG_TEXT: (None, "a", "one\ntwo", "one two", "+43 1 1000"),
        Type.EMAIL: (None, "a@x.org", "A@x.org", "b@x.org"),
        Type.PHONE: (None, "01 1000", "+43 1 1000", "01 2000"),
        Type.URL: (None, "https://x.org", "https://x.org/"),
        Type.INTEGER: (None, 0, 3),
        Type.DECIMAL: (None, Decimal(3), Decimal("3.0"), Decimal("3.5")),
        Type.BOOLEAN: (None, True, False),
        Type.DATE: (None, date(2026, 5, 17), date(2026, 5, 18)),
        Type.DATETIME: (None, NOON, NOON + timedelta(hours=2), MORNING),
        Type.BIRTHDAY: (None, Birthday(2026, 5, 17), Birthday(None, 5, 18)),
        Type.EMAILS: (None, ("a@x.org",), ("b@x.org", "a@x.org"), ("c@x.org", "A@x.org")),
        Type.PHONES: (None, ("01 1000",), ("01 2000", "+43 1 1000")),
    }.items()
} | {
    Type.CHOICE: (OURS, THEIRS),
    Type.MULTI_CHOICE: (OUR_SETS, THEIR_SETS),
}
MAPPABLE = [
    (left, right)
    for left in DRAWN
    for right in DRAWN
    if converts(left, right) or converts(right, left)
]


@st.composite
def worlds(draw: st.DrawFn) -> TwoApps:
    left, right = draw(st.sampled_from(MAPPABLE))
    arrows = [
        each
        for each in Direction
        if (converts(left, right) or not each.writes("right"))
        and (converts(right, left) or not each.writes("left"))
    ]
    table = draw(st.sampled_from([(), TABLE, TABLE[:1], (("2", "r"), ("1", "gone"))]))
    pair = Kind(left, right, (None, None), (None, None), table).pair(
        draw(st.sampled_from(arrows)), max_length=9, slots=2
    )
    configuration = connection(
        pair, winner=draw(st.sampled_from(SIDES)), copy_blanks=draw(st.booleans())
    )
    ours, theirs = draw(DRAWN[left][0]), draw(DRAWN[right][1])
    return TwoApps(configuration, {"job": "Buyer", LEFT: ours}, {"job": "Buyer", RIGHT: theirs})


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(worlds(), st.data())
def test_i1_an_edit_arrives_in_the_other_fields_terms_or_is_flagged(
    world: TwoApps, data: st.DataObject
) -> None:
    (_, pair) = world.configuration.pairs
    world.settle()
    for _ in range(data.draw(st.integers(1, 4))):
        side = data.draw(st.sampled_from(SIDES))
        field, theirs = pair.field(side), pair.field(other(side))
        before = {each: dict(world.values(each)) for each in SIDES}
        typed = data.draw(DRAWN[field.type][side == "right"])
        world.values(side)[field.key] = typed
        world.now += timedelta(days=1)
        last = world.settle()[-1]
        assert last.status is Status.IN_SYNC
        assert world.values(side)[field.key] == typed, "the edit stands"
        if not LISTS.isdisjoint({field.type, theirs.type}):
            continue  # entries that nobody touched stay
        stands = world.values(other(side))[theirs.key]
        if not pair.direction.writes(other(side)):
            assert world.values(other(side)) == before[other(side)]
        elif last.flags or same(field, before[side][field.key], typed, "AT"):
            assert stands == before[other(side)][theirs.key], "what is flagged is left alone"
        elif is_blank(typed):
            assert is_blank(stands) or not world.configuration.copy_blanks
        else:
            left, right = world.half("left"), world.half("right")
            assert left is not None
            assert right is not None
            assert Case(world.configuration, pair, left, right, None).agree()
    assert world.decide().writes == {}
