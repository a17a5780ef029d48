"""What was deleted on both sides is forgotten after a while."""

from __future__ import annotations

from datetime import timedelta

import pytest

from connections.models import Connection
from syncengine import clock, leases, purging, tasks
from syncengine.models import Change, Contact, Intent, MatchKey, Mirror, Record
from tests.connectors.memory import MemoryApp
from tests.syncengine.two import Two
from tests.syncengine.world import World, pair

pytestmark = pytest.mark.django_db

DAY = 24 * 3600


def both(w: World) -> tuple[MemoryApp, MemoryApp, Connection]:
    """Return a world with two linked contacts, Ada and Bob."""
    two = Two(w)
    return two.left, two.right, two.connection


def delete(w: World, connection: Connection, *apps: MemoryApp) -> None:
    """Delete Ada in these apps, and have it seen."""
    for app in apps:
        app.delete(next(id_ for id_, row in app.live().items() if row["given_name"] == "Ada"))
    w.sync(connection)


def records() -> list[str]:
    return sorted(Record.objects.values_list("name", flat=True))


def test_what_is_gone_on_both_sides_goes_after_the_time_that_history_is_kept(w: World) -> None:
    left, right, connection = both(w)
    delete(w, connection, left, right)
    w.clock.go(89 * DAY)
    tasks.tick()
    assert records() == ["Ada", "Ada", "Bob", "Bob"]

    w.clock.go(2 * DAY)
    tasks.tick()
    assert records() == ["Bob", "Bob"]
    assert Contact.objects.count() == 1
    assert not MatchKey.objects.filter(key="e:ada@example.org").exists()
    assert Change.objects.filter(name="Ada", contact=None).exists()
    assert w.sync(connection).status == "done"


def test_du2_what_is_gone_on_one_side_alone_stays(w: World) -> None:
    left, _, connection = both(w)
    delete(w, connection, left)
    w.clock.go(200 * DAY)
    assert purging.purge_records(clock.now(), 9)
    assert records() == ["Ada", "Ada", "Bob", "Bob"]


def test_what_another_connection_still_has_a_living_half_of_stays(w: World) -> None:
    left, right, connection = both(w)
    w.app("right2")
    other = w.connect("left", "right2")
    w.settle(other)
    delete(w, connection, left, right)
    w.sync(other)
    w.clock.go(200 * DAY)
    assert purging.purge_records(clock.now(), 9)
    # The right record has no living half; the left one has, in right2.
    assert records() == ["Ada", "Ada", "Bob", "Bob", "Bob"]


def test_an_account_in_hand_is_left_for_the_next_time(w: World) -> None:
    left, right, connection = both(w)
    delete(w, connection, left, right)
    w.clock.go(200 * DAY)
    hand = leases.take(list(Mirror.objects.all()), "somebody")
    assert hand is not None
    assert not purging.purge_records(clock.now(), 9)
    assert len(records()) == 4
    hand.release()
    assert purging.purge_records(clock.now(), 9)
    assert len(records()) == 2


def test_it_goes_in_small_steps(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    left, right, connection = both(w)
    delete(w, connection, left, right)
    w.clock.go(200 * DAY)
    assert not purging.purge_records(clock.now(), 0)
    assert len(records()) == 4
    monkeypatch.setattr(purging, "CHUNK", 1)
    assert purging.purge_records(clock.now(), 9)
    assert len(records()) == 2


def test_creations_of_long_ago_go_in_small_steps(w: World, monkeypatch: pytest.MonkeyPatch) -> None:
    left, _, connection = pair(w)
    for number in range(7):
        left.add(given_name=f"N{number}", emails=(f"n{number}@example.org",))
    w.settle(connection)
    monkeypatch.setattr(purging, "CHUNK", 3)
    purging.purge_intents(w.clock() - timedelta(days=2), 5)
    assert Intent.objects.count() == 7
    w.clock.go(3 * 24 * 3600)
    purging.purge_intents(w.clock() - timedelta(days=2), 0)
    assert Intent.objects.count() == 4
    purging.purge_intents(w.clock() - timedelta(days=2), 5)
    assert not Intent.objects.exists()
