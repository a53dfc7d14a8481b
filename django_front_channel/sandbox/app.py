"""The sandbox as a WSGI callable."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING

from django_front_channel.exceptions import InvalidArgument

from . import api, inbox, storage
from .behaviour import not_negative
from .control import PREFIX, control
from .errors import ApiError, Moved, error_answer, title
from .people import People
from .snapshot import snapshot
from .wire import Answer, Json, Request, read_request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Sandbox(People):
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

    def configure(
        self,
        *,
        import_delay: float | None = None,
        imports: bool | None = None,
        webhook_before_202: bool | None = None,
        deduplication: bool | None = None,
        imported_ids: bool | None = None,
        bearer_everywhere: bool | None = None,
        templates: bool | None = None,
        download_redirect: bool | None = None,
        rate_limit: int | None = None,
        resource_limit: int | None = None,
    ) -> Json:
        """Change how Front behaves from now on; what is None stays as it is. Returns all settings.

        ``imports`` False: what was answered 202 waits until it is True again. The others are those of
        :class:`~django_front_channel.sandbox.behaviour.Behaviour`.
        """
        self.behaviour = self.behaviour.changed(
            {
                "import_delay": import_delay,
                "webhook_before_202": webhook_before_202,
                "deduplication": deduplication,
                "imported_ids": imported_ids,
                "bearer_everywhere": bearer_everywhere,
                "templates": templates,
                "download_redirect": download_redirect,
                "rate_limit": rate_limit,
                "resource_limit": resource_limit,
            }
        )
        if imports is not None:
            self.schedule.pause(not imports)
        return {"imports": not self.schedule.paused, **self.behaviour.document()}

    def fail_next(
        self, *, status: int, headers: dict[str, str] | None = None, body: str | None = None, count: int = 1
    ) -> Json:
        """Answer the next ``count`` API requests like this, and carry none of them out.

        Without ``body``, the answer is Front's error object for the status. Returns ``count``.
        """
        if not 200 <= status <= 599 or count < 1:
            raise InvalidArgument("The status must be between 200 and 599, and the count at least 1.")
        if any(not f"{name}{text}".isprintable() for name, text in (headers or {}).items()):
            raise InvalidArgument("Headers must be printable text.")
        standard = error_answer(status, "A fault of the sandbox")
        content = standard.body if body is None else body.encode()
        self.faults.fail(Answer(status, content, {**standard.headers, **(headers or {})}), count)
        return {"count": count}

    def hold(self, *, seconds: float) -> Json:
        """Carry the next POST of the API out, but answer it ``seconds`` of real time later.

        Its journal entry is visible meanwhile. Returns ``seconds``.
        """
        self.faults.hold(not_negative("seconds", seconds))
        return {"seconds": seconds}

    def snapshot(self) -> Json:
        """All channels, and all conversations with their messages, as a JSON object. No token is in it."""
        with self.lock:
            return snapshot(self.state)

    def _answer(self, request: Request) -> Answer:
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

    def _api(self, request: Request) -> Answer:
        entry = self.journal.open("api", request.method, request.target, request.headers, request.body)
        headers = self.limits.headers(self.behaviour.rate_limit)
        answer = self.faults.next_failure() or self._carry_out(request)
        entry.settle(answer.status, answer.body)
        return Answer(answer.status, answer.body, {**headers, **answer.headers})

    def _carry_out(self, request: Request) -> Answer:
        try:
            self.limits.check(request, self.behaviour.rate_limit, self.behaviour.resource_limit)
            answer = api.answer(self, request)
        except (ApiError, Moved) as error:
            answer = error.answer()
        self.faults.wait_for_hold(request)
        return answer


def _status_line(status: int) -> str:
    return f"{status} {title(status)}"
