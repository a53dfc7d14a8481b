"""Have events processed that could not be."""

from __future__ import annotations

from django_front_channel.core import clock
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle.events import is_blanked
from django_front_channel.models import OutboxEntry, WebhookEvent
from django_front_channel.outbox import entries
from django_front_channel.outbox.enqueue import enqueue_processing
from django_front_channel.services.rows import check_row


def process_again(event: WebhookEvent) -> WebhookEvent:
    """Have a worker process now an event that failed, or that waits for Front's answer.

    Returns the event. Raises ``InvalidArgument`` when it is settled, or its body is gone by retention.
    """
    check_row("events.process_again", WebhookEvent, event)
    if event.state not in (WebhookEvent.State.FAILED, WebhookEvent.State.PENDING):
        raise InvalidArgument(
            "Only an event that failed, or that is pending, can be processed again.",
            code="already_settled",
            argument="event",
        )
    if is_blanked(event):
        raise InvalidArgument(
            "The body of the event is gone by retention.", code="event_body_gone", argument="event"
        )
    waiting = OutboxEntry.objects.unsettled().filter(event=event, kind=OutboxEntry.Kind.PROCESS)
    if not entries.retry(waiting, clock.now()):
        enqueue_processing(event)
    return event
