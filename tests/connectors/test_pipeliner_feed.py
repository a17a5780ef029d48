"""What a space shows of its changes, however its reads are broken off."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import pytest

from connections.connectors import pipeliner_api
from connections.connectors.base import Cursor, CursorExpired, Unavailable
from connections.sandbox.base import Fault
from tests.connectors.pipeliner_helpers import Space, fill, is_whole, requests, space

__all__ = ["space"]


# -- first reads and idle ones ------------------------------------------------------------------


def test_a_first_read_shows_everything_deleted_ones_included(space: Space) -> None:
    ids = fill(space, 230)
    space.sandbox.delete_contact(ids[7])
    pages, cursor = space.read()
    assert [len(page.records) for page in pages] == [100, 100, 30]
    assert [page.complete for page in pages] == [False, False, True]
    assert all(page.full for page in pages)
    assert space.held[ids[7]].deleted
    assert is_whole(space)
    assert requests(space) == {"GET Contacts": 3}
    assert "walk" not in cursor["Contacts"]


def test_i6_an_idle_space_costs_one_request(space: Space) -> None:
    fill(space, 230)
    _, cursor = space.read()
    space.reset()
    for _ in range(3):
        space.clock.advance(minutes=5)
        pages, cursor = space.read(cursor)
        assert [(page.complete, page.full) for page in pages] == [(True, False)]
        assert requests(space) == {"GET Contacts": 1}


def test_an_empty_space_is_read_in_one_request_each_time(space: Space) -> None:
    for cursor in (None, space.read()[1]):
        space.reset()
        pages, _ = space.read(cursor)
        assert [(list(page.records), page.complete) for page in pages] == [([], True)]
        assert requests(space) == {"GET Contacts": 1}


def test_edits_creations_and_deletions_show_newest_first(space: Space) -> None:
    ids = fill(space, 150)
    _, cursor = space.read()
    space.sandbox.edit_contact(ids[3], {"city": "Rome"})
    new = space.add(last_name="New")
    space.sandbox.delete_contact(ids[5])
    space.reset()
    pages, _ = space.read(cursor)
    assert [record.id for record in pages[0].records[:3]] == [ids[5], new, ids[3]]
    assert [page.complete for page in pages] == [False, True]
    assert space.held[ids[5]].deleted
    assert is_whole(space)


def test_a_read_goes_back_past_the_last_complete_one_less_the_lateness(space: Space) -> None:
    fill(space, 350)
    _, cursor = space.read()
    space.clock.advance(seconds=-30)
    for _ in range(150):
        space.add(last_name="Within the minute")
    space.read(cursor)
    space.reset()
    # All are known; but those above were changed after the moment that the cursor goes back to.
    pages, cursor = space.read(cursor)
    assert len(pages) == 2
    space.clock.advance(minutes=5)
    space.reset()
    _, cursor = space.read(cursor)
    space.clock.advance(minutes=5)
    space.reset()
    assert len(space.read(cursor)[0]) == 1


def test_what_a_list_shows_late_and_out_of_order_is_found(space: Space) -> None:
    ids = fill(space, 120)
    _, cursor = space.read()
    space.sandbox.habits.late_seconds = 50
    for number in range(60):
        space.sandbox.edit_contact(random.Random(number).choice(ids), {"city": f"City {number}"})
        space.clock.advance(seconds=1)
        if number % 7 == 0:
            _, cursor = space.read(cursor)
    space.clock.advance(seconds=60)
    space.read(cursor)
    assert is_whole(space)


def test_pages_shorter_than_asked_for_are_followed(space: Space) -> None:
    fill(space, 130)
    space.sandbox.habits.short_pages = True
    _, cursor = space.read()
    assert is_whole(space)
    space.add(last_name="New")
    space.read(cursor)
    assert is_whole(space)


def test_a_row_that_is_no_use_is_skipped_and_counted(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = fill(space, 3)[1]
    with space.sandbox.store.transaction():
        row = space.sandbox.store.table("Contact")[bad]
        space.sandbox.store.put("Contact", bad, row | {"revision": None})
    pages, _ = space.read()
    assert [page.skipped for page in pages] == [1]
    assert len(space.held) == 2


# -- broken-off reads ---------------------------------------------------------------------------


@pytest.mark.parametrize("broken_after", [1, 2])
def test_a_first_read_that_was_broken_off_leaves_no_hole(space: Space, broken_after: int) -> None:
    ids = fill(space, 250)
    pages, cursor = space.read(stop_after=broken_after)
    assert not pages[-1].complete
    for id_ in (ids[249], ids[140], ids[2]):
        space.sandbox.edit_contact(id_, {"city": "Rome"})
    space.sandbox.delete_contact(ids[100])
    space.add(last_name="New")
    space.clock.advance(minutes=5)
    pages, cursor = space.read(cursor)
    assert pages[-1].complete
    assert all(page.full for page in pages)
    assert is_whole(space)
    assert space.held[ids[100]].deleted
    pages, _ = space.read(cursor)
    assert [page.full for page in pages] == [False]


@pytest.mark.parametrize(("minutes", "contacts"), [(0.2, 2), (5, 4)])
def test_a_walk_that_goes_on_soon_is_not_begun_anew(
    space: Space, minutes: float, contacts: int
) -> None:
    ids = fill(space, 250)
    _, cursor = space.read(stop_after=1)
    space.sandbox.edit_contact(ids[249], {"city": "Rome"})
    space.clock.advance(minutes=minutes)
    space.reset()
    pages, cursor = space.read(cursor)
    assert pages[-1].complete
    assert requests(space) == {"GET Contacts": contacts}
    space.clock.advance(minutes=5)
    space.read(cursor)
    assert is_whole(space)


def test_a_later_read_that_was_broken_off_leaves_no_hole(space: Space) -> None:
    ids = fill(space, 320)
    _, cursor = space.read()
    for id_ in ids[:250]:
        space.sandbox.edit_contact(id_, {"city": "Rome"})
    space.clock.advance(minutes=5)
    _, cursor = space.read(cursor, stop_after=1)
    for id_ in (ids[0], ids[130], ids[200]):
        space.sandbox.edit_contact(id_, {"city": "Oslo"})
    space.clock.advance(minutes=5)
    pages, cursor = space.read(cursor)
    assert pages[-1].complete
    assert is_whole(space)
    space.clock.advance(minutes=5)
    space.reset()
    space.read(cursor)
    assert requests(space) == {"GET Contacts": 1}


def test_what_changed_during_a_broken_walk_is_found_below_what_is_known(space: Space) -> None:
    ids = fill(space, 250)
    _, cursor = space.read(stop_after=1)
    space.sandbox.edit_contact(ids[0], {"city": "Rome"})
    space.clock.advance(minutes=5)
    _, cursor = space.read(cursor, stop_after=1)
    # Ours, and held as soon as they are written: more of them than a page.
    ours = [space.add(last_name="Ours") for _ in range(150)]
    space.held |= space.connector().get_written(ours)
    space.clock.advance(minutes=5)
    _, cursor = space.read(cursor)
    assert is_whole(space)


@pytest.mark.parametrize("companies", [False, True])
def test_reads_broken_off_anywhere_while_people_edit_leave_no_hole(
    space: Space, companies: bool
) -> None:
    chance = random.Random(7)
    ids = fill(space, 250)
    cursor: Cursor | None = None
    for _ in range(20):
        _, cursor = space.read(cursor, stop_after=chance.randint(1, 3), companies=companies)
        for _ in range(chance.choice([0, 3, 130])):
            act = chance.random()
            if act < 0.8:
                space.sandbox.edit_contact(chance.choice(ids), {"city": str(chance.random())})
            elif act < 0.9:
                space.sandbox.delete_contact(ids.pop(chance.randrange(len(ids))))
            else:
                ids.append(space.add(last_name="New"))
        space.clock.advance(seconds=chance.choice([1, 30, 300]))
    space.clock.advance(minutes=5)
    pages, cursor = space.read(cursor, companies=companies)
    assert pages[-1].complete
    assert is_whole(space)


def test_a_cursor_survives_json(space: Space) -> None:
    fill(space, 250)
    _, cursor = space.read(stop_after=1, companies=True)
    _, cursor = space.read(json.loads(json.dumps(cursor)), companies=True)
    assert is_whole(space)


# -- cursors and answers that are no good -------------------------------------------------------


def test_a_refused_page_cursor_begins_the_walk_anew(space: Space) -> None:
    fill(space, 250)
    space.sandbox.faults.add(Fault("cursor", after=1))
    pages, _ = space.read()
    assert [len(page.records) for page in pages] == [100, 100, 100, 100, 50]
    assert pages[-1].complete
    assert is_whole(space)


def test_a_walk_whose_cursors_are_refused_again_and_again_ends(space: Space) -> None:
    fill(space, 250)
    space.sandbox.faults.add(Fault("cursor", times=1000))
    with pytest.raises(Unavailable, match="cursors"):
        space.read()


def test_reading_back_is_unavailable_where_its_cursors_are_refused(
    space: Space,
) -> None:
    fill(space, 250)
    ids = list(space.sandbox.contacts())
    space.sandbox.faults.add(Fault("cursor", times=1000))
    with pytest.raises(Unavailable, match="cursors"):
        space.connector().get_written(ids)


def test_the_users_are_unavailable_where_their_cursors_are_refused(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeliner_api, "PAGE", 1)
    space.sandbox.faults.add(Fault("cursor"))
    with pytest.raises(Unavailable, match="cursors"):
        space.connector().users()
    assert len(space.connector().users()) > 1


@pytest.mark.parametrize("code", [400, 422, 500])
def test_a_list_that_is_refused_is_unavailable(space: Space, code: int) -> None:
    space.sandbox.faults.add(Fault("status", code=code, times=3))
    with pytest.raises(Unavailable):
        space.read()


def test_more_fields_than_before_make_everything_be_read_again(space: Space) -> None:
    fill(space, 3)
    _, cursor = space.read()
    more = space.connector()
    space.sandbox.add_field("cf_more", "input")
    fields = space.connector(fields=()).fields()
    with pytest.raises(CursorExpired):
        next(space.connector(fields=fields).changes(cursor, space.known))
    with pytest.raises(CursorExpired):
        next(space.connector(companies=True).changes(cursor, space.known))
    fewer = [field for field in space.fields if field.key != "cf_nickname"]
    page = next(space.connector(fields=fewer).changes(cursor, space.known))
    assert page.complete
    with pytest.raises(CursorExpired):
        next(more.changes(page.cursor, space.known))


def test_fields_are_asked_for_only_where_they_are_not_known(space: Space) -> None:
    fill(space, 3)
    list(space.connector(fields=()).changes(None, space.known))
    assert requests(space) == {"GET Contacts": 1, "GET Fields": 1, "GET Types": 1}
    list(space.connector().changes(None, space.known))
    assert requests(space) == {"GET Contacts": 1}


def test_page_rows_that_are_held_in_an_older_version_are_news(space: Space) -> None:
    ids = fill(space, 150)
    _, cursor = space.read()
    space.held[ids[149]] = replace(space.held[ids[149]], version="0" * 20)
    space.clock.advance(minutes=5)
    pages, _ = space.read(cursor)
    assert len(pages) == 2
    assert is_whole(space)


def test_no_time_zone_is_ever_asked_for(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(space, 1)
    seen: list[Any] = []
    before = space.sandbox.before

    def watch(request: Any, route: Any) -> Any:
        seen.append(request.headers)
        return before(request, route)

    monkeypatch.setattr(space.sandbox, "before", watch)
    space.read()
    assert seen
    assert not any("Timezone" in headers for headers in seen)
