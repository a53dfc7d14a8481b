"""The observer of a client: it is told about each HTTP request, and may stop it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from django_front_channel.exceptions import FrontAPIError


class ApiRequest(NamedTuple):
    """One HTTP request that is about to be sent.

    * ``operation``: Front's operation id, such as ``sync-inbound-message``.
    * ``method``: the HTTP method.
    * ``path``: the path, percent-encoded.
    * ``resource``: the resource to which Front's limit per resource applies: ``("channel", id)``,
      ``("conversation", id)`` or ``("message", id)``.
    """

    operation: str
    method: str
    path: str
    resource: tuple[str, str]


class Outcome(NamedTuple):
    """The outcome of one HTTP request.

    * ``status_code``: the status of the response, or None when no complete response came.
    * ``duration``: seconds.
    * ``error``: the error that the request raises, or None.
    * ``headers``: Front's headers about rate limits, by name in lower case.
    * ``redirected_to``: the id of the conversation that has absorbed the requested one, or None.
    * ``result``: the result that the client returns, or None after an error.
    """

    status_code: int | None
    duration: float
    error: FrontAPIError | None
    headers: Mapping[str, str]
    redirected_to: str | None = None
    result: object = None


class RequestObserver(Protocol):
    """An object that is told about every HTTP request, including each redirect and the repetition after a 401."""

    def started(self, request: ApiRequest) -> None:
        """Take note of a request right before it is sent. Raise a ``FrontAPIError`` to stop it."""

    def finished(self, request: ApiRequest, outcome: Outcome) -> None:
        """Take note of the outcome of a request. Called once for each request that ``started`` did not stop."""


class Unobserved:
    """The default observer, which does nothing."""

    def started(self, request: ApiRequest) -> None:
        return None

    def finished(self, request: ApiRequest, outcome: Outcome) -> None:
        return None
