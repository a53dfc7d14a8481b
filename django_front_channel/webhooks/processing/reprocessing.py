"""Events that could not be processed at once, carried out by a worker."""

from __future__ import annotations

from django_front_channel.exceptions import (
    ChannelUnavailable,
    FrontAPIError,
    FrontNotFoundError,
    InvalidArgument,
)
from django_front_channel.gateway import client_for
from django_front_channel.models import OutboxEntry, WebhookEvent, database
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.outbox.calls import outcome_of
from django_front_channel.outbox.outcomes import Blocked, GaveUp, Retry, Succeeded, TryOutcome
from django_front_channel.services import outbox
from django_front_channel.webhooks.envelope import parse
from django_front_channel.webhooks.payloads import read_message
from django_front_channel.webhooks.processing.deletion import record_deletion
from django_front_channel.webhooks.processing.events import process_later
from django_front_channel.webhooks.processing.imports import Unmatched, Unreadable, record_import

BLANKED = "The event's body is gone by retention."
WAIT_SECONDS = 60.0
LOOK_UPS = 8


def reprocess(entry: OutboxEntry) -> TryOutcome:
    """Process the entry's event again; where it does not say which message was imported, ask Front."""
    event = entry.event
    assert event is not None
    if event.state == WebhookEvent.State.PROCESSED:
        return Succeeded()
    outcome = GaveUp(BLANKED) if _is_blanked(event) else _outcome(entry, event)
    if isinstance(outcome, GaveUp):
        failed = {"state": WebhookEvent.State.FAILED, "error": outcome.error}
        WebhookEvent.objects.filter(pk=event.pk).update(**failed)
    return outcome


def _outcome(entry: OutboxEntry, event: WebhookEvent) -> TryOutcome:
    try:
        try:
            _process(event)
        except Unmatched:
            _process(event, external_id=_ask(event))
    except Unreadable as error:
        return GaveUp(str(error))
    except Unmatched:
        return GaveUp("Front does not say which message this is either.")
    except ChannelUnavailable as error:
        return Retry(str(error), delay=WAIT_SECONDS, counts=False)
    except FrontNotFoundError as error:
        # An import may be told of before its message can be looked up.
        return Retry(str(error)) if entry.attempts < LOOK_UPS else GaveUp(str(error))
    except FrontAPIError as error:
        outcome = outcome_of(error, entry)
        return Retry(outcome.error) if isinstance(outcome, Blocked) else outcome
    return Succeeded()


def process_again(event: WebhookEvent) -> WebhookEvent:
    """Have a worker process now an event that failed, or that waits for Front's answer.

    Returns the event. Raises ``InvalidArgument`` when it is settled, or its body is gone by retention.
    """
    if event.state not in (WebhookEvent.State.FAILED, WebhookEvent.State.PENDING):
        raise InvalidArgument("Only an event that failed, or that is pending, can be processed again.")
    if _is_blanked(event):
        raise InvalidArgument(BLANKED)
    waiting = OutboxEntry.objects.unsettled().filter(event=event, kind=OutboxEntry.Kind.PROCESS).first()
    if waiting is None:
        process_later(event, conflicted=False)
    else:
        outbox.retry(waiting)
    return event


def _is_blanked(event: WebhookEvent) -> bool:
    """Whether retention has taken what processing needs. A DELETE may have had no body from the beginning."""
    return event.type == "message_imported" and not event.body


def _ask(event: WebhookEvent) -> str:
    """The external id that Front knows for the imported message, empty if none."""
    assert event.channel is not None
    return client_for(event.channel).messages.get(event.front_id).external_id or ""


def _process(event: WebhookEvent, external_id: str = "") -> None:
    with database.durable():
        announcements = _effect(event, external_id)
        WebhookEvent.objects.filter(pk=event.pk).update(state=WebhookEvent.State.PROCESSED, error="")
    for announcement in announcements:
        announcement.send()


def _effect(event: WebhookEvent, external_id: str) -> list[Announcement]:
    assert event.channel is not None
    if event.type != "message_imported":
        return record_deletion(event, event.channel)
    payload = read_message(parse(event.body.encode()), cut=True)
    return record_import(event, event.channel, payload, payload.external_id or external_id, conflicted=True)
