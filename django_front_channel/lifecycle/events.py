"""The states of webhook events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django_front_channel.core.reasons import NO_REASON, Code, Reason
from django_front_channel.lifecycle.erased_rows import blank_events
from django_front_channel.models import Channel, WebhookEvent
from django_front_channel.outbox.enqueue import enqueue_processing

State = WebhookEvent.State


def postpone(event: WebhookEvent) -> None:
    """Have a worker ask Front for what the event lacks."""
    WebhookEvent.objects.filter(pk=event.pk).update(
        state=State.PENDING, **Reason(Code.IMPORT_UNMATCHED).columns
    )
    enqueue_processing(event)


def finish(event: WebhookEvent) -> None:
    """Note that an event which had to wait has its effect."""
    WebhookEvent.objects.filter(pk=event.pk).update(state=State.PROCESSED, **NO_REASON)


def fail(event: WebhookEvent, reason: Reason) -> None:
    """Note that the event cannot have its effect, and why."""
    WebhookEvent.objects.filter(pk=event.pk).update(state=State.FAILED, **reason.columns)


def forget_words(event: WebhookEvent, now: datetime) -> None:
    """Keep nothing of what the event says: its person was erased. The answer at hand stays whole."""
    blank_events([WebhookEvent.objects.get(pk=event.pk)], now)


def answer_with(event: WebhookEvent, answer: dict[str, Any], *, channel: Channel | None = None) -> None:
    """Keep another answer than the event was written with, and the channel that it turned out to be about."""
    event.answer = answer
    event.channel = channel or event.channel
    event.save(update_fields=["answer", "channel"])


def is_blanked(event: WebhookEvent) -> bool:
    """Whether retention has taken what processing needs. A DELETE may have had no body from the beginning."""
    return event.type == "message_imported" and not event.body
