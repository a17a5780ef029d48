"""Sweeps of a space, and single records of it."""

from __future__ import annotations

import pytest

from connections.connectors.base import Cursor, CursorExpired
from connections.connectors.pipeliner import Pipeliner
from connections.sandbox.base import Fault
from tests.connectors.pipeliner_helpers import Space, fill, requests, space

__all__ = ["space"]


# -- sweep --------------------------------------------------------------------------------------


def swept(connector: Pipeliner, cursor: Cursor | None = None) -> dict[str, str]:
    pages = list(connector.sweep(cursor))
    assert [page.complete for page in pages] == [False] * (len(pages) - 1) + [True]
    return dict(pair for page in pages for pair in page.seen)


def test_a_sweep_shows_what_exists_by_id_and_version(space: Space) -> None:
    ids = fill(space, 230)
    space.sandbox.delete_contact(ids[3])
    connector = space.connector()
    found = swept(connector)
    assert set(found) == set(space.sandbox.contacts())
    assert found[ids[5]] == space.record(ids[5]).version
    first = next(connector.sweep(None))
    assert set(swept(connector, first.cursor)) == set(found) - {id_ for id_, _ in first.seen}


def test_a_sweep_finds_a_deletion_that_is_no_change(space: Space) -> None:
    ids = fill(space, 150)
    _, cursor = space.read()
    space.sandbox.habits.delete_keeps_modified = True
    space.sandbox.delete_contact(ids[3])
    space.clock.advance(minutes=5)
    space.read(cursor)
    assert not space.held[ids[3]].deleted
    assert set(space.held) - set(swept(space.connector())) == {ids[3]}


def test_a_sweep_whose_place_is_lost_says_so(space: Space) -> None:
    fill(space, 150)
    space.sandbox.faults.add(Fault("cursor"))
    with pytest.raises(CursorExpired):
        list(space.connector().sweep(None))


# -- single records -----------------------------------------------------------------------------


def test_get_shows_deleted_ones_as_such_and_unknown_ones_as_none(space: Space) -> None:
    ids = fill(space, 2)
    space.sandbox.delete_contact(ids[1])
    nobody = "00000000-0000-4000-8000-000000000000"
    found = space.connector().get([*ids, nobody])
    assert {id_: record.deleted if record else None for id_, record in found.items()} == {
        ids[0]: False,
        ids[1]: True,
        nobody: None,
    }


def test_a_record_that_may_not_be_seen_is_none_if_the_login_is_in_order(space: Space) -> None:
    (id_,) = fill(space, 1)
    space.sandbox.faults.add(Fault("status", code=403, path_contains=id_))
    assert space.connector().get([id_]) == {id_: None}


def test_what_was_written_is_read_back_in_pages(space: Space) -> None:
    ids = fill(space, 250)
    written = ids[100:200]
    for id_ in written:
        space.sandbox.edit_contact(id_, {"city": "Rome"})
    for _ in range(20):
        space.add(last_name="Somebody else's")
    space.reset()
    found = space.connector().get_written(written)
    assert set(found) == set(written)
    assert {record.values["city"] for record in found.values()} == {"Rome"}
    assert requests(space) == {"GET Contacts": 2}


def test_reading_back_looks_no_further_than_it_must(space: Space) -> None:
    ids = fill(space, 600)
    space.reset()
    assert space.connector().get_written([ids[0]]) == {}
    assert sum(requests(space).values()) <= 4
    assert space.connector().get_written([]) == {}
    assert requests(space) == {}
