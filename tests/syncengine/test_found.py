"""What the state machine found, each as small as it can be told."""

from __future__ import annotations

import pytest

from syncengine.models import Contact
from syncengine.state import Status
from tests.connectors.memory import Habits
from tests.syncengine.two import Two
from tests.syncengine.world import World, values, world

pytestmark = pytest.mark.django_db


def test_i3_an_edit_of_a_created_contact_without_a_mark_stands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = Habits(late=100, late_get=True, marks=False, answers_records=False)
    with world(monkeypatch, right=late) as w:
        left, right = w.app("left"), w.app("right", late)
        id_ = left.add(given_name="Ada", emails=("ada@example.org",), city="Wien")
        connection = w.connect("left", "right", winner="right")
        w.sync(connection)
        left.edit(id_, city="Graz")

        w.clock.go(1000)
        w.settle(connection)

        assert values(left, "city") == values(right, "city") == [("Graz",)]


@pytest.mark.parametrize("mode", ["fill_gaps", "link_only"])
def test_va1_a_field_that_was_blank_at_the_creation_is_no_first_merge(w: World, mode: str) -> None:
    left, right = w.app("left"), w.app("right")
    here = left.add(given_name="Ada", emails=("ada@example.org",))
    connection = w.connect("left", "right", first_merge=mode)
    w.sync(connection)
    (there,) = right.live()

    left.edit(here, city="Graz", company="Engines")
    right.edit(there, company="Mills")
    w.settle(connection)

    assert values(left, "city", "company") == [("Graz", "Engines")]
    assert values(right, "city", "company") == [("Graz", "Engines")]


def test_i3_what_another_connection_wrote_is_not_written_over_before_it_is_seen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = Habits(late=20, late_get=True, answers_records=False)
    with world(monkeypatch, left=late) as w:
        left, right, right2 = w.app("left", late), w.app("right"), w.app("right2")
        left.add(given_name="Ada", emails=("ada@example.org",), phones=("+43 1 5885801",))
        one, two = w.connect("left", "right"), w.connect("left", "right2")
        for _ in range(3):
            w.clock.go(100)
            w.settle(one)
            w.settle(two)
        for number, app in enumerate((right, right2)):
            (id_,) = app.live()
            app.edit(id_, phones=("+43 1 5885801", f"+43 1 588580{number + 2}"))

        for _ in range(6):
            w.sync(one)
            w.sync(two)
            w.clock.go(100)

        ((phones,),) = values(left, "phones")
        assert set(phones) == {"+43 1 5885801", "+43 1 5885802", "+43 1 5885803"}  # type: ignore[arg-type]
        assert len(values(right2, "phones")[0][0]) == 3  # type: ignore[arg-type]


def test_i5_one_who_was_merged_away_and_brought_back_is_not_taken_for_gone(w: World) -> None:
    two = Two(w)
    two.merge_bob_into_ada()

    two.left.restore(two.bob)
    two.left.edit(two.ada, city="Graz")
    two.sync()

    assert set(Contact.objects.values_list("status", flat=True)) == {Status.IN_SYNC}
    assert len(two.right.live()) == 2


def test_i5_one_who_was_merged_away_and_brought_back_between_two_reads_is_not_taken_for_gone(
    w: World,
) -> None:
    two = Two(w)
    two.left.merge(two.ada, two.bob)
    two.left.restore(two.bob)
    two.left.edit(two.ada, city="Graz")
    two.sync()

    assert set(Contact.objects.values_list("status", flat=True)) == {Status.IN_SYNC}
    assert values(two.right, "city", "given_name") == [("Graz", "Ada"), (None, "Bob")]
