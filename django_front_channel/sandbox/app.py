"""The sandbox as a WSGI callable."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from . import api, inbox, storage
from .control import PREFIX, control
from .http_messages import ApiError, Json, Moved, Request, Response, read_request, status_title
from .limits import Count
from .misbehaviour import Misbehaving
from .snapshot import snapshot

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Sandbox(Misbehaving):
    """Front's API and Front's webhooks for one app: ``sandbox(environ, start_response)``.

    Imports that follow a 202 are carried out by a thread (:meth:`start`, :meth:`stop`), or by calls of
    :meth:`run_due` and :meth:`run_until_quiet` where a test owns the clock.
    The arguments are those of :class:`~django_front_channel.sandbox.front.Front`.
    """

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = read_request(environ)
        answer = self._answer(request)
        if request.method != "GET":
            self.changed.set()
        headers = dict(answer.headers)
        if answer.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            headers["Content-Length"] = str(len(answer.body))
        start_response(_status_line(answer.status), list(headers.items()))
        return [answer.body]

    def start(self) -> None:
        """Carry out due imports in a background thread."""
        self.schedule.start()

    def stop(self) -> None:
        """End the background thread, and let held answers go."""
        self.faults.release()
        self.schedule.stop()

    def run_due(self) -> int:
        """Carry out the imports that are due by the clock; return how many."""
        return self.schedule.run_due()

    def run_until_quiet(self) -> int:
        """Carry out all imports that wait, due or not, and those that follow from them; return how many."""
        return self.schedule.run_all()

    def snapshot(self) -> Json:
        """All channels, and all conversations with their messages, as a JSON object; how Front behaves, and
        the faults that wait. No token is in it."""
        with self.lock:
            company = snapshot(self.state)
        return {**company, "behaviour": self.configure(), "faults": self.waiting_faults()}

    def _answer(self, request: Request) -> Response:
        room = request.segments[0] if request.segments else ""
        if room == PREFIX:
            return control(self, request)
        if room == inbox.PREFIX or request.segments == inbox.ROOT:
            with self.lock:
                return inbox.inbox(self.state, request)
        if room == storage.PREFIX:
            with self.lock:
                return storage.storage(self.app_secret, self.state, request)
        return self._api(request)

    def _api(self, request: Request) -> Response:
        entry = self.journal.open("api", request.method, request.target, request.headers, request.body)
        counted = self.limits.count(self.behaviour.rate_limit)
        self.faults.wait(self.behaviour.latency)
        answer = self._fail_or_carry_out(request, counted)
        if answer is None:
            entry.settle(None, b"")
            raise ConnectionAbortedError("A fault of the sandbox")
        entry.settle(answer.status, answer.body)
        return Response(answer.status, answer.body, {**counted.headers, **answer.headers})

    def _fail_or_carry_out(self, request: Request, counted: Count) -> Response | None:
        failure = self.faults.next_failure()
        if failure is None:
            return self._carry_out(request, counted)
        if failure.is_carried_out:
            self._carry_out(request, counted)
        return failure.answer

    def _carry_out(self, request: Request, counted: Count) -> Response:
        try:
            self.limits.check(request, counted, self.behaviour.resource_limit)
            answer = api.answer(self, request)
        except (ApiError, Moved) as error:
            answer = error.response()
        self.faults.wait_for_hold(request)
        return answer


def _status_line(status: int) -> str:
    return f"{status} {status_title(status)}"
