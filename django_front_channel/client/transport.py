"""The one place that sends HTTP requests to Front. Each request has its own JWT."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import jwt
import requests
from requests.adapters import BaseAdapter

from django_front_channel import __version__
from django_front_channel.exceptions import (
    FrontAPIError,
    FrontConnectionError,
    FrontRedirectError,
)
from django_front_channel.secret import Secret

from . import hosts
from .connections import Deadline, DeadlineAdapter, Exchange, current_exchange
from .file_streams import PIECE, Destination, TooLarge
from .operations import Operation, Request
from .responses import Response

HEADERS = {
    "Accept": "application/json",
    # A compressed response may be a thousand times larger when it is unpacked.
    "Accept-Encoding": "identity",
    "User-Agent": f"django-front-channel/{__version__}",
}
# A file may be of any type. Front: Core API, response 200 of download-attachment-for-a-message.
DOWNLOAD_HEADERS = {**HEADERS, "Accept": "*/*"}
STORAGE_REDIRECTS = (301, 302, 303, 307, 308)

# The most bytes of a body that are read into memory: of a requested document, and of any other body.
DOCUMENT_LIMIT = 4 * 1024 * 1024
SHORT_LIMIT = 64 * 1024


class Signer:
    """Makes the JWTs that a channel shows to Front.

    Each JWT is made right before its request and never kept, because a JWT that waits in a queue expires.
    Front: https://dev.frontapp.com/docs/creating-a-partner-channel
    """

    def __init__(
        self,
        app_uid: str,
        app_secret: Secret,
        channel_id: str,
        lifetime: int,
        *,
        clock: Callable[[], float] = time.time,
        new_jti: Callable[[], str] = lambda: secrets.token_hex(16),
    ) -> None:
        self._app_uid = app_uid
        self._app_secret = app_secret
        self._channel_id = channel_id
        self._lifetime = lifetime
        self._clock = clock
        self._new_jti = new_jti

    def __repr__(self) -> str:
        return f"<Signer of {self._channel_id}>"

    def token(self) -> str:
        """Return a new JWT that expires ``lifetime`` seconds from now."""
        claims: dict[str, object] = {
            "iss": self._app_uid,
            "jti": self._new_jti(),
            "sub": self._channel_id,
            "exp": int(self._clock()) + self._lifetime,
        }
        return jwt.encode(claims, self._app_secret.reveal(), algorithm="HS256", sort_headers=False)


class Transport:
    """Sends single requests to ``api_url``.

    It works below ``requests.Session`` on purpose: a session would take proxies and passwords from the environment,
    keep cookies, and read the body of a redirect to its end.
    """

    def __init__(self, api_url: str, signer: Signer, adapter: BaseAdapter | None) -> None:
        self._api_url = api_url
        self._signer = signer
        self._adapter = adapter or DeadlineAdapter()

    def send(self, operation: Operation[Any], request: Request, path: str, deadline: Deadline) -> Response:
        """Send one request to ``path`` and return its complete response, all before ``deadline``.

        Raises ``FrontConnectionError`` if Front got no complete request. Raises ``FrontAmbiguousError`` if Front may
        have got a complete request, but no complete response came. Errors of the file that a download writes to are not
        caught.
        """
        exchange = Exchange(operation.id, operation.method, deadline)
        reset = current_exchange.set(exchange)
        try:
            with exchange:
                received = self._send(self._prepare(operation.method, request, path), exchange)
            with received:
                if request.destination is not None:
                    return self._download(received, request.destination, exchange)
                with exchange:
                    return _receive_document(received)
        finally:
            current_exchange.reset(reset)

    def close(self) -> None:
        self._adapter.close()

    def _prepare(self, method: str, request: Request, path: str) -> requests.PreparedRequest:
        accepting = HEADERS if request.destination is None else DOWNLOAD_HEADERS
        headers = {**accepting, "Authorization": f"Bearer {self._signer.token()}"}
        content = request.content
        if content is not None:
            headers["Content-Type"] = content.media_type
        query = f"?{urlencode(request.query)}" if request.query else ""
        prepared = requests.PreparedRequest()
        prepared.prepare(
            method, self._api_url + path + query, headers, data=None if content is None else content.body
        )
        return prepared

    def _send(self, prepared: requests.PreparedRequest, exchange: Exchange) -> requests.Response:
        timeout = exchange.deadline.remaining()
        # Assume that bytes leave: an adapter that replaces the network does not say. Our connections correct this.
        exchange.unsent = False
        return self._adapter.send(prepared, stream=True, timeout=timeout, verify=True, proxies={})

    def _download(
        self, received: requests.Response, destination: Destination, exchange: Exchange
    ) -> Response:
        if received.status_code == 200:
            return _receive_file(received, destination, exchange)
        with exchange:
            response = _receive_document(received)
        url = self._storage_url(response, exchange)
        if url is None:
            return response
        # Send no JWT: the storage would refuse it, and must not see it.
        with exchange:
            stored = self._send(requests.Request("GET", url, DOWNLOAD_HEADERS).prepare(), exchange)
        with stored:
            return _receive_file(stored, destination, exchange)

    def _storage_url(self, response: Response, exchange: Exchange) -> str | None:
        """Return the URL of the file in Front's storage, or None if ``response`` is not a redirect."""
        location = response.headers.get("location")
        if location is None or response.status not in STORAGE_REDIRECTS:
            return None
        try:
            return hosts.storage_url(location, self._api_url)
        except ValueError as error:
            raise FrontRedirectError(
                "Redirected",
                operation=exchange.operation_id,
                status_code=response.status,
                detail=str(error),
            ) from None


def _receive_document(received: requests.Response) -> Response:
    """Return the response with its content, or with None as content if that is compressed or too long."""
    headers = _headers(received)
    limit = DOCUMENT_LIMIT if received.status_code in (200, 201) else SHORT_LIMIT
    content = None if _is_encoded(headers) else _content(received, limit)
    return Response(received.status_code, headers, content, str(received.url))


def _receive_file(received: requests.Response, destination: Destination, exchange: Exchange) -> Response:
    """Write the file to ``destination``, piece by piece, and return the response without content."""
    headers, status = _headers(received), received.status_code
    if status != 200 or _is_encoded(headers):
        # URLs of the storage expire soon. The next request to Front gets a new one.
        title = "The attachment cannot be fetched from Front's storage"
        raise FrontConnectionError(title, operation=exchange.operation_id, status_code=status)
    try:
        for piece in _pieces(received, exchange):
            destination.write(piece)
    except TooLarge:
        detail = f"It has more than the {destination.limit} bytes that were allowed."
        title = "The attachment is too large"
        raise FrontAPIError(title, operation=exchange.operation_id, detail=detail) from None
    return Response(status, headers, None, str(received.url), destination.written)


def _pieces(received: requests.Response, exchange: Exchange) -> Iterator[bytes]:
    pieces = _received_bytes(received, PIECE)
    while True:
        # Only errors of the network are translated here, not those of the destination.
        with exchange:
            piece = next(pieces, b"")
        if not piece:
            return
        yield piece


def _content(received: requests.Response, limit: int) -> bytes | None:
    content = bytearray()
    for piece in _received_bytes(received, 8192):
        content += piece
        if len(content) > limit:
            return None
    return bytes(content)


def _received_bytes(received: requests.Response, size: int) -> Iterator[bytes]:
    try:
        yield from received.iter_content(size)
    except ValueError as error:
        # urllib3 raises this when a chunk has a negative size.
        raise OSError(str(error)) from None


def _headers(received: requests.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in received.headers.items()}


def _is_encoded(headers: dict[str, str]) -> bool:
    return headers.get("content-encoding", "identity").lower() != "identity"
