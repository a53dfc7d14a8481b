"""The errors that the API answers with."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus

from .wire import Answer, json_answer


class ApiError(Exception):
    """A refused API request.

    ``status`` is the HTTP status, ``message`` a sentence, ``details`` one line per wrong field.
    """

    def __init__(
        self, status: int, message: str, details: Sequence[str] = (), headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.details = list(details)
        self.headers = dict(headers or {})

    def answer(self) -> Answer:
        """The error in Front's shape.

        Source: the ``_error`` object of https://dev.frontapp.com/reference/error-codes.
        """
        plain = error_answer(self.status, self.message, self.details)
        return Answer(plain.status, plain.body, {**plain.headers, **self.headers})


class Moved(Exception):
    """The conversation was merged; ``location`` is the same resource of the one that absorbed it."""

    def __init__(self, location: str) -> None:
        super().__init__(location)
        self.location = location

    def answer(self) -> Answer:
        """A 301 without a body."""
        return Answer(301, headers={"Location": self.location})


def error_answer(status: int, message: str, details: Sequence[str] = ()) -> Answer:
    """``{"_error": {"status", "title", "message", "details"}}``; ``details`` only where there are some."""
    error: dict[str, object] = {"status": status, "title": title(status), "message": message}
    if details:
        error["details"] = list(details)
    return json_answer(status, {"_error": error})


def title(status: int) -> str:
    """Front's short words for a status, or the ones of HTTP."""
    fronts_own = {400: "Bad request", 401: "Unauthenticated"}
    try:
        return fronts_own.get(status) or HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def invalid(details: Sequence[str]) -> ApiError:
    """A 400 that names every wrong field, such as ``body.sender.handle: must be …``."""
    return ApiError(400, "Body did not satisfy requirements", details)


def not_found() -> ApiError:
    """A 404, the same for what never existed and for what belongs to another channel."""
    return ApiError(404, "Unknown resource")


def too_many(seconds: float, tier: str | None = None) -> ApiError:
    """A 429 with the time to wait. ``tier`` names a limit on one resource.

    Source: https://dev.frontapp.com/docs/rate-limiting; the sentence is reported by clients of the Core API.
    """
    message = f"Rate limit exceeded. Please retry in {math.ceil(seconds * 1000)} milliseconds."
    headers = {"Retry-After": str(max(math.ceil(seconds), 1))}
    return ApiError(429, message, headers={**headers, "X-Front-Tier": tier} if tier else headers)
