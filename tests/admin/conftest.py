"""People of the admin, and rows of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from django_front_channel.core.digests import digest
from django_front_channel.models import (
    Attachment,
    Channel,
    Conversation,
    ConversationThread,
    Message,
    OutboxAttempt,
    OutboxEntry,
    OutboxLane,
    Pause,
    WebhookEvent,
)
from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.server import serving
from django_front_channel.services import channels, messages
from tests.hostapp.models import User

MODELS: tuple[type[Model], ...] = (
    Channel,
    Conversation,
    ConversationThread,
    Message,
    OutboxEntry,
    OutboxLane,
    Pause,
    WebhookEvent,
)
APP_UID = "a1b2c3d4e5f60718"
APP_SECRET = "0123456789abcdef0123456789abcdef"


def page(model: type[Model], name: str, *args: Any) -> str:
    return reverse(f"admin:front_channel_{model._meta.model_name}_{name}", args=args)


def of_name(model: type[Model]) -> str:
    return str(model._meta.model_name)


@dataclass
class Person:
    """Somebody who is logged in to the admin."""

    client: Client
    user: User

    def open(self, model: type[Model], row: Model | None = None, **query: str) -> Any:
        path = page(model, "change", row.pk) if row else page(model, "changelist")
        return self.client.get(path, query)

    def operate(self, name: str, *rows: Model, **data: str) -> Any:
        """Post an action of the list, follow it, and return the page that is shown then."""
        posted = {"action": name, "_selected_action": [row.pk for row in rows], **data}
        return self.client.post(page(type(rows[0]), "changelist"), posted, follow=True)


def said(response: Any) -> list[str]:
    """What the page tells above its content."""
    return [str(message) for message in response.context["messages"]]


def login(user: User) -> Person:
    client = Client()
    client.force_login(user)
    return Person(client, user)


def staff(*codenames: str) -> Person:
    user = User.objects.create_user("staff-" + "-".join(codenames)[:100], is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="front_channel", codename__in=codenames)
    )
    return login(user)


@pytest.fixture
def boss(db: None) -> Person:
    return login(User.objects.create_superuser("boss"))


@pytest.fixture
def viewer(db: None) -> Person:
    """Staff who may look at everything and change nothing."""
    codenames = Permission.objects.filter(
        content_type__app_label="front_channel", codename__startswith="view_"
    ).values_list("codename", flat=True)
    return staff(*codenames)


@pytest.fixture
def channel(db: None) -> Channel:
    """A channel that Front has connected."""
    channel = channels.create(name="Shop chat", address="shop").channel
    channel.state, channel.front_id = Channel.State.CONNECTED, "cha_1"
    channel.connected_app_uid, channel.connected_api_url = APP_UID, "https://api2.frontapp.com"
    channel.save()
    return channel


def queued(channel: Channel, number: int = 1, thread: str = "", **values: Any) -> Message:
    given: dict[str, Any] = {"sender": f"customer-{number}", "text": f"Hello {number}", **values}
    return messages.sync_inbound(
        channel, external_id=f"m-{number}", external_conversation_id=thread or f"t-{number}", **given
    )


def thread_of(channel: Channel, name: str) -> ConversationThread:
    thread, _created = ConversationThread.objects.get_or_create(
        channel=channel, external_conversation_id=name
    )
    return thread


def from_front(channel: Channel, number: int = 1, **values: Any) -> Message:
    """A teammate's message that waits for its delivery."""
    thread = thread_of(channel, f"ft-{number}")
    given: dict[str, Any] = {
        "text": "A reply",
        "state": Message.State.RECEIVED,
        "external_id": f"front-msg_{number}",
        "delivery_id": f"d-{number}",
        **values,
    }
    return Message.objects.create(
        channel=channel,
        external_conversation_id=thread.external_conversation_id,
        thread=thread,
        direction=Message.Direction.OUTBOUND,
        source=Message.Source.TEAMMATE,
        front_id=f"msg_{number}",
        written_at=timezone.now(),
        **given,
    )


def event(channel: Channel, number: int = 1, **values: Any) -> WebhookEvent:
    given: dict[str, Any] = {
        "type": "delete",
        "state": WebhookEvent.State.FAILED,
        "body": '{"type": "delete"}',
        **values,
    }
    return WebhookEvent.objects.create(
        app="default",
        channel=channel,
        front_id=f"cha_{number}",
        digest=digest("event", str(number)),
        signed_timestamp=1764000000000,
        answer_status=200,
        answer={"type": "success"},
        received_at=timezone.now(),
        **given,
    )


def lane(channel: Channel, thread: str, **values: Any) -> OutboxLane:
    return OutboxLane.objects.create(
        channel=channel, direction=OutboxLane.Direction.SYNC, external_conversation_id=thread, **values
    )


def rows_of_every_kind(channel: Channel, number: int = 1) -> dict[type[Model], Model]:
    """One more row of each model, each found by the id in ``IDS``."""
    conversation = Conversation.objects.create(channel=channel, front_id=f"cnv_{number}", subject="Invoice")
    message = queued(channel, number)
    thread = thread_of(channel, f"t-{number}")
    ConversationThread.objects.filter(pk=thread.pk).update(conversation=conversation)
    Message.objects.filter(pk=message.pk).update(thread=thread)
    Attachment.objects.create(message=message, position=0, filename="invoice.pdf")
    entry = OutboxEntry.objects.get(message=message)
    now = timezone.now()
    OutboxAttempt.objects.create(
        entry=entry, started_at=now, ended_at=now, outcome="failed", detail="No answer"
    )
    return {
        Channel: channel,
        Conversation: conversation,
        ConversationThread: thread,
        Message: message,
        OutboxEntry: entry,
        OutboxLane: lane(channel, f"t-{number}", due_at=now),
        Pause: Pause.objects.create(
            app="default", scope=Pause.Scope.CONVERSATION, key=f"cnv_{number}", until=now
        ),
        WebhookEvent: event(channel, number),
    }


IDS: dict[type[Model], str] = {
    Channel: "cha_1",
    Conversation: "cnv_1",
    ConversationThread: "t-1",
    Message: "m-1",
    OutboxEntry: "m-1",
    OutboxLane: "t-1",
    Pause: "cnv_1",
    WebhookEvent: "cha_1",
}


@pytest.fixture
def later() -> datetime:
    return datetime.now(UTC) + timedelta(hours=1)


def to_the_app(method: str, url: str, headers: dict[str, str], body: bytes) -> Any:
    """Send a webhook of the sandbox to the app in this process."""
    path = url.removeprefix("http://testserver")
    response = Client().generic(method, path, body, "application/json", headers=headers)
    return response.status_code, dict(response.headers), response.content


@pytest.fixture
def front(db: None, settings: Any) -> Iterator[Any]:
    """Front on a socket, with a channel connected to it: ``sandbox``, ``channel`` and ``compose``."""
    settings.FRONT_CHANNEL_PUBLIC_URL = "http://testserver"
    url = "http://testserver" + reverse("front_channel:app_webhook", args=["default"])
    sandbox = Sandbox(app_uid=APP_UID, app_secret=APP_SECRET, webhook_url=url, send=to_the_app)
    with serving(sandbox) as api_url:
        settings.FRONT_CHANNEL_API_URL = api_url
        new = channels.create(name="Shop chat")
        connected = sandbox.connect(token=new.token)
        assert connected["error"] is None
        new.channel.refresh_from_db()
        compose: Callable[..., Any] = lambda text="Hello", **values: sandbox.compose(  # noqa: E731
            channel_id=connected["channel_id"], to=["customer"], text=text, **values
        )
        yield SimpleNamespace(sandbox=sandbox, channel=new.channel, compose=compose)
