from __future__ import annotations

import pytest

from connections.connectors.base import (
    AuthorizationLost,
    ConnectorError,
    RateLimited,
    Rejected,
    Scope,
    Unavailable,
)
from connections.connectors.pipeliner import _parents_first
from connections.connectors.pipeliner_api import base_url
from connections.sandbox.base import Fault
from tests.connectors.pipeliner_helpers import Space, space

__all__ = ["space"]


def fault_of(space: Space, settings: dict[str, str], password: str = "") -> ConnectorError:
    with pytest.raises(ConnectorError) as caught:
        space.connector(settings, password=password or None).identify()
    return caught.value


@pytest.mark.parametrize(
    "given",
    [
        "eu-central.api.pipelinersales.com",
        " https://eu-central.api.pipelinersales.com/ ",
        "HTTPS://EU-central.api.pipelinersales.com.",
        "https://eu-central.api.pipelinersales.com/api/v100/rest/spaces/other/entities/Contacts?a=b",
    ],
)
def test_a_host_or_any_address_there_is_taken_as_service_url(given: str) -> None:
    assert (
        base_url(given, " eu_demo ", allow_http=False)
        == "https://eu-central.api.pipelinersales.com/api/v100/rest/spaces/eu_demo/entities"
    )


@pytest.mark.parametrize(
    "given",
    ["", "  ", "https://", "http://app.example", "ftp://app.example", "https://a:b@app.example",
     "https://app.example:port", "app example", "https://[::1"],
)  # fmt: skip
def test_what_is_no_service_url_says_so(given: str) -> None:
    with pytest.raises(Rejected) as caught:
        base_url(given, "demo", allow_http=False)
    assert caught.value.field == "service_url"


@pytest.mark.parametrize("given", ["", " ", "..", "a/b", "a b", "a?b"])
def test_what_is_no_space_id_says_so(given: str) -> None:
    with pytest.raises(Rejected) as caught:
        base_url("app.example", given, allow_http=False)
    assert caught.value.field == "space_id"


def test_http_is_for_local_apps_only() -> None:
    assert base_url("http://127.0.0.1:8001/x", "s", allow_http=True).startswith(
        "http://127.0.0.1:8001/api/"
    )


def test_identity_is_space_and_user(space: Space) -> None:
    bob, carl = space.clients["bob@example.com"], space.clients["carl@example.com"]
    by_id = space.connector({"user": bob}).identify()
    assert by_id.key.endswith(f"/{space.sandbox.space_id}/{bob}")
    assert by_id.label == f"bob@example.com in {space.sandbox.space_id}"
    assert space.connector({"user": "BOB@example.com "}).identify() == by_id
    assert space.connector({"user": carl}).identify().key != by_id.key


def test_without_a_chosen_user_the_login_itself_is_it_where_the_space_has_it(space: Space) -> None:
    ann = space.clients["ann@example.com"]
    assert space.connector({"user": ""}).identify().key.endswith(ann)
    nobody = space.connector({"user": "", "email": "nobody@example.com"}).identify()
    assert nobody.key.endswith(f"/{space.sandbox.space_id}")


def test_each_fault_of_a_login_is_told_beside_its_setting(space: Space) -> None:
    wrong_key = fault_of(space, {}, password="wrong password")
    wrong_space = fault_of(space, {"space_id": "elsewhere"})
    wrong_user = fault_of(space, {"user": "nobody@example.com"})
    space.sandbox.habits.forbidden = True
    no_right = fault_of(space, {})
    space.sandbox.stop()
    no_network = fault_of(space, {})
    told = [wrong_key, wrong_space, wrong_user, no_right, no_network]
    assert [(type(each), each.field) for each in told] == [
        (AuthorizationLost, "api_token"),
        (Rejected, "space_id"),
        (Rejected, "user"),
        (AuthorizationLost, "api_token"),
        (Unavailable, "service_url"),
    ]
    assert len({each.message for each in told}) == len(told)
    assert "wrong password" not in wrong_key.message


def test_faults_of_a_login_go_by_the_status_whatever_the_body(space: Space) -> None:
    space.sandbox.habits.plain_auth_errors = True
    assert fault_of(space, {}, password="wrong").field == "api_token"
    space.sandbox.habits.forbidden = True
    assert "right to read contacts" in fault_of(space, {}).message


def test_an_app_that_is_down_or_busy_is_no_lost_authorization(space: Space) -> None:
    space.sandbox.faults.add(Fault("status", code=503, times=3))
    assert isinstance(fault_of(space, {}), Unavailable)
    space.sandbox.faults.add(Fault("status", code=429, retry_after=7))
    busy = fault_of(space, {})
    assert isinstance(busy, RateLimited)
    assert busy.retry_after == 7


def test_users_are_people_with_their_unit(space: Space) -> None:
    space.sandbox.delete("Client", space.clients["dora@example.com"])
    users = space.connector().users()
    assert [user.name for user in users] == ["Ann Archer", "Bob Baker", "Carl Chen"]
    assert users[1].email == "bob@example.com"
    assert users[1].unit == space.units["North"]


def test_units_come_parents_first_with_trimmed_names(space: Space) -> None:
    scopes = space.connector().scopes()
    assert scopes[0] == Scope(space.units["Company"], "Company", "")
    places = {scope.id: place for place, scope in enumerate(scopes)}
    assert len(places) == len(space.units)
    assert all(places[scope.parent] < places[scope.id] for scope in scopes[1:])


def test_a_unit_without_its_parent_is_a_root_and_a_ring_is_left_out() -> None:
    units = [
        Scope("a", "A", "gone"),
        Scope("b", "B", "a"),
        Scope("c", "C", "d"),
        Scope("d", "D", "c"),
    ]
    found = _parents_first({unit.id: unit for unit in units})
    assert found == [Scope("a", "A", ""), Scope("b", "B", "a")]


def test_a_refused_list_is_the_logins_fault_only_if_the_probe_fails_too(space: Space) -> None:
    space.sandbox.faults.add(Fault("status", code=403, path_contains="SalesUnits"))
    with pytest.raises(Unavailable, match="SalesUnits"):
        space.connector().scopes()
    space.sandbox.habits.forbidden = True
    with pytest.raises(AuthorizationLost):
        list(space.connector().changes(None, space.known))


def test_a_login_that_was_revoked_loses_its_authorization(space: Space) -> None:
    space.sandbox.habits.revoked = True
    with pytest.raises(AuthorizationLost):
        list(space.connector().changes(None, space.known))


def test_long_lists_are_read_to_the_end(space: Space) -> None:
    for number in range(130):
        space.sandbox.add("SalesUnit", {"name": f"Unit {number}"})
    assert len(space.connector().scopes()) == 130 + len(space.units)
