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

# The HTTP status for each type of error that Front knows.
STATUSES = {
    "bad_request": 400,
    "authentication_required": 401,
    "forbidden": 403,
    "not_found": 404,
    "request_timeout": 503,
    "internal_error": 503,
}

UNKNOWN = "?"


@dataclass
class About:
    """The facts about a request that are safe to log. A stranger cannot choose any of them."""

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
    """The bearer token; empty if the request has none."""
    absolute: Callable[[Channel], str]
    """Returns the absolute webhook URL of a channel."""
    about: About
    arrived: float = field(default_factory=time.monotonic)

    def is_late(self) -> bool:
        """Return whether Front will soon stop waiting for the answer."""
        return time.monotonic() - self.arrived > DEADLINE_SECONDS


@dataclass(frozen=True)
class Answer:
    """The answer to Front, and the announcements to send when Front has it."""

    status: int
    body: dict[str, Any]
    announcements: list[Announcement] = field(default_factory=list, repr=False)
    reason: Reason | None = None
    """The reason of an error; None for a success."""


def success(**values: Any) -> Answer:
    return Answer(200, {"type": "success", **values})


def error(type_: str, reason: Reason, language: str) -> Answer:
    """Return an error in the form that Front expects. A teammate may read its text in Front.

    The text is the detail of the reason, or else the sentence in this language.
    """
    message = reason.detail or reason.in_language(language)
    return Answer(STATUSES[type_], {"type": type_, "message": message}, reason=reason)


def why(refusal: AuthorizationRefused | MessageRefused, by_host: Code) -> Reason:
    """Return the reason of a refusal: our code, or ``by_host`` with the text of the host's own refusal."""
    code = Code.named(refusal.code)
    if code is None or code == by_host or code.parameters:
        return Reason(by_host, detail=str(refusal))
    return Reason(code)
