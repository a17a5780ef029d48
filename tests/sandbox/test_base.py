from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import requests

from connections.sandbox.base import (
    Clock,
    Fault,
    FormField,
    ListRow,
    Refused,
    Request,
    Response,
    Route,
    Sandbox,
    Store,
    json_response,
)


class Notes(Sandbox):
    """The smallest app: notes that are posted and listed; "bad" is refused after the fact."""

    title = "Notes"

    def routes(self) -> list[Route]:
        return [
            Route("GET", "/notes", "notes", self.index),
            Route("POST", "/notes", "notes", self.add),
        ]

    def index(self, request: Request) -> Response:
        return json_response(sorted(self.store.table("note")))

    def add(self, request: Request) -> Response:
        text = request.get_data(as_text=True)
        self.store.put("note", text, {"text": text})
        if text == "bad":
            raise Refused(json_response({"error": "bad"}, 422))
        return json_response(text, 201)

    def error(self, status: int, message: str = "") -> Response:
        return json_response({"error": status}, status)

    def unroutable(self, request: Request) -> Response:
        return json_response({"error": "nowhere"}, 404)

    def form_fields(self) -> list[FormField]:
        return []

    def form_values(self, contact: str) -> dict[str, str] | None:
        return None

    def save_form(self, contact: str | None, values: dict[str, str]) -> str:
        return ""

    def list_rows(self, search: str) -> list[ListRow]:
        return []

    def delete_contact(self, contact: str) -> None:
        raise LookupError(contact)


@pytest.fixture
def notes() -> Iterator[Notes]:
    sandbox = Notes()
    sandbox.start()
    yield sandbox
    sandbox.close()


def post(notes: Notes, text: str) -> requests.Response:
    return requests.post(f"{notes.url}/notes", data=text, timeout=10)


def listed(notes: Notes) -> Any:
    return requests.get(f"{notes.url}/notes", timeout=10).json()


def test_connections_stay_open_between_requests(notes: Notes) -> None:
    connection = HTTPConnection(notes.url.removeprefix("http://"), timeout=10)
    connection.connect()
    socket = connection.sock
    for text in ("a", "b"):
        connection.request("POST", "/notes", body=text)
        assert connection.getresponse().read()
    connection.request("GET", "/notes")
    assert connection.getresponse().read() == b'["a","b"]'
    assert connection.sock is socket
    connection.close()


def test_a_chunked_body_is_read_whole(notes: Notes) -> None:
    requests.post(f"{notes.url}/notes", data=iter([b"one ", b"two"]), timeout=10)
    assert listed(notes) == ["one two"]


def test_a_refused_request_leaves_nothing_behind(notes: Notes) -> None:
    assert post(notes, "bad").status_code == 422
    assert listed(notes) == []


def test_a_cut_before_does_nothing_and_a_cut_after_does_all(notes: Notes) -> None:
    notes.faults.add(Fault("cut_before", method="POST"))
    with pytest.raises(requests.ConnectionError):
        post(notes, "first")
    assert listed(notes) == []
    notes.faults.add(Fault("cut_after", method="POST"))
    with pytest.raises(requests.ConnectionError):
        post(notes, "second")
    assert listed(notes) == ["second"]


def test_a_status_fault_has_the_body_and_header_asked_for(notes: Notes) -> None:
    notes.faults.add(Fault("status", code=429, retry_after=7))
    answer = post(notes, "a")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert answer.json() == {"error": 429}
    notes.faults.add(Fault("status", code=502, body="html"))
    assert post(notes, "a").headers["Content-Type"] == "text/html"
    notes.faults.add(Fault("status", code=503, body="empty"))
    assert post(notes, "a").content == b""
    assert listed(notes) == []


def test_a_status_fault_can_take_effect_first(notes: Notes) -> None:
    notes.faults.add(Fault("status", code=500, commit=True))
    assert post(notes, "a").status_code == 500
    assert listed(notes) == ["a"]


def test_a_fault_waits_for_its_turn_and_happens_as_often_as_asked(notes: Notes) -> None:
    notes.faults.add(Fault("status", code=500, method="POST", after=1, times=2))
    assert [post(notes, text).status_code for text in "abcd"] == [201, 500, 500, 201]


def test_a_fault_fits_its_path_alone(notes: Notes) -> None:
    notes.faults.add(Fault("status", code=500, path_contains="/other"))
    assert post(notes, "a").status_code == 201


def test_slow_answers_and_latency_take_their_time(notes: Notes) -> None:
    notes.faults.add(Fault("slow", seconds=0.2))
    notes.faults.latency_ms = 50
    started = time.monotonic()
    listed(notes)
    assert time.monotonic() - started >= 0.25


def test_faults_are_set_over_http(notes: Notes) -> None:
    url = f"{notes.url}/_sandbox/faults"
    requests.post(url, json={"kind": "status", "code": 503}, timeout=10)
    requests.post(url, json={"latency_ms": 1}, timeout=10)
    waiting = requests.get(url, timeout=10).json()
    assert (waiting["latency_ms"], waiting["faults"][0]["code"]) == (1, 503)
    assert requests.delete(url, timeout=10).json() == {"latency_ms": 0, "faults": []}
    assert post(notes, "a").status_code == 201
    for wrong in ({"kind": "nonsense"}, {"kind": "slow", "second": 1}, {}):
        assert requests.post(url, json=wrong, timeout=10).status_code == 400


def test_habits_are_set_over_http(notes: Notes) -> None:
    url = f"{notes.url}/_sandbox/habits"
    assert requests.post(url, json={"escape": True, "cut_at": 3}, timeout=10).json()["escape"]
    assert notes.habits.text("a&b") == "a&a"
    assert requests.post(url, json={"nonsense": True}, timeout=10).status_code == 400


def test_habits_change_texts() -> None:
    habits = Notes().habits
    assert habits.text(" Zoe\u0308 ") == " Zoe\u0308 "
    habits.trim = habits.unicode_nfc = habits.phone_format = True
    assert habits.text(" Zoe\u0308 ") == "Zoë"
    assert habits.text("+43 (1) 2-3", phone=True) == "+43123"


def test_requests_are_counted_by_route_with_their_peak(notes: Notes) -> None:
    notes.faults.latency_ms = 200
    threads = [threading.Thread(target=listed, args=(notes,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    notes.faults.latency_ms = 0
    requests.get(f"{notes.url}/nowhere", timeout=10)
    url = f"{notes.url}/_sandbox/requests"
    counted = requests.get(url, timeout=10).json()
    assert counted["by"] == {"GET notes": 3, "GET unroutable": 1}
    assert (counted["total"], counted["peak"], len(notes.requests)) == (4, 3, 4)
    assert requests.delete(url, timeout=10).json()["total"] == 0


def test_stop_refuses_and_start_goes_on_at_the_same_address(notes: Notes) -> None:
    post(notes, "a")
    url = notes.url
    with requests.Session() as session:
        session.get(f"{url}/notes", timeout=10)
        notes.stop()
        with pytest.raises(requests.ConnectionError):
            session.get(f"{url}/notes", timeout=10)
    assert notes.start() == url
    assert listed(notes) == ["a"]


def test_the_date_header_is_the_sandboxs_own_time() -> None:
    notes = Notes(clock=lambda: datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    notes.start()
    answer = requests.get(f"{notes.url}/notes", timeout=10)
    notes.close()
    assert answer.headers["Date"] == "Fri, 02 Jan 2026 03:04:05 GMT"


def test_ticks_rise_under_a_clock_that_stands_still() -> None:
    clock = Clock(lambda: datetime(2026, 1, 1, tzinfo=UTC))
    clock.at_least(datetime(2026, 1, 2, tzinfo=UTC))
    ticks = [clock.tick() for _ in range(3)]
    assert sorted(set(ticks)) == ticks
    assert ticks[0] > datetime(2026, 1, 2, tzinfo=UTC)


def fail(store: Store) -> None:
    with store.transaction():
        store.put("note", "a", {"n": 2})
        store.put("note", "b", {"n": 3})
        store.remove("note", "b")
        raise ValueError("no")


def test_an_inner_transaction_takes_back_its_own_part(tmp_path: Path) -> None:
    store = Store(tmp_path / "state.sqlite3")
    with store.transaction():
        store.put("note", "a", {"n": 1})
        with pytest.raises(ValueError, match="no"):
            fail(store)
    store.close()
    assert dict(Store(tmp_path / "state.sqlite3").table("note")) == {"a": {"n": 1}}


def test_a_watcher_sees_what_is_taken_back() -> None:
    store = Store()
    seen: list[tuple[str, object]] = []
    store.watch("note", lambda key, old, new: seen.append((key, new)))
    with pytest.raises(ValueError, match="no"):
        fail(store)
    assert seen == [
        ("a", {"n": 2}),
        ("b", {"n": 3}),
        ("b", None),
        ("b", {"n": 3}),
        ("b", None),
        ("a", None),
    ]


_KILLED = """
import os, signal, sys
from pathlib import Path
from connections.sandbox.base import Store
store = Store(Path(sys.argv[1]))
with store.transaction():
    store.put("note", "kept", {"text": "ä"})
with store.transaction():
    store.put("note", "lost", {})
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_its_last_commit(tmp_path: Path) -> None:
    path = tmp_path / "new" / "state.sqlite3"
    killed = subprocess.run([sys.executable, "-c", _KILLED, str(path)], check=False, timeout=30)
    assert killed.returncode == -9
    assert dict(Store(path).table("note")) == {"kept": {"text": "ä"}}
