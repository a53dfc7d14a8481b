"""The client and the sandbox on the two ends of a real socket, and what went over it."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from django_front_channel.client import FrontClient
from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.http_messages import Request, read_request
from django_front_channel.sandbox.server import serving
from tests.client.every import CALL, CONTACT, SAMPLES, TEMPLATE, upload
from tests.sandbox.conftest import APP_SECRET, APP_UID, CHANNEL_URL, STATIC_URL, Answer, Integration

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LABEL = b"%PDF-1.7\r\n\x00\xff\r\n--boundary--\r\n"
SHOP_ORDER = "https://shop.example/orders/1"


class Exchange(NamedTuple):
    """One request of the client as the sandbox received it, and its answer."""

    request: Request
    answer: Answer

    @property
    def path(self) -> str:
        return self.request.target.partition("?")[0]


class RecordingSandbox(Sandbox):
    """Keeps what came and went. What follows from a 202 waits for ``run_until_quiet()``."""

    def __init__(self, integration: Integration) -> None:
        super().__init__(
            app_uid=APP_UID,
            app_secret=APP_SECRET,
            webhook_url=STATIC_URL,
            send=integration,
            import_delay=3600,
        )
        self.exchanges: list[Exchange] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> list[bytes]:
        request = read_request(environ)
        started: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]]) -> Any:
            started.update(status=int(status[:3]), headers=dict(headers))
            return start_response(status, headers)

        again = {**environ, "wsgi.input": io.BytesIO(request.body)}
        body = b"".join(super().__call__(again, start))  # type: ignore[arg-type]
        self.exchanges.append(Exchange(request, Answer(started["status"], started["headers"], body)))
        return [body]


@dataclass
class World:
    """A conversation ``c-1`` with a customer's message ``m-0`` and a teammate's ``m-2``, and around it something
    of every kind that Front keeps for a channel."""

    sandbox: RecordingSandbox
    client: FrontClient
    integration: Integration
    ids: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.integration.will_answer({"type": "success", "webhook_url": CHANNEL_URL})
        self.sandbox.connect(token="t", channel_id="cha_1", address="shop")
        self._write()
        self._decorate()
        self.integration.sent.clear()
        self.sandbox.exchanges.clear()

    @property
    def channel(self) -> dict[str, Any]:
        [channel] = self.sandbox.snapshot()["channels"]
        return channel  # type: ignore[no-any-return]

    @property
    def conversation(self) -> dict[str, Any]:
        found = {each["id"]: each for each in self.sandbox.snapshot()["conversations"]}
        return found[self.ids["conversation_id"]]  # type: ignore[no-any-return]

    def sync(self, external_id: str, thread: str = "c-1", **more: Any) -> str:
        """Have a customer's message imported; return the id of its conversation."""
        said: dict[str, Any] = {"sender": CONTACT, "subject": "Parcel", "body": "Hello"} | more
        accepted = self.client.messages.sync_inbound(
            **said, external_id=external_id, external_conversation_id=thread
        )
        self.sandbox.run_until_quiet()
        message = self.client.messages.get(f"alt:uid:{accepted.message_uid}")
        assert message.conversation_id is not None
        return message.conversation_id

    def arguments(self, operation_id: str) -> dict[str, Any]:
        """Those of the sample, about what is there."""
        sample = SAMPLES[operation_id].arguments
        return sample | {name: value for name, value in self.ids.items() if name in sample}

    def _write(self) -> None:
        files = [upload(), upload("b.txt", "text/plain", b"two")]
        conversation = self.sync("m-0", attachments=files)
        self.integration.will_send_as("m-2", "c-1")
        label = {"filename": "label.pdf", "content": base64.b64encode(LABEL).decode()}
        reply = self.sandbox.reply(conversation_id=conversation, text="Look", attachments=[label])
        [attachment] = self.client.messages.get(reply["message_id"]).attachments
        self.ids = {
            "conversation_id": conversation,
            "message_id": reply["message_id"],
            "attachment_id": attachment.id,
        }

    def _decorate(self) -> None:
        conversation, group = self.ids["conversation_id"], self.client.conversations
        group.add_tags(conversation, tag_ids=["tag_1"])
        group.add_followers(conversation, teammate_ids=["tea_1"])
        group.add_links(conversation, link_external_urls=[SHOP_ORDER])
        group.add_comment(conversation, body="First", author_id="tea_1", attachments=[upload()])
        group.create_draft(conversation, body="Soon", author_id="tea_1")
        self.client.messages.mark_seen(self.ids["message_id"])
        self.ids["link_ids"] = self.conversation["link_ids"]
        self.client.perform("create-call", **SAMPLES["create-call"].arguments | CALL)
        self.client.perform("sync-application-message-template", external_id="welcome", **TEMPLATE)


@contextmanager
def world() -> Iterator[World]:
    integration = Integration()
    sandbox = RecordingSandbox(integration)
    with serving(sandbox) as url:
        client = FrontClient(APP_UID, APP_SECRET, "cha_1", api_url=url)
        yield World(sandbox, client, integration)
        client.close()
