"""Behaviour that is settled point by point, over two apps in memory."""

from __future__ import annotations

import pytest

from syncengine import control, engine
from syncengine.engine import Progress
from syncengine.models import Change, Contact, Run
from syncengine.state import Status
from tests.syncengine.world import World, contact_of, linked, pair, values, writes

pytestmark = pytest.mark.django_db


def test_cn2_one_way_the_targets_own_edit_stays_until_the_source_changes(w: World) -> None:
    left, right, connection, here, there = linked(w, direction="left_to_right")
    right.edit(there, city="Linz")
    assert writes(w.sync(connection)) == 0
    assert left.live()[here]["city"] == "Wien"

    left.edit(here, city="Graz")
    run = w.sync(connection)
    assert right.live()[there]["city"] == "Graz"
    assert run.updated_right == 1
    (change,) = Change.objects.filter(run=run, kind=Change.Kind.UPDATED)
    assert "Linz" in str(change.fields)


def test_cn4_one_way_creates_on_the_receiving_side_alone(w: World) -> None:
    left, right, connection = pair(w, direction="left_to_right")
    left.add(given_name="Ada", emails=("ada@example.org",))
    right.add(given_name="Bob", emails=("bob@example.org",))
    run = w.sync(connection)
    assert (run.created_left, run.created_right) == (0, 1)


def test_cn8_another_setting_decides_everything_anew_without_reading_the_apps(w: World) -> None:
    left, right, connection, here, _ = linked(w, switched_off=["city"])
    assert values(right, "city") == [(None,)]
    left.requests.clear()
    connection.switched_off = []
    connection.save()
    w.sync(connection)
    assert values(right, "city") == [("Wien",)]
    assert left.requests["changes"] == 1
    assert here in left.live()


def test_cn6_paused_in_mid_run_nothing_further_goes_out(w: World) -> None:
    left, right, connection = pair(w)
    for number in range(120):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))
    engine.advance(connection.pk, seconds=0.01)
    control.pause(connection)
    before = len(right.live())
    for _ in range(5):
        advance = engine.advance(connection.pk)
        if advance.progress is Progress.FINISHED:
            break
    assert advance.run is not None
    assert advance.run.status == Run.Status.PAUSED
    assert len(right.live()) == before

    control.resume(connection)
    w.sync(connection)
    assert len(right.live()) == 120


def test_ma2_off_a_name_and_a_phone_link_where_exactly_one_fits(w: World) -> None:
    left, right, connection = pair(w, avoid_duplicates=False, phone_region="AT")
    left.add(given_name="Ada", family_name="Byron", phones=("0660 123456",))
    right.add(given_name="ada", family_name="Byron", phones=("+43 660 123456",), city="Wien")
    left.add(given_name="Bob", family_name="Alone")
    left.add(given_name="Cid", family_name="Phone", phones=("0660 999",))

    run = w.sync(connection)

    assert (run.linked, run.created_right) == (1, 1)
    assert contact_of(connection, left="Bob Alone").status == Status.REVIEW
    assert w.settle(connection).status == Run.Status.DONE


def test_ma3_an_equal_full_name_decides_where_an_address_is_shared(w: World) -> None:
    left, right, connection = pair(w)
    left.add(given_name="Ada", family_name="Byron", emails=("office@example.org",))
    left.add(given_name="Bob", family_name="Byron", emails=("office@example.org",))
    right.add(given_name="Ada", family_name="Byron", emails=("office@example.org",))
    right.add(given_name="Bob", family_name="Byron", emails=("office@example.org",))
    assert w.sync(connection).linked == 2
    assert len(right.live()) == 2


def test_ma3_a_second_contact_with_the_address_of_a_linked_one_goes_to_review(w: World) -> None:
    left, right, connection, *_ = linked(w)
    left.add(given_name="Other", emails=("ada@example.org",))
    w.sync(connection)
    assert contact_of(connection, left="Other").status == Status.REVIEW
    assert len(right.live()) == 1


def test_ma4_a_linked_contact_that_loses_its_last_email_stays_linked(w: World) -> None:
    left, right, connection, here, there = linked(w)
    left.edit(here, emails=None, city="Graz")
    w.sync(connection)
    contact = contact_of(connection, left="Ada")
    assert (contact.status, contact.is_linked) == (Status.EXCLUDED, True)
    assert right.live()[there]["city"] == "Wien"

    left.edit(here, emails=("new@example.org",))
    w.sync(connection)
    assert right.live()[there]["city"] == "Graz"
    assert right.live()[there]["emails"] == ("new@example.org",)


def test_ma5_a_contact_made_anew_takes_the_place_of_the_deleted_one(w: World) -> None:
    left, right, connection, here, there = linked(w)
    left.delete(here)
    w.sync(connection)
    left.add(given_name="Ada", emails=("ada@example.org",), city="Graz")
    w.sync(connection)
    assert list(right.live()) == [there]
    assert contact_of(connection, right="Ada").status == Status.IN_SYNC
    assert right.live()[there]["city"] == "Graz"


def test_ma5_what_is_kept_apart_is_not_linked_again(w: World) -> None:
    _, _, connection, *_ = linked(w)
    Contact.objects.update(asked=Contact.Asked.APART)
    w.sync(connection)
    assert not Contact.objects.filter(left__isnull=False, right__isnull=False).exists()
    assert w.sync(connection).linked == 0
    assert {contact.status for contact in Contact.objects.all()} == {Status.EXCLUDED}


def test_ma6_an_archived_contact_is_never_written(w: World) -> None:
    left, right, connection, here, there = linked(w)
    left.archive(here)
    right.edit(there, city="Graz")
    w.sync(connection)
    assert left.live()[here]["city"] == "Wien"
    assert contact_of(connection, left="Ada").status == Status.EXCLUDED


def test_va2_the_winner_decides_a_conflict_and_the_losers_value_is_kept(w: World) -> None:
    left, right, connection, here, there = linked(w, winner="right")
    left.edit(here, city="Graz")
    right.edit(there, city="Linz")
    run = w.sync(connection)
    assert (left.live()[here]["city"], run.conflicts) == ("Linz", 1)
    (change,) = Change.objects.filter(run=run, kind=Change.Kind.UPDATED)
    assert "Graz" in str(change.fields)


def test_va3_clearing_is_copied_and_can_be_switched_off(w: World) -> None:
    left, right, connection, here, there = linked(w)
    left.edit(here, notes=None)
    w.sync(connection)
    assert not right.live()[there].get("notes")

    connection.copy_blanks = False
    connection.save()
    left.edit(here, city=None)
    w.settle(connection)
    assert right.live()[there]["city"] == "Wien"


def test_du2_a_person_may_have_a_deleted_counterpart_created_again(w: World) -> None:
    _, right, connection, _, there = linked(w)
    right.delete(there)
    w.sync(connection)
    Contact.objects.update(asked=Contact.Asked.RECREATE)
    w.sync(connection)
    assert len(right.live()) == 1
    assert contact_of(connection, left="Ada").status == Status.IN_SYNC
