from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import requests

from connections.sandbox.base import Fault
from connections.sandbox.pipeliner import PipelinerSandbox

from .pipeliner_client import PipelinerClient


@pytest.fixture
def api() -> Iterator[PipelinerClient]:
    with PipelinerClient() as client:
        yield client


@pytest.mark.parametrize("auth", [None, ("demo-token", "wrong"), ("wrong", "demo-password")])
def test_a_wrong_key_answers_401_with_the_challenge(
    api: PipelinerClient, auth: tuple[str, str] | None
) -> None:
    answer = requests.get(f"{api.base}/entities/Clients?first=1", auth=auth, timeout=10)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="restapi"'
    assert (answer.json()["success"], answer.json()["http_status"]) == (False, 401)


def test_another_kind_of_authorization_answers_401(api: PipelinerClient) -> None:
    headers = {"Authorization": "Bearer demo-token"}
    answer = requests.get(f"{api.base}/entities/Clients", headers=headers, timeout=10)
    assert answer.status_code == 401


def test_a_changed_or_revoked_key_answers_401(api: PipelinerClient) -> None:
    api.sandbox.password = "new"
    api.get("Clients", 401)
    api.session.auth = ("demo-token", "new")
    api.get("Clients")
    api.sandbox.habits.revoked = True
    api.get("Clients", 401)


def test_authorization_errors_may_be_no_json(api: PipelinerClient) -> None:
    api.sandbox.habits.plain_auth_errors = api.sandbox.habits.forbidden = True
    answer = api.call("GET", "Contacts")
    assert (answer.status_code, answer.headers["Content-Type"]) == (403, "text/html")
    answer = requests.get(f"{api.base}/entities/Clients", timeout=10)
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert answer.content == b"<h1>401</h1>"


def test_a_key_without_the_right_to_read_contacts_answers_403(api: PipelinerClient) -> None:
    api.sandbox.habits.forbidden = True
    assert api.get("Contacts?first=1", 403)["success"] is False
    api.post("Contacts/batch-modify", [], 403)
    api.get("Clients?first=1")


def test_an_unknown_space_answers_404_in_the_shape_of_unroutable_urls(
    api: PipelinerClient,
) -> None:
    elsewhere = api.base.replace("/demo", "/other")
    body = api.session.get(f"{elsewhere}/entities/Clients", timeout=10)
    assert body.status_code == 404
    assert body.json().keys() == {"status", "message", "errorcode", "traceback"}
    for path in ("", "/entities", "/nonsense"):
        answer = api.session.get(f"{api.base}{path}", timeout=10)
        assert answer.json()["status"] == 404


@pytest.mark.parametrize("path", ["Contact", "contacts", "Nonsense/1", "Opportunities"])
def test_an_unknown_entity_answers_code_2006(api: PipelinerClient, path: str) -> None:
    body = api.get(path, 404)
    assert (body["code"], body["name"]) == (2006, "ERROR_UNKNOWN_TYPE")


def test_what_an_entity_does_not_allow_is_unroutable(api: PipelinerClient) -> None:
    assert api.call("PUT", "Contacts").json()["status"] == 404
    for path in ("Clients", "SalesUnits", "ContactTypes", "Fields", "Data", "Types"):
        assert api.post(path, {}, 404)["status"] == 404
        assert api.post(f"{path}/batch-modify", [], 404)["status"] == 404


def test_an_id_that_is_none_answers_404(api: PipelinerClient) -> None:
    body = api.get("Contacts/nonsense", 404)
    assert (body["success"], body["http_status"]) == (False, 404)


def test_the_timezone_header_is_refused(api: PipelinerClient) -> None:
    answer = api.call("GET", "Contacts", headers={"Timezone": "Europe/Vienna"})
    assert (answer.status_code, answer.json()["code"]) == (400, 117)


def test_the_limit_answers_429_until_the_window_is_over(api: PipelinerClient) -> None:
    api.sandbox.habits.rate_limit = 2
    api.sandbox.habits.rate_window_seconds = 60
    for _ in range(2):
        api.get("Clients")
    answer = api.call("GET", "Clients")
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert answer.json()["success"] is False
    api.sandbox.habits.rate_window_seconds = 0
    api.get("Clients")


def test_the_limit_may_say_nothing(api: PipelinerClient) -> None:
    api.sandbox.habits.rate_limit = 1
    api.sandbox.habits.rate_window_seconds = 60
    api.sandbox.habits.rate_empty = True
    api.get("Clients")
    answer = api.call("GET", "Clients")
    assert (answer.status_code, answer.content) == (429, b"")
    assert "Retry-After" not in answer.headers


def test_a_fault_answers_the_apps_own_error(api: PipelinerClient) -> None:
    api.sandbox.faults.add(Fault("status", code=500))
    body = api.get("Contacts", 500)
    assert (body["http_status"], body["success"]) == (500, False)


def test_requests_are_counted_by_entity(api: PipelinerClient) -> None:
    api.sandbox.requests.reset()
    row = api.create()
    api.get("Contacts")
    api.patch(f"Contacts/{row['id']}", {})
    api.post("Contacts/batch-modify", [])
    assert api.sandbox.requests.by == {
        "POST Contacts": 1,
        "GET Contacts": 1,
        "PATCH Contacts/{id}": 1,
        "POST Contacts/batch-modify": 1,
    }


def test_units_are_a_tree_below_one_root(api: PipelinerClient) -> None:
    units = {row["id"]: row for row in api.get("SalesUnits")["data"]}
    names = {row["name"]: row for row in units.values()}
    (root,) = [row for row in units.values() if row["parent_id"] is None]
    assert (root["name"], root["parent"]) == ("Company ", None)
    assert units[names["Vienna"]["parent_id"]]["name"] == "North"
    assert units[names["North"]["parent_id"]] == root


def test_users_have_their_units(api: PipelinerClient) -> None:
    units = {row["id"]: row["name"] for row in api.get("SalesUnits")["data"]}
    users = {row["email"]: row for row in api.get("Clients", first=100, order_by="id")["data"]}
    assert users.keys() > {"ann@example.com", "bob@example.com", "carl@example.com"}
    assert users["support@example.net"]["type"] == 1
    carl = users["carl@example.com"]
    assert (carl["name"], units[carl["default_unit_id"]]) == ("Carl Chen", "Vienna")
    assert {units[unit] for unit in carl["unit_manager_ids"]} == {"North", "Vienna", "Oslo"}
    assert {units[unit] for unit in users["bob@example.com"]["unit_member_ids"]} == {"North"}
    assert len(users["ann@example.com"]["unit_manager_ids"]) == len(units)
    relations = api.get("SalesUnitClientRelations")["data"]
    assert {row["unit_role"] for row in relations} == {1, 2}


def test_fields_say_what_a_contact_holds(api: PipelinerClient) -> None:
    query = {"filter[entity_name]": "Contact", "first": 100, "expand": "data_set"}
    fields = {row["api_name"]: row for row in api.walk("Fields", **query)}
    shown = api.create().keys()
    assert set(fields) - {"cf_draft"} <= shown
    assert {name for name in shown if name.startswith("cf_")} <= set(fields)
    assert (fields["owner_id"]["system_required"], fields["id"]["system_readonly"]) == (True, True)
    custom = {row["type_id"] for name, row in fields.items() if name.startswith("cf_")}
    types = {row["id"]: row for row in api.get("Types", first=100)["data"]}
    assert len(custom) == 16
    assert custom <= types.keys()
    region = fields["cf_region_id"]
    assert [option["option_name"] for option in region["data_set"]] == [
        "North",
        "South",
        "East",
        "West",
    ]
    rows = api.get("Data", **{"filter[data_set_id]": region["data_set_id"]})["data"]
    assert len(rows) == 4
    assert fields["cf_rating"]["calc_formula"] is not None
    assert fields["cf_score"]["calc_formula"] is None
    assert fields["cf_draft"]["is_published"] is False
    assert "cf_gone" not in fields


def test_a_restart_keeps_state_and_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "pipeliner.sqlite3"
    with PipelinerClient(PipelinerSandbox(path, seed=1, people=5)) as api:
        row = api.create(cf_nickname="Lovely")
        gone = api.create()["id"]
        api.delete(f"Contacts/{gone}")
        before = api.walk("Contacts", include_deleted="true", load_only="id,revision,modified")
    with PipelinerClient(PipelinerSandbox(path, seed=2, people=9)) as api:
        query = {"include_deleted": "true", "load_only": "id,revision,modified"}
        assert api.walk("Contacts", **query) == before
        assert api.get("Contacts")["total"] == 6
        after = api.patch(f"Contacts/{row['id']}", {"city": "Wien"})["data"]
        assert after["cf_nickname"] == "Lovely"
        assert after["revision"] == max(each["revision"] for each in before) + 1


def test_times_go_on_after_a_restart_with_a_clock_that_is_behind(tmp_path: Path) -> None:
    path = tmp_path / "pipeliner.sqlite3"
    with PipelinerClient(PipelinerSandbox(path, seed=1)) as api:
        row = api.create()
    behind = PipelinerSandbox(path, clock=lambda: datetime(2020, 1, 1, tzinfo=UTC))
    with PipelinerClient(behind) as api:
        assert api.patch(f"Contacts/{row['id']}", {})["data"]["modified"] > row["modified"]


_SERVER = """
import sys, time
from pathlib import Path
from connections.sandbox.pipeliner import PipelinerSandbox
print(PipelinerSandbox(Path(sys.argv[1]), seed=1).start(), flush=True)
time.sleep(60)
"""


def test_a_killed_stand_in_keeps_what_it_answered(tmp_path: Path) -> None:
    path = tmp_path / "pipeliner.sqlite3"
    command = [sys.executable, "-c", _SERVER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        entities = f"{url}/api/v100/rest/spaces/demo/entities"
        with requests.Session() as session:
            session.auth = ("demo-token", "demo-password")
            clients = session.get(f"{entities}/Clients", timeout=10).json()["data"]
            body = {"owner_id": clients[0]["id"], "last_name": "Kept"}
            created = session.post(f"{entities}/Contacts", json=body, timeout=10).json()["data"]
        process.kill()
    sandbox = PipelinerSandbox(path)
    assert sandbox.contacts()[created["id"]]["last_name"] == "Kept"
    sandbox.close()


def test_the_same_seed_makes_the_same_space() -> None:
    def facts(sandbox: PipelinerSandbox) -> set[str]:
        kinds = ("SalesUnit", "Field", "Data", "Tag", "ContactType")
        return {key for kind in kinds for key in sandbox.rows(kind)}

    one, same, other = (PipelinerSandbox(seed=seed) for seed in (1, 1, 2))
    assert facts(one) == facts(same)
    assert not facts(one) & facts(other)
