from __future__ import annotations

import base64
import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from connections.connectors import http
from connections.connectors.answers import retry_after
from connections.connectors.base import AuthorizationLost, ConnectorError, RateLimited, Unavailable
from tests.connectors.wire import (
    OK,
    Handler,
    answers,
    cuts_after_reading,
    cuts_at_once,
    make_session,
    raw_server,
    read_request,
)


@pytest.fixture(autouse=True)
def _short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "RETRY_DELAYS", (0.01, 0.01))


# -- answers ------------------------------------------------------------------------------------


def test_a_success_and_a_refusal_are_returned(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/a", query_string={"filter[x]": "1 + 1"}).respond_with_json({"n": 1})
    httpserver.expect_request("/b").respond_with_json({"message": "no"}, status=422)
    session = make_session()
    answer = session.request("GET", httpserver.url_for("/a"), params={"filter[x]": "1 + 1"})
    assert (answer.status, answer.json(), answer.ok) == (200, {"n": 1}, True)
    assert answer.headers["content-TYPE"] == "application/json"
    refused = session.request("POST", httpserver.url_for("/b"), json={"a": 1})
    assert (refused.status, refused.json(), refused.ok) == (422, {"message": "no"}, False)
    assert session.sent == 2


def test_basic_credentials_and_body_are_sent(httpserver: HTTPServer) -> None:
    def handler(request: Request) -> Response:
        assert request.authorization is not None
        seen = [request.authorization.username, request.authorization.password, request.json]
        return Response(str(seen))

    httpserver.expect_request("/").respond_with_handler(handler)
    answer = make_session().request(
        "POST", httpserver.url_for("/"), json={"ä": 1}, auth=("üser", "pass:wörd")
    )
    assert answer.text == "['üser', 'pass:wörd', {'ä': 1}]"


def test_cookies_and_the_environment_are_ignored(
    httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    httpserver.expect_request("/").respond_with_handler(
        lambda request: Response(str(dict(request.cookies)), headers={"Set-Cookie": "a=b"})
    )
    session = make_session()
    session.request("GET", httpserver.url_for("/"))
    assert session.request("GET", httpserver.url_for("/")).text == "{}"


@pytest.mark.parametrize("content", ["<html>", "", "[" * 100_000])
def test_a_success_that_is_not_json_leaves_a_write_in_doubt(
    httpserver: HTTPServer, content: str
) -> None:
    httpserver.expect_request("/").respond_with_data(content)
    for method, in_doubt in (("GET", False), ("POST", True)):
        answer = make_session().request(method, httpserver.url_for("/"))
        with pytest.raises(Unavailable) as caught:
            answer.json()
        assert caught.value.in_doubt is in_doubt


def test_a_refusal_that_is_not_json_has_no_json(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("<html>", status=404)
    assert make_session().request("GET", httpserver.url_for("/")).json() is None


def test_odd_json_is_read(httpserver: HTTPServer) -> None:
    content = b'{"a": "x\x01\xff", "n": ' + b"9" * 5000 + b', "s": "\\ud800"}'
    httpserver.expect_request("/").respond_with_data(content)
    answer = make_session().request("GET", httpserver.url_for("/"))
    assert answer.json() == {"a": "x\x01\N{REPLACEMENT CHARACTER}", "n": None, "s": "\ud800"}


# -- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (401, AuthorizationLost),
        (429, RateLimited),
        (408, Unavailable),
        (500, Unavailable),
        (502, Unavailable),
        (503, Unavailable),
        (599, Unavailable),
        (302, Unavailable),
    ],
)
def test_statuses_become_errors(
    httpserver: HTTPServer, status: int, error: type[ConnectorError]
) -> None:
    httpserver.expect_request("/").respond_with_data(
        "", status=status, headers={"Location": httpserver.url_for("/elsewhere")}
    )
    session = make_session()
    with pytest.raises(error) as caught:
        session.request("POST", httpserver.url_for("/"))
    assert session.sent == 1
    assert getattr(caught.value, "in_doubt", False) is (status == 408 or status >= 500)
    assert caught.value.__context__ is None


def test_redirects_are_refused(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data(
        "", status=307, headers={"Location": httpserver.url_for("/elsewhere")}
    )
    with pytest.raises(Unavailable, match="redirect"):
        make_session().request("GET", httpserver.url_for("/"))
    assert [request.path for request, _ in httpserver.log] == ["/"] * 3


def test_a_broken_app_is_asked_again_where_that_is_safe(httpserver: HTTPServer) -> None:
    for _ in range(2):
        httpserver.expect_oneshot_request("/").respond_with_data("", status=503)
    httpserver.expect_request("/").respond_with_json([1])
    session = make_session()
    assert session.request("GET", httpserver.url_for("/")).json() == [1]
    assert session.sent == 3


@pytest.mark.parametrize(("repeatable", "sent"), [(None, 1), (False, 1), (True, 3)])
def test_a_write_is_repeated_only_if_it_may_be(
    httpserver: HTTPServer, repeatable: bool | None, sent: int
) -> None:
    httpserver.expect_request("/").respond_with_data("", status=503)
    session = make_session()
    with pytest.raises(Unavailable) as caught:
        session.request("PATCH", httpserver.url_for("/"), repeatable=repeatable)
    assert (session.sent, caught.value.in_doubt) == (sent, not repeatable)


@pytest.mark.parametrize(
    "handler", [cuts_after_reading, answers(OK[:10]), answers(OK[:-1]), answers(b"nonsense\r\n")]
)
def test_a_write_cut_after_it_was_sent_is_in_doubt_and_not_repeated(handler: Handler) -> None:
    with raw_server(handler) as server:
        session = make_session()
        with pytest.raises(Unavailable) as caught:
            session.request("POST", server.url, json={})
    assert (caught.value.in_doubt, session.sent, server.accepted) == (True, 1, 1)


def test_a_success_cut_within_its_head_is_no_success() -> None:
    with raw_server(answers(OK[:30])) as server, pytest.raises(Unavailable) as caught:
        make_session().request("POST", server.url, json={}).json()
    assert caught.value.in_doubt


def test_a_read_that_was_cut_is_repeated() -> None:
    with raw_server(cuts_at_once, cuts_after_reading, answers(OK)) as server:
        assert make_session().request("GET", server.url).json() == {}


def test_a_connection_that_could_not_be_opened_is_tried_again_for_a_write_too() -> None:
    with raw_server(answers(OK)) as server:
        url = server.url
    session = make_session()
    with pytest.raises(Unavailable, match="could not be reached") as caught:
        session.request("POST", url, json={})
    assert (caught.value.in_doubt, session.sent) == (False, 3)


def test_a_name_without_an_address_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def getaddrinfo(*_args: Any, **_options: Any) -> list[Any]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(Unavailable, match="host name has no address"):
        make_session().request("GET", "https://nowhere.example/")


# -- Retry-After --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        ("1.5", 1.5),
        ("0", 0),
        ("999999", 3600),
        ("9" * 500, 3600),
        ("-5", 60),
        ("nan", 60),
        ("soon", 60),
        ("", 60),
        ("Fri, 99 Foo 2026 99:99:99 GMT", 60),
        ("٣", 60),
    ],
)
def test_retry_after_is_read_or_ignored(text: str, seconds: float) -> None:
    assert retry_after({"Retry-After": text}) == seconds


def test_retry_after_as_a_date_is_measured_by_the_servers_clock() -> None:
    server_now = datetime(2020, 1, 1, tzinfo=UTC)
    headers = {
        "Date": format_datetime(server_now, usegmt=True),
        "Retry-After": format_datetime(server_now + timedelta(seconds=90), usegmt=True),
    }
    assert retry_after(headers) == 90
    assert retry_after(headers | {"Retry-After": "Wed, 01 Jan 2010 00:00:00 GMT"}) == 0
    assert retry_after({"Retry-After": "Wed, 01 Jan 2110 00:00:00 GMT"}) == 3600


def test_nothing_sleeps_on_retry_after(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_data("", status=429, headers={"Retry-After": "120"})
    session = make_session()
    started = time.monotonic()
    with pytest.raises(RateLimited) as caught:
        session.request("GET", httpserver.url_for("/"))
    assert caught.value.retry_after == 120
    assert session.sent == 1
    assert time.monotonic() - started < 1


# -- limits -------------------------------------------------------------------------------------


def test_no_more_calls_start_within_a_second_than_the_app_allows(httpserver: HTTPServer) -> None:
    starts: list[float] = []

    def handler(_request: Request) -> Response:
        starts.append(time.monotonic())
        return Response("{}")

    httpserver.expect_request("/").respond_with_handler(handler)
    session = make_session(calls_per_second=10)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: session.request("GET", httpserver.url_for("/")), range(22)))
    starts.sort()
    assert all(later - earlier > 0.9 for earlier, later in zip(starts, starts[10:], strict=False))
    assert 1.9 < starts[-1] - starts[0] < 3.5


def test_a_rate_below_one_a_second_is_kept(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_json({})
    session = make_session(calls_per_second=2.5)
    started = time.monotonic()
    for _ in range(3):
        session.request("GET", httpserver.url_for("/"))
    assert 0.75 < time.monotonic() - started < 2


def test_no_more_calls_are_under_way_than_the_app_allows() -> None:
    under_way = most = 0
    lock = threading.Lock()

    def handler(_request: Request) -> Response:
        nonlocal under_way, most
        with lock:
            under_way += 1
            most = max(most, under_way)
        time.sleep(0.02)
        with lock:
            under_way -= 1
        return Response("{}")

    session = make_session(concurrency=2)
    with HTTPServer(threaded=True) as server, ThreadPoolExecutor(6) as pool:
        server.expect_request("/").respond_with_handler(handler)
        list(pool.map(lambda _: session.request("GET", server.url_for("/")), range(12)))
    assert most == 2


def test_threads_share_connections_that_are_kept_alive() -> None:
    def serves(connection: socket.socket) -> None:
        while read_request(connection):
            connection.sendall(OK)

    with raw_server(serves) as server:
        session = make_session(concurrency=1)
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: session.request("GET", server.url), range(12)))
        assert (session.sent, server.accepted) == (12, 1)


def test_guard_is_asked_before_each_request_and_may_stop_it(httpserver: HTTPServer) -> None:
    class Stopped(Exception):
        pass

    asked: list[tuple[float, int]] = []

    def guard(seconds: float) -> None:
        asked.append((seconds, threading.get_ident()))
        if len(asked) == 3:
            raise Stopped

    httpserver.expect_request("/").respond_with_data("", status=500)
    session = make_session(guard=guard)
    with pytest.raises(Stopped):
        session.request("GET", httpserver.url_for("/"))
    assert session.sent == len(httpserver.log) == 2
    assert [thread for _, thread in asked] == [threading.get_ident()] * 3
    assert 5 >= asked[0][0] > asked[1][0] > asked[2][0] > 4


def test_what_was_sent_is_counted_by_kind(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_json({})
    session = make_session()
    session.request("GET", httpserver.url_for("/"))
    session.request("POST", httpserver.url_for("/"), kind="token")
    assert session.sent_by == {"get": 1, "token": 1}


# -- secrets ------------------------------------------------------------------------------------


def test_secrets_are_redacted_in_every_form() -> None:
    session = make_session(secrets=["us er/1", 'p"ä&+ss'])
    session.hide("later-token")
    basic = base64.b64encode('us er/1:p"ä&+ss'.encode()).decode()
    text = (
        'us er/1, us%20er%2F1, us+er%2f1, p"ä&+ss, p%22%C3%A4%26%2Bss, p\\"\\u00e4&+ss, '
        f"p&quot;ä&amp;+ss, Basic {basic}, later-token"
    )
    redacted = session.redact(text)
    assert redacted == ", ".join(["[secret]"] * 7 + ["Basic [secret]", "[secret]"])


def test_no_secret_and_no_address_is_in_an_error_or_the_log(
    httpserver: HTTPServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    httpserver.expect_request("/").respond_with_data("", status=500)
    for url in (httpserver.url_for("/"), "http://127.0.0.1:1/"):
        session = make_session(app_label="App with-secret")
        with pytest.raises(Unavailable) as caught:
            session.request(
                "GET", url, params={"q": "ann@example.org"}, auth=("name", "with-secret")
            )
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
        assert "with-secret" not in caught.value.message
    ours = [each for each in caplog.records if each.name.startswith("connections")]
    assert ours
    for record in ours:
        assert "with-secret" not in record.getMessage()
        assert "ann@" not in record.getMessage()
