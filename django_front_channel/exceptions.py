"""The errors of this package, in one tree. Pure Python: no Django, no HTTP library.

    FrontChannelError
    ├── InvalidArgument            the caller passed something that Front would refuse (also a ValueError)
    │   └── ExternalIdConflict     this external id is already used for other content
    ├── ChannelUnavailable         the channel cannot be used for requests to Front now
    ├── SnapshotTooOld             your transaction cannot see what another has committed: start it again
    ├── WebhookRejected            a request that claims to come from Front is refused
    │   ├── SignatureRejected      ... because nothing proves that Front sent it
    │   └── PayloadRejected        ... because its body cannot be read
    ├── AuthorizationRefused       raised by a handler: Front may not connect this channel
    ├── MessageRefused             raised by a handler: the teammate reads why
    ├── DeliveryFailed             raised by a handler: the customer will never get it
    ├── DeliveryDelayed            raised by a handler: try again later
    └── FrontAPIError              a request to Front did not succeed
        ├── FrontConnectionError       nothing was sent, or only a read
        ├── FrontAmbiguousError        sent, but the outcome is unknown
        ├── FrontRedirectError         redirected too often, or to an address that is not allowed
        ├── FrontBadRequestError       400, 409, 413, 422 and any other 4xx
        ├── FrontAuthenticationError   401
        ├── FrontPermissionError       403
        ├── FrontNotFoundError         404
        ├── FrontRateLimitError        429, or a request during a pause
        └── FrontServerError           5xx
            └── FrontUnavailableError  503, and 408 and 425 of a proxy: not carried out

Configuration mistakes raise ``django.core.exceptions.ImproperlyConfigured``, which is not in this tree, so that code
which handles Front's errors does not hide them.

The text of an error tells a developer what to do, in plain English, and holds no secret and no message body. Programs
use the ``code``: each class has one, and some errors have a more precise one.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class ArgumentCode(StrEnum):
    """The codes for wrong arguments. Wrong rows have a code of the reasons instead."""

    MISSING = "missing"
    """It is required, but was not given."""
    EXCLUSIVE = "exclusive"
    """The arguments exclude each other, or exactly one of them is required."""
    UNKNOWN = "unknown"
    """Nothing has this name or id."""
    WRONG_TYPE = "wrong_type"
    """It has the wrong Python type."""
    EMPTY = "empty"
    """It is empty or blank."""
    TOO_LONG = "too_long"
    """It has too many characters or items."""
    TOO_LARGE = "too_large"
    """It has too many bytes."""
    OUT_OF_RANGE = "out_of_range"
    """The number, time or duration is too small or too large."""
    NOT_ALLOWED = "not_allowed"
    """It is not one of the allowed values, or is not allowed here."""
    MALFORMED = "malformed"
    """The text does not have the expected form."""
    NOT_STORABLE = "not_storable"
    """It cannot be stored or sent: it holds control characters, lone surrogates, or values that JSON does not know."""
    NOT_READABLE = "not_readable"
    """The file cannot be found, opened or read."""


class FrontChannelError(Exception):
    """The base of all errors of this package. It is never raised itself.

    ``code``  what is wrong, as a stable string for programs
    """

    code: str = "error"

    def __init__(self, *args: object, code: str | None = None) -> None:
        # Unpickling calls the class with ``args``, then restores the attributes.
        super().__init__(*args)
        if code is not None:
            self.code = code


class InvalidArgument(FrontChannelError, ValueError):
    """An argument is wrong, so nothing was stored or sent.

    ``code``      an ``ArgumentCode``; for a row that the verb does not accept, a code of the reasons
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
    """The channel cannot be used for requests to Front: it is not connected, is held, or belongs to another app.

    ``code``  the reason, such as ``channel_held``
    """

    code = "channel_unavailable"


class SnapshotTooOld(FrontChannelError):
    """Another transaction has committed the same row since yours began, and your isolation level hides that row.

    Roll back and start again: the service will then return the row. READ COMMITTED avoids this error.
    """

    code = "snapshot_too_old"


class WebhookRejected(FrontChannelError):
    """A request to a webhook URL was refused. Its ``code`` and ``parameters`` are safe to log."""

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
    """Raise it in ``ChannelHandler.authorize()`` to refuse. Front shows its text to the admin who adds the channel."""

    code = "connection_refused"


class MessageRefused(FrontChannelError):
    """Raise it in ``ChannelHandler.accept()`` to refuse the message. The teammate reads its text in Front."""

    code = "message_refused"


class DeliveryFailed(FrontChannelError):
    """Raise it in ``ChannelHandler.deliver()`` to give up: the teammate reads ``detail`` in Front."""

    code = "delivery_failed"

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class DeliveryDelayed(FrontChannelError):
    """Raise it in ``ChannelHandler.deliver()`` if nothing was sent. A worker calls it again after ``seconds``."""

    code = "delivery_delayed"

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds

    def __str__(self) -> str:
        return f"Try again in {self.seconds} seconds."


class FrontAPIError(FrontChannelError):
    """A request to Front did not succeed.

    ``operation``    Front's operation id, such as ``sync-inbound-message``
    ``status_code``  the status of the response, or None if there was none
    ``title``        Front's short description, such as "Bad request"
    ``detail``       Front's longer description, at most 2,000 characters
    ``advice``       what to do, in English
    ``retryable``    whether the same request may succeed later
    ``ambiguous``    whether Front may have carried out the request nevertheless
    ``retry_after``  the shortest time to wait, in seconds, or None if Front named none
    ``is_fronts``    whether the response is in Front's own error format, and not, for example, a firewall's page
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
        is_fronts: bool = False,
        code: str | None = None,
    ) -> None:
        self.operation = operation
        self.status_code = status_code
        self.title = title
        self.detail = detail[:2000]
        self.advice = advice
        self.retry_after = retry_after
        self.is_fronts = is_fronts
        # Only the title, because unpickling calls the class with these arguments and then restores the attributes.
        super().__init__(title, code=code)

    @property
    def words(self) -> str:
        """The error as Front or the network described it: a response's title, then the detail."""
        title = self.title if self.status_code is not None else ""
        return ": ".join(filter(None, (title, self.detail)))

    def __str__(self) -> str:
        status = f" ({self.status_code})" if self.status_code is not None else ""
        subject = f"{self.operation}{status}" if self.operation else f"Front{status}"
        more = " ".join(filter(None, (self.detail, self.advice)))
        return f"{subject}: {self.title}" + (f": {more}" if more else "")


class FrontConnectionError(FrontAPIError):
    """Nothing was sent, or the response to a read was lost. You may repeat the request."""

    code = "front_not_reached"
    retryable = True


class FrontAmbiguousError(FrontAPIError):
    """The request was sent, but no complete, readable response came back. Front may have carried it out."""

    code = "front_outcome_unknown"
    retryable = True
    ambiguous = True


class FrontRedirectError(FrontAPIError):
    """Front redirected the request too often, or to an address that is not allowed."""

    code = "front_redirected"


class FrontBadRequestError(FrontAPIError):
    """Front refused the content of the request (400, 409, 413, 422 or another 4xx). Repeating it cannot help."""

    code = "front_refused_request"


class FrontAuthenticationError(FrontAPIError):
    """Front refused the JWT (401). Check the App UID, the App secret and this machine's clock."""

    code = "front_refused_credentials"


class FrontPermissionError(FrontAPIError):
    """Front does not allow the channel to make this request (403)."""

    code = "front_refused_permission"


class FrontNotFoundError(FrontAPIError):
    """Front does not know the object, or it does not belong to this channel (404)."""

    code = "front_not_found"


class FrontRateLimitError(FrontAPIError):
    """Front's rate limit is reached (429), so the request was not carried out. Wait ``retry_after`` seconds."""

    code = "front_rate_limited"
    retryable = True


class FrontServerError(FrontAPIError):
    """Front failed (5xx). It may have carried out the request nevertheless."""

    code = "front_failed"
    retryable = True
    ambiguous = True


class FrontUnavailableError(FrontServerError):
    """Front, or a proxy in front of it, was not available (503, 408, 425). The request was not carried out."""

    code = "front_unavailable"
    ambiguous = False
