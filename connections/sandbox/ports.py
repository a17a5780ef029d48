"""Ports for the stand-ins."""

from __future__ import annotations

import socket

HOST = "127.0.0.1"


def free_port(wanted: int) -> int:
    """Return the wanted port, or another free one where that is taken."""
    for port in (wanted, 0):
        with socket.socket() as sock:
            # As servers do: a port whose last connections are only just closed is free.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                sock.bind((HOST, port))
            except OSError:
                continue
            return int(sock.getsockname()[1])
    raise OSError("no free port")
