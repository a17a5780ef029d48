"""Connections to addresses that are allowed: checked after resolving, and just these are used."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import urllib3
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from connections.connectors.base import Unavailable

CONNECT_TIMEOUT = 10.0
"""Seconds for resolving a name, and for each address to accept a connection."""

# Addresses in which others hide: IPv4-mapped and -translated, NAT64, 6to4, Teredo, site-local.
_WRAPPERS = tuple(
    ipaddress.ip_network(network)
    for network in (
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
        "fec0::/10",
    )
)


def is_allowed(address: str, *, allow_local: bool, plain: bool = False) -> bool:
    """Return whether an IP address may be connected to: a public one, or loopback if `allow_local`.

    With `plain` (http without TLS) loopback alone will do.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ip.is_loopback:
        return allow_local
    if plain or ip.is_multicast or ip.is_reserved or ip.is_unspecified or ip.is_link_local:
        return False
    return ip.is_global and not any(ip in network for network in _WRAPPERS)


@dataclass(eq=False)
class Exchange:
    """One request and its answer on the wire; they end by `ends_at` (monotonic), come what may."""

    label: str
    allow_local: bool
    ends_at: float
    sent: bool = False
    cut: bool = False
    _socket: socket.socket | None = None
    _done: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def remaining(self) -> float:
        return max(self.ends_at - time.monotonic(), 0.001)

    def uses(self, sock: socket.socket | None) -> None:
        """Make `sock` the socket that is shut down when time is up."""
        with self._lock:
            self._socket = sock
            cut = self.cut
        if cut:
            raise TimeoutError

    def end(self) -> None:
        with self._lock:
            self._done = True

    def shut(self) -> None:
        """Shut the socket down under whoever reads or writes it."""
        with self._lock:
            if self._done:
                return
            self.cut = True
            if self._socket is not None:
                try:
                    # Not SSLSocket.shutdown, which takes the TLS state from the thread that reads.
                    socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
                except OSError:
                    return


_current: ContextVar[Exchange] = ContextVar("exchange")


@contextmanager
def watched(exchange: Exchange) -> Iterator[Exchange]:
    """Run what is inside as this exchange; its socket is shut down when the time is up."""
    watchdog = threading.Timer(exchange.remaining(), exchange.shut)
    watchdog.daemon = True
    token = _current.set(exchange)
    watchdog.start()
    try:
        yield exchange
    finally:
        exchange.end()
        watchdog.cancel()
        _current.reset(token)


def _resolve(host: str, port: int, timeout: float) -> list[Any]:
    """Return what `getaddrinfo` says, but wait no longer than `timeout`."""
    answers: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        found = answers.get(timeout=timeout)
    except queue.Empty:
        raise socket.gaierror(socket.EAI_AGAIN, "no answer in time") from None
    if isinstance(found, Exception):
        raise socket.gaierror(socket.EAI_NONAME, "name not known") from found
    return found


def _open(connection: HTTPConnection, plain: bool) -> socket.socket:
    """Return a socket connected to one of the allowed addresses of the connection's host."""
    exchange = _current.get()
    host = connection.host.strip("[]")
    try:
        found = _resolve(host, connection.port, min(CONNECT_TIMEOUT, exchange.remaining()))
    except socket.gaierror as error:
        raise NameResolutionError(connection.host, connection, error) from error
    allowed = [
        info
        for info in found
        if is_allowed(info[4][0], allow_local=exchange.allow_local, plain=plain)
    ]
    if not allowed:
        kind = "a loopback address" if plain else "a public address"
        raise Unavailable(f"{exchange.label} was not called: {host} is not {kind}")
    failure: OSError = OSError("no address")
    for family, kind, protocol, _name, address in allowed:
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(min(CONNECT_TIMEOUT, exchange.remaining()))
            exchange.uses(sock)
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
        else:
            return sock
    if isinstance(failure, TimeoutError):
        raise ConnectTimeoutError(connection, "no answer in time") from failure
    raise NewConnectionError(connection, "not accepted") from failure


def _about_to_send(connection: HTTPConnection) -> None:
    if connection.sock is None:
        connection.connect()
    exchange = _current.get()
    exchange.uses(connection.sock)
    exchange.sent = True


class _PlainConnection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _open(self, plain=True)

    def send(self, data: Any) -> None:
        _about_to_send(self)
        super().send(data)


class _TlsConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _open(self, plain=False)

    def send(self, data: Any) -> None:
        _about_to_send(self)
        super().send(data)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class CheckedAdapter(HTTPAdapter):
    """Sends, inside `watched`, over connections to allowed addresses only, and never repeats."""

    def __init__(self, pool_size: int) -> None:
        super().__init__(pool_connections=4, pool_maxsize=pool_size, max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        pools = {"http": _PlainPool, "https": _TlsPool}
        manager: urllib3.PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = pools
