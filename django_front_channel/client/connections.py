"""HTTP connections with one deadline for a whole exchange, and the errors for their failures.

The timeouts of ``requests`` start anew with every read, so a server that sends a byte now and then could hold a
request for ever. Here each connect, send and receive waits only for the time that is left.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from contextvars import ContextVar
from types import TracebackType
from typing import Any

from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectTimeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import MaxRetryError
from urllib3.response import BaseHTTPResponse
from urllib3.util.connection import create_connection

from django_front_channel.exceptions import FrontAPIError, FrontConnectionError

from . import api_errors
from .file_streams import UnreadableUpload

# Bytes of one TLS record. A longer send would wait several times without checking the deadline.
SEND_SIZE = 16 * 1024
# Idle connections that are kept for the Python threads that share a client. When all are in use, another one is opened.
MOST_CONNECTIONS = 64


class Deadline:
    """A moment ``seconds`` from now, by the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds that are left, more than 0. Raises ``TimeoutError`` after the deadline."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("The timeout of the client is over.")
        return left

    def allows(self, seconds: float) -> bool:
        """Return whether more than ``seconds`` are left."""
        return self._end - time.monotonic() > seconds


class Exchange:
    """One request and its response. The flag ``unsent`` is True while no byte of the request can have left.

    Use it as a context manager around each step that talks to Front: it turns a failure into a ``FrontAPIError``.
    The errors are not chained, because their tracebacks would show the headers of the request, which hold the JWT.
    """

    def __init__(self, operation_id: str, method: str, deadline: Deadline) -> None:
        self.operation_id = operation_id
        self.deadline = deadline
        self.unsent = True
        self._method = method

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, UnreadableUpload):
            title = "An attachment cannot be read"
            raise FrontConnectionError(
                title, operation=self.operation_id, detail=str(error), code="storage_failed"
            ) from None
        if isinstance(error, OSError):
            raise self._failure(error) from None

    def _failure(self, error: OSError) -> FrontAPIError:
        detail = _words(error)
        if self.unsent or isinstance(error, ConnectTimeout):
            return FrontConnectionError("Front cannot be reached", operation=self.operation_id, detail=detail)
        title = "No complete response came back"
        return api_errors.lost_response(self.operation_id, self._method, title, detail)


# Connections find their exchange here, because urllib3's pool cannot pass it to them.
current_exchange: ContextVar[Exchange] = ContextVar("current_exchange")


class _Reader(io.RawIOBase):
    """Reads bytes from a socket. Each read waits until the deadline at most."""

    def __init__(self, sock: socket.socket, raw: io.RawIOBase) -> None:
        self._sock = sock
        self._raw = raw
        self.may_end = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(current_exchange.get().deadline.remaining())
        count = self._raw.readinto(buffer)
        if count == 0 and not self.may_end:
            # http.client accepts headers that were cut off, and urllib3 accepts a last chunk that was cut off.
            raise ConnectionResetError("The response was cut off before its end.")
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        self._reader = _Reader(sock, self.fp.detach())
        self.fp = io.BufferedReader(self._reader)

    def begin(self) -> None:
        super().begin()
        # A response of unknown length ends when the connection ends.
        self._reader.may_end = self.length is None and not self.chunked


class _WithinDeadline(HTTPConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        exchange = current_exchange.get()
        # The deadline cannot end the look-up of a name: only the system's resolver limits it.
        try:
            addresses = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except UnicodeError:
            raise OSError(f"{self.host} cannot be the name of a host.") from None
        failure = OSError(f"{self.host} has no address.")
        for left, (*_, address) in zip(range(len(addresses), 0, -1), addresses, strict=True):
            where = (str(address[0]), int(address[1]))
            patience = exchange.deadline.remaining() / left
            try:
                sock = create_connection(where, patience, None, self.socket_options)
            except OSError as error:
                failure = error
            else:
                sock.settimeout(exchange.deadline.remaining())
                return sock
        raise failure

    def send(self, data: Any) -> None:
        if self.sock is None:
            # http.client would connect inside send(). A failure there would not tell whether a byte has left.
            self.connect()
        exchange = current_exchange.get()
        for start in range(0, len(data), SEND_SIZE):
            self.sock.settimeout(exchange.deadline.remaining())
            exchange.unsent = False
            super().send(data[start : start + SEND_SIZE])


class _SecureWithinDeadline(_WithinDeadline, HTTPSConnection):
    pass


class _Pool(HTTPConnectionPool):
    ConnectionCls = _WithinDeadline

    def urlopen(self, *args: Any, **kwargs: Any) -> BaseHTTPResponse:
        current_exchange.get().unsent = True
        return super().urlopen(*args, **kwargs)


class _SecurePool(_Pool, HTTPSConnectionPool):
    ConnectionCls = _SecureWithinDeadline


class DeadlineAdapter(HTTPAdapter):
    """An adapter for ``requests`` that keeps the deadline of ``current_exchange``."""

    def __init__(self) -> None:
        super().__init__(pool_maxsize=MOST_CONNECTIONS)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def _words(error: OSError) -> str:
    """Return what went wrong, without the URL: anybody who has the URL of a stored file can fetch the file."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) and cause.reason else error
    return api_errors.clean(f"{type(reason).__name__}: {reason}")
