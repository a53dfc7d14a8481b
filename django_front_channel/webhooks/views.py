"""The views of the webhook URLs. They handle HTTP; ``dispatch`` handles the content of requests."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import DisallowedHost, ImproperlyConfigured, RequestDataTooBig
from django.db import connections, transaction
from django.http import HttpRequest, JsonResponse
from django.http.request import RawPostDataException, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_variables

from django_front_channel.conf import App, conf
from django_front_channel.core import clock, database
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.core.public_urls import channel_webhook_url
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.core.texts import first_line
from django_front_channel.exceptions import PayloadRejected, SignatureRejected
from django_front_channel.secret import Secret
from django_front_channel.webhooks.answers import UNKNOWN, About, Answer, SignedRequest, error
from django_front_channel.webhooks.dispatch import DELETE, TYPES, process_app_request, process_channel_request
from django_front_channel.webhooks.envelope import Envelope, parse
from django_front_channel.webhooks.signature import Proof, verify

BEARER = "bearer "
# The greatest number of bytes of a refused body that is read before the answer. Only an attacker sends more.
DRAINED_BYTES = 16 * 1024 * 1024
DRAINED_PIECE = 64 * 1024
# As in RFC 9110, section 8.6, with a bound that int() accepts. int() alone would also accept signs and underscores.
CONTENT_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
STATUSES = {Code.METHOD_UNKNOWN: 405, Code.BODY_TOO_LARGE: 413}
# These reasons have log lines of their own.
LOGGED = (Code.TOKEN_DIFFERS, Code.URL_DIFFERS, Code.MESSAGE_TOO_LATE, Code.CONNECTION_TOO_LATE)


class AnnouncingResponse(JsonResponse):
    """A response that sends the signals of the committed facts when it is closed, after its bytes have been sent."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.body, status=answer.status)
        # With a length, proxies can pass on the whole answer before close() runs slow receivers.
        self.headers["Content-Length"] = str(len(self.content))
        self.announcements = answer.announcements

    def close(self) -> None:
        try:
            while self.announcements:
                self.announcements.pop(0).send()
        except Exception:
            log(LogEvent.SIGNALS_DELAYED, exc_info=True)
        finally:
            super().close()


def for_front(view: Callable[..., JsonResponse]) -> Callable[..., JsonResponse]:
    """Exempt a view from login, CSRF and ATOMIC_REQUESTS, so that an error does not undo what is committed."""
    exempt = csrf_exempt(login_not_required(view))
    for alias in connections:
        exempt = transaction.non_atomic_requests(using=alias)(exempt)
    return exempt


@for_front
def app_webhook(request: HttpRequest, app: str) -> JsonResponse:
    """Answer ``authorization`` and ``list_addresses`` at the URL of an app's channel feature."""
    return _respond(request, app, ("POST",), process_app_request)


@for_front
def channel_webhook(request: HttpRequest, app: str, webhook_key: str) -> JsonResponse:
    """Answer messages and imports by POST, and the channel's removal by DELETE, at a channel's URL."""

    def process(signed: SignedRequest) -> Answer:
        return process_channel_request(signed, webhook_key, is_delete=request.method == "DELETE")

    return _respond(request, app, ("POST", "DELETE"), process)


def _respond(
    request: HttpRequest, alias: str, methods: tuple[str, ...], process: Callable[[SignedRequest], Answer]
) -> JsonResponse:
    response = AnnouncingResponse(_answer(request, alias, methods, process))
    if response.status_code == 405:
        response.headers["Allow"] = ", ".join(methods)
    return response


@sensitive_variables()  # also hides the variables of every function called from here
def _answer(
    request: HttpRequest, alias: str, methods: tuple[str, ...], process: Callable[[SignedRequest], Answer]
) -> Answer:
    language, about = conf.default_language(), About()
    try:
        if request.method not in methods:
            _drain(request)
            raise PayloadRejected("Front does not use this HTTP method here.", code=Code.METHOD_UNKNOWN)
        app = conf.find_app(alias)
        if app is not None:
            language, about.app = app.language, alias
        answer = _process(_receive(request, app, about), process)
        # A refusal with a stored event has no ``reason``, because the event holds it. Other refusals are only logged.
        if answer.reason is not None and answer.reason.code not in LOGGED:
            log(LogEvent.WEBHOOK_REJECTED, **vars(about), code=str(answer.reason.code))
        return answer
    except SignatureRejected as rejection:
        log(LogEvent.WEBHOOK_REJECTED, **vars(about), code=rejection.code)
        return error("authentication_required", Reason(Code.UNVERIFIED), language)
    except PayloadRejected as rejection:
        log(LogEvent.WEBHOOK_REJECTED, **vars(about), code=rejection.code)
        code = Code.named(rejection.code) or Code.BODY_NOT_JSON
        refusal = error("bad_request", Reason(code, rejection.parameters), language)
        return replace(refusal, status=STATUSES.get(code, refusal.status))
    except (DisallowedHost, ImproperlyConfigured) as mistake:
        _log_mistake(mistake, about)
        return error("internal_error", Reason(Code.MISCONFIGURED), language)
    except Exception:
        log(LogEvent.WEBHOOK_FAILED, **vars(about), exc_info=True)
        return error("internal_error", Reason(Code.INTERNAL_ERROR), language)


def _process(signed: SignedRequest, process: Callable[[SignedRequest], Answer]) -> Answer:
    """Process the request. If the database connection breaks, try once more on a new one.

    That is safe, because an event that was committed is found by its key.
    """
    try:
        return process(signed)
    except database.BROKEN:
        if signed.is_late():
            raise
        log(LogEvent.WEBHOOK_BEGUN_AGAIN, **vars(signed.about), exc_info=True)
    database.close_connections()
    return process(signed)


def _log_mistake(mistake: Exception, about: About) -> None:
    setting = _setting(mistake)
    if about.app == UNKNOWN:
        # Raised while the app was looked up, so its words may name what a stranger asked for.
        setting = "FRONT_CHANNEL_APPS"
        mistake = ImproperlyConfigured().with_traceback(mistake.__traceback__)
    log(
        LogEvent.WEBHOOK_MISCONFIGURED,
        **vars(about),
        code=str(Code.MISCONFIGURED),
        mistake=setting,
        exc_info=mistake,
    )


def _setting(mistake: Exception) -> str:
    """Describe the mistake in the settings for the log."""
    if isinstance(mistake, DisallowedHost):
        return "ALLOWED_HOSTS lacks the request's host. Add it, or set FRONT_CHANNEL_PUBLIC_URL"
    return first_line(str(mistake))


def _receive(request: HttpRequest, app: App | None, about: About) -> SignedRequest:
    """Read and verify the request, without a query to the database."""
    arrived = time.monotonic()
    body = _body(request)
    proof = _prove(request, app, body)
    assert isinstance(app, App)
    envelope = Envelope(DELETE, {}, {}) if request.method == "DELETE" and not body else parse(body)
    about.type = envelope.type if envelope.type in TYPES else UNKNOWN
    return SignedRequest(
        app=app,
        proof=proof,
        envelope=envelope,
        body=body.decode(),
        token=_bearer_token(request),
        about=about,
        absolute=lambda channel: channel_webhook_url(channel.app, channel.webhook_key, request),
        arrived=arrived,
    )


def _prove(request: HttpRequest, app: App | None, body: bytes) -> Proof:
    try:
        return verify(
            method=request.method or "",
            timestamp=request.headers.get("X-Front-Request-Timestamp", ""),
            given=request.headers.get("X-Front-Signature", ""),
            body=body,
            secrets=app.secrets if app else (),
            now=clock.of_this_machine(),
            tolerance=conf.webhook_tolerance,
        )
    except SignatureRejected as rejection:
        if rejection.code == Code.SIGNATURE_WRONG and request.method == "POST" and not body:
            raise _about_no_body(request) from None
        raise


def _body(request: HttpRequest) -> bytes:
    """Return the raw bytes that Front signed. Raises ``PayloadRejected``."""
    most = conf.webhook_max_bytes
    declared = request.META.get("CONTENT_LENGTH") or "0"
    if not CONTENT_LENGTH.fullmatch(declared):
        raise PayloadRejected("Content-Length is not a number.", code=Code.LENGTH_MALFORMED)
    if int(declared) > most:
        _drain(request)
        raise _too_large()
    try:
        body = request.body
    except RequestDataTooBig:
        _drain(request)
        raise _too_large() from None
    except RawPostDataException:
        log(LogEvent.BODY_CONSUMED)
        raise PayloadRejected(
            "The body was read before it could be verified.", code=Code.BODY_CONSUMED
        ) from None
    except UnreadablePostError:
        raise PayloadRejected("The body ended too early.", code=Code.BODY_CUT) from None
    if len(body) > most:
        raise _too_large()
    return body


def _too_large() -> PayloadRejected:
    return PayloadRejected("The request is too large.", code=Code.BODY_TOO_LARGE)


def _drain(request: HttpRequest) -> None:
    """Read the rest of the body, up to a bound. A server that closes with unread bytes may lose our answer."""
    left = DRAINED_BYTES
    with suppress(OSError, RawPostDataException):
        while left > 0 and (piece := request.read(min(left, DRAINED_PIECE))):
            left -= len(piece)


def _about_no_body(request: HttpRequest) -> SignatureRejected:
    """Return the error for an empty body. WSGI servers do not pass on a body without a Content-Length."""
    if "chunked" in request.headers.get("Transfer-Encoding", "").lower():
        return SignatureRejected(
            "The body was sent in chunks, and the server did not pass it on. Let the proxy buffer requests.",
            code=Code.BODY_CHUNKED,
        )
    return SignatureRejected("The request has no body.", code=Code.BODY_EMPTY)


def _bearer_token(request: HttpRequest) -> Secret:
    header = Secret(request.headers.get("Authorization", ""))
    is_bearer = header.reveal()[: len(BEARER)].lower() == BEARER
    return Secret(header.reveal()[len(BEARER) :].strip() if is_bearer else "")
