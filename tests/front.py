"""A Front on loopback, connected to the app under test: what the tests of services and outbox share.

Calls to Front go over a socket. Front's webhooks come in the calling thread, so that a test decides when:
imports wait for ``front.run_until_quiet()``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from django_front_channel import services
from django_front_channel.core import clock
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel, Message, OutboxEntry
from django_front_channel.outbox.admission import Admission
from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.server import serving
from django_front_channel.worker.loop import Worker
from django_front_channel.worker.rounds import admit_portion

APP = {"APP_UID": "a1b2c3d4e5f60718", "APP_SECRET": "0123456789abcdef0123456789abcdef"}


class Courier(ChannelHandler):
    """A host's handler whose provider does what the test says."""

    outcomes: ClassVar[list[Any]] = []
    """What the next deliveries return, or raise where it is an exception; then they return None."""
    tried: ClassVar[list[str]] = []
    found: ClassVar[dict[str, str]] = {}
    """What ``find_delivery`` finds, by external id."""
    asked: ClassVar[list[str]] = []

    def deliver(self, message: Message) -> str | None:
        self.tried.append(message.text)
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, Exception):
            raise outcome
        assert outcome is None or isinstance(outcome, str)
        return outcome

    def find_delivery(self, message: Message) -> str | None:
        self.asked.append(message.text)
        return self.found.get(message.external_id)


@dataclass
class MovableClock:
    """The machine's time, moved on by as much as a test says."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += timedelta(seconds=seconds)


@pytest.fixture
def time() -> Iterator[MovableClock]:
    """The clock of leases, pauses and due times, to be moved on."""
    movable = MovableClock()
    with clock.replaced(movable):
        yield movable


@pytest.fixture
def courier(settings: Settings) -> Iterator[type[Courier]]:
    """A handler that delivers."""
    settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": "tests.front.Courier"}}
    yield Courier
    for kept in (Courier.outcomes, Courier.tried, Courier.found, Courier.asked):
        kept.clear()


@pytest.fixture
def front(db: None, settings: Settings) -> Iterator[Sandbox]:
    """Front, which the settings name."""
    sandbox = Sandbox(
        app_uid=APP["APP_UID"],
        app_secret=APP["APP_SECRET"],
        webhook_url="http://testserver/front/default/",
        send=send_to_the_app,
        import_delay=3600,
    )
    with serving(sandbox) as url:
        settings.FRONT_CHANNEL_API_URL = url
        settings.FRONT_CHANNEL_PUBLIC_URL = "http://testserver"
        yield sandbox


@pytest.fixture
def channel(front: Sandbox) -> Channel:
    """A connected channel."""
    return connect(front)


def connect(front: Sandbox, name: str = "SMS") -> Channel:
    new = services.channels.create(name=name)
    assert front.connect(token=new.token)["error"] is None
    new.channel.refresh_from_db()
    return new.channel


def send_to_the_app(
    method: str, url: str, headers: dict[str, str], body: bytes
) -> tuple[int, Mapping[str, str], bytes]:
    path = urlsplit(url).path
    answer = Client().generic(method, path, body, content_type="application/json", headers=headers)
    return answer.status_code, answer.headers, answer.content


def worker(*streams: str) -> Worker:
    return Worker(streams=streams or ("sync", "deliver", "announce"), interval=0.05)


def work(*streams: str) -> None:
    """Carry out what is due now."""
    worker(*streams).run_until_quiet()


def admit(kind: str = OutboxEntry.Kind.REQUEST) -> int:
    """Admit all new entries of this kind. Returns how many they were."""
    source, total = Admission(kind), 0
    while admitted := admit_portion(source):
        total += admitted
    return total


def tell(channel: Channel, external_id: str, thread: str = "thread-1", **values: Any) -> Message:
    """A customer writes."""
    said = {"text": f"text of {external_id}", "sender": "+33612345678", **values}
    return services.messages.sync_inbound(
        channel, external_id=external_id, external_conversation_id=thread, **said
    )


def receive(front: Sandbox, channel: Channel, text: str = "Hello") -> Message:
    """A teammate writes to a customer."""
    assert channel.front_id is not None
    sent = front.compose(channel_id=channel.front_id, to=["+33612345678"], text=text)
    return _received(sent)


def reply(front: Sandbox, conversation_id: str, text: str) -> Message:
    """A teammate writes in a conversation that exists."""
    sent = front.reply(conversation_id=conversation_id, text=text)
    return _received(sent)


def _received(sent: dict[str, Any]) -> Message:
    assert sent["error"] is None, sent
    message = Message.objects.latest("pk")
    assert message.external_id == sent["external_id"]
    return message


def calls(front: Sandbox, part: str = "_messages") -> list[dict[str, Any]]:
    """The API requests whose URL holds ``part``, in order."""
    return [entry for entry in front.journal.since(0) if entry["kind"] == "api" and part in entry["url"]]


def told(front: Sandbox) -> list[str]:
    """The external ids of the messages that Front was told about, request by request."""
    return [json.loads(entry["body"])["metadata"]["external_id"] for entry in calls(front)]


def entry_of(message: Message) -> OutboxEntry:
    """The newest entry about a message."""
    return OutboxEntry.objects.filter(message=message).latest("pk")


def outcomes_of(message: Message) -> Counter[str]:
    """How the failed attempts of a message's entries ended."""
    entries = OutboxEntry.objects.filter(message=message)
    return Counter(entries.exclude(failed_attempts=None).values_list("failed_attempts__outcome", flat=True))


def state_of(row: Message | Channel) -> str:
    return type(row).objects.values_list("state", flat=True).get(pk=row.pk)


@pytest.fixture
def heard() -> Iterator[Callable[..., list[dict[str, Any]]]]:
    """Connect a receiver to a signal: ``heard(signal)`` gives the list of what it receives."""
    connected = []

    def listen(signal: Any) -> list[dict[str, Any]]:
        received: list[dict[str, Any]] = []

        def receiver(**arguments: Any) -> None:
            received.append(arguments)

        signal.connect(receiver)
        connected.append((signal, receiver))
        return received

    yield listen
    for signal, receiver in connected:
        signal.disconnect(receiver)
