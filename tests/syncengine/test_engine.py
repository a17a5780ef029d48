"""The engine over two apps in memory."""

from __future__ import annotations

import pytest

from connections.connectors.base import Unavailable
from syncengine import control, matching, pending
from syncengine.models import Contact, Run
from syncengine.state import Status
from tests.connectors.memory import Fault
from tests.syncengine.previews import edit
from tests.syncengine.world import World, contact_of, linked, values, writes

pytestmark = [pytest.mark.django_db, pytest.mark.db_matters]


def test_cn3_all_contacts_of_both_sides_arrive_on_the_other(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    left.add(
        given_name="Ada", family_name="Lovelace", emails=("ada@example.org",), phones=("+43 1 234",)
    )
    right.add(given_name="Bob", family_name="Builder", emails=("bob@example.org",))
    connection = w.connect("left", "right")

    run = w.sync(connection)

    assert run.status == Run.Status.DONE
    assert (run.created_left, run.created_right) == (1, 1)
    assert values(left, "given_name", "emails") == values(right, "given_name", "emails")
    assert len(left.live()) == 2
    assert writes(w.sync(connection)) == 0


def test_ma1_contacts_that_share_an_address_are_linked(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    left.add(given_name="Ada", family_name="Lovelace", emails=("ADA@example.org",), notes="left")
    right.add(given_name="Ada", emails=("ada@example.org", "ada@home.example"), company="Engines")
    connection = w.connect("left", "right")

    run = w.sync(connection)

    assert run.linked == 1
    assert (run.created_left, run.created_right) == (0, 0)
    (one,) = left.live().values()
    (two,) = right.live().values()
    assert one["company"] == two["company"] == "Engines"
    assert two["family_name"] == "Lovelace"
    assert two["notes"] == "left"
    assert len(one["emails"]) == len(two["emails"]) == 2  # type: ignore[arg-type]
    assert writes(w.sync(connection)) == 0


def test_va1_the_side_that_changed_is_copied(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    id_ = left.add(given_name="Ada", emails=("ada@example.org",), city="Wien", notes="x")
    connection = w.connect("left", "right")
    w.sync(connection)
    (there,) = right.live()

    left.edit(id_, city="Graz")
    right.edit(there, notes="y")
    run = w.sync(connection)

    assert (run.updated_left, run.updated_right) == (1, 1)
    assert left.live()[id_]["notes"] == "y"
    assert right.live()[there]["city"] == "Graz"
    assert writes(w.sync(connection)) == 0


def test_du2_a_deleted_counterpart_is_not_created_again(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    left.add(given_name="Ada", emails=("ada@example.org",))
    connection = w.connect("left", "right")
    w.sync(connection)
    (there,) = right.live()

    right.delete(there)
    w.sync(connection)
    assert contact_of(connection, left="Ada").status == Status.GONE
    assert right.live() == {}

    right.restore(there)
    w.sync(connection)
    assert contact_of(connection, left="Ada").status == Status.IN_SYNC


def test_i6_an_idle_run_costs_one_request_a_side(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    for number in range(30):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))
    connection = w.connect("left", "right")
    w.settle(connection)
    left.requests.clear()
    right.requests.clear()

    run = w.sync(connection)

    assert left.requests == {"changes": 1}
    assert right.requests == {"changes": 1}
    assert run.status == Run.Status.DONE
    assert Contact.objects.filter(connection=connection).count() == 30


def test_i2_a_creation_whose_answer_was_lost_is_found_by_its_mark(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    left.add(given_name="Ada", emails=("ada@example.org",))
    connection = w.connect("left", "right")
    right.faults.append(Fault(Unavailable("cut", in_doubt=True), verb="create", point="after"))

    w.sync(connection)
    assert contact_of(connection, left="Ada").status == Status.DOUBT
    run = w.sync(connection)

    assert len(right.live()) == 1
    assert contact_of(connection, left="Ada").status == Status.IN_SYNC
    assert (run.created_right, run.updated_right, run.linked) == (1, 0, 0)


def test_i2_a_creation_that_never_happened_is_made_after_the_settling_time(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    left.add(given_name="Ada", emails=("ada@example.org",))
    connection = w.connect("left", "right")
    right.faults.append(Fault(Unavailable("cut", in_doubt=True), verb="create", point="before"))

    w.sync(connection)
    w.sync(connection)
    assert right.live() == {}
    w.clock.go(600)
    w.sync(connection)

    assert len(right.live()) == 1
    assert contact_of(connection, left="Ada").status == Status.IN_SYNC


def test_i4_an_update_whose_answer_was_lost_is_judged_by_what_stands_there(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    id_ = left.add(given_name="Ada", emails=("ada@example.org",), city="Wien")
    connection = w.connect("left", "right")
    w.sync(connection)
    (there,) = right.live()
    left.edit(id_, city="Graz")
    right.faults.append(Fault(Unavailable("cut", in_doubt=True), verb="update", point="after"))

    w.sync(connection)
    w.settle(connection)

    assert right.live()[there]["city"] == "Graz"
    assert left.live()[id_]["city"] == "Graz"


def test_ma3_two_contacts_with_one_address_on_a_side_wait_for_a_person(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    one = left.add(given_name="Ada", emails=("office@example.org",))
    left.add(given_name="Bob", emails=("office@example.org",))
    connection = w.connect("left", "right")

    run = w.sync(connection)
    assert run.review == 2
    assert right.live() == {}

    left.edit(one, emails=("ada@example.org",))
    w.sync(connection)
    assert len(right.live()) == 2


def test_ma2_contacts_without_an_address_are_excluded(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    left.add(given_name="Ada")
    connection = w.connect("left", "right")

    run = w.sync(connection)

    assert run.excluded == 1
    assert right.live() == {}


def test_pl3_a_run_that_would_create_more_than_the_limit_is_held(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    connection = w.connect("left", "right")
    w.sync(connection)
    for number in range(30):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))

    run = w.sync(connection)
    assert run.status == Run.Status.HELD
    assert right.live() == {}
    control.resume(connection, approve=True)
    run = w.sync(connection)

    assert run.status == Run.Status.DONE
    assert len(right.live()) == 30


def test_i7_a_first_sync_in_short_slices_ends_the_same(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    for number in range(300):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))
    connection = w.connect("left", "right")

    run = w.sync(connection, seconds=0.05)

    assert run.slices > 2
    assert run.created_right == 300
    assert len(right.live()) == 300


def test_pl1_a_preview_counts_and_writes_nothing(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    left.add(given_name="Ada", emails=("ada@example.org",), city="Wien")
    right.add(given_name="Ada", emails=("ada@example.org",))
    left.add(given_name="Bob", emails=("bob@example.org",))
    connection = w.connect("left", "right")

    run = w.preview(connection)

    assert (run.linked, run.created_right, run.updated_right) == (1, 1, 1)
    assert not right.writes
    assert not Contact.objects.exists()
    done = w.sync(connection)
    assert (done.linked, done.created_right, done.updated_right) == (1, 1, 1)


def test_several_connections_share_a_mirror_in_a_chain(w: World) -> None:
    left, _, left2 = w.app("left"), w.app("right"), w.app("left2")
    left.add(given_name="Ada", emails=("ada@example.org",))
    one, two = w.connect("left", "right"), w.connect("left2", "right")

    w.sync(one)
    w.sync(two)

    assert len(left2.live()) == 1
    (id_,) = left2.live()
    left2.edit(id_, city="Graz")
    w.sync(two)
    w.sync(one)
    assert values(left, "city") == [("Graz",)]


def test_cn11_a_ring_is_refused(w: World) -> None:
    for key in ("left", "right", "left2"):
        w.app(key)
    w.connect("left", "right")
    w.connect("right", "left2")
    third = w.connect("left2", "left")

    with pytest.raises(control.Refused, match="ring"):
        control.start(third, None)


def test_pl1_the_preview_of_an_edit_leaves_alone_whom_matching_leaves_alone(w: World) -> None:
    _, right, connection, *_ = linked(w)
    Contact.objects.update(asked=Contact.Asked.APART)
    w.sync(connection)
    w.clock.go(120)
    edit(connection, switched_off=("city",))

    run = w.preview(connection)

    assert (run.created_left, run.created_right, run.excluded) == (0, 0, 2)
    assert set(run.changes.values_list("kind", "reason")) == {("excluded", matching.APART)}
    pending.apply(connection.pk)
    w.sync(connection)
    assert len(right.live()) == 1
