"""The one edit of a connection that waits: when it does, and when it counts at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connections.models import Connection, PendingEdit
from connections.setups import MappingSetup, Setup
from syncengine import clock, control, pending
from syncengine.models import Run, SyncState
from tests.syncengine.pages import Book, account
from tests.syncengine.previews import edit

pytestmark = pytest.mark.django_db


def counts(connection: Connection) -> Setup:
    return Connection.objects.get(pk=connection.pk).setup()


def preview_of(connection: Connection, **braked: int) -> Run:
    """Return a finished preview of what a preview would be of."""
    return Run.objects.create(
        connection=connection,
        connection_name=connection.name,
        kind=Run.Kind.PREVIEW,
        status=Run.Status.DONE,
        cause="the test",
        revision=pending.configuration(connection).revision,
        started_at=clock.now(),
        finished_at=clock.now(),
        braked=braked,
    )


@pytest.mark.parametrize("state", ["active", "paused"])
def test_an_edit_of_a_connection_that_was_started_waits(state: str) -> None:
    connection = Book.of(state=state).connection
    assert edit(connection, phone_region="AT")
    assert counts(connection).phone_region == ""
    assert pending.current(connection).phone_region == "AT"
    assert pending.configuration(connection).phone_region == "AT"


@pytest.mark.parametrize("state", ["draft", "active", "paused"])
def test_an_edit_of_a_connection_that_was_never_started_counts_at_once(state: str) -> None:
    connection = Book.of(state=state).connection
    SyncState.objects.update(approved_revision="")
    assert not edit(connection, phone_region="AT")
    assert counts(connection).phone_region == "AT"
    assert not PendingEdit.objects.exists()


@pytest.mark.parametrize(
    "changed", [{"winner": "right"}, {"interval_minutes": 9}, {"brake_percent": 50}, {}]
)
def test_cn8_an_edit_that_decides_nothing_anew_counts_at_once(changed: dict[str, Any]) -> None:
    connection = Book.of().connection
    revision = connection.configuration().revision
    assert not edit(connection, **changed)
    assert counts(connection) == replace(connection.setup(), **changed)
    assert Connection.objects.get().configuration().revision == revision


def test_cn10_there_is_one_edit_of_a_connection_and_none_of_another() -> None:
    north, south = Book.of().connection, Book.of("South").connection
    edit(north, phone_region="AT")
    edit(north, time_zone="Europe/Vienna")
    assert PendingEdit.objects.count() == 1
    assert pending.current(north).phone_region == "AT"
    assert pending.of(south) is None


def test_cn10_of_two_saves_of_one_page_the_second_is_refused() -> None:
    connection = Book.of().connection
    seen = pending.current(connection)
    pending.save(connection.pk, replace(seen, phone_region="AT"), None, seen=seen)
    with pytest.raises(pending.Outdated) as caught:
        pending.save(connection.pk, replace(seen, phone_region="DE"), None, seen=seen)
    assert caught.value.now.phone_region == "AT"
    assert pending.current(connection).phone_region == "AT"


def test_cn10_a_save_is_refused_where_the_edit_it_saw_was_dropped_or_applied() -> None:
    connection = Book.of().connection
    edit(connection, phone_region="AT")
    seen = pending.current(connection)
    pending.drop(connection)
    with pytest.raises(pending.Outdated):
        pending.save(connection.pk, replace(seen, winner="right"), None, seen=seen)
    edit(connection, phone_region="DE")
    stored = counts(connection)
    pending.apply(connection.pk)
    with pytest.raises(pending.Outdated):
        pending.save(connection.pk, replace(stored, winner="right"), None, seen=stored)


def test_an_edit_back_to_what_counts_is_forgotten() -> None:
    connection = Book.of().connection
    edit(connection, phone_region="AT")
    assert not edit(connection, phone_region="")
    assert not PendingEdit.objects.exists()


def test_all_of_an_edit_is_kept_and_applied() -> None:
    connection = Book.of().connection
    mapping = MappingSetup("job", "notes", "left_to_right", (("a", "b"),))
    before = pending.current(connection)
    rule = replace(before.rules[0], key="k", conditions=())
    wanted = replace(before, mappings=(mapping,), left_scope=("x",), rules=(rule,))
    pending.save(connection.pk, wanted, None, seen=before)
    assert pending.current(connection) == wanted
    pending.apply(connection.pk)
    assert counts(connection) == wanted


# Applying


def test_an_edit_is_applied_once() -> None:
    connection = Book.of().connection
    edit(connection, phone_region="AT")
    version = Connection.objects.get().version
    applied = pending.apply(connection.pk)
    assert (applied.phone_region, applied.version) == ("AT", version + 1)
    with pytest.raises(pending.Refused, match="No edit of “North” waits"):
        pending.apply(connection.pk)


def test_cn10_what_its_preview_counted_is_its_allowance() -> None:
    connection = Book.of().connection
    SyncState.objects.update(held={"clears": 40}, allowance={"creations": 7})
    edit(connection, phone_region="AT")
    control.apply_edit(connection, preview_of(connection, overwrites=12))
    state = SyncState.objects.get()
    assert state.allowance == {"overwrites": 12}
    assert state.approved_revision == Connection.objects.get().configuration().revision
    assert (state.held, state.next_sync_at) == ({}, None)
    assert Connection.objects.get().state == Connection.State.ACTIVE


def test_a_paused_connection_stays_paused_with_the_edit_applied() -> None:
    connection = Book.of(state="paused").connection
    edit(connection, phone_region="AT")
    control.apply_edit(connection, preview_of(connection))
    assert Connection.objects.get().state == Connection.State.PAUSED
    assert counts(connection).phone_region == "AT"


def test_an_edit_is_not_applied_with_a_preview_of_another_one() -> None:
    connection = Book.of().connection
    edit(connection, phone_region="AT")
    old = preview_of(connection)
    edit(connection, phone_region="DE")
    with pytest.raises(control.Refused, match="the edit changed"):
        control.apply_edit(connection, old)
    assert counts(connection).phone_region == ""


def test_a_preview_from_before_an_edit_of_the_winner_counts_no_more() -> None:
    """The revision is the same with another winner; what a run would do is not."""
    connection = Book.of().connection
    edit(connection, phone_region="AT")
    old = preview_of(connection)
    edit(connection, winner="right")
    assert old.revision == pending.configuration(connection).revision
    with pytest.raises(control.Refused):
        control.apply_edit(connection, old)

    draft = Book.of("South", state="draft").connection
    preview_of(draft)
    assert control.latest_preview(draft) is not None
    edit(draft, winner="right")
    assert control.latest_preview(draft) is None


def test_an_edit_is_not_applied_with_a_preview_that_is_too_old() -> None:
    connection = Book.of().connection
    edit(connection, phone_region="AT")
    old = preview_of(connection)
    earlier = clock.now() - timedelta(days=8)
    Run.objects.update(started_at=earlier)
    PendingEdit.objects.update(saved_at=earlier)
    old.refresh_from_db()
    with pytest.raises(control.Refused):
        control.apply_edit(connection, old)


def test_cn11_an_edit_that_closes_a_ring_is_not_applied() -> None:
    book = Book.of(direction="left_to_right")
    connection = book.connection
    third = account("Third", "google", identity="third")
    one_way = {"state": Connection.State.ACTIVE, "direction": "right_to_left"}
    Connection.objects.create(name="A", left=connection.right, right=third, **one_way)
    Connection.objects.create(name="B", left=third, right=connection.left, **one_way)
    edit(connection, direction="both")
    with pytest.raises(control.Refused, match="would close a ring"):
        control.apply_edit(connection, preview_of(connection))
    assert Connection.objects.get(pk=connection.pk).direction == "left_to_right"
    assert pending.of(connection) is not None

    Connection.objects.filter(pk=connection.pk).update(state="paused")
    control.apply_edit(connection, preview_of(connection))
    with pytest.raises(control.Refused, match="would close a ring"):
        control.resume(Connection.objects.get(pk=connection.pk))


def test_a_connection_is_not_started_while_an_edit_waits() -> None:
    """A preview is of the edit then, and says nothing of what would be started."""
    connection = Book.of(state="paused").connection
    edit(connection, phone_region="AT")
    with pytest.raises(control.Refused, match="Apply or drop it first"):
        control.start(connection, preview_of(connection))
