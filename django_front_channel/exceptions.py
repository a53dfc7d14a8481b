"""Every error of this package, in one tree. Pure Python: no Django, no HTTP library.

    FrontChannelError
    ├── InvalidArgument            the caller passed something that Front would refuse (also a ValueError)
    │   └── ExternalIdConflict     this external id is already used for other content
    ├── ChannelUnavailable         the channel cannot be used for requests to Front now
    ├── WebhookRejected            a request that claims to come from Front is refused
    │   ├── SignatureRejected      ... because nothing proves that Front sent it
    │   └── PayloadRejected        ... because its body cannot be read
    ├── AuthorizationRefused       raised by a handler: Front may not connect this channel
    ├── MessageRefused             raised by a handler: the teammate reads why
    ├── DeliveryFailed             raised by a handler: the customer will never get it
    ├── DeliveryDelayed            raised by a handler: try again later
    └── FrontAPIError              a request to Front did not succeed
        ├── FrontConnectionError       nothing was sent, or only a question
        ├── FrontAmbiguousError        sent, but the outcome is unknown
        ├── FrontRedirectError         redirected somewhere we do not follow
        ├── FrontBadRequestError       400, 409, 413, 422 and any other 4xx
        ├── FrontAuthenticationError   401
        ├── FrontPermissionError       403
        ├── FrontNotFoundError         404
        ├── FrontRateLimitError        429, or a request during a pause
        └── FrontServerError           5xx
            └── FrontUnavailableError  503, and 408 and 425 of a proxy: not carried out

Configuration mistakes are ``django.core.exceptions.ImproperlyConfigured``, on purpose outside this
tree: no handler of provider errors should swallow them.

Messages tell the reader what to do, in plain English. They hold no secret and no message body. Programs look at the
``code``: a class has one, and some places in the code are more precise.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class ArgumentCode(StrEnum):
    """What is wrong with an argument. What is wrong with a row is a code of the reasons."""

    MISSING = "missing"
    """It is needed, and was not given."""
    EXCLUSIVE = "exclusive"
    """Arguments exclude each other, or exactly one of them is needed."""
    UNKNOWN = "unknown"
    """Nothing has this name or id."""
    WRONG_TYPE = "wrong_type"
    """It is of another Python type than expected."""
    EMPTY = "empty"
    """It is empty or blank."""
    TOO_LONG = "too_long"
    """It has too many characters or items."""
    TOO_LARGE = "too_large"
    """It has too many bytes."""
    OUT_OF_RANGE = "out_of_range"
    """The number, time or duration is too small or too large."""
    NOT_ALLOWED = "not_allowed"
    """It is not one of the allowed values, or not allowed here."""
    MALFORMED = "malformed"
    """The text does not have the expected form."""
    NOT_STORABLE = "not_storable"
    """It holds what cannot be stored or sent: control characters, lone surrogates, or what JSON does not have."""
    NOT_READABLE = "not_readable"
    """The file cannot be found, opened or read."""


class FrontChannelError(Exception):
    """Base of every error of this package. Never raised itself.

    ``code``  says what is wrong, for programs; every error of a kind has the same
    """

    code: str = "error"

    def __init__(self, *args: object, code: str | None = None) -> None:
        # Unpickling calls the class with ``args``, then restores the attributes.
        super().__init__(*args)
        if code is not None:
            self.code = code


class InvalidArgument(FrontChannelError, ValueError):
    """An argument that Front would refuse, found before anything was stored or sent.

    ``code``      an ``ArgumentCode``; or, for a row, why the verb cannot have it
    ``argument``  the name of the argument, such as ``sender`` or ``attachments[0]``; empty if it is about several
    """

    code = "invalid_argument"

    def __init__(self, *args: object, code: str | None = None, argument: str = "") -> None:
        super().__init__(*args, code=code)
        self.argument = argument


class ExternalIdConflict(InvalidArgument):
    """The external id already belongs to a message with other content in this channel."""

    code = "external_id_conflict"


class ChannelUnavailable(FrontChannelError):
    """The channel cannot be used for requests to Front: not connected, held, or connected as another app.

    Its ``code`` says which, such as ``channel_held``.
    """

    code = "channel_unavailable"


class WebhookRejected(FrontChannelError):
    """A request on a webhook URL was refused. ``code``, with its ``parameters``, is safe to count and log."""

    code = "webhook_rejected"

    def __init__(
        self, *args: object, code: str | None = None, parameters: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(*args, code=code)
        self.parameters = dict(parameters or {})


class SignatureRejected(WebhookRejected):
    """Nothing proves that Front sent the request."""

    code = "unverified"


class PayloadRejected(WebhookRejected):
    """Front sent the request, but its body cannot be read."""

    code = "payload_rejected"


class AuthorizationRefused(FrontChannelError):
    """Raise it in ``ChannelHandler.authorize()``: Front shows its text to the connecting admin."""

    code = "connection_refused"


class MessageRefused(FrontChannelError):
    """Raise it in ``ChannelHandler.accept()``: its text is what the teammate reads."""

    code = "message_refused"


class DeliveryFailed(FrontChannelError):
    """Raise it in ``ChannelHandler.deliver()``: no further attempt. Front is told ``detail``."""

    code = "delivery_failed"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class DeliveryDelayed(FrontChannelError):
    """Raise it in ``ChannelHandler.deliver()``: nothing was sent, try again in ``seconds``."""

    code = "delivery_delayed"

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds

    def __str__(self) -> str:
        return f"Try again in {self.seconds} seconds."


class FrontAPIError(FrontChannelError):
    """A request to Front did not succeed.

    ``operation``    Front's operation id, such as ``sync-inbound-message``
    ``status_code``  of the response, or None when there was none
    ``title``        Front's short words, such as "Bad request"
    ``detail``       Front's longer words, at most 2,000 characters
    ``advice``       what to do, in our words
    ``retryable``    whether the same request may succeed later
    ``ambiguous``    whether Front may have carried the request out all the same
    ``retry_after``  seconds to wait at least, where Front said so
    """

    code = "front_error"
    retryable = False
    ambiguous = False

    def __init__(
        self,
        title: str,
        *,
        operation: str = "",
        status_code: int | None = None,
        detail: str = "",
        advice: str = "",
        retry_after: float | None = None,
        code: str | None = None,
    ) -> None:
        self.operation = operation
        self.status_code = status_code
        self.title = title
        self.detail = detail[:2000]
        self.advice = advice
        self.retry_after = retry_after
        # Only the title: unpickling calls the class with these arguments, then restores the attributes.
        super().__init__(title, code=code)

    @property
    def words(self) -> str:
        """What Front, or the network, said: the detail, after the title of a response."""
        title = self.title if self.status_code is not None else ""
        return ": ".join(filter(None, (title, self.detail)))

    def __str__(self) -> str:
        status = f" ({self.status_code})" if self.status_code is not None else ""
        subject = f"{self.operation}{status}" if self.operation else f"Front{status}"
        more = " ".join(filter(None, (self.detail, self.advice)))
        return f"{subject}: {self.title}" + (f": {more}" if more else "")


class FrontConnectionError(FrontAPIError):
    """Nothing was sent, or only a read whose response was lost. The same request may be made again."""

    code = "front_not_reached"
    retryable = True


class FrontAmbiguousError(FrontAPIError):
    """The request left, but no whole, readable answer came back: Front may have carried it out."""

    code = "front_outcome_unknown"
    retryable = True
    ambiguous = True


class FrontRedirectError(FrontAPIError):
    """Front redirected to a place that is not allowed, or too often."""

    code = "front_redirected"


class FrontBadRequestError(FrontAPIError):
    """Front refused the content of the request (400, 409, 413, 422). The same request will not succeed."""

    code = "front_refused_request"


class FrontAuthenticationError(FrontAPIError):
    """Front refused the JWT (401): check the App UID, the App secret and this machine's clock."""

    code = "front_refused_credentials"


class FrontPermissionError(FrontAPIError):
    """The channel may not do this (403)."""

    code = "front_refused_permission"


class FrontNotFoundError(FrontAPIError):
    """Front does not know the object, or it does not belong to this channel (404)."""

    code = "front_not_found"


class FrontRateLimitError(FrontAPIError):
    """Front asks for patience (429). Not carried out; wait ``retry_after`` seconds."""

    code = "front_rate_limited"
    retryable = True


class FrontServerError(FrontAPIError):
    """Front failed (5xx), and may have carried the request out all the same."""

    code = "front_failed"
    retryable = True
    ambiguous = True


class FrontUnavailableError(FrontServerError):
    """Front, or a proxy before it, was not available (503, 408, 425): the request was not carried out."""

    code = "front_unavailable"
    ambiguous = False
