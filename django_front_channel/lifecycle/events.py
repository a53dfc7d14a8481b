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
    """Have a worker ask Front which message the event is about."""
    WebhookEvent.objects.filter(pk=event.pk).update(
        state=State.PENDING, **Reason(Code.IMPORT_UNMATCHED).columns
    )
    enqueue_processing(event)


def finish(event: WebhookEvent) -> None:
    """Note that an event was processed after all."""
    WebhookEvent.objects.filter(pk=event.pk).update(state=State.PROCESSED, **NO_REASON)


def fail(event: WebhookEvent, reason: Reason) -> None:
    """Note that the event cannot be processed, and why."""
    WebhookEvent.objects.filter(pk=event.pk).update(state=State.FAILED, **reason.columns)


def forget_words(event: WebhookEvent, now: datetime) -> None:
    """Blank the row of an event about an erased person. The event in memory keeps its answer."""
    blank_events([WebhookEvent.objects.get(pk=event.pk)], now)


def answer_with(event: WebhookEvent, answer: dict[str, Any], *, channel: Channel | None = None) -> None:
    """Store a new answer with the event, and the channel if it has become known."""
    event.answer = answer
    event.channel = channel or event.channel
    event.save(update_fields=["answer", "channel"])


def is_blanked(event: WebhookEvent) -> bool:
    """Return whether retention has removed the body that processing needs. A DELETE needs none."""
    return event.type == "message_imported" and not event.body
