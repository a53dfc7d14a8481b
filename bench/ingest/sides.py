"""The sides of the comparison: the app, the view by hand, and a bare INSERT. Each has a channel and takes webhooks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from django.urls import reverse
from django.utils import timezone

from bench.ingest.byhand import models as byhand
from django_front_channel.models import ConversationThread, Message
from django_front_channel.testing import factories

TEXT = "Where is my parcel?"


class Side(Protocol):
    path: str
    takes_repeats: bool
    """True if the side recognizes repeated messages, and writes rows for messages."""

    def sync(self, threads: dict[str, str]) -> None:
        """Make rows for messages that Front was told about, given their external ids and those of their threads."""


class Bare:
    path = "/bare/"
    takes_repeats = False

    def sync(self, threads: dict[str, str]) -> None:
        """Do nothing: this side has no messages."""


class ByHand:
    takes_repeats = True

    def __init__(self) -> None:
        self.channel = byhand.Channel.objects.create(name="Support", webhook_key="k" * 32)
        self.path = f"/byhand/{self.channel.webhook_key}/"

    def sync(self, threads: dict[str, str]) -> None:
        rows = {name: byhand.Thread(channel=self.channel, external_id=name) for name in set(threads.values())}
        byhand.Thread.objects.bulk_create(rows.values())
        byhand.Message.objects.bulk_create(
            byhand.Message(
                channel=self.channel, thread=rows[thread], external_id=name, text=TEXT, state="accepted"
            )
            for name, thread in threads.items()
        )


class App:
    takes_repeats = True

    def __init__(self) -> None:
        self.channel = factories.connected_channel()
        key = self.channel.webhook_key
        self.path = reverse("front_channel:channel_webhook", args=[self.channel.app, key])

    def sync(self, threads: dict[str, str]) -> None:
        rows = {
            name: ConversationThread(channel=self.channel, external_conversation_id=name)
            for name in set(threads.values())
        }
        ConversationThread.objects.bulk_create(rows.values())
        Message.objects.bulk_create(self._accepted(threads, rows))

    def _accepted(self, threads: dict[str, str], rows: dict[str, ConversationThread]) -> Iterable[Message]:
        for name, thread in threads.items():
            yield Message(
                channel=self.channel,
                thread=rows[thread],
                external_conversation_id=thread,
                direction=Message.Direction.INBOUND,
                source=Message.Source.HOST,
                state=Message.State.ACCEPTED,
                external_id=name,
                text=TEXT,
                written_at=timezone.now(),
            )
