"""Front can get exactly the answers that the page lists: each is provoked, and none is left out."""

from __future__ import annotations

import ast
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.http import HttpRequest
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils.deprecation import MiddlewareMixin

from django_front_channel import handlers, services, webhooks
from django_front_channel.core.reasons import Code
from django_front_channel.handlers import Address, AddressPage, Authorization, ChannelHandler
from django_front_channel.lifecycle import channels
from django_front_channel.models import Channel, Message, WebhookEvent
from django_front_channel.testing import FrontWebhookClient, bodies, factories
from tests.log_records import events, fields

from .pages import names, table, text_of

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response
    from pytest_django import Settings

Scenario = Callable[["Front"], "Response"]
ROWS = table("reference/webhooks.md", "status")
JSON = re.compile(r"^```json\n(.+?)^```", re.MULTILINE | re.DOTALL)
SAYS_ITSELF = "*what your handler says*"
# The calls whose last argument is a text for Front; _() is where it may be translated.
SAYING = {"error", "PayloadRejected", "MessageRefused", "AuthorizationRefused"}
HOST_SAYS = "Not on Sundays."


class Handler(ChannelHandler):
    """Refuses one text, and shows two pages of addresses."""

    def accept(self, message: Message) -> None:
        if message.text == HOST_SAYS:
            raise handlers.MessageRefused(HOST_SAYS)

    def list_addresses(self, authorization: Authorization, page_token: str | None) -> AddressPage:
        return AddressPage([Address("+33123456789", "Shop")], None if page_token else "2")


class Misled(ChannelHandler):
    """Lets every token connect any channel."""

    def authorize(self, authorization: Authorization) -> Channel:
        return Channel.objects.get()


class Broken(ChannelHandler):
    def accept(self, message: Message) -> None:
        raise ZeroDivisionError


class Reading(MiddlewareMixin):
    def process_request(self, request: HttpRequest) -> None:
        request.read(1)


class Front(FrontWebhookClient):
    """Front, a channel that is connected, and means to spoil things."""

    def __init__(self, settings: Settings, patch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.patch = patch
        self.settings = settings
        self.channel = factories.connected_channel(front_id="cha_1")

    def handled_by(self, handler: type[ChannelHandler]) -> Front:
        app = self.settings.FRONT_CHANNEL_APPS["default"]
        path = f"{handler.__module__}.{handler.__name__}"
        self.settings.FRONT_CHANNEL_APPS = {
            "default": {**app, "HANDLER": path},
            "other": {**app, "HANDLER": path},
        }
        return self

    def to_app(self, body: Any, app: str = "default", token: str = "") -> Response:
        return self.send(reverse("front_channel:app_webhook", args=[app]), body, token=token)

    def deleting(self, body: Any) -> Response:
        return self.send(services.channels.webhook_url(self.channel), body, method="DELETE")

    def disconnected(self) -> Front:
        services.channels.disconnect(self.channel)
        return self

    def late(self) -> Front:
        self.patch.setattr("django_front_channel.webhooks.answers.DEADLINE_SECONDS", -1.0)
        return self


def twice(front: Front, **second: Any) -> Response:
    front.message(front.channel, front_id="msg_1")
    return front.message(front.channel, front_id="msg_1", **second)


def replayed(front: Front) -> Response:
    other, body = factories.connected_channel(), bodies.message()
    stamp = 1764000000123
    front.settings.FRONT_CHANNEL_WEBHOOK_TOLERANCE = 10**9
    assert front.post(front.channel, body, timestamp=stamp).status_code == 200
    return front.post(other, body, timestamp=stamp)


def opted_out(front: Front) -> Response:
    services.people.opt_out(front.channel, handle=bodies.CUSTOMER)
    return front.message(front.channel)


def taken_token(front: Front) -> Response:
    return front.authorization("cha_2", services.channels.rotate_token(front.channel))


def taken_channel(front: Front) -> Response:
    return front.authorization("cha_1", services.channels.create(name="Second").token)


def spent_token(front: Front) -> Response:
    new = services.channels.create(name="Removed")
    front.authorization("cha_3", new.token)
    front.delete(new.channel)
    return front.authorization("cha_3", new.token)


def nobodys_channel(front: Front) -> Response:
    return front.send(reverse("front_channel:channel_webhook", args=["default", "0"]), bodies.message())


def too_large(front: Front) -> Response:
    front.settings.FRONT_CHANNEL_WEBHOOK_MAX_BYTES = 1024
    return front.message(front.channel, text="x" * 1024)


def unsigned(front: Front) -> Response:
    return Client().post(services.channels.webhook_url(front.channel), {}, "application/json")


def put(front: Front) -> Response:
    return Client().put(services.channels.webhook_url(front.channel))


def many(count: int, **lists: Any) -> dict[str, Any]:
    body = bodies.message()
    body["payload"] |= {name: [item] * count for name, item in lists.items()}
    return body


def read_before(front: Front) -> Response:
    front.settings.MIDDLEWARE = [*front.settings.MIDDLEWARE, f"{__name__}.{Reading.__name__}"]
    front.http = Client()
    return front.message(front.channel)


class CutOff(io.BytesIO):
    """A body whose sender has gone."""

    def read(self, size: int | None = -1, /) -> bytes:
        raise ConnectionResetError


def cut_off(front: Front) -> Response:
    url = services.channels.webhook_url(front.channel)
    environment: dict[str, Any] = {"wsgi.input": CutOff()}
    return Client().post(url, {}, "application/json", **environment)


def unknown_host(front: Front) -> Response:
    front.settings.ALLOWED_HOSTS = ["shop.example.com"]
    # Which would answer before the view.
    front.settings.MIDDLEWARE = [name for name in front.settings.MIDDLEWARE if "Common" not in name]
    front.http = Client()
    return front.authorization("cha_1", services.channels.rotate_token(front.channel))


REFUSALS: dict[str, Scenario] = {
    "Content-Length is not a number.": lambda front: Client().post(
        services.channels.webhook_url(front.channel), {}, "application/json", CONTENT_LENGTH="1e3"
    ),
    "The body was read before it could be verified.": read_before,
    "The body ended too early.": cut_off,
    "The body is not UTF-8.": lambda front: front.post(front.channel, b"\xff"),
    "The body is not strict JSON.": lambda front: front.post(front.channel, b'{"type": NaN}'),
    "The body has more than 64 levels of nesting.": lambda front: front.post(
        front.channel, b"[" * 65 + b"]" * 65
    ),
    "The body is not a JSON object.": lambda front: front.post(front.channel, b"[]"),
    "The body has no type.": lambda front: front.post(front.channel, {"payload": {}}),
    "payload and metadata must be JSON objects.": lambda front: front.post(
        front.channel, {"type": "message", "payload": []}
    ),
    "The message has more than 100 recipients.": lambda front: front.post(
        front.channel, many(101, recipients={})
    ),
    "The message has more than 50 attachments.": lambda front: front.post(
        front.channel, many(51, attachments={})
    ),
    "This URL accepts only authorization and list_addresses.": lambda front: front.to_app(bodies.message()),
    "The request names no channel.": lambda front: front.to_app({"type": "authorization"}),
    "Unknown token. Paste the connection token that was shown for this channel.": lambda front: (
        front.authorization("cha_2", "wrong")
    ),
    "The channel of this token was removed in Front, so the token can no longer be used.": spent_token,
    "This token belongs to another app.": lambda front: front.handled_by(Misled).to_app(
        bodies.authorization("cha_2"), "other"
    ),
    "Another channel in Front uses this token already. Disconnect that channel, or use another token.": (
        taken_token
    ),
    "This channel of Front is already connected with another token.": taken_channel,
    "The message is empty, so it was not sent.": lambda front: front.post(
        front.channel, {"type": "message", "payload": {"id": "msg_1", "text": " ", "body": ""}}
    ),
    "The customer has opted out of messages on this channel. The message was not sent.": opted_out,
    SAYS_ITSELF: lambda front: front.handled_by(Handler).message(front.channel, text=HOST_SAYS),
    "The HTTP method does not match the type of the request.": lambda front: front.deleting(bodies.message()),
    "This kind of message is not supported. It was not sent.": lambda front: front.post(
        front.channel, {"type": "message_of_tomorrow", "payload": {"text": "Hello"}}
    ),
    "The request could not be verified.": unsigned,
    "The token of this request is not the one that connected the channel.": lambda front: front.send(
        services.channels.webhook_url(front.channel), bodies.message(), token="another"
    ),
    "This request was made for another URL.": replayed,
    "The request names another channel.": lambda front: front.deleting(bodies.delete("cha_2")),
    "There is no such channel.": nobodys_channel,
    "This channel is no longer connected. The message was not sent.": lambda front: (
        front.disconnected().message(front.channel)
    ),
    "Front does not use this HTTP method here.": put,
    "The request is too large.": too_large,
    "The channel took too long. Please connect it again.": lambda front: front.late().authorization(
        "cha_1", services.channels.rotate_token(front.channel)
    ),
    "The channel took too long. Please send the message again.": lambda front: front.late().message(
        front.channel
    ),
    "The settings of this channel's site are wrong. Its administrator can find the cause in the log.": unknown_host,
    "The channel failed temporarily. Please try again.": lambda front: front.handled_by(Broken).message(
        front.channel
    ),
}

SUCCESSES: list[tuple[set[str], Scenario]] = [
    (
        {"webhook_url"},
        lambda front: front.authorization("cha_1", services.channels.rotate_token(front.channel)),
    ),
    ({"addresses", "pagination"}, lambda front: front.handled_by(Handler).list_addresses()),
    ({"addresses"}, lambda front: front.handled_by(Handler).list_addresses(page_token="2")),
    ({"external_id", "external_conversation_id"}, lambda front: front.message(front.channel)),
    ({"external_id", "external_conversation_id"}, lambda front: front.message_autoreply(front.channel)),
    ({"external_id", "external_conversation_id"}, twice),
    (
        set(),
        lambda front: front.message_imported(
            front.channel, external_id="chat-1", external_conversation_ids=["ana-17"]
        ),
    ),
    (set(), lambda front: front.delete(front.channel)),
    (set(), lambda front: front.post(front.channel, {"type": "something_of_tomorrow"})),
]


@pytest.fixture
def front(db: None, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Front:
    return Front(settings, monkeypatch)


def test_every_refusal_of_the_page_is_tried() -> None:
    assert [message for _status, _type, message, _when in ROWS] == list(REFUSALS)


@pytest.mark.parametrize(("status", "type_", "message"), [row[:3] for row in ROWS])
def test_a_refusal_is_what_the_page_says(front: Front, status: str, type_: str, message: str) -> None:
    response = REFUSALS[message](front)

    expected = HOST_SAYS if message == SAYS_ITSELF else message
    assert response.json() == {"type": names(type_)[0], "message": expected}
    assert response.status_code == int(status)


@pytest.mark.parametrize("message", REFUSALS)
def test_a_refusal_is_a_row_or_one_line_in_the_log(
    front: Front, caplog: pytest.LogCaptureFixture, message: str
) -> None:
    REFUSALS[message](front)

    lines = [event for event in events(caplog.records) if event.startswith("webhook_")]
    assert len(lines) + WebhookEvent.objects.filter(state="refused").count() == 1


def test_a_message_to_a_channel_that_is_gone_is_in_the_log(
    front: Front, caplog: pytest.LogCaptureFixture
) -> None:
    front.disconnected().message(front.channel)

    lines = [fields(each) for each in caplog.records if getattr(each, "event", "") == "webhook_rejected"]
    known = {"app": "default", "type": "message", "channel_id": front.channel.pk}
    assert lines == [{**known, "code": "channel_gone", "repeats": 0}]


@pytest.mark.parametrize(("keys", "scenario"), SUCCESSES)
def test_an_answer_of_success_is_what_the_page_shows(
    front: Front, keys: set[str], scenario: Scenario
) -> None:
    shown = [
        json.loads(block) for block in JSON.findall(text_of("reference/webhooks.md", "Answers of success"))
    ]

    response = scenario(front)

    answer = response.json()
    assert (response.status_code, answer.pop("type")) == (200, "success")
    assert answer.keys() == keys
    assert any(keys <= example.keys() and bool(keys) == (len(example) > 1) for example in shown)


def test_every_text_that_the_code_answers_is_on_the_page() -> None:
    sources = [
        *Path(webhooks.__file__).parent.rglob("*.py"),
        Path(handlers.__file__),
        Path(channels.__file__),
    ]
    said = {code for source in sources for code in _answers(ast.parse(source.read_text()))}

    assert len(said) > 20
    by_host = {Code.MESSAGE_REFUSED, Code.CONNECTION_REFUSED}
    patterns = {code: re.sub(r"\\{.+?\\}", ".+", re.escape(str(code.sentence))) for code in said - by_host}
    assert {
        code
        for code, text in patterns.items()
        if not any(re.fullmatch(text, message) for message in REFUSALS)
    } == set()


def _answers(tree: ast.AST) -> Iterator[Code]:
    """The codes that a request may be refused with."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING:
            for named in ast.walk(node):
                if isinstance(named, ast.Attribute) and named.attr in Code.__members__:
                    yield Code[named.attr]


def test_the_urls_are_those_of_the_page() -> None:
    rows = table("reference/webhooks.md", "URL name")
    resolver = get_resolver("django_front_channel.urls")

    assert {names(name)[0].removeprefix("front_channel:") for name, *_ in rows} == {
        key for key in resolver.reverse_dict if isinstance(key, str)
    }
