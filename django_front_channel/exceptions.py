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

Messages tell the reader what to do. They hold no secret and no message body.
"""

from __future__ import annotations


class FrontChannelError(Exception):
    """Base of every error of this package. Never raised itself."""


class InvalidArgument(FrontChannelError, ValueError):
    """An argument that Front would refuse, found before anything was stored or sent."""


class ExternalIdConflict(InvalidArgument):
    """The external id already belongs to a message with other content in this channel."""


class ChannelUnavailable(FrontChannelError):
    """The channel cannot be used for requests to Front: not connected, held, or connected as another app."""


class WebhookRejected(FrontChannelError):
    """A request on a webhook URL was refused. ``reason`` is one short word, safe to count and log."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class SignatureRejected(WebhookRejected):
    """Nothing proves that Front sent the request."""


class PayloadRejected(WebhookRejected):
    """Front sent the request, but its body cannot be read."""


class AuthorizationRefused(FrontChannelError):
    """Raise it in ``ChannelHandler.authorize()``: Front shows its text to the connecting admin."""


class MessageRefused(FrontChannelError):
    """Raise it in ``ChannelHandler.accept()``: its text is what the teammate reads."""


class DeliveryFailed(FrontChannelError):
    """Raise it in ``ChannelHandler.deliver()``: no further attempt. Front is told ``detail``."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class DeliveryDelayed(FrontChannelError):
    """Raise it in ``ChannelHandler.deliver()``: nothing was sent, try again in ``seconds``."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"Try again in {seconds} seconds.")
        self.seconds = seconds


class FrontAPIError(FrontChannelError):
    """A request to Front did not succeed.

    ``operation``    Front's operation id, such as ``sync-inbound-message``
    ``status_code``  of the response, or None when there was none
    ``title``        Front's short words, such as "Bad request"
    ``detail``       Front's longer words, at most 2,000 characters
    ``retryable``    whether the same request may succeed later
    ``ambiguous``    whether Front may have carried the request out all the same
    ``retry_after``  seconds to wait at least, where Front said so
    """

    retryable = False
    ambiguous = False

    def __init__(
        self,
        title: str,
        *,
        operation: str = "",
        status_code: int | None = None,
        detail: str = "",
        retry_after: float | None = None,
    ) -> None:
        self.operation = operation
        self.status_code = status_code
        self.title = title
        self.detail = detail[:2000]
        self.retry_after = retry_after
        # Only the title: unpickling calls the class with these arguments, then restores the attributes.
        super().__init__(title)

    def __str__(self) -> str:
        status = f" ({self.status_code})" if self.status_code is not None else ""
        subject = f"{self.operation}{status}" if self.operation else f"Front{status}"
        return f"{subject}: {self.title}" + (f": {self.detail}" if self.detail else "")


class FrontConnectionError(FrontAPIError):
    """Nothing was sent, or only a question whose response got lost: the same request may be made again."""

    retryable = True


class FrontAmbiguousError(FrontAPIError):
    """The request left, but no whole, readable answer came back: Front may have carried it out."""

    retryable = True
    ambiguous = True


class FrontRedirectError(FrontAPIError):
    """Front redirected to a place that is not allowed, or too often."""


class FrontBadRequestError(FrontAPIError):
    """Front refused the content of the request (400, 409, 413, 422). The same request will not succeed."""


class FrontAuthenticationError(FrontAPIError):
    """Front refused the JWT (401): check the App UID, the App secret and this machine's clock."""


class FrontPermissionError(FrontAPIError):
    """The channel may not do this (403)."""


class FrontNotFoundError(FrontAPIError):
    """Front does not know the object, or it does not belong to this channel (404)."""


class FrontRateLimitError(FrontAPIError):
    """Front asks for patience (429). Not carried out; wait ``retry_after`` seconds."""

    retryable = True


class FrontServerError(FrontAPIError):
    """Front failed (5xx), and may have carried the request out all the same."""

    retryable = True
    ambiguous = True


class FrontUnavailableError(FrontServerError):
    """Front, or a proxy before it, was not available (503, 408, 425): the request was not carried out."""

    ambiguous = False
