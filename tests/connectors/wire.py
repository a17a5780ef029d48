"""Servers that answer as they should not, and sessions to them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from connections.connectors.http import Session

HEAD = b"HTTP/1.1 200 OK\r\n"


def make_session(**options: Any) -> Session:
    settings: dict[str, Any] = {
        "app_label": "App",
        "allow_local": True,
        "concurrency": 4,
        "calls_per_second": 1000,
        "deadline": 5,
    }
    return Session(**(settings | options))


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
