"""How an attempt to carry out an entry ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django_front_channel.core.reasons import Code, Reason


@dataclass(frozen=True)
class Succeeded:
    """The attempt succeeded.

    ``result``           the value that is needed to settle the entry; its type depends on the kind of entry
    ``conversation_id``  the conversation of Front that carried out a request, after redirects
    """

    result: Any = None
    conversation_id: str = ""


@dataclass(frozen=True)
class _Unsuccessful:
    reason: Reason


@dataclass(frozen=True)
class Retry(_Unsuccessful):
    """The attempt failed, or its outcome is unknown.

    ``delay``      the seconds until the next attempt; None for the back-off
    ``ambiguous``  whether the outcome is unknown
    """

    delay: float | None = None
    ambiguous: bool = False
    counts: bool = True
    """Whether this attempt lengthens the back-off."""


@dataclass(frozen=True)
class GaveUp(_Unsuccessful):
    """The attempt failed, and no other attempt can succeed."""


@dataclass(frozen=True)
class Dropped(_Unsuccessful):
    """The entry need not be carried out any more."""


@dataclass(frozen=True)
class Refused(_Unsuccessful):
    """Front refused the request, or a firewall on the way did. The refusals of other lanes decide what that means.

    ``suspected``  the state that the channel gets if the refusal is about the channel; empty if it cannot be
    """

    suspected: str


@dataclass(frozen=True)
class Blocked(_Unsuccessful):
    """The channel cannot be used, and its state becomes ``channel_state``. Until it works again, the entry waits."""

    channel_state: str


JudgedOutcome = Succeeded | Retry | GaveUp | Dropped | Blocked
AttemptOutcome = JudgedOutcome | Refused

NOT_BEGUN = Retry(Reason(Code.LEASE_ENDING), delay=1.0, counts=False)
