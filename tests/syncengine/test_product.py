"""Behaviour that is settled point by point, over two apps in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import mail

from connections.connectors.base import AuthorizationLost, Scope, Unavailable
from connections.models import Account, Connection
from syncengine import control, engine
from syncengine.engine import Progress
from syncengine.models import Change, Contact, Mirror, Run
from syncengine.state import Status
from tests.connectors.memory import Fault, Habits, MemoryApp, Refusal
from tests.syncengine.world import World, approve, contact_of, values, world, writes

pytestmark = pytest.mark.django_db

UNITS = (
    Scope("north", "North"),
    Scope("vienna", "Vienna", parent="north"),
    Scope("south", "South"),
)


@pytest.fixture
def w(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(monkeypatch) as made:
        yield made


@pytest.fixture
def scoped(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with world(monkeypatch, left=Habits(scopes=UNITS)) as made:
        yield made


def pair(w: World, **settings: Any) -> tuple[MemoryApp, MemoryApp, Connection]:
    left, right = w.app("left"), w.app("right")
    return left, right, w.connect("left", "right", **settings)


def linked(w: World, **settings: Any) -> tuple[MemoryApp, MemoryApp, Connection, str, str]:
    """Return a world with one contact that is linked, and its ids."""
    left, right = w.app("left"), w.app("right")
    here = left.add(given_name="Ada", emails=("ada@example.org",), city="Wien", notes="x")
    connection = w.connect("left", "right", **settings)
    w.sync(connection)
    (there,) = right.live()
    return left, right, connection, here, there


def reason(connection: Connection, name: str = "Ada") -> str:
    return contact_of(connection, left=name).reason


def test_ac6_only_contacts_inside_the_scope_are_created(scoped: World) -> None:
    left, right, connection = pair(scoped, left_scope=["north"])
    left.add(given_name="Ada", emails=("ada@example.org",), scopes=("vienna",))
    left.add(given_name="Bob", emails=("bob@example.org",), scopes=("south",))

    run = scoped.sync(connection)

    assert values(right, "given_name") == [("Ada",)]
    assert run.excluded == 1


def test_ac6_a_match_outside_the_scope_is_linked_to_nothing(scoped: World) -> None:
    left, right, connection = pair(scoped, left_scope=["north"])
    here = left.add(given_name="Ada", emails=("ada@example.org",), scopes=("south",))
    right.add(given_name="Ada", emails=("ada@example.org",))

    scoped.sync(connection)
    assert len(left.live()) == 1
    outside = Contact.objects.get(connection=connection, left=None)
    assert (outside.status, outside.reason) == (Status.EXCLUDED, "exists outside the scope")

    left.put_into(here, "north")
    assert scoped.sync(connection).linked == 1


def test_ac6_a_contact_that_leaves_the_scope_is_excluded_and_comes_back(scoped: World) -> None:
    left, right, connection = pair(scoped, left_scope=["north"])
    here = left.add(given_name="Ada", emails=("ada@example.org",), scopes=("north",), city="Wien")
    scoped.sync(connection)
    left.put_into(here, "south")
    left.edit(here, city="Graz")
    scoped.sync(connection)
    assert values(right, "city") == [("Wien",)]
    assert contact_of(connection, left="Ada").status == Status.EXCLUDED

    left.put_into(here, "vienna")
    scoped.sync(connection)
    assert values(right, "city") == [("Graz",)]


def test_ac6_what_is_created_is_created_inside_the_scope(scoped: World) -> None:
    left, right, connection = pair(scoped, left_scope=["north"])
    right.add(given_name="Ada", emails=("ada@example.org",))
    scoped.sync(connection)
    (row,) = left.rows.values()
    assert row.scopes == ("north",)


def test_ru9_a_scope_that_no_longer_exists_stops_the_run_before_any_write(scoped: World) -> None:
    left, right, connection = pair(scoped, left_scope=["gone"])
    right.add(given_name="Ada", emails=("ada@example.org",))
    run = scoped.sync(connection)
    assert run.status == Run.Status.FAILED
    assert "gone" in run.message
    assert not left.writes


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


def test_pl3_clears_beyond_the_limit_are_held_before_the_first_write(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    ids = [
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",), notes="x")
        for number in range(40)
    ]
    connection = w.connect("left", "right")
    w.sync(connection)
    for id_ in ids[:9]:
        left.edit(id_, notes=None)
    run = w.sync(connection)
    assert (run.status, run.updated_right) == (Run.Status.DONE, 9)

    for id_ in ids[9:12]:
        left.edit(id_, notes=None)
    run = w.sync(connection)
    assert (run.status, run.updated_right) == (Run.Status.HELD, 0)
    w.clock.go(25 * 3600)
    control.resume(connection, approve=True)
    assert w.sync(connection).updated_right == 3
    assert len(right.live()) == 40


def test_i9_a_full_read_that_finds_fewer_than_half_holds_the_account(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    ids = [left.add(given_name=f"N{n}", emails=(f"n{n}@example.org",)) for n in range(30)]
    connection = w.connect("left", "right")
    w.sync(connection)
    for id_ in ids[:20]:
        left.delete(id_)
    left.expire_cursors()

    run = w.sync(connection)
    assert run.status == Run.Status.HELD
    assert "10 of 30" in run.message
    assert len(right.live()) == 30

    control.resume(connection, approve=True)
    w.settle(connection)
    assert Contact.objects.filter(status=Status.GONE).count() == 20
    assert len(right.live()) == 30


def test_i9_a_field_that_turns_blank_in_many_records_holds_the_account(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    ids = [left.add(given_name=f"N{n}", emails=(f"n{n}@example.org",), city="W") for n in range(30)]
    connection = w.connect("left", "right")
    w.sync(connection)
    for id_ in ids[:12]:
        left.edit(id_, city=None)
    run = w.sync(connection)
    assert run.status == Run.Status.HELD
    assert "city" in run.message
    assert not Mirror.objects.exclude(held_reason="").filter(account__label="right").exists()
    assert values(right, "city") == [("W",)] * 30


def test_i1_a_field_written_more_than_six_times_a_day_is_frozen(w: World) -> None:
    left, right, connection, here, there = linked(w)
    for number in range(12):
        left.edit(here, city=f"C{number}")
        w.sync(connection)
    assert right.live()[there]["city"] != "C11"
    assert any("two programs" in flag.lower() for flag in contact_of(connection, left="Ada").flags)

    w.clock.go(25 * 3600)
    w.settle(connection)
    assert right.live()[there]["city"] == "C11"


def test_a_refused_contact_fails_alone_and_is_tried_again_when_it_changes(w: World) -> None:
    left, right, connection = pair(w)
    right.refusals.append(Refusal(lambda values: values.get("city") == "Bad", "city"))
    here = left.add(given_name="Ada", emails=("ada@example.org",), city="Bad")
    left.add(given_name="Bob", emails=("bob@example.org",))
    run = w.sync(connection)
    assert (run.status, run.created_right, run.failed) == (Run.Status.PARTLY_FAILED, 1, 1)
    assert contact_of(connection, left="Ada").status == Status.FAILING
    asked = right.requests["create"]
    w.sync(connection)
    assert right.requests["create"] == asked

    left.edit(here, city="Good")
    w.sync(connection)
    assert contact_of(connection, left="Ada").status == Status.IN_SYNC


def test_a_batch_refused_whole_is_halved_until_the_bad_one_stands_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with world(monkeypatch, right=Habits(partial_refusals=False)) as w:
        left, right = w.app("left"), w.app("right")
        right.refusals.append(Refusal(lambda values: values.get("city") == "Bad", "city"))
        for number in range(20):
            city = "Bad" if number == 13 else "Good"
            left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",), city=city)
        run = w.sync(w.connect("left", "right"))
        assert (run.created_right, run.failed) == (19, 1)


def test_an_app_that_is_down_stops_the_run_which_is_tried_again_later(w: World) -> None:
    left, right, connection, here, there = linked(w)
    left.edit(here, city="Graz")
    right.faults.append(Fault(Unavailable("down"), verb="changes", point="before"))
    run = w.sync(connection)
    assert run.status == Run.Status.FAILED
    assert engine.state_of(connection).next_sync_at is not None
    w.sync(connection)
    assert right.live()[there]["city"] == "Graz"


def test_ac5_who_authorized_an_account_is_told_once_that_it_is_lost(w: World) -> None:
    _, right, connection, *_ = linked(w)
    person = User.objects.create(username="ops", email="ops@example.org")
    Account.objects.filter(label="right").update(authorized_by=person)
    error = AuthorizationLost("the grant was revoked")
    right.faults.append(Fault(error, verb="changes", point="before", times=3))
    assert w.sync(connection).status == Run.Status.WAITING
    assert w.sync(connection).status == Run.Status.WAITING
    assert [message.to for message in mail.outbox] == [["ops@example.org"]]


def test_a_full_account_stops_creations_and_lets_updates_go_on(w: World) -> None:
    left, right, connection, here, there = linked(w)
    right.refusals.append(Refusal(lambda values: True, "", stops_creations=True))
    left.add(given_name="Bob", emails=("bob@example.org",))
    left.edit(here, city="Graz")
    run = w.sync(connection)
    assert right.live()[there]["city"] == "Graz"
    assert run.failed == 1


def test_an_approval_counts_for_its_configuration_alone(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    for number in range(40):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",), city="W")
    connection = w.connect("left", "right", approved=False)
    control.start(connection, w.preview(connection))
    connection.switched_off = ["city"]
    connection.save()
    assert w.sync(connection).status == Run.Status.HELD
    assert right.live() == {}

    approve(connection)
    assert w.sync(connection).created_right == 40


def test_a_refusal_that_names_no_field_is_tried_again_later_and_less_and_less_often(
    w: World,
) -> None:
    left, right, connection = pair(w)
    right.refusals.append(Refusal(lambda values: True))
    left.add(given_name="Ada", emails=("ada@example.org",))
    w.sync(connection)
    waits = []
    for _ in range(3):
        contact = contact_of(connection, left="Ada")
        assert contact.wake_at is not None
        waits.append(round((contact.wake_at - w.clock()).total_seconds() / 60))
        w.clock.go(60 * waits[-1] + 1)
        w.sync(connection)
    assert waits == [1, 2, 4]

    right.refusals.clear()
    w.clock.go(3600)
    w.sync(connection)
    assert contact_of(connection, left="Ada").status == Status.IN_SYNC
