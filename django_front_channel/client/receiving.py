"""Answers on their way from Front, or files from the storage that Front redirects to."""

from __future__ import annotations

from collections.abc import Iterator

import requests

from django_front_channel.exceptions import FrontAPIError, FrontConnectionError, FrontRedirectError

from . import hosts
from .answers import Answer
from .files import PIECE, Destination, TooLarge
from .network import Network

DOCUMENT_LIMIT = 4 * 1024 * 1024
SHORT_LIMIT = 64 * 1024
REDIRECTS = (301, 302, 303, 307, 308)


def short_answer(response: requests.Response) -> Answer:
    """Return the answer in ``response`` with its content, as far as that is worth reading."""
    headers = _headers(response)
    limit = DOCUMENT_LIMIT if response.status_code in (200, 201) else SHORT_LIMIT
    content = None if _is_encoded(headers) else _content(response, limit)
    return Answer(response.status_code, headers, content, str(response.url))


def storage_url(answer: Answer, api_url: str, network: Network) -> str | None:
    """Return where Front's storage has the file; None when ``answer`` is no redirect.

    Raises ``FrontRedirectError`` for a place that is not Front's storage.
    """
    location = answer.headers.get("location")
    if location is None or answer.status not in REDIRECTS:
        return None
    try:
        return hosts.storage_url(location, api_url)
    except ValueError as error:
        raise FrontRedirectError(
            "Redirected", operation=network.operation.id, status_code=answer.status, detail=str(error)
        ) from None


def downloaded(response: requests.Response, destination: Destination, network: Network) -> Answer:
    """Write the file that ``response`` brings to ``destination``, piece by piece."""
    headers, operation, status = _headers(response), network.operation.id, response.status_code
    if status != 200 or _is_encoded(headers):
        # Asked again, Front names a new address: those of its storage are short-lived.
        title = "The attachment cannot be fetched from Front's storage"
        raise FrontConnectionError(title, operation=operation, status_code=status)
    try:
        for piece in _pieces(response, network):
            destination.write(piece)
    except TooLarge:
        detail = f"It has more than the {destination.limit} bytes that were allowed."
        raise FrontAPIError("The attachment is too large", operation=operation, detail=detail) from None
    return Answer(status, headers, None, str(response.url), destination.written)


def _pieces(response: requests.Response, network: Network) -> Iterator[bytes]:
    pieces = _received(response, PIECE)
    while True:
        with network:
            piece = next(pieces, b"")
        if not piece:
            return
        yield piece


def _content(response: requests.Response, limit: int) -> bytes | None:
    content = bytearray()
    for piece in _received(response, 8192):
        content += piece
        if len(content) > limit:
            return None
    return bytes(content)


def _received(response: requests.Response, size: int) -> Iterator[bytes]:
    try:
        yield from response.iter_content(size)
    except ValueError as error:
        # urllib3 tries to read a chunk of a negative size.
        raise OSError(str(error)) from None


def _headers(response: requests.Response) -> dict[str, str]:
    return {name.lower(): value for name, value in response.headers.items()}


def _is_encoded(headers: dict[str, str]) -> bool:
    return headers.get("content-encoding", "identity").lower() != "identity"
