"""What the user of a client is told about each HTTP request, and where it can stop one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from django_front_channel.exceptions import FrontAPIError


class ApiRequest(NamedTuple):
    """One HTTP request that is about to leave.

    * ``operation``: Front's operation id, such as ``sync-inbound-message``.
    * ``method``: the HTTP method.
    * ``path``: the path, percent-encoded.
    * ``resource``: what Front's limit per resource counts: ``("channel", id)``, ``("conversation", id)`` or
      ``("message", id)``.
    """

    operation: str
    method: str
    path: str
    resource: tuple[str, str]


class Outcome(NamedTuple):
    """How one HTTP request ended.

    * ``status_code``: the status of the response, or None when no complete response came.
    * ``duration``: seconds.
    * ``error``: the error that is raised because of it, or None.
    * ``headers``: Front's headers about rate limits, with their names in lower case.
    * ``redirected_to``: the conversation into which the one asked for was merged, or None.
    * ``result``: what the client returns, or None after an error.
    """

    status_code: int | None
    duration: float
    error: FrontAPIError | None
    headers: Mapping[str, str]
    redirected_to: str | None = None
    result: object = None


class RequestObserver(Protocol):
    """Is told about every HTTP request, including a second one after a 401 and each step of a redirect."""

    def started(self, request: ApiRequest) -> None:
        """Is called right before the request. When it raises a ``FrontAPIError``, nothing is sent."""

    def finished(self, request: ApiRequest, outcome: Outcome) -> None:
        """Is called once after each request that was allowed to start."""


class Unobserved:
    """The observer of a client that has none."""

    def started(self, request: ApiRequest) -> None:
        return None

    def finished(self, request: ApiRequest, outcome: Outcome) -> None:
        return None
