"""Processes webhook events in a worker, if they could not be processed at once."""

from __future__ import annotations

from django_front_channel.core import clock, database
from django_front_channel.core.reasons import Code, Reason, reason_of
from django_front_channel.exceptions import ChannelUnavailable, FrontAPIError, FrontNotFoundError
from django_front_channel.gateway import client_for
from django_front_channel.lifecycle import channels, events
from django_front_channel.lifecycle.imports import Unmatched, Unreadable, record_import
from django_front_channel.lifecycle.message_payload import MessagePayload
from django_front_channel.models import OutboxEntry, WebhookEvent
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.outbox.outcomes import GaveUp, JudgedOutcome, Refused, Retry, Succeeded
from django_front_channel.webhooks.envelope import parse
from django_front_channel.webhooks.payloads import read_message
from django_front_channel.worker.refusals import outcome_of

WAIT_SECONDS = 60.0
LOOK_UPS = 8


def reprocess(entry: OutboxEntry) -> JudgedOutcome:
    """Process the entry's event again. If it does not say which message was imported, ask Front."""
    event = entry.event
    assert event is not None
    if event.state == WebhookEvent.State.PROCESSED:
        return Succeeded()
    is_blanked = events.is_blanked(event)
    outcome = GaveUp(Reason(Code.EVENT_BODY_GONE)) if is_blanked else _outcome(entry, event)
    if isinstance(outcome, GaveUp):
        events.fail(event, outcome.reason)
    return outcome


def _outcome(entry: OutboxEntry, event: WebhookEvent) -> JudgedOutcome:
    try:
        try:
            _process(event)
        except Unmatched:
            _process(event, external_id=_ask(event))
    except Unreadable as error:
        return GaveUp(error.reason)
    except Unmatched:
        return GaveUp(Reason(Code.IMPORT_UNKNOWN))
    except ChannelUnavailable as error:
        return Retry(
            Reason(Code.named(error.code) or Code.CHANNEL_UNREACHABLE), delay=WAIT_SECONDS, counts=False
        )
    except FrontNotFoundError as error:
        # Front may report an import before the message can be looked up.
        reason = reason_of(error)
        return Retry(reason) if entry.attempts < LOOK_UPS else GaveUp(reason)
    except FrontAPIError as error:
        outcome = outcome_of(error, entry)
        return Retry(outcome.reason) if isinstance(outcome, Refused) else outcome
    return Succeeded()


def _ask(event: WebhookEvent) -> str:
    """Return the external id that Front knows for the imported message, or an empty string."""
    assert event.channel is not None
    return client_for(event.channel).messages.get(event.front_id).external_id or ""


def _process(event: WebhookEvent, external_id: str = "") -> None:
    is_import = event.type == "message_imported"
    # Reading a long text takes long, so it is done before the transaction.
    payload = read_message(parse(event.body.encode()), cut=True) if is_import else None
    with database.durable():
        announcements = _effect(event, payload, external_id)
        events.finish(event)
    for announcement in announcements:
        announcement.send()


def _effect(event: WebhookEvent, payload: MessagePayload | None, external_id: str) -> list[Announcement]:
    """Carry out the effect of the event's type. Raises ``NotImplementedError`` for a type without one."""
    assert event.channel is not None
    match event.type:
        case "message_imported":
            assert payload is not None
            external_id = payload.external_id or external_id
            return record_import(event, event.channel, payload, external_id, conflicted=True)
        case "delete":
            return channels.disconnect_as_told(event, event.channel, clock.now())
    # A newer version may have stored it. Its workers will process it.
    raise NotImplementedError(f"This version does not process events of the type {event.type}.")
