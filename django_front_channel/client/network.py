"""What a failure on the wire means."""

from __future__ import annotations

from types import TracebackType
from typing import Any

import requests
from urllib3.exceptions import MaxRetryError

from django_front_channel.exceptions import FrontAPIError, FrontConnectionError

from . import errors
from .connections import Exchange
from .files import UnreadableUpload
from .operations import Operation


class Network:
    """Stands around each step of an exchange that talks to Front: what fails there becomes a ``FrontAPIError``.

    The errors are not chained: their tracebacks would show the headers of the request, and so the JWT.
    """

    def __init__(self, operation: Operation[Any], exchange: Exchange) -> None:
        self.operation = operation
        self._exchange = exchange

    def __enter__(self) -> None:
        return None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, UnreadableUpload):
            title = "An attachment cannot be read"
            raise FrontConnectionError(title, operation=self.operation.id, detail=str(error)) from None
        if isinstance(error, OSError):
            raise self._failure(error) from None

    def _failure(self, error: OSError) -> FrontAPIError:
        detail = _words(error)
        if self._exchange.unsent or isinstance(error, requests.ConnectTimeout):
            return FrontConnectionError("Front cannot be reached", operation=self.operation.id, detail=detail)
        return errors.lost(self.operation.id, self.operation.method, "No whole answer came back", detail)


def _words(error: OSError) -> str:
    """What went wrong, without the URL: the one of a file in Front's storage lets anybody fetch it."""
    cause = error.args[0] if error.args else None
    reason = cause.reason if isinstance(cause, MaxRetryError) and cause.reason else error
    return errors.clean(f"{type(reason).__name__}: {reason}")
