"""Which error an answer is, closed by default: what this table does not know is never a success."""

from __future__ import annotations

import re
import time
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from django_front_channel import exceptions

from .answers import Answer

SHORTEST_WAIT = 0.5
LONGEST_WAIT = 3600.0

BY_STATUS: dict[int, tuple[type[exceptions.FrontAPIError], str]] = {
    401: (
        exceptions.FrontAuthenticationError,
        "Check the App UID, the App secret and this machine's clock.",
    ),
    403: (exceptions.FrontPermissionError, "Check in Front what the app and this channel may do."),
    404: (exceptions.FrontNotFoundError, "Check the id, and that the channel still exists in Front."),
    # The request did not come through as a whole, or too early in a connection: a proxy says so.
    408: (exceptions.FrontUnavailableError, "Try again later."),
    425: (exceptions.FrontUnavailableError, "Try again later."),
    429: (exceptions.FrontRateLimitError, "Wait before the next call."),
    503: (exceptions.FrontUnavailableError, "Try again later."),
}
BY_CLASS: dict[int, tuple[type[exceptions.FrontAPIError], str]] = {
    3: (exceptions.FrontRedirectError, "Check the API URL: this redirect is not followed."),
    4: (exceptions.FrontBadRequestError, "Correct the call: repeated as it is, it will be refused again."),
    5: (exceptions.FrontServerError, "Front failed: try again later."),
}

# Compiled when they are first needed: that is after start-up.
_SECONDS = r"[+-]?[0-9]+(\.[0-9]*)?"
_MILLISECONDS = r"(?i:retry in ([0-9]+) milliseconds)"
# A word that may be a JWT. It matches wherever it begins, so no text is read twice.
_DOTTED = r"[\w.-]+"


def refused(operation: str, method: str, answer: Answer) -> exceptions.FrontAPIError:
    """Return the error for an answer that is not the one documented for ``operation``."""
    known = BY_STATUS.get(answer.status) or BY_CLASS.get(answer.status // 100)
    if known is None:
        return lost(operation, method, f"Unexpected status {answer.status}", status_code=answer.status)
    kind, advice = known
    title, message = _explanation(answer)
    return kind(
        title,
        operation=operation,
        status_code=answer.status,
        detail=f"{message} {advice}".strip(),
        retry_after=retry_after(answer.headers.get("retry-after"), message),
    )


def lost(
    operation: str, method: str, title: str, detail: str = "", status_code: int | None = None
) -> exceptions.FrontAPIError:
    """Return the error for a request that left, and whose answer cannot be read.

    Only a GET, a mere question, leaves no doubt: it changed nothing.
    """
    kind = exceptions.FrontConnectionError if method == "GET" else exceptions.FrontAmbiguousError
    return kind(title, operation=operation, detail=detail, status_code=status_code)


def retry_after(header: str | None, message: str, now: float | None = None) -> float | None:
    """Return the seconds to wait, 0.5 to 3600, or None when Front did not say.

    ``header`` is Retry-After in seconds or as a date; ``message`` may say "Please retry in N milliseconds".
    Front: https://dev.frontapp.com/docs/rate-limiting
    """
    waits = [_header_seconds(header.strip(), time.time() if now is None else now)] if header else []
    if found := re.search(_MILLISECONDS, message):
        waits.append(float(found[1]) / 1000)
    known = [wait for wait in waits if wait is not None]
    return min(max(*known, SHORTEST_WAIT), LONGEST_WAIT) if known else None


def _header_seconds(header: str, now: float) -> float | None:
    if re.fullmatch(_SECONDS, header):
        return float(header)
    try:
        date = parsedate_to_datetime(header)
        # HTTP knows dates that name no zone: they are in UTC too, and not in this machine's.
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, OverflowError, TypeError):
        return None


def _explanation(answer: Answer) -> tuple[str, str]:
    """Return Front's title and its longer words, as far as the body is Front's at all."""
    try:
        error = answer.document().get("_error")
    except ValueError:
        error = None
    given = error if isinstance(error, dict) else {}
    details = given.get("details")
    words = [given.get("message"), *(details if isinstance(details, list) else [])]
    title = given.get("title")
    return (
        clean(title) if isinstance(title, str) and title else _phrase(answer.status),
        " ".join(clean(word) for word in words if isinstance(word, str)),
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"


def clean(words: str) -> str:
    """Drop what must not reach a log: control characters, and a JWT that a proxy repeats to us."""
    printable = "".join(character if character.isprintable() else " " for character in words)
    return re.sub(_DOTTED, _without_jwt, printable)[:1000]


def _without_jwt(found: re.Match[str]) -> str:
    before, _, after = found[0].partition("eyJ")
    return f"{before}[JWT]" if "." in after else found[0]
