"""How an attempt to carry out an entry ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django_front_channel.core.reasons import Code, Reason


@dataclass(frozen=True)
class Succeeded:
    """Done. ``result`` is what the kind of entry needs to settle it.

    ``conversation_id`` is the conversation of Front that a request was carried out in, after its redirects.
    """

    result: Any = None
    conversation_id: str = ""


@dataclass(frozen=True)
class _Unsuccessful:
    reason: Reason


@dataclass(frozen=True)
class Retry(_Unsuccessful):
    """Not done, or not known to be done. Try again after ``delay`` seconds, or by the back-off."""

    delay: float | None = None
    ambiguous: bool = False
    counts: bool = True
    """Whether this attempt is one of those that lengthen the back-off."""


@dataclass(frozen=True)
class GaveUp(_Unsuccessful):
    """It will never succeed."""


@dataclass(frozen=True)
class Dropped(_Unsuccessful):
    """It need not be done any more."""


@dataclass(frozen=True)
class Refused(_Unsuccessful):
    """Refused, by Front or by something on the way. What that means depends on what other lanes meet.

    ``suspected`` is the state that the channel would be in if the refusal were about it; empty if it cannot be.
    """

    suspected: str


@dataclass(frozen=True)
class Blocked(_Unsuccessful):
    """The channel cannot be used. The entry waits with it, and the channel changes its state."""

    channel_state: str


JudgedOutcome = Succeeded | Retry | GaveUp | Dropped | Blocked
AttemptOutcome = JudgedOutcome | Refused

NOT_BEGUN = Retry(Reason(Code.LEASE_ENDING), delay=1.0, counts=False)
