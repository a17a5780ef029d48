from __future__ import annotations

import base64
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from connections.connectors import addresses, http
from connections.connectors.base import AuthorizationLost, ConnectorError, RateLimited, Unavailable
from connections.connectors.http import Session, retry_after


def make_session(**options: Any) -> Session:
    settings: dict[str, Any] = {
        "app_label": "App",
        "allow_local": True,
        "concurrency": 4,
        "calls_per_second": 1000,
        "deadline": 5,
    }
    return Session(**(settings | options))


@pytest.fixture(autouse=True)
def _short_delays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "RETRY_DELAYS", (0.01, 0.01))


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Type: application/json\r\n\r\n{}"
Handler = Callable[[socket.socket], None]


class RawServer:
    """Answers each connection with the next handler; the last one stays."""

    def __init__(self, *handlers: Handler) -> None:
        self.handlers = list(handlers)
        self.accepted = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listener.getsockname()[1]}/"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            handler = self.handlers[min(self.accepted, len(self.handlers) - 1)]
            self.accepted += 1
            threading.Thread(target=self._handle, args=(handler, connection), daemon=True).start()

    def _handle(self, handler: Handler, connection: socket.socket) -> None:
        with connection:
            try:
                handler(connection)
            except OSError:
                return


@contextmanager
def raw_server(*handlers: Handler) -> Iterator[RawServer]:
    server = RawServer(*handlers)
    try:
        yield server
    finally:
        server.close()


def read_request(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += connection.recv(65536)
    return received


def answers(content: bytes) -> Handler:
    def handler(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(content)

    return handler


def cuts_at_once(connection: socket.socket) -> None:
    connection.close()


def cuts_after_reading(connection: socket.socket) -> None:
    read_request(connection)


def drips(head: bytes, piece: bytes) -> Handler:
    def handler(connection: socket.socket) -> None:
        read_request(connection)
        connection.sendall(head)
        while True:
            connection.sendall(piece)
            time.sleep(0.05)

    return handler


def resolves_to(monkeypatch: pytest.MonkeyPatch, *found: str) -> list[str]:
    """Make every name resolve to these addresses; returns the names asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_args: Any, **_options: Any) -> list[Any]:
        asked.append(host)
        return [
            (
                socket.AF_INET6 if ":" in each else socket.AF_INET,
                socket.SOCK_STREAM,
                6,
                "",
                (each, port),
            )
            for each in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


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


# -- time and size ------------------------------------------------------------------------------

HEAD = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "handler",
    [
        drips(HEAD + b"Content-Length: 100000\r\n\r\n", b"x"),
        drips(HEAD + b"Connection: close\r\n\r\n", b"x"),
        drips(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        drips(HEAD, b"A: b\r\n"),
        drips(b"", b"H"),
        drips(HEAD, b""),
    ],
)
def test_a_dripping_answer_is_cut_at_the_deadline(handler: Handler) -> None:
    with raw_server(handler) as server:
        session = make_session(deadline=0.4)
        started = time.monotonic()
        with pytest.raises(Unavailable, match="in time") as caught:
            session.request("POST", server.url)
        assert 0.3 < time.monotonic() - started < 1.5
        assert (caught.value.in_doubt, session.sent) == (True, 1)


def test_a_slow_name_server_does_not_outlast_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: time.sleep(3))
    started = time.monotonic()
    with pytest.raises(Unavailable):
        make_session(deadline=0.3).request("GET", "https://slow.example/")
    assert time.monotonic() - started < 1


def test_the_watchdog_of_one_request_does_not_cut_the_next(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/").respond_with_json({})
    session = make_session(deadline=0.3)
    for _ in range(10):
        session.request("GET", httpserver.url_for("/"))
        time.sleep(0.05)


@pytest.mark.parametrize("head", [b"Content-Length: 3000\r\n\r\n", b"Connection: close\r\n\r\n"])
def test_an_answer_beyond_the_size_limit_is_not_taken(
    monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    monkeypatch.setattr(http, "SIZE_LIMIT", 2000)
    with (
        raw_server(answers(HEAD + head + b"x" * 3000)) as server,
        pytest.raises(Unavailable, match="more than can be taken") as caught,
    ):
        make_session().request("POST", server.url)
    assert caught.value.in_doubt


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


# -- addresses ----------------------------------------------------------------------------------

PUBLIC = ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111"]
LOCAL = ["127.0.0.1", "127.9.9.9", "::1"]
REFUSED = [
    "0.0.0.0",
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::ffff:8.8.8.8",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::1",
    "2002:7f00:1::1",
    "2001:0:1::1",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "nonsense",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_allowed_with_tls_only(address: str) -> None:
    assert addresses.is_allowed(address, allow_local=False)
    assert addresses.is_allowed(address, allow_local=True)
    assert not addresses.is_allowed(address, allow_local=True, plain=True)


@pytest.mark.parametrize("address", LOCAL)
def test_loopback_is_for_local_apps_only(address: str) -> None:
    assert not addresses.is_allowed(address, allow_local=False)
    assert addresses.is_allowed(address, allow_local=True)
    assert addresses.is_allowed(address, allow_local=True, plain=True)


@pytest.mark.parametrize("address", REFUSED)
def test_other_addresses_are_refused_always(address: str) -> None:
    assert not addresses.is_allowed(address, allow_local=False)
    assert not addresses.is_allowed(address, allow_local=True)


@pytest.mark.parametrize(
    "url",
    ["http://app.example/", "ftp://app.example/", "https://a:b@app.example/", "https://", "x"],
)
def test_only_https_without_credentials_in_it_is_called(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    asked = resolves_to(monkeypatch, "8.8.8.8")
    session = make_session(allow_local=False)
    with pytest.raises(Unavailable, match="was not called"):
        session.request("GET", url)
    assert asked == []
    assert session.sent == 0


def test_a_name_that_points_inside_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    resolves_to(monkeypatch, "127.0.0.1", "10.0.0.1", "::1")
    with pytest.raises(Unavailable, match=r"app\.example is not a public address"):
        make_session(allow_local=False).request("GET", "https://app.example/")


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "localhost", "[::1]"])
def test_other_spellings_of_loopback_are_refused(host: str) -> None:
    with pytest.raises(Unavailable, match="was not called"):
        make_session(allow_local=False).request("GET", f"https://{host}:9/")


def test_the_address_that_was_checked_is_the_one_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answers_given = iter(["8.8.8.8", "127.0.0.1", "127.0.0.1"])
    connected: list[Any] = []

    def getaddrinfo(_host: str, port: int, *_args: Any, **_options: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers_given), port))]

    class Refusing(socket.socket):
        def connect(self, address: Any) -> None:
            connected.append(address)
            raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "socket", Refusing)
    with pytest.raises(Unavailable, match="was not called"):
        make_session(allow_local=False).request("GET", "https://app.example/")
    assert connected == [("8.8.8.8", 443)]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("app.example")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "app.pem"
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(secret + signed.public_bytes(pem))
    return path


def tls_port(certificate: Path, handler: Handler) -> int:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def secured(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as tls:
            handler(tls)

    return int(RawServer(secured).listener.getsockname()[1])


def test_the_certificate_must_be_for_the_name_and_not_the_address(
    monkeypatch: pytest.MonkeyPatch, certificate: Path
) -> None:
    port = tls_port(certificate, answers(OK))
    resolves_to(monkeypatch, "127.0.0.1")
    session = make_session()
    session._requests.verify = str(certificate)
    assert session.request("GET", f"https://app.example:{port}/").json() == {}
    with pytest.raises(Unavailable, match="certificate"):
        session.request("GET", f"https://other.example:{port}/")
    with pytest.raises(Unavailable, match="certificate"):
        make_session().request("GET", f"https://app.example:{port}/")


def test_a_dripping_answer_over_tls_is_cut_too(
    monkeypatch: pytest.MonkeyPatch, certificate: Path
) -> None:
    port = tls_port(certificate, drips(HEAD + b"Content-Length: 9999\r\n\r\n", b"x"))
    resolves_to(monkeypatch, "127.0.0.1")
    session = make_session(deadline=0.5)
    session._requests.verify = str(certificate)
    started = time.monotonic()
    with pytest.raises(Unavailable, match="in time"):
        session.request("GET", f"https://app.example:{port}/")
    assert time.monotonic() - started < 1.5


def test_a_dripping_tls_handshake_is_cut_and_was_never_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def handler(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(b"\x16\x03\x03\x40\x00")
        while True:
            connection.sendall(b"\x02")
            time.sleep(0.05)

    resolves_to(monkeypatch, "127.0.0.1")
    with raw_server(handler) as server:
        port = server.listener.getsockname()[1]
        started = time.monotonic()
        with pytest.raises(Unavailable) as caught:
            make_session(deadline=0.4).request("POST", f"https://app.example:{port}/")
        assert time.monotonic() - started < 1.5
        assert not caught.value.in_doubt
