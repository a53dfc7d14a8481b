"""Process failed and pending webhook events again."""

from __future__ import annotations

from django_front_channel.core import clock
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle.events import is_blanked
from django_front_channel.models import OutboxEntry, WebhookEvent
from django_front_channel.outbox import entries
from django_front_channel.outbox.enqueue import enqueue_processing
from django_front_channel.services.rows import check_row


def process_again(event: WebhookEvent) -> WebhookEvent:
    """Let a worker process a failed or pending event again, at once.

    Returns the event. Raises ``InvalidArgument`` if the event is settled, or its body was removed after its retention
    time.
    """
    check_row("events.process_again", WebhookEvent, event)
    if event.state not in (WebhookEvent.State.FAILED, WebhookEvent.State.PENDING):
        raise InvalidArgument(
            "Only an event that failed or is pending can be processed again.",
            code="already_settled",
            argument="event",
        )
    if is_blanked(event):
        raise InvalidArgument(
            "The body of the event was removed after its retention time.",
            code="event_body_gone",
            argument="event",
        )
    waiting = OutboxEntry.objects.unsettled().filter(event=event, kind=OutboxEntry.Kind.PROCESS)
    if not entries.retry(waiting, clock.now()):
        enqueue_processing(event)
    return event
