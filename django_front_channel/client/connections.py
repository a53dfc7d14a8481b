"""HTTP connections that keep one deadline for the whole exchange.

The timeouts of ``requests`` start anew with every read: a server that sends a byte now and then holds a call
for ever. Here the socket waits, at each connect, send and receive, only for the time that is left.
"""

from __future__ import annotations

import http.client
import io
import socket
from contextvars import ContextVar
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.response import BaseHTTPResponse
from urllib3.util.connection import create_connection

from .deadline import Deadline

# One record of TLS: a longer send would wait several times without looking at the deadline.
SEND_SIZE = 16 * 1024
# Connections that stay open for the threads that share a client: one is made when all others are in use.
MOST_CONNECTIONS = 64


class Exchange:
    """One request and its answer. ``unsent`` is true while it is certain that no byte of it has left."""

    def __init__(self, deadline: Deadline) -> None:
        self.deadline = deadline
        self.unsent = True


# The pool of urllib3 hands no context down to its connections.
current_exchange: ContextVar[Exchange] = ContextVar("current_exchange")


class _Reader(io.RawIOBase):
    """The bytes from a socket, each read within the deadline."""

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
            # http.client takes a head that was cut off for a complete one, and urllib3 the last chunk.
            raise ConnectionResetError("The answer was cut off before its end.")
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
        # Where nothing else says how long the answer is, its end is that of the connection.
        self._reader.may_end = self.length is None and not self.chunked


class _WithinDeadline(HTTPConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        exchange = current_exchange.get()
        # The look-up itself is bounded by the resolver of the system only.
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
            # http.client would connect inside its own send(), where connecting cannot be told from sending.
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
    """The adapter of ``requests`` for calls made inside a ``current_exchange``."""

    def __init__(self) -> None:
        super().__init__(pool_maxsize=MOST_CONNECTIONS)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
