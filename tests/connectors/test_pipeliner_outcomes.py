from __future__ import annotations

from typing import Any

import pytest

from connections.connectors.base import (
    AuthorizationLost,
    Creation,
    Doubt,
    Outcome,
    RateLimited,
    Rejected,
    Unavailable,
    Update,
    Written,
)
from connections.sandbox.base import Fault, json_response
from connections.schema import Value
from tests.connectors.pipeliner_helpers import Space, space

__all__ = ["space"]

MARK = "2026-03-01T11:22:33.000450+00:00"


def creation(mark: str = MARK, scope: str = "", **values: Value) -> Creation:
    return Creation(mark, {"last_name": "Example", **values}, scope)


def create(space: Space, *batch: Creation, **options: Any) -> list[Outcome]:
    return space.connector(**options).create(batch)


def written(outcome: Outcome) -> str:
    assert isinstance(outcome, Written)
    return outcome.id


def answered(space: Space, monkeypatch: pytest.MonkeyPatch, *items: Any) -> None:
    """Let each batch be answered with these items, whatever was sent."""
    before = space.sandbox.before

    def watch(request: Any, route: Any) -> Any:
        if request.method == "GET":
            return before(request, route)
        return json_response({"success": True, "data": list(items)})

    monkeypatch.setattr(space.sandbox, "before", watch)


def bad(index: int | None = None, **more: Any) -> dict[str, Any]:
    return {"code": 40000, "message": "bad", "success": False, "entity_index": index, **more}


@pytest.mark.parametrize(
    ("items", "kinds"),
    [
        (["id-1", "id-2", "id-3"], "WWW"),
        (["id-1", bad(1), "id-3"], "WRW"),
        (["id-1", bad(None), "id-3"], "WRW"),
        # Errors that name another place than theirs: the order of the ids says nothing.
        (["id-1", bad(2), "id-3"], "DDR"),
        (["id-1", bad(1)], "DRD"),
        (["id-1", bad(None)], "DDD"),
        (["id-1", "id-2"], "DDD"),
        (["id-1", "id-2", "id-3", "id-4"], "DDD"),
        (["id-1", None, "id-3"], "WDW"),
        ([bad(7), "id-2", "id-3"], "DDD"),
    ],
)
def test_creations_are_bound_to_ids_by_position_only_if_nothing_speaks_against_it(
    space: Space, monkeypatch: pytest.MonkeyPatch, items: list[Any], kinds: str
) -> None:
    answered(space, monkeypatch, *items)
    outcomes = create(space, creation(), creation(), creation())
    assert "".join(type(each).__name__[0] for each in outcomes) == kinds
    for place, outcome in enumerate(outcomes):
        assert not isinstance(outcome, Written) or outcome.id == f"id-{place + 1}"


def test_changes_are_bound_by_id(space: Space, monkeypatch: pytest.MonkeyPatch) -> None:
    updates = [Update(id_, "", "1", {}, {}, {"city": "Rome"}) for id_ in ("a", "b", "c")]
    answered(space, monkeypatch, "c", bad(entity_id="a"), "elsewhere")
    outcomes = space.connector().update(updates)
    assert [type(each) for each in outcomes] == [Rejected, Doubt, Written]
    assert outcomes[2] == Written("c")


@pytest.mark.parametrize("content", [None, {"a": 1}, "id-1"])
def test_an_answer_without_a_list_is_in_doubt(
    space: Space, monkeypatch: pytest.MonkeyPatch, content: Any
) -> None:
    monkeypatch.setattr(
        space.sandbox, "before", lambda *_: json_response({"success": True, "data": content})
    )
    with pytest.raises(Unavailable) as caught:
        create(space, creation())
    assert caught.value.in_doubt


def test_a_write_that_was_cut_after_it_was_done_is_in_doubt_and_sent_once(space: Space) -> None:
    for fault in (Fault("cut_after", method="POST"), Fault("status", code=502, commit=True)):
        space.sandbox.faults.add(fault)
        before = len(space.sandbox.contacts())
        with pytest.raises(Unavailable) as caught:
            create(space, creation(), creation())
        assert caught.value.in_doubt
        assert len(space.sandbox.contacts()) == before + 2


def test_a_batch_that_is_refused_whole_did_nothing(space: Space) -> None:
    for code in (400, 413, 422):
        space.sandbox.faults.add(Fault("status", code=code, method="POST"))
        with pytest.raises(Rejected):
            create(space, creation())
    space.sandbox.faults.add(Fault("status", code=429, retry_after=3))
    with pytest.raises(RateLimited):
        create(space, creation())
    assert space.sandbox.contacts() == {}


def test_a_key_without_the_right_to_create_stops_creations_and_keeps_its_login(
    space: Space,
) -> None:
    space.sandbox.faults.add(Fault("status", code=403, method="POST", times=2))
    with pytest.raises(Rejected) as caught:
        create(space, creation())
    assert caught.value.stops_creations
    ids = [space.add(), space.add()]
    with pytest.raises(Rejected) as caught:
        space.connector().update([space.update_of(id_, {"city": "Rome"}) for id_ in ids])
    assert not caught.value.stops_creations


def test_a_revoked_key_loses_its_authorization(space: Space) -> None:
    update = space.update_of(space.add(), {"city": "Rome"})
    space.sandbox.habits.forbidden = True
    with pytest.raises(AuthorizationLost):
        create(space, creation())
    for batch in ([update], [update, update]):
        with pytest.raises(AuthorizationLost):
            space.connector().update(batch)


def test_refusals_of_single_contacts_probe_the_login_once(space: Space) -> None:
    updates = [space.update_of(space.add(), {"city": "Rome"}) for _ in range(4)]
    space.sandbox.faults.add(Fault("status", code=403, method="PATCH", times=4))
    space.reset()
    connector = space.connector()
    for update in updates:
        assert isinstance(connector.update([update])[0], Rejected)
    assert space.sandbox.requests.total == 4 + 2
