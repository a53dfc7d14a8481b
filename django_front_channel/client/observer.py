"""What a host of the client learns about each HTTP request, and where it can stop one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from django_front_channel.exceptions import FrontAPIError


class Call(NamedTuple):
    """One HTTP request that is about to leave.

    ``operation``  Front's operation id, such as ``sync-inbound-message``
    ``method``     the HTTP method
    ``path``       the path, percent-encoded
    ``resource``   what Front's limit per resource counts: ``("channel", id)``, ``("conversation", id)`` or
                   ``("message", id)``
    """

    operation: str
    method: str
    path: str
    resource: tuple[str, str]


class Outcome(NamedTuple):
    """How one HTTP request ended.

    ``status_code``    of the answer, or None when no whole answer came
    ``duration``       seconds
    ``error``          what is raised because of it, or None
    ``headers``        Front's headers about rate limits, names in lower case
    ``redirected_to``  the id of the conversation into which the one asked for was merged, or None
    """

    status_code: int | None
    duration: float
    error: FrontAPIError | None
    headers: Mapping[str, str]
    redirected_to: str | None = None


class CallObserver(Protocol):
    """Told about every HTTP request, a second try after a 401 and each hop of a redirect included."""

    def started(self, call: Call) -> None:
        """Called right before the request. Raise a ``FrontAPIError``, and nothing is sent."""

    def finished(self, call: Call, outcome: Outcome) -> None:
        """Called once after each request that was allowed to start."""


class Unobserved:
    """The observer of a client that has none."""

    def started(self, call: Call) -> None:
        return None

    def finished(self, call: Call, outcome: Outcome) -> None:
        return None
