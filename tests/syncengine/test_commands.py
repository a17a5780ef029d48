"""The commands: what they print, what they end with, what they change."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import requests
from django.conf import settings as project
from django.core.management import call_command
from django.core.management.base import CommandError

from connections.models import Account, Connection
from syncengine.models import Contact, Run
from syncengine.state import Status
from tests.connectors.memory import MemoryApp, Refusal
from tests.syncengine.apps import FILE, Apps, apps
from tests.syncengine.world import World, contact_of

__all__ = ["apps"]

pytestmark = pytest.mark.django_db


class Ended:
    """How a command ended: its exit code and what it printed."""

    def __init__(self, *command: str) -> None:
        out, err = StringIO(), StringIO()
        self.code = 0
        try:
            call_command(*command, stdout=out, stderr=err)
        except CommandError as error:
            self.code = error.returncode
            err.write(str(error))
        except SystemExit as ended:
            self.code = ended.code if isinstance(ended.code, int) else 1
        self.out, self.err = out.getvalue(), err.getvalue()

    @property
    def value(self) -> Any:
        """The one JSON value that standard output holds."""
        return json.loads(self.out)


@pytest.fixture
def pair(w: World) -> tuple[MemoryApp, MemoryApp, Connection]:
    left, right = w.app("left"), w.app("right")
    return left, right, w.connect("left", "right", avoid_duplicates=False)


Pair = tuple[MemoryApp, MemoryApp, Connection]


# -- import, export, check --------------------------------------------------------------------


@pytest.fixture
def file(apps: Apps, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in apps.environment.items():
        monkeypatch.setenv(name, value)
    path = tmp_path / "north.yaml"
    path.write_text(FILE)
    return str(path)


def test_cn9_import_says_what_it_did(file: str) -> None:
    first = Ended("importconnections", file)
    assert first.code == 0
    assert "connection “North”: created, active. It waits for its preview" in first.out

    again = Ended("importconnections", file, "--approve", "--json")
    assert again.code == 0
    assert [each["result"] for each in again.value["accounts"]] == ["unchanged"] * 2
    assert again.value["connections"][0]["waits_for_preview"] is False
    assert Ended("sync", "North", "--json").value["status"] == Run.Status.DONE


def test_cn9_a_file_that_is_refused_ends_with_1_and_all_errors(file: str) -> None:
    text = FILE.replace("winner: right", "winner: up").replace("7", "never")
    Path(file).write_text(text)

    ended = Ended("importconnections", file, "--json")

    assert ended.code == 1
    assert [each["line"] for each in ended.value["errors"]] == [23, 29]
    assert "line 23: connections[0].winner: “up” is not allowed; allowed: left, right" in ended.err
    assert not Account.objects.exists()


def test_a_file_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    ended = Ended("importconnections", str(tmp_path / "none.yaml"))

    assert ended.code == 2
    assert "No such file" in ended.err


def test_cn9_export_prints_what_import_takes(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ended("importconnections", file)
    exported = tmp_path / "exported.yaml"
    exported.write_text(Ended("exportconnections", "North").out)

    again = Ended("importconnections", str(exported), "--json").value

    assert {each["result"] for each in again["accounts"] + again["connections"]} == {"unchanged"}
    assert Ended("exportconnections", "--json").value["connections"][0]["name"] == "North"
    assert Ended("exportconnections", "Sauth").code == 2


def test_ac5_checkaccounts_asks_live_and_sets_what_it_hears(file: str, apps: Apps) -> None:
    Ended("importconnections", file)
    assert Ended("checkaccounts").code == 0

    apps.google.revoke_all()
    lost = Ended("checkaccounts", "--json")
    assert lost.code == 1
    google, pipeliner = lost.value
    assert (google["status"], pipeliner["status"]) == ("needs_authorization", "authorized")
    assert pipeliner["identity"] == "ann@example.com in demo"
    assert Account.objects.get(label="Google Ops").status == Account.Status.NEEDS_AUTHORIZATION

    Account.objects.filter(label="Pipeliner North").update(status="needs_authorization")
    assert Ended("checkaccounts", "Pipeliner North").code == 0
    assert Account.objects.get(label="Pipeliner North").status == Account.Status.AUTHORIZED


def test_checkaccounts_learns_what_the_app_offers_now(file: str, apps: Apps) -> None:
    Ended("importconnections", file)
    apps.google.add_group("Customers")

    Ended("checkaccounts", "Google Ops")

    scopes = Account.objects.get(label="Google Ops").offers.scopes
    assert "Customers" in {scope.name for scope in scopes}


def test_checkaccounts_changes_nothing_where_the_app_cannot_be_reached(
    file: str, apps: Apps
) -> None:
    Ended("importconnections", file)
    apps.google.stop()

    ended = Ended("checkaccounts", "Google Ops", "--json")

    assert ended.code == 1
    assert ended.value[0]["checked"] is False
    assert Account.objects.get(label="Google Ops").status == Account.Status.AUTHORIZED


def test_checkaccounts_refuses_another_identity(w: World) -> None:
    store = w.app("left")
    store.identity = "another space"

    ended = Ended("checkaccounts")

    assert ended.code == 1
    assert "another space" in ended.out
    assert Account.objects.get().status == Account.Status.NEEDS_AUTHORIZATION


def test_checkaccounts_does_not_know_every_label(w: World) -> None:
    w.app("left")

    assert Ended("checkaccounts", "lift").code == 2
    Account.objects.update(secrets=None)
    assert Ended("checkaccounts", "left").code == 1


# -- start, sync, pause, resume ---------------------------------------------------------------


def test_a_draft_is_previewed_started_synced_paused_and_resumed(w: World) -> None:
    left, right = w.app("left"), w.app("right")
    left.add(given_name="Ada", emails=("ada@example.org",))
    connection = w.connect("left", "right", approved=False)
    Connection.objects.update(state=Connection.State.DRAFT)
    name = connection.name

    refused = Ended("sync", name)
    assert (refused.code, "manage.py start" in refused.err) == (1, True)
    preview = Ended("preview", name, "--json").value
    assert preview["created"] == {"left": 0, "right": 1}
    assert not right.live()

    assert Ended("start", name, "--yes").code == 0
    synced = Ended("sync", name, "--json")
    assert (synced.code, synced.value["created"]["right"]) == (0, 1)

    assert Ended("pause", name).code == 0
    assert Ended("sync", name).code == 1
    assert Ended("sync", "--all", "--json").value == []
    assert Ended("resume", name).code == 0
    assert Ended("sync", name).code == 0


def test_sync_of_an_unknown_connection_is_a_usage_error(w: World) -> None:
    assert Ended("sync", "Nirgends").code == 2
    assert Ended("sync").code == 2


# -- review -----------------------------------------------------------------------------------


def doubtful(pair: Pair) -> Contact:
    """Return a contact of which two on the other side could be the counterpart."""
    left, right, connection = pair
    left.add(given_name="Ada", emails=("ada@example.org",))
    right.add(given_name="Ada L.", emails=("ada@example.org",))
    right.add(given_name="Ada Lovelace", emails=("ada@example.org",))
    assert Ended("sync", connection.name, "--json").value["review"]
    return contact_of(connection, left="Ada")


def test_ma3_review_lists_who_waits_with_the_candidates(pair: Pair) -> None:
    contact = doubtful(pair)

    ended = Ended("review", pair[2].name, "--json")

    assert ended.code == 0
    (mine,) = [each for each in ended.value if each["contact"] == contact.pk]
    assert (mine["status"], mine["left"]["name"], mine["right"]) == ("review", "Ada", None)
    assert mine["left"]["emails"] == ["ada@example.org"]
    assert [each["name"] for each in mine["candidates"]] == ["Ada L.", "Ada Lovelace"]
    told = Ended("review", pair[2].name).out
    assert f"{contact.pk}: " in told
    assert "Ada Lovelace <ada@example.org>" in told


def test_ma3_review_links_with_the_one_that_is_named(pair: Pair) -> None:
    contact, name = doubtful(pair), pair[2].name
    assert Ended("review", name, "--link", str(contact.pk)).code == 2
    (case,) = [e for e in Ended("review", name, "--json").value if e["contact"] == contact.pk]
    chosen = case["candidates"][1]["record"]

    ended = Ended("review", name, "--link", str(contact.pk), "--with", str(chosen))
    assert (ended.code, "The next sync does it" in ended.out) == (0, True)
    Ended("sync", name)

    contact.refresh_from_db()
    assert contact.right_id == chosen
    assert contact.status == Status.IN_SYNC


def test_ma5_review_keeps_apart(pair: Pair) -> None:
    contact, name = doubtful(pair), pair[2].name

    Ended("review", name, "--apart", str(contact.pk), "--json")
    Ended("sync", name)

    contact.refresh_from_db()
    assert contact.right_id is None
    assert contact.status == Status.EXCLUDED


def test_du2_review_recreates_a_deleted_counterpart(pair: Pair) -> None:
    left, right, connection = pair
    left.add(given_name="Ada", emails=("ada@example.org",))
    Ended("sync", connection.name)
    (there,) = right.live()
    right.delete(there)
    Ended("sync", connection.name)
    (case,) = Ended("review", connection.name, "--json").value
    assert (case["status"], case["right"]["gone"]) == ("gone", True)
    assert "deleted" in Ended("review", connection.name).out

    assert Ended("review", connection.name, "--recreate", str(case["contact"])).code == 0
    Ended("sync", connection.name)

    assert [row["given_name"] for row in right.live().values()] == ["Ada"]


def test_review_tries_a_failing_contact_again(pair: Pair) -> None:
    left, right, connection = pair
    left.add(given_name="Ada", emails=("ada@example.org",))
    right.refusals.append(Refusal(lambda values: True))
    assert Ended("sync", connection.name).code == 3
    (case,) = Ended("review", connection.name, "--json").value
    assert case["status"] == "failing"
    assert case["reason"]
    right.refusals.clear()

    Ended("review", connection.name, "--retry", str(case["contact"]))
    assert Ended("sync", connection.name).code == 0

    assert len(right.live()) == 1
    assert "Nobody" in Ended("review", connection.name).out


@pytest.mark.parametrize(
    "more",
    [
        ["--link", "999999"],
        ["--with", "1"],
        ["--retry", "{n}", "--apart", "{n}"],
        ["--recreate", "{n}"],
        ["--link", "{n}", "--with", "999999"],
    ],
)
def test_review_refuses_what_makes_no_sense(pair: Pair, more: list[str]) -> None:
    contact = doubtful(pair)

    ended = Ended("review", pair[2].name, *(each.format(n=contact.pk) for each in more))

    assert ended.code == 2
    assert not Contact.objects.exclude(asked="").exists()


# -- history ----------------------------------------------------------------------------------


def test_history_has_the_runs_newest_first(pair: Pair) -> None:
    left, _, connection = pair
    left.add(given_name="Ada", emails=("ada@example.org",))
    for _ in range(4):
        Ended("sync", connection.name)

    runs = Ended("history", connection.name, "--json").value
    assert [each["created"]["right"] for each in runs] == [0, 0, 0, 1]
    assert runs[0]["started_at"] > runs[1]["started_at"]
    assert len(Ended("history", connection.name, "--json", "--limit", "2").value) == 2
    idle, first = Ended("history", connection.name).out.splitlines()
    assert "3 runs, nothing" in idle
    assert "0 created left, 1 right" in first


def test_history_tells_a_contacts_story_by_name_or_address(pair: Pair) -> None:
    left, _, connection = pair
    id_ = left.add(given_name="Ada", emails=("ada@example.org",), city="Wien")
    left.add(given_name="Bob", emails=("bob@example.org",))
    Ended("sync", connection.name)
    left.edit(id_, city="Graz")
    Ended("sync", connection.name)

    for text in ("ADA@Exam", "ada"):
        story = Ended("history", connection.name, "--contact", text, "--json").value
        assert {each["name"] for each in story} == {"Ada"}
        (field,) = story[0]["fields"]
        assert (field["before"], field["after"]) == ("Wien", "Graz")
    assert "Wien → Graz" in Ended("history", connection.name, "--contact", "ada").out
    assert Ended("history", connection.name, "--contact", "nobody", "--json").value == []


def test_history_stays_under_the_former_name_of_a_deleted_connection(pair: Pair) -> None:
    name = pair[2].name
    Ended("sync", name)
    pair[2].delete()

    assert len(Ended("history", name, "--json").value) == 1
    assert Ended("history", "another").code == 2


# -- sandbox ----------------------------------------------------------------------------------


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Any]:
    command = [sys.executable, str(project.BASE_DIR / "manage.py"), "sandbox", "--json"]
    more = ["--pipeliner-port=0", "--google-port=0", "--people=5", f"--state={tmp_path}"]
    started = []

    def start() -> dict[str, Any]:
        process = subprocess.Popen([*command, *more], stdout=subprocess.PIPE, env=os.environ)
        started.append(process)
        assert process.stdout
        return dict(json.loads(process.stdout.readline()), process=process)

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_sandbox_runs_both_apps_until_it_is_ended(sandbox: Any) -> None:
    first = sandbox()
    for url in (first["pipeliner"]["service_url"], first["google"]["url"]):
        assert "5 contacts" in requests.get(url, timeout=20).text
    first["process"].terminate()
    assert first["process"].wait(20) == 0

    again = sandbox()
    assert again["google"]["refresh_token"] == first["google"]["refresh_token"]
