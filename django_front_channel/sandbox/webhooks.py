"""Sending webhooks as Front does: signed, once, with a time limit, and judging the answer."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from django_front_channel.exceptions import InvalidArgument

from .assumptions import Assumptions
from .body_rules import EXTERNAL_ID_LIMIT
from .faults import Faults
from .http_messages import Json, compact_json
from .journal import ENTRIES, Journal

WRONG_SECRET = "not the App secret"  # noqa: S105 - it opens nothing
MORE_TRIES = 2


class NoAnswer(Exception):
    """Raised by a :class:`Send` when no whole answer came."""


class Send(Protocol):
    """Sends one webhook: ``(method, url, headers, body) -> (status, headers, body)``.

    Raises :class:`NoAnswer` where no whole answer came in time (assumption ``webhook_time_limit``).
    """

    def __call__(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]: ...


@dataclass(frozen=True)
class Webhook:
    """One request to the integration; without ``Authorization`` where the token is empty. ``signed`` is
    what the signature covers, where that is not the body."""

    method: str
    url: str
    token: str = field(repr=False)
    body: bytes
    signed: bytes | None = None


@dataclass(frozen=True)
class Reply:
    """The integration's answer. ``status`` is None when none came in time; ``document`` is its JSON
    object, or ``{}``; ``number`` is the one of the journal entry."""

    assumptions: Assumptions = field(repr=False)
    number: int
    status: int | None
    document: Json

    @property
    def refusal(self) -> str | None:
        """The text that people in Front read, or None for a success.

        A success is status 200 with ``{"type": "success"}``: Front's partner-channel-template, src/routes.ts.
        """
        if self.status is None:
            return self.assumptions.unresponsive
        if self.status == 200 and self.document.get("type") == "success":
            return None
        text = self.document.get("message")
        is_shown = self.assumptions.refusal_is_shown and isinstance(text, str) and text
        return str(text) if is_shown else f"The channel answered with status {self.status}."

    @property
    def message_refusal(self) -> str | None:
        """Like ``refusal``, for a message, whose answer must name both external ids."""
        return self.refusal or next(
            (
                f"The channel answered without a valid {name}."
                for name in ("external_id", "external_conversation_id")
                if not self._is_external_id(self.document.get(name))
            ),
            None,
        )

    def _is_external_id(self, value: Any) -> bool:
        is_short = not self.assumptions.answered_id_limit or len(str(value)) <= EXTERNAL_ID_LIMIT
        return isinstance(value, str) and value != "" and is_short


class WebhookSender:
    """Signs, sends and journals webhooks, over HTTP without ``send``. ``clock`` returns unix seconds."""

    def __init__(
        self,
        *,
        app_secret: str,
        send: Send | None,
        clock: Callable[[], float],
        journal: Journal,
        faults: Faults,
        assumptions: Assumptions,
    ) -> None:
        self._app_secret = app_secret
        self._send = send or self._send_over_http
        self._clock = clock
        self._journal = journal
        self._faults = faults
        self._assumptions = assumptions
        self._held: list[Webhook] = []
        self._lock = threading.Lock()
        self._sent: deque[tuple[int, Webhook]] = deque(maxlen=ENTRIES)

    def post(self, url: str, token: str, document: Json) -> Reply:
        """POST a JSON document."""
        return self.deliver(Webhook("POST", url, token, compact_json(document)))

    def tell(self, url: str, token: str, document: Json) -> None:
        """POST a JSON document whose answer nobody waits for: it may be reordered."""
        webhook = Webhook("POST", url, token, compact_json(document))
        if self._faults.happens("reordered"):
            with self._lock:
                self._held.append(webhook)
        else:
            self.deliver(webhook)
            self.send_held()

    @property
    def held_back(self) -> int:
        """How many webhooks wait for the one after them."""
        return len(self._held)

    def send_held(self) -> None:
        """Send what was held back."""
        with self._lock:
            held, self._held = self._held, []
        for webhook in held:
            self.deliver(webhook)

    def resend(self, number: int) -> Reply:
        """Send the webhook of this journal entry again, with a fresh timestamp. Raises InvalidArgument."""
        webhook = dict(self._sent).get(number)
        if webhook is None:
            raise InvalidArgument(f"Journal entry {number} is not a webhook, or no longer kept.")
        return self.deliver(webhook)

    def deliver(self, webhook: Webhook) -> Reply:
        """Send one webhook now, twice where that is a fault. An answer after the time limit counts as none."""
        reply = self._deliver_once(webhook)
        if self._faults.happens("duplicate"):
            self._deliver_once(webhook)
        tries = 0 if self._assumptions.no_retry else MORE_TRIES
        while reply.refusal is not None and tries:
            reply, tries = self._deliver_once(webhook), tries - 1
        return reply

    def _send_over_http(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        return send_with_requests(method, url, headers, body, self._assumptions.webhook_time_limit)

    def _deliver_once(self, webhook: Webhook) -> Reply:
        headers = self._headers(webhook)
        entry = self._journal.open("webhook", webhook.method, webhook.url, headers, webhook.body)
        self._sent.append((entry.number, webhook))
        began = time.monotonic()
        status: int | None = None
        answer = b""
        try:
            status, _, answer = self._send(webhook.method, webhook.url, headers, webhook.body)
        except NoAnswer:
            pass
        finally:
            if time.monotonic() - began > self._assumptions.webhook_time_limit:
                status = None
            entry.settle(status, answer)
        return Reply(self._assumptions, entry.number, status, _json_object(answer))

    def _headers(self, webhook: Webhook) -> dict[str, str]:
        timestamp = str(int(self._clock() * 1000))
        signed = webhook.body if webhook.signed is None else webhook.signed
        secret = WRONG_SECRET if self._faults.happens("wrong_signature") else self._app_secret
        headers = {"Authorization": f"Bearer {webhook.token}"} if webhook.token else {}
        headers |= {
            "X-Front-Request-Timestamp": timestamp,
            "X-Front-Signature": sign(secret, timestamp, signed),
        }
        return {"Content-Type": "application/json", **headers} if webhook.body else headers


def sign(app_secret: str, timestamp: str, body: bytes) -> str:
    """The ``X-Front-Signature``: base64 of HMAC-SHA256 over ``timestamp:body``, with the App secret as key.

    Source: https://dev.frontapp.com/docs/application-webhooks and Front's partner-channel-template
    """
    digest = hmac.digest(app_secret.encode(), timestamp.encode() + b":" + body, hashlib.sha256)
    return base64.b64encode(digest).decode("ascii")


def send_with_requests(
    method: str, url: str, headers: dict[str, str], body: bytes, limit: float
) -> tuple[int, Mapping[str, str], bytes]:
    """Send over the network: no proxies or credentials of this machine, no redirects, a total time limit."""
    deadline = time.monotonic() + limit
    with requests.Session() as session:
        session.trust_env = False
        try:
            with session.request(
                method,
                url,
                headers=headers,
                data=body or None,
                timeout=limit,
                allow_redirects=False,
                stream=True,
            ) as response:
                return response.status_code, response.headers, _read_until(response, deadline)
        except requests.RequestException as error:
            raise NoAnswer(str(error)) from error


def _read_until(response: requests.Response, deadline: float) -> bytes:
    # The timeout of requests is one per read from the socket, so an answer that drips would never meet it;
    # and a larger chunk would wait until it is full.
    parts = []
    for part in response.iter_content(chunk_size=1):
        parts.append(part)
        if time.monotonic() > deadline:
            raise NoAnswer("The answer was not complete in time.")
    return b"".join(parts)


def _json_object(answer: bytes) -> Json:
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
