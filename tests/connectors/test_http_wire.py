from __future__ import annotations

import socket
import ssl
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_httpserver import HTTPServer

from connections.connectors import addresses, http
from connections.connectors.base import Unavailable
from tests.connectors.wire import (
    HEAD,
    OK,
    Handler,
    RawServer,
    answers,
    drips,
    make_session,
    raw_server,
    resolves_to,
)

# -- time and size ------------------------------------------------------------------------------


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
