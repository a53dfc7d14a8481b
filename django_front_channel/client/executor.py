"""The way from one operation to its HTTP requests: redirects, retries and reports to the observer."""

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
from .connections import Deadline
from .observer import ApiRequest, Outcome, RequestObserver
from .operations import Operation, Request
from .responses import Response
from .transport import Transport

Result = TypeVar("Result")

MAX_REDIRECTS = 5
REDIRECTS = (301, 302, 307, 308)
OBSERVED_HEADERS = ("retry-after", "x-front-tier")
# Seconds before the second and the third request of a GET.
PAUSES = (0.1, 0.4)
PASSING = (502, 503, 504)


class _Merged(Exception):
    """Front says that the conversation is now part of another one."""

    def __init__(self, conversation_id: str) -> None:
        self.conversation_id = conversation_id


class Executor:
    """Performs operations. An operation takes at most ``timeout`` seconds, however many requests it needs."""

    def __init__(self, transport: Transport, api_url: str, timeout: float, observer: RequestObserver) -> None:
        self._transport = transport
        self._api_url = api_url
        self._timeout = timeout
        self._observer = observer

    def perform(self, operation: Operation[Result], request: Request) -> Result:
        """Return the result of ``operation``, even if its conversation was merged. Raises ``FrontAPIError``."""
        deadline = Deadline(self._timeout)
        for _ in range(MAX_REDIRECTS + 1):
            try:
                return self._retry_questions(operation, request, deadline)
            except _Merged as merged:
                request = request._replace(ids={**request.ids, "conversation_id": merged.conversation_id})
        raise FrontRedirectError(f"More than {MAX_REDIRECTS} redirects", operation=operation.id)

    def _retry_questions(self, operation: Operation[Result], request: Request, deadline: Deadline) -> Result:
        """Retry a GET when Front was briefly unavailable. Nothing else is retried.

        ``urllib3.Retry`` cannot do it: it would send the same JWT again, hide the retry from the observer and begin
        every timeout anew.
        """
        for pause in PAUSES:
            try:
                return self._authenticate(operation, request, deadline)
            except (FrontConnectionError, FrontServerError) as error:
                wait = max(pause, error.retry_after or 0.0)
                if not (_may_ask_again(operation, request, error) and deadline.allows(wait)):
                    raise
            time.sleep(wait)
        return self._authenticate(operation, request, deadline)

    def _authenticate(self, operation: Operation[Result], request: Request, deadline: Deadline) -> Result:
        try:
            return self._send(operation, request, deadline)
        except FrontAuthenticationError:
            # The JWT may have expired on the way to Front. The second request gets a new one.
            return self._send(operation, request, deadline)

    def _send(self, operation: Operation[Result], request: Request, deadline: Deadline) -> Result:
        path = operation.path_for(request.ids)
        sent = ApiRequest(operation.id, operation.method, path, operation.resource_for(request.ids))
        self._observer.started(sent)
        begun = time.monotonic()
        response = None
        try:
            response = self._transport.send(operation, request, path, deadline)
            result = self._read(operation, response)
        except Exception as error:
            self._observer.finished(sent, _outcome(response, begun, error))
            raise
        self._observer.finished(sent, _outcome(response, begun)._replace(result=result))
        return result

    def _read(self, operation: Operation[Result], response: Response) -> Result:
        location = response.headers.get("location")
        movable = operation.path.startswith("/conversations/{conversation_id}")
        if response.status in REDIRECTS and location and movable:
            try:
                moved_to = hosts.conversation_moved_to(location, self._api_url)
            except ValueError as error:
                raise FrontRedirectError(
                    "Redirected", operation=operation.id, status_code=response.status, detail=str(error)
                ) from None
            raise _Merged(moved_to)
        return operation.result(response)


def _may_ask_again(operation: Operation[Result], request: Request, error: FrontAPIError) -> bool:
    is_passing = error.status_code is None or error.status_code in PASSING
    is_clean = request.destination is None or request.destination.written == 0
    return operation.method == "GET" and is_passing and is_clean


def _outcome(response: Response | None, begun: float, error: Exception | None = None) -> Outcome:
    headers = response.headers if response else {}
    return Outcome(
        status_code=response.status if response else None,
        duration=time.monotonic() - begun,
        error=error if isinstance(error, FrontAPIError) else None,
        headers={
            name: value
            for name, value in headers.items()
            if name.startswith("x-ratelimit-") or name in OBSERVED_HEADERS
        },
        redirected_to=error.conversation_id if isinstance(error, _Merged) else None,
    )
