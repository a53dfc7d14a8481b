"""Carries out requests to Front."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from django_front_channel.conf import App, conf
from django_front_channel.core import clock
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.core.texts import brief
from django_front_channel.exceptions import (
    ChannelUnavailable,
    FrontAPIError,
    InvalidArgument,
)
from django_front_channel.gateway import client_for, known_pause, remember_pause
from django_front_channel.lifecycle import channels, messages, notices, threads
from django_front_channel.lifecycle.attachments import FETCH, FileLost, opened
from django_front_channel.lifecycle.conversations import ask_later
from django_front_channel.lifecycle.merges import MergeObserver
from django_front_channel.lifecycle.messages import REPORT_FAILURE
from django_front_channel.models import Attachment, Channel, Message, OutboxAttempt, OutboxEntry, OutboxLane
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.outbox.backoff import PROOF_SECONDS
from django_front_channel.outbox.outcomes import (
    AttemptOutcome,
    Blocked,
    Dropped,
    GaveUp,
    JudgedOutcome,
    Retry,
    Succeeded,
)
from django_front_channel.services.verbs import may_repeat, note_done
from django_front_channel.worker.attempts import Attempt
from django_front_channel.worker.messenger import Messenger
from django_front_channel.worker.refusals import SYNC_OPERATIONS, SYNC_OUTBOUND, judged, outcome_of
from django_front_channel.worker.shares import Groups

if TYPE_CHECKING:
    from django_front_channel.client import FrontClient

# Each client keeps a connection open.
MOST_CLIENTS = 8


class Requests:
    """Carries out ``request`` entries.

    Its slots use the database only for the rows of attachments. The next round stores what the slots learn.
    """

    unexpected = Code.UNEXPECTED_ERROR

    def __init__(self, messenger: Messenger, slots: int) -> None:
        self._messenger = messenger
        self._slots = slots
        self._slot = _Slot()

    def groups(self, channel: Channel) -> Groups:
        groups: dict[Hashable, int] = {}
        if channel.company:
            groups["company", channel.app, channel.company] = self._slots
        groups["channel", channel.pk] = 1 if channel.is_refused else self._slots
        return groups

    def begin(self, entries: Collection[OutboxEntry], now: datetime) -> dict[OutboxEntry, AttemptOutcome]:
        syncs = [entry.message for entry in entries if entry.message and entry.operation in SYNC_OPERATIONS]
        threads.attach(syncs)  # an entry behind others of its lane may begin before it is admitted
        if syncs:
            messages.begin_sync(syncs, now)
        return {**_unknown(entries), **_echoes(entries), **_settled_already(entries)}

    def perform(self, attempt: Attempt, not_after: float) -> AttemptOutcome:
        entry = attempt.entry
        try:
            client, observer = self._slot.client_of(entry.channel, self._messenger)
            observer.begin(attempt, not_after)
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
        except OSError as error:  # of a storage: the client raises its own errors for the network
            return Retry(Reason(Code.STORAGE_FAILED, detail=brief(error)))

    def judged(
        self, outcomes: Mapping[OutboxEntry, AttemptOutcome], now: datetime
    ) -> dict[OutboxEntry, JudgedOutcome]:
        return judged(outcomes, now)

    def settle(self, outcomes: Mapping[OutboxEntry, JudgedOutcome], now: datetime) -> list[Announcement]:
        syncs = {
            entry.message: outcome
            for entry, outcome in outcomes.items()
            if entry.message is not None and entry.operation in SYNC_OPERATIONS
        }
        announcements = _settle_syncs(syncs, now)
        for entry, outcome in outcomes.items():
            if isinstance(outcome, Succeeded) and entry.message not in syncs:
                _keep_rows_in_step(entry, outcome)
        for entry, outcome in _one_a_channel(outcomes).items():
            if isinstance(outcome, Blocked):
                announcements += channels.block(entry.channel, outcome.channel_state, now)
            elif isinstance(outcome, Succeeded) and entry.channel.is_refused:
                announcements += channels.reopen(entry.channel, now)
        return announcements


class _Kept(NamedTuple):
    made_for: tuple[str | None, App]
    client: FrontClient
    observer: SlotObserver


class _Slot(threading.local):
    """The clients of one slot, with their connections, for the channels that it served last."""

    def __init__(self) -> None:
        self._kept: OrderedDict[int, _Kept] = OrderedDict()

    def client_of(self, channel: Channel, messenger: Messenger) -> tuple[FrontClient, SlotObserver]:
        """Return a client that fits the channel and the settings as they are now."""
        made_for = channel.front_id, conf.app(channel.app)
        kept = self._kept.pop(channel.pk, None)
        if kept is not None and kept.made_for != made_for:
            kept.client.close()
            kept = None
        if kept is None:
            observer = SlotObserver(channel, messenger)
            kept = _Kept(made_for, client_for(channel, observer=observer), observer)
        self._kept[channel.pk] = kept
        while len(self._kept) > MOST_CLIENTS:
            self._kept.popitem(last=False)[1].client.close()
        return kept.client, kept.observer


class SlotObserver(MergeObserver):
    """Observes the requests of a slot without the database.

    This process knows a pause at once. The next round stores the pause, and the merges that Front has reported.
    """

    def __init__(self, channel: Channel, messenger: Messenger) -> None:
        super().__init__(channel)
        self._messenger = messenger
        self._notes: list[Callable[[], None]] = []

    def begin(self, attempt: Attempt, not_after: float) -> None:
        """Observe the requests of this attempt from now on."""
        self.channel, self.not_after, self._notes = attempt.entry.channel, not_after, attempt.notes

    def now(self) -> datetime:
        return clock.nearly_now()

    def paused_until(self, conversation_id: str, now: datetime) -> datetime | None:
        return known_pause(self.channel, conversation_id, now)

    def keep_pause(self, app: str, scope: str, key: str, until: datetime) -> None:
        remember_pause(app, scope, key, until)

    def report(self, **request: Any) -> None:
        self._messenger.report(**request)

    def keep(self, note: Callable[[], None]) -> None:
        self._notes.append(note)


def _arguments(entry: OutboxEntry) -> dict[str, Any]:
    """Return the client's arguments. Texts for the team are written now, and are not stored."""
    if entry.operation == REPORT_FAILURE and entry.message is not None:
        return {**entry.payload, "reason": messages.words_for_the_team(entry.message)}
    if "notice" in entry.payload:
        body = notices.words(entry.payload["notice"], entry.channel)
        return {"conversation_id": entry.payload["conversation_id"], "body": body}
    return dict(entry.payload)


def _one_a_channel(outcomes: Mapping[OutboxEntry, JudgedOutcome]) -> dict[OutboxEntry, JudgedOutcome]:
    """Return, for each channel, the last outcome that shows whether Front accepts its requests."""
    telling = {
        entry.channel_id: entry
        for entry, outcome in outcomes.items()
        if isinstance(outcome, Blocked | Succeeded)
    }
    return {entry: outcomes[entry] for entry in telling.values()}


def _unmakeable(entry: OutboxEntry, error: FileLost | InvalidArgument) -> Reason:
    """Return the reason why no request can be made from what was enqueued."""
    if isinstance(error, FileLost):
        return error.reason
    wrong = {"argument": error.argument or "arguments", "problem": error.code}
    return Reason(Code.REQUEST_INVALID, {"operation": entry.operation, **wrong})


def _settled_already(entries: Iterable[OutboxEntry]) -> dict[OutboxEntry, AttemptOutcome]:
    """Return the outcomes of entries whose requests need not be made any more."""
    outcomes: dict[OutboxEntry, AttemptOutcome] = {}
    for entry in entries:
        state = entry.message.state if entry.message else ""
        if entry.operation == REPORT_FAILURE and entry.message and state != Message.State.FAILED:
            outcomes[entry] = Dropped(Reason(Code.MESSAGE_TRIED_AGAIN))
        elif entry.operation in SYNC_OPERATIONS and state == Message.State.IMPORTED:
            outcomes[entry] = Succeeded()  # an earlier attempt, whose response was lost, succeeded
    fetches = {entry.payload["to"]: entry for entry in entries if entry.operation == FETCH}
    if fetches:
        stored = Attachment.objects.filter(pk__in=fetches.keys()).exclude(name="")
        outcomes |= {fetches[pk]: Succeeded() for pk in stored.values_list("pk", flat=True)}
    return outcomes


def _unknown(entries: Iterable[OutboxEntry]) -> dict[OutboxEntry, AttemptOutcome]:
    """Return the outcomes of requests that are given up, because they may have succeeded and must not be repeated."""
    tried = {entry.pk: entry for entry in entries if entry.attempts and not may_repeat(entry.operation)}
    if not tried:
        return {}
    ambiguous = OutboxAttempt.objects.filter(entry__in=tried, outcome=OutboxAttempt.Outcome.AMBIGUOUS)
    unknown = [tried[pk] for pk in set(ambiguous.values_list("entry", flat=True))]
    return {entry: GaveUp(Reason(Code.MAYBE_DONE, {"operation": entry.operation})) for entry in unknown}


def _echoes(entries: Iterable[OutboxEntry]) -> dict[OutboxEntry, AttemptOutcome]:
    """Return the outcomes of outbound messages that may be our own deliveries, reported back by the provider.

    The host may have synced such a message before ``deliver()`` returned its delivery id.
    """
    told = {entry: entry.message for entry in entries if entry.operation == SYNC_OUTBOUND and entry.message}
    if not told:
        return {}
    channels_told = {message.channel_id for message in told.values()}
    from_front = Message.objects.exclude(source=Message.Source.HOST).filter(channel__in=channels_told)
    delivered = set(
        from_front.filter(delivery_id__in=[message.external_id for message in told.values()]).values_list(
            "channel", "delivery_id"
        )
    )
    deliveries = OutboxEntry.objects.unsettled().filter(
        attempt_started_at__isnull=False,
        channel__in=channels_told,
        direction=OutboxLane.Direction.DELIVER,
        topic=OutboxLane.Topic.MESSAGES,
        external_conversation_id__in=[message.external_conversation_id for message in told.values()],
    )
    under_way = set(deliveries.values_list("channel", "external_conversation_id"))
    outcomes: dict[OutboxEntry, AttemptOutcome] = {}
    for entry, message in told.items():
        if (message.channel_id, message.external_id) in delivered:
            outcomes[entry] = Dropped(Reason(Code.ECHO))
        elif (message.channel_id, message.external_conversation_id) in under_way:
            outcomes[entry] = Retry(Reason(Code.MAYBE_ECHO), delay=1.0, counts=False)
    return outcomes


def _settle_syncs(syncs: Mapping[Message, JudgedOutcome], now: datetime) -> list[Announcement]:
    from django_front_channel.client import AcceptedMessage

    accepted: dict[Message, str] = {}
    failed: dict[Message, Reason] = {}
    dropped: dict[Message, Reason] = {}
    put_back: dict[Message, Reason] = {}
    for message, outcome in syncs.items():
        match outcome:
            case Succeeded(result=AcceptedMessage() as result):
                accepted[message] = result.message_uid
            case GaveUp():
                failed[message] = outcome.reason
            case Dropped():
                dropped[message] = outcome.reason
            case Retry() | Blocked():
                put_back[message] = outcome.reason
    announcements = messages.accept_sync(accepted, now) if accepted else []
    announcements += messages.fail_sync(failed, now) if failed else []
    if dropped:
        messages.drop_sync(dropped, now)
    if put_back:
        messages.put_back(put_back, now)
    return announcements


def _keep_rows_in_step(entry: OutboxEntry, outcome: Succeeded) -> None:
    conversation, is_untold = note_done(
        entry.channel, entry.operation, entry.payload, outcome.result, outcome.conversation_id
    )
    if conversation is not None and is_untold:
        ask_later(conversation)
