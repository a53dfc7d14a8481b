"""The events that the package logs, each with its logger, level and sentence.

The fields of an event are the names in its sentence. They are also attributes of the log record, for hosts that log
as JSON. They hold ids, codes and numbers, and never a message, a handle, a person's name or a secret.
"""

# ruff: noqa: ISC004 - a table
from __future__ import annotations

import logging
import os
import socket
import threading
import time
from enum import StrEnum
from functools import partial
from string import Formatter
from typing import Any, Self

from django.db import transaction

from django_front_channel.core import database

WEBHOOKS = "django_front_channel.webhooks"
OUTBOX = "django_front_channel.outbox"
FILES = "django_front_channel.files"
TESTING = "django_front_channel.testing"
LOGGERS = (WEBHOOKS, OUTBOX, FILES, TESTING)

# An event with the field `repeats` is logged at most once in this time for each subject, and says how many lines were
# left out since the last one. Beyond MOST_SUBJECTS, the further subjects of an event share one line. So neither an
# outage nor a flood of forged requests fills a disk. If the event stops, the next line of any event is followed by
# EVENT_STOPPED, so that no count is lost.
QUIET_SECONDS = 60.0
SUBJECT = ("channel_id", "app", "scope", "code", "stream", "storage")
MOST_SUBJECTS = 1000
SEVERAL = "several"

# The fields about the attempt that led to an outcome. A receipt, for example, comes without an attempt.
BY_ATTEMPT = " Entry: {entry_id}, attempt: {attempt}, seconds: {seconds}, worker: {worker}."

INFO, WARNING, ERROR, CRITICAL = logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL


class LogEvent(StrEnum):
    """The value of a member is the ``event`` of its log records. Each event has a logger, a level and a sentence."""

    logger: str
    level: int
    sentence: str
    template: str
    """The sentence in the %-format of ``logging``, so that error trackers group all lines of an event."""
    fields: tuple[str, ...]

    def __new__(cls, name: str, logger: str, level: int, sentence: str) -> Self:
        member = str.__new__(cls, name)
        member._value_ = name
        member.logger, member.level, member.sentence = logger, level, sentence
        member.fields = tuple(field for _text, field, *_rest in Formatter().parse(sentence) if field)
        member.template = sentence.format(**{field: f"%({field})s" for field in member.fields})
        return member

    # fmt: off
    # Facts. Each has the name of the signal that announces it.
    SYNC_ACCEPTED = ("sync_accepted", OUTBOX, INFO,
        "Front accepted message {message_id} of channel {channel_id}, thread {thread_id}." + BY_ATTEMPT)
    SYNC_FAILED = ("sync_failed", OUTBOX, WARNING,
        "Message {message_id} of channel {channel_id}, thread {thread_id}, will not be in Front: {code}." + BY_ATTEMPT)
    MESSAGE_IMPORTED = ("message_imported", WEBHOOKS, INFO,
        "Front imported message {message_id} of channel {channel_id}, thread {thread_id}.")
    TEAMMATE_MESSAGE_RECEIVED = ("teammate_message_received", WEBHOOKS, INFO,
        "Message {message_id} of a teammate arrived for channel {channel_id}, thread {thread_id}.")
    AUTOREPLY_RECEIVED = ("autoreply_received", WEBHOOKS, INFO,
        "Autoreply {message_id} arrived for channel {channel_id}, thread {thread_id}.")
    MESSAGE_DELIVERED = ("message_delivered", OUTBOX, INFO,
        "Message {message_id} of channel {channel_id}, thread {thread_id}, was delivered." + BY_ATTEMPT)
    DELIVERY_DELAYED = ("delivery_delayed", OUTBOX, WARNING,
        "Message {message_id} of channel {channel_id} still waits to be delivered: {code}.")
    DELIVERY_FAILED = ("delivery_failed", OUTBOX, WARNING,
        "Message {message_id} of channel {channel_id}, thread {thread_id}, was not delivered: {code}. Front is told."
        + BY_ATTEMPT)
    CONVERSATION_MERGED = ("conversation_merged", WEBHOOKS, INFO,
        "Conversations of channel {channel_id} were merged into conversation {conversation_id}.")
    CHANNEL_CONNECTED = ("channel_connected", WEBHOOKS, INFO,
        "Channel {channel_id} was connected.")
    CHANNEL_MOVED = ("channel_moved", WEBHOOKS, WARNING,
        "Channel {channel_id} was connected as a different channel of Front, so it is held until it is adopted.")
    CHANNEL_DISCONNECTED = ("channel_disconnected", WEBHOOKS, WARNING,
        "Channel {channel_id} was disconnected.")
    CHANNEL_STATE_CHANGED = ("channel_state_changed", OUTBOX, WARNING,
        "Channel {channel_id} changed from {old} to {new}.")

    # Other steps of a message.
    SYNC_QUEUED = ("sync_queued", OUTBOX, INFO,
        "Message {message_id} of channel {channel_id} waits to be sent to Front.")
    MESSAGE_HANDED_OVER = ("message_handed_over", OUTBOX, INFO,
        "The provider took message {message_id} of channel {channel_id}, thread {thread_id}." + BY_ATTEMPT)
    MESSAGE_CANCELLED = ("message_cancelled", OUTBOX, INFO,
        "Message {message_id} of channel {channel_id} was cancelled: {code}.")
    RECEIPT_UNKNOWN = ("receipt_unknown", OUTBOX, WARNING,
        "Receipt {entry_id} of channel {channel_id} names an unknown delivery id.")

    # Webhooks.
    WEBHOOK_REFUSED = ("webhook_refused", WEBHOOKS, WARNING,
        "Event {event_id} ({type}) of channel {channel_id} was refused: {code}.")
    WEBHOOK_REJECTED = ("webhook_rejected", WEBHOOKS, WARNING,
        "A request ({type}) for app {app}, channel {channel_id}, was rejected: {code}. "
        "Similar lines left out since the last one: {repeats}.")
    WEBHOOK_TOO_LATE = ("webhook_too_late", WEBHOOKS, WARNING,
        "A request ({type}) for app {app}, channel {channel_id}, took too long, so it was rolled back and answered "
        "with an error. Similar lines left out since the last one: {repeats}.")
    WEBHOOK_FAILED = ("webhook_failed", WEBHOOKS, ERROR,
        "A request ({type}) for app {app}, channel {channel_id}, failed and was answered with an error. "
        "Similar lines left out since the last one: {repeats}.")
    WEBHOOK_MISCONFIGURED = ("webhook_misconfigured", WEBHOOKS, ERROR,
        "A request ({type}) for app {app}, channel {channel_id}, failed because of the settings: {mistake} ({code}). "
        "Similar lines left out since the last one: {repeats}.")
    WEBHOOK_BEGUN_AGAIN = ("webhook_begun_again", WEBHOOKS, WARNING,
        "The database failed during a request ({type}) for app {app}, channel {channel_id}. It is processed again on a "
        "new connection. "
        "Similar lines left out since the last one: {repeats}.")
    WEBHOOK_ESCAPED = ("webhook_escaped", WEBHOOKS, ERROR,
        "The database cannot store a webhook ({type}) of channel {channel_id} unchanged. It is stored in ASCII. "
        "Similar lines left out since the last one: {repeats}.")
    WEBHOOK_KEPT = ("webhook_kept", WEBHOOKS, ERROR,
        "Processing a webhook ({type}) of channel {channel_id} failed. It is stored, and a worker tries again. "
        "Similar lines left out since the last one: {repeats}.")
    WEBHOOK_TYPE_UNKNOWN = ("webhook_type_unknown", WEBHOOKS, WARNING,
        "Channel {channel_id} got a request of an unknown type, which is stored. "
        "Similar lines left out since the last one: {repeats}.")
    WEBHOOK_CHANGED = ("webhook_changed", WEBHOOKS, WARNING,
        "Front sent the message of event {event_id} of channel {channel_id} again with different content, which is "
        "ignored. "
        "Similar lines left out since the last one: {repeats}.")
    WEBHOOK_OF_OTHER_CHANNEL = ("webhook_of_other_channel", WEBHOOKS, WARNING,
        "A request of channel {channel_id} was sent to the URL of channel {other_channel_id}, and was refused. "
        "Similar lines left out since the last one: {repeats}.")
    WEBHOOK_TOKEN_DIFFERS = ("webhook_token_differs", WEBHOOKS, WARNING,
        "A request for channel {channel_id} was refused: its token is not the one that connected the channel. "
        "Similar lines left out since the last one: {repeats}.")
    BODY_CONSUMED = ("body_consumed", WEBHOOKS, ERROR,
        "A middleware read request.POST before the webhook view. Keep it off the webhook URLs. "
        "Similar lines left out since the last one: {repeats}.")
    SIGNALS_DELAYED = ("signals_delayed", OUTBOX, ERROR,
        "Signals could not be sent now. A worker will send them. Similar lines left out since the last one: {repeats}.")

    # Conversations and files.
    CONVERSATION_ID_UNUSABLE = ("conversation_id_unusable", WEBHOOKS, WARNING,
        "Front sent an unusable conversation id for channel {channel_id}. "
        "Similar lines left out since the last one: {repeats}.")
    MERGE_NOT_NOTED = ("merge_not_noted", WEBHOOKS, ERROR,
        "A merge of conversations in channel {channel_id} could not be stored. The next request will show it again. "
        "Similar lines left out since the last one: {repeats}.")
    FILE_NOT_DELETED = ("file_not_deleted", FILES, ERROR,
        "A file without a row could not be deleted from the storage {storage}. Pruning will try again. "
        "Similar lines left out since the last one: {repeats}.")

    # Tests.
    NOBODY_DELIVERS = ("nobody_delivers", TESTING, WARNING,
        "Nobody delivers messages of app {app}: FRONT_CHANNEL_APPS names no HANDLER with deliver(), and no receiver "
        "listens to {signal}.")

    # The outbox and its worker.
    ENTRY_DONE = ("entry_done", OUTBOX, INFO,
        "Entry {entry_id} ({operation}) of channel {channel_id} is done after {seconds} s, by {worker}.")
    ENTRY_FAILED = ("entry_failed", OUTBOX, WARNING,
        "Entry {entry_id} ({operation}) of channel {channel_id} is given up: {code}, by {worker}.")
    ATTEMPT_FAILED = ("attempt_failed", OUTBOX, WARNING,
        "An attempt failed: {code}. Message: {message_id}, channel: {channel_id}, thread: {thread_id}." + BY_ATTEMPT
        + " Similar lines left out since the last one: {repeats}.")
    ENTRY_BROKE = ("entry_broke", OUTBOX, ERROR,
        "Entry {entry_id} of channel {channel_id} failed unexpectedly. It will be tried again. "
        "Similar lines left out since the last one: {repeats}.")
    DELIVERY_BROKE = ("delivery_broke", OUTBOX, ERROR,
        "deliver() raised {error} for message {message_id} of channel {channel_id}, attempt {attempt}. "
        "It will be called again. Similar lines left out since the last one: {repeats}.")
    DELIVERY_GIVEN_UP = ("delivery_given_up", OUTBOX, ERROR,
        "Message {message_id} of channel {channel_id} is given up: deliver() failed unexpectedly {attempts} times.")
    LANE_BROKE = ("lane_broke", OUTBOX, ERROR,
        "Lane {lane_id} of channel {channel_id} failed unexpectedly. It will be tried again. "
        "Similar lines left out since the last one: {repeats}.")
    LANE_LOST = ("lane_lost", OUTBOX, WARNING,
        "Another worker took over lane {lane_id} with entry {entry_id}, because this one was too slow. "
        "Similar lines left out since the last one: {repeats}.")
    OUTCOME_DELAYED = ("outcome_delayed", OUTBOX, WARNING,
        "The outcome of entry {entry_id} could not be stored yet. The worker will try again. "
        "Similar lines left out since the last one: {repeats}.")
    OUTCOME_BROKE = ("outcome_broke", OUTBOX, ERROR,
        "The outcome of entry {entry_id} cannot be stored. Similar lines left out since the last one: {repeats}.")
    PAUSE_BEGAN = ("pause_began", OUTBOX, WARNING,
        "Front asked app {app} to wait {seconds} s. Scope: {scope}. "
        "Similar lines left out since the last one: {repeats}.")
    CHANNEL_WAITS = ("channel_waits", OUTBOX, WARNING,
        "Channel {channel_id} waits: {code}. Similar lines left out since the last one: {repeats}.")
    APP_MISSING = ("app_missing", OUTBOX, WARNING,
        "FRONT_CHANNEL_APPS has no app for channel {channel_id}. Similar lines left out since the last one: {repeats}.")
    WAKE_UP_FAILED = ("wake_up_failed", OUTBOX, WARNING,
        "FRONT_CHANNEL_WAKE_UP failed. The worker will find the entry by polling. "
        "Similar lines left out since the last one: {repeats}.")
    STREAM_BROKE = ("stream_broke", OUTBOX, ERROR,
        "The worker's {stream} stream failed. It will try again. Similar lines left out since the last one: {repeats}.")
    STREAM_ENDED = ("stream_ended", OUTBOX, CRITICAL,
        "The worker's {stream} stream has ended, so the worker ends.")
    WORKER_FROZEN = ("worker_frozen", OUTBOX, CRITICAL,
        "A part of this worker has done nothing for too long, so the process ends. Its database may not answer.")
    HANDLER_OVERRAN = ("handler_overran", OUTBOX, CRITICAL,
        "deliver() exceeded its time limit, so this process ends. Set a time-out for calls to the provider.\n{place}")
    EVENT_STOPPED = ("event_stopped", OUTBOX, WARNING,
        "The event {about} came {repeats} more times and has stopped. Subject: {subject}.")
    # fmt: on


class Quiet:
    """Decides which lines this process logs, and counts those that it leaves out, for each event and subject."""

    def __init__(self) -> None:
        self.clock = time.monotonic
        self._lock = threading.Lock()
        # By subject: when its quiet time ends, and how many lines were left out. The earliest end comes first.
        self._known: dict[tuple[object, ...], tuple[float, int]] = {}

    def repeats(self, subject: tuple[object, ...]) -> int | None:
        """Return how many lines were left out since the last one, or None if this line must be left out too."""
        now = self.clock()
        with self._lock:
            if subject not in self._known and len(self._known) >= MOST_SUBJECTS:
                subject = (subject[0], SEVERAL)
            until, left_out = self._known.get(subject, (now, 0))
            if now < until:
                self._known[subject] = (until, left_out + 1)
                return None
            self._known.pop(subject, None)
            self._known[subject] = (now + QUIET_SECONDS, 0)
            return left_out

    def stopped(self) -> list[tuple[tuple[object, ...], int]]:
        """Forget the subjects whose quiet time is over. Returns those that had lines left out, with their numbers."""
        over, now = [], self.clock()
        with self._lock:
            while self._known:
                subject, (until, left_out) = next(iter(self._known.items()))
                if now < until:
                    break
                del self._known[subject]
                if left_out:
                    over.append((subject, left_out))
        return over

    def forget(self) -> None:
        """Let the next line of every subject be logged. For tests."""
        with self._lock:
            self._known.clear()


quiet = Quiet()


def log(event: LogEvent, *, exc_info: bool | BaseException = False, **fields: Any) -> None:
    """Log the event. Pass exactly the fields in its sentence, except ``repeats``, which is filled in.

    Raises ``TypeError`` for other fields.
    """
    if _is_wanted(event):
        if "repeats" in event.fields:
            fields["repeats"] = quiet.repeats((event, *(fields.get(name) for name in SUBJECT)))
        if fields.keys() != set(event.fields):
            raise TypeError(f"{event} has the fields {', '.join(event.fields)}.")
        if fields.get("repeats", 0) is not None:
            _write(event, fields, exc_info)
    _log_what_stopped()


def _log_what_stopped() -> None:
    for (about, *known), left_out in quiet.stopped():
        _write(LogEvent.EVENT_STOPPED, {"about": str(about), "repeats": left_out, "subject": _shown(known)})


def _shown(subject: list[object]) -> str:
    if subject == [SEVERAL]:
        return SEVERAL
    return ", ".join(f"{name}={value}" for name, value in zip(SUBJECT, subject, strict=True) if value)


def _is_wanted(event: LogEvent) -> bool:
    return logging.getLogger(event.logger).isEnabledFor(event.level)


def _write(event: LogEvent, fields: dict[str, Any], exc_info: bool | BaseException = False) -> None:
    logging.getLogger(event.logger).log(
        event.level,
        event.template,
        *([fields] if fields else []),
        exc_info=exc_info,
        extra={"event": str(event), **fields},
    )


def this_process() -> str:
    """Return the name of this process in the log, ``host:process id``."""
    return f"{socket.gethostname()}:{os.getpid()}"


def attempt_fields(
    entry_id: int | None = None, attempt: int | None = None, seconds: float | None = None
) -> dict[str, Any]:
    """Return the fields about the attempt that led to an outcome. ``None`` means that there was none."""
    return {"entry_id": entry_id, "attempt": attempt, "seconds": seconds, "worker": this_process()}


def log_after_commit(event: LogEvent, **fields: Any) -> None:
    """Log the event when the current transaction commits, or at once outside one. Logs nothing after a rollback."""
    if _is_wanted(event):
        transaction.on_commit(partial(log, event, **fields), using=database.alias(), robust=True)
    else:
        _log_what_stopped()
