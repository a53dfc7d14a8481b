"""Entries that are requests to Front."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django_front_channel.conf import App, conf
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.core.texts import brief
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
from django_front_channel.lifecycle import channels, messages, threads
from django_front_channel.lifecycle.attachments import FETCH, FileLost, opened
from django_front_channel.lifecycle.conversations import ask_later
from django_front_channel.lifecycle.effects import note_effect
from django_front_channel.lifecycle.merges import MergeObserver
from django_front_channel.lifecycle.messages import REPORT_FAILURE
from django_front_channel.models import Attachment, Channel, Message, OutboxAttempt, OutboxEntry, OutboxLane
from django_front_channel.models.outbox import LaneName
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.outbox.outcomes import (
    PROOF_SECONDS,
    AttemptOutcome,
    Blocked,
    Dropped,
    GaveUp,
    Retry,
    Succeeded,
    backoff,
)
from django_front_channel.services.verbs import may_repeat

if TYPE_CHECKING:
    from django_front_channel.client import FrontClient

SYNC_OUTBOUND = "sync-outbound-message"
SYNC_OPERATIONS = ("sync-inbound-message", SYNC_OUTBOUND)
REPORT_TRIES = 8


class Requests:
    """The work of ``request`` entries. Keeps the connection to Front open while the channel stays the same."""

    unexpected = Code.UNEXPECTED_ERROR

    def __init__(self) -> None:
        self._client: FrontClient | None = None
        self._client_key: tuple[int, str | None, App] | None = None
        self._observer: MergeObserver | None = None

    def begin(self, entry: OutboxEntry, now: datetime) -> None:
        message = entry.message
        if message is not None and entry.operation in SYNC_OPERATIONS:
            threads.attach([message])  # an entry may begin before it was admitted, behind others of its lane
            messages.begin_sync([message], now)

    def perform(self, entry: OutboxEntry, not_after: float) -> AttemptOutcome:
        settled = _settled_already(entry)
        if settled is None and entry.attempts and not may_repeat(entry.operation):
            settled = _unknown(entry)
        if settled is not None:
            return settled
        try:
            client, observer = self._client_of(entry.channel, not_after)
            with opened(entry.operation, _arguments(entry)) as arguments:
                result = client.perform(entry.operation, **arguments)
            return Succeeded(result, observer.answered)
        except ChannelUnavailable as error:
            return Retry(
                Reason(Code.named(error.code) or Code.CHANNEL_UNREACHABLE), delay=PROOF_SECONDS, counts=False
            )
        except (FileLost, InvalidArgument) as error:
            return GaveUp(_unmakeable(entry, error))
        except FrontAPIError as error:
            return outcome_of(error, entry)
        except OSError as error:  # of a storage: the client has turned those of the network into its own
            return Retry(Reason(Code.STORAGE_FAILED, detail=brief(error)))

    def settle(self, entry: OutboxEntry, outcome: AttemptOutcome, now: datetime) -> list[Announcement]:
        announcements = []
        if isinstance(outcome, Blocked):
            announcements += channels.block(entry.channel, outcome.channel_state, now)
        if entry.message is not None and entry.operation in SYNC_OPERATIONS:
            announcements += _settle_sync(entry.message, outcome, now)
        elif isinstance(outcome, Succeeded):
            _keep_rows_in_step(entry, outcome)
        return announcements

    def _client_of(self, channel: Channel, not_after: float) -> tuple[FrontClient, MergeObserver]:
        key = (channel.pk, channel.front_id, conf.app(channel.app))
        if self._client is None or self._observer is None or self._client_key != key:
            if self._client is not None:
                self._client.close()
            self._observer = MergeObserver(channel)
            self._client, self._client_key = client_for(channel, observer=self._observer), key
        self._observer.channel, self._observer.not_after = channel, not_after
        return self._client, self._observer


def outcome_of(error: FrontAPIError, entry: OutboxEntry) -> AttemptOutcome:
    """What an error of Front means for an entry."""
    reason = reason_of(error)
    if isinstance(error, FrontRateLimitError):
        return Retry(reason, delay=error.retry_after or 1.0, counts=False)
    if isinstance(error, FrontAuthenticationError):
        return Blocked(reason, Channel.State.AUTH_FAILED)
    if entry.operation == REPORT_FAILURE and isinstance(error, FrontNotFoundError):
        # Front may not have read our answer to the message yet.
        return Retry(reason) if entry.attempts < REPORT_TRIES else GaveUp(reason)
    if entry.operation in SYNC_OPERATIONS and isinstance(error, FrontNotFoundError | FrontPermissionError):
        return Blocked(reason, Channel.State.UNREACHABLE)
    # A proxy on the way, and not the message, is the cause of a redirect.
    if not error.retryable and not isinstance(error, FrontRedirectError):
        return GaveUp(reason)
    least = max(error.retry_after or 0.0, PROOF_SECONDS if error.ambiguous else 0.0)
    return Retry(reason, delay=max(least, backoff(entry.attempts)), ambiguous=error.ambiguous)


def reason_of(error: FrontAPIError) -> Reason:
    """An error of Front as a reason, with what Front said."""
    code = Code.named(error.code) or Code.FRONT_ERROR
    known = {"operation": error.operation, "status": error.status_code}
    return Reason(code, {name: known[name] for name in code.parameters}, error.words)


def _arguments(entry: OutboxEntry) -> dict[str, Any]:
    """The client's arguments. Why a message failed is put into words now, and stored nowhere."""
    if entry.operation == REPORT_FAILURE and entry.message is not None:
        return {**entry.payload, "reason": messages.words_for_the_team(entry.message)}
    return dict(entry.payload)


def _unmakeable(entry: OutboxEntry, error: FileLost | InvalidArgument) -> Reason:
    """Why a request cannot be made from what was enqueued."""
    if isinstance(error, FileLost):
        return error.reason
    return Reason(Code.REQUEST_INVALID, {"operation": entry.operation}, str(error))


def _settled_already(entry: OutboxEntry) -> AttemptOutcome | None:
    """What became of the entry's message without this request, or None when it is still to be made."""
    if entry.operation == FETCH:
        fetched = Attachment.objects.filter(pk=entry.payload["to"]).exclude(name="")
        return Succeeded() if fetched.exists() else None
    if entry.message is None:
        return None
    state = Message.objects.values_list("state", flat=True).get(pk=entry.message.pk)
    if entry.operation == REPORT_FAILURE:
        return None if state == Message.State.FAILED else Dropped(Reason(Code.MESSAGE_TRIED_AGAIN))
    if entry.operation in SYNC_OPERATIONS and state == Message.State.IMPORTED:
        return Succeeded()  # an earlier attempt, whose response was lost, succeeded
    return _echo(entry, entry.message) if entry.operation == SYNC_OUTBOUND else None


def _unknown(entry: OutboxEntry) -> AttemptOutcome | None:
    """Give up what must not happen twice, and may have happened."""
    unknown = entry.failed_attempts.filter(outcome=OutboxAttempt.Outcome.AMBIGUOUS)
    return GaveUp(Reason(Code.MAYBE_DONE, {"operation": entry.operation})) if unknown.exists() else None


def _echo(entry: OutboxEntry, message: Message) -> AttemptOutcome | None:
    """What to do with an outbound message that may be our own delivery, reported back by the provider.

    The host may have synced it before ``deliver()`` returned the id that tells.
    """
    from_front = Message.objects.exclude(source=Message.Source.HOST)
    if from_front.filter(channel=entry.channel, delivery_id=message.external_id).exists():
        return Dropped(Reason(Code.ECHO))
    lane = LaneName(
        message.channel_id,
        OutboxLane.Direction.DELIVER,
        OutboxLane.Topic.MESSAGES,
        message.external_conversation_id,
    )
    if OutboxEntry.objects.unsettled().in_lane(lane).filter(attempt_started_at__isnull=False).exists():
        return Retry(Reason(Code.MAYBE_ECHO), delay=1.0, counts=False)
    return None


def _settle_sync(message: Message, outcome: AttemptOutcome, now: datetime) -> list[Announcement]:
    from django_front_channel.client import AcceptedMessage

    match outcome:
        case Succeeded(result=AcceptedMessage() as accepted):
            return messages.accept_sync({message: accepted.message_uid}, now)
        case GaveUp():
            return messages.fail_sync({message: outcome.reason}, now)
        case Dropped():
            messages.drop_sync({message: outcome.reason}, now)
        case Retry() | Blocked():
            messages.put_back({message: outcome.reason}, now)
    return []


def _keep_rows_in_step(entry: OutboxEntry, outcome: Succeeded) -> None:
    conversation, is_untold = note_effect(
        entry.channel, entry.operation, entry.payload, outcome.result, outcome.conversation_id
    )
    if conversation is not None and is_untold:
        ask_later(conversation)
