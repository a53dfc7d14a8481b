"""The ``FrontAPIError`` for each response that is not a success. A status that the tables lack is an error too."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any

from django_front_channel import exceptions

from .responses import Response

# Seconds.
SHORTEST_WAIT = 0.5
LONGEST_WAIT = 3600.0

BY_STATUS: dict[int, tuple[type[exceptions.FrontAPIError], str]] = {
    401: (
        exceptions.FrontAuthenticationError,
        "Check the App UID, the App secret and this machine's clock.",
    ),
    403: (exceptions.FrontPermissionError, "Check in Front what the app and this channel may do."),
    404: (exceptions.FrontNotFoundError, "Check the id, and that the channel still exists in Front."),
    # Proxies answer these: the request was incomplete, or came too early in a connection.
    408: (exceptions.FrontUnavailableError, "Try again later."),
    425: (exceptions.FrontUnavailableError, "Try again later."),
    429: (exceptions.FrontRateLimitError, "Wait before the next request."),
    503: (exceptions.FrontUnavailableError, "Try again later."),
}
BY_CLASS: dict[int, tuple[type[exceptions.FrontAPIError], str]] = {
    3: (exceptions.FrontRedirectError, "Check the API URL: the client does not follow this redirect."),
    4: (exceptions.FrontBadRequestError, "Correct the request: Front would refuse the same one again."),
    5: (exceptions.FrontServerError, "Front failed: try again later."),
}

# Kept as text: re compiles each pattern at its first use, so start-up does not wait for it.
_SECONDS = r"[+-]?[0-9]+(\.[0-9]*)?"
_MILLISECONDS = r"(?i:retry in ([0-9]+) milliseconds)"
# A word that may hold a JWT. The search takes linear time, because a match begins at the first character of the word.
_DOTTED = r"[\w.-]+"


def refusal(operation_id: str, method: str, response: Response) -> exceptions.FrontAPIError:
    """Return the error for a response without the status that means success."""
    known = BY_STATUS.get(response.status) or BY_CLASS.get(response.status // 100)
    if known is None:
        title = f"Unexpected status {response.status}"
        return lost_response(operation_id, method, title, status_code=response.status)
    kind, advice = known
    given = _error(response)
    title, message = _explanation(given, response.status)
    return kind(
        title,
        operation=operation_id,
        status_code=response.status,
        detail=message,
        advice=advice,
        retry_after=retry_after(response.headers.get("retry-after"), message),
        is_fronts=given.get("status", response.status) == response.status and bool(_words(given)),
    )


def lost_response(
    operation_id: str, method: str, title: str, detail: str = "", status_code: int | None = None
) -> exceptions.FrontAPIError:
    """Return the error for a request that was sent and got no readable response.

    Front may have carried it out, so the error is ambiguous. The error for a GET is not: a GET changes nothing.
    """
    kind = exceptions.FrontConnectionError if method == "GET" else exceptions.FrontAmbiguousError
    return kind(title, operation=operation_id, detail=detail, status_code=status_code)


def retry_after(header: str | None, message: str, now: float | None = None) -> float | None:
    """Return the seconds to wait, 0.5 to 3600, or None when Front did not say.

    * ``header``: Retry-After, in seconds or as a date.
    * ``message``: Front's message, which may say "Please retry in N milliseconds". If both say how long to wait, the
      longer time counts.
    * ``now``: unix seconds; by default the time of this machine.

    Front: https://dev.frontapp.com/docs/rate-limiting
    """
    waits = [_header_seconds(header.strip(), time.time() if now is None else now)] if header else []
    if found := re.search(_MILLISECONDS, message):
        waits.append(float(found[1]) / 1000)
    known = [wait for wait in waits if wait is not None]
    return min(max(*known, SHORTEST_WAIT), LONGEST_WAIT) if known else None


def clean(words: str) -> str:
    """Return at most 1,000 characters of ``words``, without control characters and JWTs.

    The result is fit for a log. Some proxies repeat the JWT of the request.
    """
    printable = "".join(character if character.isprintable() else " " for character in words)
    return re.sub(_DOTTED, _without_jwt, printable)[:1000]


def _without_jwt(found: re.Match[str]) -> str:
    before, _, after = found[0].partition("eyJ")
    return f"{before}[JWT]" if "." in after else found[0]


def _header_seconds(header: str, now: float) -> float | None:
    if re.fullmatch(_SECONDS, header):
        return float(header)
    try:
        date = parsedate_to_datetime(header)
        # Dates in HTTP are in UTC, even those that name no zone.
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() - now
    except (ValueError, OverflowError, TypeError):
        return None


def _error(response: Response) -> dict[str, Any]:
    """Return Front's description of the error; empty if the body is not Front's."""
    try:
        error = response.document().get("_error")
    except ValueError:
        return {}
    return error if isinstance(error, dict) else {}


def _explanation(given: Mapping[str, Any], status: int) -> tuple[str, str]:
    """Return the title of Front's error, and its longer explanation."""
    details = given.get("details")
    words = [given.get("message"), *(details if isinstance(details, list) else [])]
    title = given.get("title")
    return (
        clean(title) if isinstance(title, str) and title else _phrase(status),
        " ".join(clean(word) for word in words if isinstance(word, str)),
    )


def _words(given: Mapping[str, Any]) -> list[str]:
    return [given[name] for name in ("title", "message") if isinstance(given.get(name), str)]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return f"Status {status}"
