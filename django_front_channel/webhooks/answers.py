"""A verified request of Front, and our answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from django_front_channel.conf import App
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.exceptions import AuthorizationRefused, MessageRefused
from django_front_channel.models import Channel
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.secret import Secret
from django_front_channel.webhooks.envelope import Envelope
from django_front_channel.webhooks.signature import Proof

# Front waits 7 seconds, then shows the teammate an error, whatever we answer later (Channels API, 2019/20).
DEADLINE_SECONDS = 5.0

# Front's words for errors, with the status that goes with each.
STATUSES = {
    "bad_request": 400,
    "authentication_required": 401,
    "forbidden": 403,
    "not_found": 404,
    "request_timeout": 503,
    "internal_error": 503,
}


# The types of requests that Front documents.
TYPES = ("authorization", "delete", "list_addresses", "message", "message_autoreply", "message_imported")
UNKNOWN = "?"


@dataclass
class About:
    """What is known of a request, for the log: nothing that a stranger may choose."""

    app: str = UNKNOWN
    type: str = UNKNOWN
    channel_id: int | str = UNKNOWN


@dataclass(frozen=True)
class SignedRequest:
    """A request that Front has signed."""

    app: App
    proof: Proof
    envelope: Envelope
    body: str = field(repr=False)
    token: Secret
    """The bearer token; empty when there is none."""
    absolute: Callable[[Channel], str]
    """The webhook URL of a channel, as the world sees it."""
    about: About
    arrived: float = field(default_factory=time.monotonic)

    def is_late(self) -> bool:
        """Whether Front is about to stop waiting."""
        return time.monotonic() - self.arrived > DEADLINE_SECONDS


@dataclass(frozen=True)
class Answer:
    """What Front gets, and the signals to be sent once it has it."""

    status: int
    body: dict[str, Any]
    announcements: list[Announcement] = field(default_factory=list, repr=False)
    reason: Reason | None = None
    """Why it is an error."""


def success(**values: Any) -> Answer:
    return Answer(200, {"type": "success", **values})


def error(type_: str, reason: Reason, language: str) -> Answer:
    """An error in Front's shape. A teammate may read it: the host's own words, or else our sentence."""
    message = reason.detail or reason.in_language(language)
    return Answer(STATUSES[type_], {"type": type_, "message": message}, reason=reason)


def why(refusal: AuthorizationRefused | MessageRefused, by_host: Code) -> Reason:
    """The reason of a refusal: one of ours, or, with the code ``by_host``, what the host said."""
    code = Code.named(refusal.code)
    if code is None or code == by_host or code.parameters:
        return Reason(by_host, detail=str(refusal))
    return Reason(code)
