"""A threaded HTTP/1.1 server with keep-alive for one WSGI app, and what a route of it is."""

from __future__ import annotations

import contextlib
import io
import socket
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


@dataclass(frozen=True)
class Route:
    """One method of one path (werkzeug's rule syntax); `name` is what the requests count under."""

    method: str
    path: str
    name: str
    handler: Callable[..., Response]


class ConnectionCut(Exception):
    """Raised by the app to have the socket closed without an answer."""


class _Handler(WSGIRequestHandler):
    """Keeps connections open, which werkzeug's own handler does not, and logs nothing.

    The body is read whole before the app is asked, so that the next request starts where it should.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Buffered, so that head and body leave in one packet.
    wbufsize = -1

    def run_wsgi(self) -> None:
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()
        environ = self.make_environ()
        chunked = environ.pop("HTTP_TRANSFER_ENCODING", None) is not None
        size = -1 if chunked else int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(size)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        answer: list[Any] = []

        def start_response(
            status: str, headers: list[tuple[str, str]], exc_info: object = None
        ) -> Any:
            answer[:] = [status, headers]

        try:
            content = b"".join(self.server.app(environ, start_response))
        except ConnectionCut:
            self.close_connection = True
            return
        status, headers = answer
        code, _, reason = status.partition(" ")
        self.send_response_only(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass

    def log_error(self, format: str, *args: Any) -> None:
        pass


class Server(ThreadedWSGIServer):
    """Serves `app` on 127.0.0.1; `port` 0 takes a free one. `stop` closes open connections too."""

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        super().__init__("127.0.0.1", port, app, handler=_Handler)
        self._open: set[socket.socket] = set()
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """Where it listens, without a closing slash."""
        return f"http://127.0.0.1:{self.server_port}"

    def start(self) -> None:
        """Serve in a daemon thread."""
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and close what is open."""
        self.shutdown()
        if self._thread is not None:
            self._thread.join()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)
