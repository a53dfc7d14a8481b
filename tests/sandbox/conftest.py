from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jwt
import pytest

from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.webhook_sender import NoAnswer

APP_UID = "a1b2c3d4e5f60718"
APP_SECRET = "0123456789abcdef0123456789abcdef"
STATIC_URL = "https://chan.example.org/front/"
CHANNEL_URL = "https://chan.example.org/front/key-1/"
NOW = 1764000000.123


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


@dataclass
class Sent:
    method: str
    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)  # type: ignore[no-any-return]


@dataclass
class Integration:
    """The other side: notes each webhook, and answers as the test says, by default with success."""

    sent: list[Sent] = field(default_factory=list)
    answers: list[tuple[int, Any]] = field(default_factory=list)
    is_down: bool = False

    def __call__(
        self, method: str, url: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Mapping[str, str], bytes]:
        self.sent.append(Sent(method, url, headers, body))
        if self.is_down:
            raise NoAnswer("down")
        status, document = self.answers.pop(0) if self.answers else (200, {"type": "success"})
        return status, {}, document if isinstance(document, bytes) else json.dumps(document).encode()

    def will_answer(self, document: Any, status: int = 200) -> None:
        self.answers.append((status, document))

    def will_send_as(self, external_id: str, external_conversation_id: str) -> None:
        self.will_answer(
            {
                "type": "success",
                "external_id": external_id,
                "external_conversation_id": external_conversation_id,
            }
        )


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return json.loads(self.body)  # type: ignore[no-any-return]


@dataclass
class Caller:
    """Calls the WSGI callable without a socket, by default as the channel ``cha_1``."""

    sandbox: Sandbox
    clock: Clock
    shows_token: bool = True

    def token(self, secret: str = APP_SECRET, algorithm: str = "HS256", **claims: Any) -> str:
        standard = {"iss": APP_UID, "sub": "cha_1", "jti": "1", "exp": int(self.clock.now) + 20}
        kept = {name: value for name, value in {**standard, **claims}.items() if value is not None}
        return jwt.encode(kept, secret, algorithm)

    def __call__(
        self, method: str, path: str, body: Any = None, *, authorization: str | None = None, **environ: str
    ) -> Answer:
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        started: dict[str, Any] = {}
        if self.shows_token:
            token = f"Bearer {self.token()}" if authorization is None else authorization
            environ = {"HTTP_AUTHORIZATION": token, **environ}

        def start_response(status: str, headers: list[tuple[str, str]]) -> None:
            started.update(status=int(status[:3]), headers=dict(headers))

        chunks = self.sandbox(
            {
                "REQUEST_METHOD": method,
                "RAW_URI": path,
                "CONTENT_TYPE": "application/json",
                "CONTENT_LENGTH": str(len(content)),
                "wsgi.input": io.BytesIO(content),
                **environ,
            },
            start_response,  # type: ignore[arg-type]
        )
        return Answer(started["status"], started["headers"], b"".join(chunks))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def integration() -> Integration:
    return Integration()


@pytest.fixture
def sandbox(clock: Clock, integration: Integration) -> Sandbox:
    """A Front with two connected channels, ``cha_1`` and ``cha_2``."""
    return connected_sandbox(clock, integration)


def connected_sandbox(clock: Clock, integration: Integration) -> Sandbox:
    sandbox = Sandbox(
        app_uid=APP_UID, app_secret=APP_SECRET, webhook_url=STATIC_URL, send=integration, clock=clock
    )
    for number in (1, 2):
        integration.will_answer({"type": "success", "webhook_url": CHANNEL_URL.replace("1", str(number))})
        sandbox.connect(token=f"token-{number}", channel_id=f"cha_{number}", address=f"address-{number}")
    integration.sent.clear()
    return sandbox


@pytest.fixture
def call(sandbox: Sandbox, clock: Clock) -> Caller:
    return Caller(sandbox, clock)


def inbound(external_id: str = "sms-1", thread: str = "thr-7", **fields: Any) -> dict[str, Any]:
    return {
        "sender": {"handle": "+33612345678", "name": "Customer"},
        "body": "Bonjour &amp; merci",
        "metadata": {"external_id": external_id, "external_conversation_id": thread},
        **fields,
    }


def outbound(external_id: str = "out-1", thread: str = "thr-7", **fields: Any) -> dict[str, Any]:
    return {
        "to": [{"handle": "+33612345678"}],
        "body": "Sent elsewhere",
        "metadata": {"external_id": external_id, "external_conversation_id": thread},
        **fields,
    }


def import_message(call: Caller, document: dict[str, Any], channel: str = "cha_1") -> dict[str, Any]:
    """Sync one message, let Front import it, and return the message as the API shows it."""
    kind = "inbound" if "sender" in document else "outbound"
    authorization = f"Bearer {call.token(sub=channel)}"
    accepted = call("POST", f"/channels/{channel}/{kind}_messages", document, authorization=authorization)
    assert accepted.status == 202, accepted.body
    call.sandbox.run_until_quiet()
    return call("GET", f"/messages/alt:uid:{accepted.json['message_uid']}", authorization=authorization).json


def conversation_id(message: dict[str, Any]) -> str:
    return str(message["_links"]["related"]["conversation"].rpartition("/")[2])


@pytest.fixture
def conversation(call: Caller, integration: Integration) -> str:
    """A conversation with one message of the customer."""
    message = import_message(call, inbound())
    integration.sent.clear()
    return conversation_id(message)


def form(fields: dict[str, str], *files: tuple[str, str, str, bytes]) -> dict[str, Any]:
    """The arguments of ``call`` for a form; a file is its name in the form, file name, type and content."""
    parts = [(name, None, None, text.encode()) for name, text in fields.items()]
    lines = b""
    for name, filename, content_type, content in [*parts, *files]:
        lines += f'--limit\r\nContent-Disposition: form-data; name="{name}"'.encode()
        if filename is not None:
            lines += f'; filename="{filename}"\r\nContent-Type: {content_type}'.encode()
        lines += b"\r\n\r\n" + content + b"\r\n"
    return {"body": lines + b"--limit--\r\n", "CONTENT_TYPE": "multipart/form-data; boundary=limit"}
