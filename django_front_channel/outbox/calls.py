"""Entries that call Front."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django_front_channel.conf import App, conf
from django_front_channel.exceptions import (
    ChannelUnavailable,
    FrontAPIError,
    FrontAuthenticationError,
    FrontNotFoundError,
    FrontPermissionError,
    FrontRateLimitError,
    FrontRedirectError,
    InvalidArgument,
)
from django_front_channel.gateway import client_for
from django_front_channel.models import (
    Attachment,
    Channel,
    ExternalConversation,
    Message,
    OutboxEntry,
    OutboxLane,
)
from django_front_channel.models.texts import brief
from django_front_channel.outbox.announcements import Announcement, announce
from django_front_channel.outbox.conversations import Follower, ask_later, keep_in_step
from django_front_channel.outbox.files import FETCH, FileLost, opened
from django_front_channel.outbox.outcomes import (
    PROOF_SECONDS,
    Blocked,
    Dropped,
    GaveUp,
    Retry,
    Succeeded,
    TryOutcome,
    backoff,
)

if TYPE_CHECKING:
    from django_front_channel.client import FrontClient

SYNC_OUTBOUND = "sync-outbound-message"
UPDATE_CHANNEL = "update-channel"
SYNC_OPERATIONS = ("sync-inbound-message", SYNC_OUTBOUND)
REPORT_FAILURE = "update-external-message-status"
REPORT_TRIES = 8


class Calls:
    """The work of ``call`` entries. Keeps the connection to Front open while the channel stays the same."""

    def __init__(self) -> None:
        self._client: FrontClient | None = None
        self._client_key: tuple[int, str | None, App] | None = None
        self._observer: Follower | None = None

    def begin(self, entry: OutboxEntry) -> None:
        message = entry.message
        if message is None or entry.operation not in SYNC_OPERATIONS:
            return
        if message.external_conversation is None:
            thread = ExternalConversation.objects.ensure(
                entry.channel, entry.payload["external_conversation_id"]
            )
            Message.objects.filter(pk=message.pk).update(external_conversation=thread)
            message.external_conversation = thread
        Message.objects.advance(message, Message.State.SENDING, since=Message.SYNC_UNSETTLED)

    def perform(self, entry: OutboxEntry, not_after: float) -> TryOutcome:
        settled = _settled_already(entry)
        if settled is not None:
            return settled
        try:
            client, observer = self._client_of(entry.channel, not_after)
            with opened(entry.operation, entry.payload["arguments"]) as arguments:
                result = client.perform(entry.operation, **arguments)
            return Succeeded(result, observer.answered)
        except ChannelUnavailable as error:
            return Retry(str(error), delay=PROOF_SECONDS, counts=False)
        except (InvalidArgument, FileLost) as error:
            return GaveUp(str(error))
        except FrontAPIError as error:
            return outcome_of(error, entry)
        except OSError as error:  # of a storage: the client has turned those of the network into its own
            return Retry(brief(error))

    def _client_of(self, channel: Channel, not_after: float) -> tuple[FrontClient, Follower]:
        key = (channel.pk, channel.front_id, conf.app(channel.app))
        if self._client is None or self._observer is None or self._client_key != key:
            if self._client is not None:
                self._client.close()
            self._observer = Follower(channel)
            self._client, self._client_key = client_for(channel, observer=self._observer), key
        self._observer.channel, self._observer.not_after = channel, not_after
        return self._client, self._observer

    def settle(self, entry: OutboxEntry, outcome: TryOutcome, now: datetime) -> list[Announcement]:
        announcements = []
        if isinstance(outcome, Blocked):
            announcements += _block(entry.channel, outcome, now)
        if entry.message is not None and entry.operation in SYNC_OPERATIONS:
            announcements += _settle_sync(entry.message, outcome, now)
        elif isinstance(outcome, Succeeded):
            _keep_rows_in_step(entry, outcome)
        return announcements


def outcome_of(error: FrontAPIError, entry: OutboxEntry) -> TryOutcome:
    """What an error of Front means for an entry."""
    text = str(error)
    if isinstance(error, FrontRateLimitError):
        return Retry(text, delay=error.retry_after or 1.0, counts=False)
    if isinstance(error, FrontAuthenticationError):
        return Blocked(text, Channel.State.AUTH_FAILED)
    if entry.operation == REPORT_FAILURE and isinstance(error, FrontNotFoundError):
        # Front may not have read our answer to the message yet.
        return Retry(text) if entry.attempts < REPORT_TRIES else GaveUp(text)
    if entry.operation in SYNC_OPERATIONS and isinstance(error, FrontNotFoundError | FrontPermissionError):
        return Blocked(text, Channel.State.UNREACHABLE)
    # A proxy on the way, and not the message, is the cause of a redirect.
    if not error.retryable and not isinstance(error, FrontRedirectError):
        return GaveUp(text)
    least = max(error.retry_after or 0.0, PROOF_SECONDS if error.ambiguous else 0.0)
    return Retry(text, delay=max(least, backoff(entry.attempts)), ambiguous=error.ambiguous)


def _settled_already(entry: OutboxEntry) -> TryOutcome | None:
    """What became of the entry's message without this call, or None when the call is still to be made."""
    if entry.operation == FETCH:
        fetched = Attachment.objects.filter(pk=entry.payload["arguments"]["to"]).exclude(name="")
        return Succeeded() if fetched.exists() else None
    if entry.message is None:
        return None
    state = Message.objects.values_list("state", flat=True).get(pk=entry.message.pk)
    if entry.operation == REPORT_FAILURE:
        return None if state == Message.State.FAILED else Dropped("The message was tried again.")
    if entry.operation in SYNC_OPERATIONS and state == Message.State.IMPORTED:
        return Succeeded()  # an earlier try, whose answer was lost, succeeded
    return _echo(entry, entry.message) if entry.operation == SYNC_OUTBOUND else None


def _echo(entry: OutboxEntry, message: Message) -> TryOutcome | None:
    """What to do with an outbound message that may be our own delivery, reported back by the provider.

    The host may have synced it before ``deliver()`` returned the id that tells.
    """
    from_front = Message.objects.exclude(source=Message.Source.HOST)
    if from_front.with_delivery_id(entry.channel, message.external_id).exists():
        return Dropped("It is the delivery of a message that came from Front.")
    assert message.external_conversation is not None
    thread = message.external_conversation.external_id
    lane_key = OutboxLane.key_for(entry.channel, OutboxLane.Direction.DELIVER, thread)
    if OutboxEntry.objects.unsettled().filter(lane_key=lane_key, attempt_started_at__isnull=False).exists():
        return Retry(
            "A delivery in this thread is under way, and may turn out to be it.", delay=1.0, counts=False
        )
    return None


def _settle_sync(message: Message, outcome: TryOutcome, now: datetime) -> list[Announcement]:
    unsettled = Message.SYNC_UNSETTLED
    if isinstance(outcome, Succeeded):
        return _accept(message, outcome, now)
    if isinstance(outcome, GaveUp):
        if Message.objects.advance(
            message, Message.State.FAILED, since=unsettled, state_reason=outcome.error
        ):
            return announce("sync_failed", message.channel, now=now, message=message, error=outcome.error)
        return []
    new = Message.State.CANCELLED if isinstance(outcome, Dropped) else Message.State.QUEUED
    Message.objects.advance(message, new, since=unsettled, state_reason=outcome.error)
    return []


def _keep_rows_in_step(entry: OutboxEntry, outcome: Succeeded) -> None:
    arguments = entry.payload["arguments"]
    if entry.operation == UPDATE_CHANNEL:
        Channel.objects.filter(pk=entry.channel.pk).update(status=arguments["status"])
    if outcome.conversation_id:
        conversation, is_untold = keep_in_step(
            entry.channel, entry.operation, arguments, outcome.result, outcome.conversation_id
        )
        if is_untold:
            ask_later(conversation)


def _accept(message: Message, outcome: Succeeded, now: datetime) -> list[Announcement]:
    """Note the 202. ``message_imported`` may have come before it."""
    from django_front_channel.client import AcceptedMessage

    if not isinstance(outcome.result, AcceptedMessage):
        return []
    uid = outcome.result.message_uid
    if not Message.objects.advance(
        message, Message.State.ACCEPTED, since=Message.SYNC_UNSETTLED, message_uid=uid
    ):
        Message.objects.filter(pk=message.pk, message_uid="").update(message_uid=uid)
    return announce("sync_accepted", message.channel, now=now, message=message)


def _block(channel: Channel, outcome: Blocked, now: datetime) -> list[Announcement]:
    new = outcome.channel_state
    old = Channel.objects.change_state(channel, new, since=(Channel.State.CONNECTED,))
    return announce("channel_state_changed", channel, now=now, old=old, new=new) if old else []
