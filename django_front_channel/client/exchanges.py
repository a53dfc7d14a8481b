"""From one call to the HTTP requests that it takes: redirects, second tries, and what the observer hears."""

from __future__ import annotations

import time
from typing import TypeVar

from django_front_channel.exceptions import (
    FrontAPIError,
    FrontAuthenticationError,
    FrontConnectionError,
    FrontRedirectError,
    FrontServerError,
)

from . import hosts
from .answers import Answer
from .deadline import Deadline
from .observer import Call, CallObserver, Outcome
from .operations import Operation, Request
from .transport import Transport

Result = TypeVar("Result")

MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 307, 308)
OBSERVED_HEADERS = ("retry-after", "x-front-tier")
# Seconds before the second and the third try of a question.
PAUSES = (0.1, 0.4)
PASSING = (502, 503, 504)


class _Merged(Exception):
    """Front answered that the conversation asked for is part of another one now."""

    def __init__(self, conversation_id: str) -> None:
        self.conversation_id = conversation_id


class Exchanges:
    """Carries calls out. Each takes at most ``timeout`` seconds, however many requests it needs."""

    def __init__(self, transport: Transport, api_url: str, timeout: float, observer: CallObserver) -> None:
        self._transport = transport
        self._api_url = api_url
        self._timeout = timeout
        self._observer = observer

    def perform(self, operation: Operation[Result], request: Request) -> Result:
        """Follow merged conversations to the result. Raises ``FrontAPIError``."""
        deadline = Deadline(self._timeout)
        for _ in range(MAX_REDIRECTS + 1):
            try:
                return self._repeated(operation, request, deadline)
            except _Merged as merged:
                request = request._replace(ids={**request.ids, "conversation_id": merged.conversation_id})
        raise FrontRedirectError(f"More than {MAX_REDIRECTS} redirects", operation=operation.id)

    def _repeated(self, operation: Operation[Result], request: Request, deadline: Deadline) -> Result:
        """Ask a question again when Front stumbled. Nothing else than a GET is repeated.

        Not by ``urllib3.Retry``: it would send the same JWT again, keep the repetition from the observer and
        begin every time-out anew.
        """
        for pause in PAUSES:
            try:
                return self._authenticated(operation, request, deadline)
            except (FrontConnectionError, FrontServerError) as error:
                wait = max(pause, error.retry_after or 0.0)
                if not (_may_ask_again(operation, request, error) and deadline.allows(wait)):
                    raise
            time.sleep(wait)
        return self._authenticated(operation, request, deadline)

    def _authenticated(self, operation: Operation[Result], request: Request, deadline: Deadline) -> Result:
        try:
            return self._exchange(operation, request, deadline)
        except FrontAuthenticationError:
            # The JWT may have expired on the way; the next one is new.
            return self._exchange(operation, request, deadline)

    def _exchange(self, operation: Operation[Result], request: Request, deadline: Deadline) -> Result:
        path = operation.path_for(request.ids)
        call = Call(operation.id, operation.method, path, operation.resource_for(request.ids))
        self._observer.started(call)
        begun = time.monotonic()
        answer = None
        try:
            answer = self._transport.send(operation, request, path, deadline)
            result = self._understood(operation, answer)
        except Exception as error:
            self._observer.finished(call, _outcome(answer, begun, error))
            raise
        self._observer.finished(call, _outcome(answer, begun))
        return result

    def _understood(self, operation: Operation[Result], answer: Answer) -> Result:
        location = answer.headers.get("location")
        movable = operation.path.startswith("/conversations/{conversation_id}")
        if answer.status in REDIRECTS and location and movable:
            try:
                moved_to = hosts.conversation_moved_to(location, self._api_url)
            except ValueError as error:
                raise FrontRedirectError(
                    "Redirected", operation=operation.id, status_code=answer.status, detail=str(error)
                ) from None
            raise _Merged(moved_to)
        return operation.result(answer)


def _may_ask_again(operation: Operation[Result], request: Request, error: FrontAPIError) -> bool:
    is_passing = error.status_code is None or error.status_code in PASSING
    is_clean = request.destination is None or request.destination.written == 0
    return operation.method == "GET" and is_passing and is_clean


def _outcome(answer: Answer | None, begun: float, error: Exception | None = None) -> Outcome:
    headers = answer.headers if answer else {}
    return Outcome(
        status_code=answer.status if answer else None,
        duration=time.monotonic() - begun,
        error=error if isinstance(error, FrontAPIError) else None,
        headers={
            name: value
            for name, value in headers.items()
            if name.startswith("x-ratelimit-") or name in OBSERVED_HEADERS
        },
        redirected_to=error.conversation_id if isinstance(error, _Merged) else None,
    )
