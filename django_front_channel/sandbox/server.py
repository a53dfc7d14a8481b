"""A server for the sandbox: the standard library's WSGI server, with a Python thread for each connection."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import ServerHandler, WSGIRequestHandler, WSGIServer

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from .wsgi_app import Sandbox


LONGEST_LINE = 65_536


class _Server(socketserver.ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int]) -> None:
        self.is_closed = False
        self._connections: set[Any] = set()
        super().__init__(address, _Handler)

    def server_bind(self) -> None:
        # The inherited method also looks up the host name, which may hang without a network.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        self.is_closed = True
        super().server_close()
        # Stop reading, because Python threads would go on serving open connections. A response under way is completed.
        for connection in tuple(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RD)


class _Answering(ServerHandler):
    http_version = "1.1"
    request_handler: WSGIRequestHandler


class _Handler(WSGIRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # buffered, so that each header does not get a packet of its own

    def handle(self) -> None:
        # The inherited method would end the connection after one request.
        with suppress(ConnectionError):
            BaseHTTPRequestHandler.handle(self)

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline(LONGEST_LINE + 1)
        if self.server.is_closed or not 0 < len(self.raw_requestline) <= LONGEST_LINE:
            self.close_connection = True
        elif self.parse_request() and self._has_an_end():
            answering = _Answering(self.rfile, self.wfile, self.get_stderr(), self.get_environ())  # type: ignore[arg-type]
            answering.request_handler = self
            answering.run(self._answer)

    def _answer(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        try:
            return self.server.get_app()(environ, start_response)  # type: ignore[misc]
        except ConnectionAbortedError:  # a requested fault, so nothing is logged
            self.close_connection = True
            raise

    def _has_an_end(self) -> bool:
        """Return True if the request and its response have a known end. Otherwise refuse it and return False."""
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.send_error(411)
        elif self.command == "HEAD":
            self.send_error(405)
        else:
            return True
        return False

    def get_environ(self) -> dict[str, Any]:
        # An id in the path may contain an encoded slash, and PATH_INFO is decoded.
        return {**super().get_environ(), "RAW_URI": self.path}

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Log nothing, because the journal says more."""


@contextmanager
def serving(sandbox: Sandbox, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve the sandbox and run its imports until the ``with`` block ends. Yields its base URL.

    Port 0 chooses any free port. Raises OSError if the port is taken, and OverflowError if it is not a port.
    """
    server = _Server((host, port))
    server.set_app(sandbox)
    sandbox.access.listen_on(host)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    sandbox.start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        sandbox.stop()
        server.shutdown()
        thread.join()
        server.server_close()
