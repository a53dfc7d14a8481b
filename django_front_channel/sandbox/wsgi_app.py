"""The sandbox as a WSGI callable."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING

from django_front_channel.secret import Secret

from . import front_api, inbox_page
from .company import Company, FrontApp
from .control import PREFIX, VERBS, Control
from .fault_verbs import FaultVerbs
from .front_admin import FrontAdmin
from .front_api import presigned_files
from .http_messages import ApiError, Json, Moved, Request, Response, read_request, status_title
from .local_access import LocalAccess
from .message_flow import resume_waiting
from .rate_limits import Count
from .records import State
from .snapshot import snapshot
from .teammates import Teammates
from .webhook_sender import Send

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Sandbox(FrontAdmin, Teammates, FaultVerbs):
    """Front's API and webhooks for one app, as a WSGI callable.

    * ``app_uid``, ``app_secret``: the credentials of the app
    * ``webhook_url``: the static URL of the app's channel feature
    * ``send``: sends one webhook, as :class:`~django_front_channel.sandbox.webhook_sender.Send`; over HTTP by default
    * ``clock``: returns unix seconds
    * ``import_delay``: seconds from a 202 to the import of the message
    * ``company``: the first label of the host name in Front's links
    * ``state``: the records to begin with; none by default
    * ``assumptions``: new values for some of :class:`~django_front_channel.sandbox.assumptions.Assumptions`

    Raises :class:`~django_front_channel.exceptions.InvalidArgument` for an unknown assumption.

    A Python thread in the background carries out imports. Start it with :meth:`start`, and end it with :meth:`stop`. A
    test that owns the clock calls :meth:`run_due` and :meth:`run_until_quiet` instead. The verbs of the control are
    methods, too: those of :class:`~django_front_channel.sandbox.front_admin.FrontAdmin`,
    :class:`~django_front_channel.sandbox.teammates.Teammates` and
    :class:`~django_front_channel.sandbox.fault_verbs.FaultVerbs`.
    """

    def __init__(
        self,
        *,
        app_uid: str,
        app_secret: str | Secret,
        webhook_url: str,
        send: Send | None = None,
        clock: Callable[[], float] = time.time,
        import_delay: float = 0.2,
        company: str = "acme",
        state: State | None = None,
        assumptions: Mapping[str, object] | None = None,
    ) -> None:
        secret = Secret.of(app_secret)
        del app_secret
        super().__init__(
            Company(
                FrontApp(app_uid, secret, webhook_url),
                name=company,
                send=send,
                clock=clock,
                import_delay=import_delay,
                state=state,
                assumptions=assumptions,
            )
        )
        self.state = self.company.state
        self.journal = self.company.journal
        resume_waiting(self.company)
        self.access = LocalAccess()
        self._control = Control(self.company, {verb: getattr(self, verb) for verb in VERBS})

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        request = read_request(environ)
        response = self._respond(request)
        if request.method != "GET":
            self.company.changed.set()
        headers = dict(response.headers)
        if response.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED):
            headers["Content-Length"] = str(len(response.body))
        start_response(f"{response.status} {status_title(response.status)}", list(headers.items()))
        return [response.body]

    def start(self) -> None:
        """Begin to carry out due imports in a Python thread in the background."""
        self.company.schedule.start()

    def stop(self) -> None:
        """End the background Python thread, and release the responses that a fault holds."""
        self.company.faults.release()
        self.company.schedule.stop()

    def snapshot(self) -> Json:
        """Return the company's state, its settings and its waiting faults as a JSON object."""
        return snapshot(self.company)

    def _respond(self, request: Request) -> Response:
        room = request.segments[0] if request.segments else ""
        if room == PREFIX:
            refusal = self.access.check_host(request) or self.access.check_origin(request)
            return refusal or self._control.respond(request)
        if room == inbox_page.PREFIX or request.segments == inbox_page.ROOT:
            with self.company.lock:
                return self.access.check_host(request) or inbox_page.respond(self.state, request)
        if room == presigned_files.PREFIX:
            with self.company.lock:
                return presigned_files.respond(self.company, request)
        return self._respond_as_front(request)

    def _respond_as_front(self, request: Request) -> Response:
        company = self.company
        entry = company.journal.open("api", request.method, request.target, request.headers, request.body)
        counted = company.rate_limits.count(company.behaviour.rate_limit)
        company.faults.wait(company.behaviour.latency)
        response = self._fail_or_carry_out(request, counted)
        if response is None:
            entry.settle(None, b"")
            raise ConnectionAbortedError("A fault of the sandbox")
        entry.settle(response.status, response.body)
        return Response(response.status, response.body, {**counted.headers, **response.headers})

    def _fail_or_carry_out(self, request: Request, counted: Count) -> Response | None:
        failure = self.company.faults.next_failure()
        if failure is None:
            return self._carry_out(request, counted)
        if failure.is_carried_out:
            self._carry_out(request, counted)
        return failure.response

    def _carry_out(self, request: Request, counted: Count) -> Response:
        try:
            self.company.rate_limits.check(request, counted, self.company.behaviour.resource_limit)
            response = front_api.respond(self.company, request)
        except (ApiError, Moved) as error:
            response = error.response()
        self.company.faults.wait_for_hold(request)
        return response
