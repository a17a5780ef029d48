"""What is held, frozen, refused or tried again, over two apps in memory."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core import mail

from connections.connectors.base import AuthorizationLost, Unavailable
from connections.models import Account, Connection
from syncengine import control, engine
from syncengine.models import Contact, Mirror, Run
from syncengine.state import Status
from syncengine.steps import Steps
from tests.connectors.memory import Fault, Habits, Killed, MemoryApp, Refusal
from tests.syncengine.world import World, approve, contact_of, linked, pair, values, world

pytestmark = pytest.mark.django_db


def nine_of_forty_cleared(w: World) -> tuple[MemoryApp, MemoryApp, Connection, list[str]]:
    """Return both apps, the connection, and the ids on the left of forty linked contacts with
    notes, of which the first nine have none any more there.
    """
    left, right = w.app("left"), w.app("right")
    ids = [
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",), notes="x")
        for number in range(40)
    ]
    connection = w.connect("left", "right")
    w.sync(connection)
    for id_ in ids[:9]:
        left.edit(id_, notes=None)
    return left, right, connection, ids


def test_pl3_clears_beyond_the_limit_are_held_before_the_first_write(w: World) -> None:
    left, right, connection, ids = nine_of_forty_cleared(w)
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


def cut_off(app: MemoryApp, verb: str) -> None:
    """Let the next writes be done, and their answer be lost."""
    app.faults.append(Fault(Unavailable("cut", in_doubt=True), verb, "after"))


def test_pl3_clears_whose_answer_was_lost_count_once_they_are_seen(w: World) -> None:
    left, right, connection, ids = nine_of_forty_cleared(w)
    cut_off(right, "update")
    assert w.sync(connection).updated_right == 0
    w.clock.go(1000)
    assert w.sync(connection).braked == {"clears": 9}

    for id_ in ids[9:12]:
        left.edit(id_, notes=None)
    run = w.sync(connection)
    assert (run.status, run.updated_right) == (Run.Status.HELD, 0)


def test_pl3_a_clear_whose_answer_was_lost_counts_though_its_contact_waits(w: World) -> None:
    left, right, right2 = w.app("left"), w.app("right"), w.app("right2")
    id_ = left.add(given_name="Ada", emails=("ada@example.org",), notes="x")
    one, two = w.connect("left", "right"), w.connect("left", "right2")
    for connection in (one, two):
        w.settle(connection)
    left.edit(id_, notes=None)
    cut_off(right, "update")
    w.sync(one)
    w.clock.go(1000)

    # The other connection's write to the left is not seen yet: this one's must wait for it.
    right2.edit(next(iter(right2.live())), street="Ring 1")
    cut_off(left, "update")
    w.sync(two)
    right.edit(next(iter(right.live())), city="Graz")
    run = w.sync(one)
    assert contact_of(one, left="Ada").status == Status.WAITING
    assert (run.updated_left, run.braked) == (0, {"clears": 1})


def test_pl3_creations_whose_answer_was_lost_count_once_they_are_found(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    connection = w.connect("left", "right")
    w.sync(connection)

    def add(numbers: range) -> None:
        for number in numbers:
            left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))

    add(range(20))
    cut_off(right, "create")
    assert w.sync(connection).created_right == 0
    run = w.sync(connection)
    assert (run.created_right, run.braked) == (20, {"creations": 20})

    add(range(20, 26))
    run = w.sync(connection)
    assert (run.status, run.created_right) == (Run.Status.HELD, 0)
    assert len(right.live()) == 20


def test_pl3_what_is_found_is_counted_in_the_same_commit(
    w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, right = w.app("left"), w.app("right")
    connection = w.connect("left", "right")
    w.sync(connection)
    left.add(given_name="Ada", emails=("ada@example.org",))
    cut_off(right, "create")
    w.sync(connection)

    def die(*_: object) -> None:
        raise Killed

    monkeypatch.setattr(Steps, "_match_chunk", die)
    with pytest.raises(Killed):
        w.sync(connection)
    run = Run.objects.get(finished_at=None)
    assert (run.created_right, run.braked) == (1, {"creations": 1})


def test_i2_a_read_that_was_broken_off_is_not_taken_for_one_that_was_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    habits = Habits(feed="modified", page_size=1)
    with world(monkeypatch, left=habits) as w:
        left, right = w.app("left", habits), w.app("right")
        connection = w.connect("left", "right")
        ids = [left.add(given_name=f"N{n}", emails=(f"n{n}@example.org",)) for n in range(3)]
        w.settle(connection)
        for id_ in ids:
            left.edit(id_, city="Wien")
        right.faults.append(Fault(Unavailable("down"), "changes"))
        assert w.sync(connection).status == Run.Status.FAILED

        for app in (left, right):
            app.add(given_name="Ada", emails=("ada@example.org",))
        w.settle(connection)

        assert len(left.live()) == len(right.live()) == 4


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
