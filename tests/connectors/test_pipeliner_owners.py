"""Owners and sales units of Pipeliner's contacts, read and written over HTTP."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from connections.connectors.base import Creation, Rejected, Written
from connections.schema import Value
from tests.connectors.pipeliner_helpers import Space, space

__all__ = ["space"]

MARK = "2026-03-01T11:22:33.000450+00:00"


def creation(values: Mapping[str, Value]) -> Creation:
    return Creation(MARK, {"last_name": "Example", **values})


def test_an_owner_is_changed_and_never_cleared(space: Space) -> None:
    id_ = space.add()
    dora = space.clients["dora@example.com"]
    assert space.update(id_, {"owner_id": dora, "unit_id": space.units["Rome"]}) == [Written(id_)]
    row = space.row(id_)
    assert (row["owner_id"], row["unit_id"]) == (dora, space.units["Rome"])
    (outcome,) = space.update(id_, {"owner_id": None})
    assert isinstance(outcome, Rejected)


def test_owner_and_unit_are_read_with_every_record(space: Space) -> None:
    app = space.connector().app
    assert (app.owner_field, app.unit_field, app.label_field) == ("owner_id", "unit_id", "")
    dora, rome = space.clients["dora@example.com"], space.units["Rome"]
    id_ = space.add(owner_id=dora, unit_id=rome)
    space.read()
    for record in (space.held[id_], space.record(id_), space.connector().get_written([id_])[id_]):
        assert (record.values["owner_id"], record.values["unit_id"]) == (dora, rome)
        assert record.scopes == (rome,)


def test_an_owner_or_unit_alone_is_changed_in_a_batch(space: Space) -> None:
    carl, oslo = space.clients["carl@example.com"], space.units["Oslo"]
    ids = [space.add(), space.add(), space.add()]
    before = space.row(ids[0])
    changes: list[dict[str, Value]] = [
        {"owner_id": carl}, {"unit_id": oslo}, {"unit_id": oslo, "cf_children": 3},
    ]  # fmt: skip
    updates = [space.update_of(id_, each) for id_, each in zip(ids, changes, strict=True)]
    assert space.connector().update(updates) == [Written(id_) for id_ in ids]
    rows = [space.row(id_) for id_ in ids]
    # A contact does not move with its owner: the unit changes only where it is named.
    assert [(row["owner_id"], row["unit_id"]) for row in rows] == [
        (carl, before["unit_id"]), (before["owner_id"], oslo), (before["owner_id"], oslo),
    ]  # fmt: skip
    assert rows[2]["cf_children"] == 3


@pytest.mark.parametrize("key", ["owner_id", "unit_id"])
def test_ru9_an_owner_or_unit_that_is_gone_is_refused_by_name(space: Space, key: str) -> None:
    kind = "Client" if key == "owner_id" else "SalesUnit"
    known = space.clients["dora@example.com"] if key == "owner_id" else space.units["Athens"]
    space.sandbox.delete(kind, known)
    nowhere = "00000000-0000-4000-8000-000000000000"
    for gone in (known, nowhere, None, "no id"):
        ids = [space.add(), space.add()]
        before = [space.row(id_)[key] for id_ in ids]
        one = space.update(ids[0], {key: gone})
        several = space.connector().update([space.update_of(id_, {key: gone}) for id_ in ids])
        made = space.connector().create([creation({key: gone}), creation({"first_name": "Fine"})])
        # Blank at creation is what the app fills in by itself.
        refused = [*one, *several, *(made[:1] if gone else [])]
        for outcome in refused:
            assert isinstance(outcome, Rejected)
            assert outcome.field == key
            assert str(gone) not in outcome.message
        assert isinstance(made[1], Written)
        assert [space.row(id_)[key] for id_ in ids] == before
