"""The sender of webhooks: it signs each webhook, sends it within a time limit, and reads the answer."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import requests

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.secret import Secret

from .assumptions import Assumptions
from .behaviour import Behaviour
from .body_rules import LONGEST_EXTERNAL_ID
from .faults import Faults
from .http_messages import Json, compact_json
from .journal import ENTRIES, Journal

WRONG_SECRET = Secret("not the App secret")
MORE_TRIES = 2


class NoAnswer(Exception):
    """No complete answer came in time. Raised by :class:`Send`."""


class Send(Protocol):
    """A function that sends one webhook: ``(method, url, headers, body) -> (status, headers, body)``.

    Raises :class:`NoAnswer`.
    """

    def __call__(
        self, method: str, url: str, headers: dict[str, str], body: bytes, /
    ) -> tuple[int, Mapping[str, str], bytes]: ...


@dataclass(frozen=True)
class Webhook:
    """One request to the integration. The signed content is ``signed``, or the body if that is None."""

    method: str
    url: str
    token: str = field(repr=False)
    body: bytes
    signed: bytes | None = None


@dataclass(frozen=True)
class Answer:
    """The integration's answer to a webhook.

    * ``number``: the number of its journal entry
    * ``status``: the HTTP status, or None if no answer came in time
    * ``document``: the JSON object in the body, or ``{}``
    """

    assumptions: Assumptions = field(repr=False)
    number: int
    status: int | None
    document: Json

    @property
    def refusal(self) -> str | None:
        """The error that people in Front read, or None for a success.

        A success is status 200 with ``{"type": "success"}``. Source: Front's partner-channel-template, src/routes.ts.
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
        """The ``refusal`` of a message. An answer without both external ids is a refusal too."""
        return self.refusal or next(
            (
                f"The channel answered without a valid {name}."
                for name in ("external_id", "external_conversation_id")
                if not self._is_external_id(self.document.get(name))
            ),
            None,
        )

    def _is_external_id(self, value: Any) -> bool:
        is_short = not self.assumptions.answered_id_limit or len(str(value)) <= LONGEST_EXTERNAL_ID
        return isinstance(value, str) and value != "" and is_short


class WebhookSender:
    """Signs, sends and journals webhooks. It uses ``send``, or HTTP by default. The ``clock`` returns unix seconds."""

    def __init__(
        self,
        *,
        app_secret: Secret,
        send: Send | None,
        clock: Callable[[], float],
        journal: Journal,
        behaviour: Behaviour,
        faults: Faults,
        assumptions: Assumptions,
    ) -> None:
        self._app_secret = app_secret
        self._send = send or self._send_over_http
        self._clock = clock
        self._journal = journal
        self._behaviour = behaviour
        self._faults = faults
        self._assumptions = assumptions
        self._held: list[Webhook] = []
        self._lock = threading.Lock()
        self._sent: deque[tuple[int, Webhook]] = deque(maxlen=ENTRIES)

    def post(self, url: str, token: str, document: Json) -> Answer:
        """Send a JSON document by POST, and return the answer."""
        return self.deliver(Webhook("POST", url, token, compact_json(document)))

    def tell(self, url: str, token: str, document: Json) -> None:
        """Send a JSON document by POST. A fault may hold it back, so there is no answer to return."""
        webhook = Webhook("POST", url, token, compact_json(document))
        if self._faults.happens("reordered"):
            with self._lock:
                self._held.append(webhook)
        else:
            self.deliver(webhook)
            self.send_held()

    @property
    def held_back(self) -> int:
        """The number of webhooks that a fault holds back until the next one is sent."""
        return len(self._held)

    def send_held(self) -> None:
        """Send the webhooks that a fault holds back."""
        with self._lock:
            held, self._held = self._held, []
        for webhook in held:
            self.deliver(webhook)

    def resend(self, number: int) -> Answer:
        """Send the webhook of a journal entry again, with a new timestamp. Returns the answer.

        Raises InvalidArgument if the entry is not a webhook, or no longer kept.
        """
        webhook = dict(self._sent).get(number)
        if webhook is None:
            raise InvalidArgument(
                f"Journal entry {number} is not a webhook, or is no longer kept.",
                code="unknown",
                argument="number",
            )
        return self.deliver(webhook)

    def deliver(self, webhook: Webhook) -> Answer:
        """Send one webhook now, and return the answer. An answer after the time limit does not count."""
        answer = self._deliver_once(webhook)
        if self._faults.happens("duplicate"):
            self._deliver_once(webhook)
        tries = 0 if self._assumptions.no_retry else MORE_TRIES
        while answer.refusal is not None and tries:
            answer, tries = self._deliver_once(webhook), tries - 1
        return answer

    def _send_over_http(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        return send_with_requests(method, url, headers, body, self._behaviour.webhook_time_limit)

    def _deliver_once(self, webhook: Webhook) -> Answer:
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
            if time.monotonic() - began > self._behaviour.webhook_time_limit:
                status = None
            entry.settle(status, answer)
        return Answer(self._assumptions, entry.number, status, _json_object(answer))

    def _headers(self, webhook: Webhook) -> dict[str, str]:
        timestamp = str(int(self._clock() * 1000))
        signed = webhook.body if webhook.signed is None else webhook.signed
        secret = WRONG_SECRET if self._faults.happens("wrong_signature") else self._app_secret
        headers = {
            # https://github.com/webhookdb/webhookdb reads the token on every type of request
            "Authorization": f"Bearer {webhook.token}",
            "X-Front-Request-Timestamp": timestamp,
            "X-Front-Signature": sign(secret, timestamp, signed),
        }
        return {"Content-Type": "application/json", **headers} if webhook.body else headers


def sign(app_secret: str | Secret, timestamp: str, body: bytes) -> str:
    """Return the ``X-Front-Signature``: base64 of HMAC-SHA256 of ``timestamp:body``, with the App secret as key.

    Source: https://dev.frontapp.com/docs/application-webhooks and Front's partner-channel-template
    """
    return base64.b64encode(Secret.of(app_secret).mac(timestamp.encode() + b":" + body)).decode("ascii")


def send_with_requests(
    method: str, url: str, headers: dict[str, str], body: bytes, limit: float
) -> tuple[int, Mapping[str, str], bytes]:
    """Send a request over the network, and return the status, headers and body of its answer.

    It does not follow redirects or use this machine's proxies. Raises :class:`NoAnswer` after ``limit`` seconds.
    """
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
    # The time-out of requests applies to each read from the socket, so a slow trickle would never exceed it. The chunks
    # are small, because reading a larger one waits until it is full.
    parts = []
    try:
        for part in response.iter_content(chunk_size=1):
            parts.append(part)
            if time.monotonic() > deadline:
                raise NoAnswer("The answer was not complete in time.")
    except requests.RequestException:
        # A site that answers without reading the body resets the connection. That ends an answer of unknown length.
        if "Content-Length" in response.headers or "Transfer-Encoding" in response.headers:
            raise
    return b"".join(parts)


def _json_object(answer: bytes) -> Json:
    try:
        document = json.loads(answer)
    except (ValueError, RecursionError):
        return {}
    return document if isinstance(document, dict) else {}
