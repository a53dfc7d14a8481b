"""Commits an event and its effect in one transaction. The event is inserted first, so that repetitions are found."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from operator import attrgetter
from typing import Any

from django.db import DatabaseError, IntegrityError
from django.db.models import Q

from django_front_channel.conf import conf
from django_front_channel.core import database
from django_front_channel.core.digests import digest
from django_front_channel.core.log_events import LogEvent, log, log_after_commit
from django_front_channel.core.prepared import Parameter, PreparedSelect
from django_front_channel.core.pseudonyms import is_pseudonym, pseudonyms
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.core.texts import brief, in_ascii
from django_front_channel.lifecycle.imports import Unreadable
from django_front_channel.models import Channel, WebhookEvent
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.outbox.enqueue import enqueue_processing
from django_front_channel.webhooks.answers import Answer, SignedRequest, error

ATTEMPTS = 3

# Only the columns that an answer needs. The body may be long.
SAME = PreparedSelect(
    lambda: WebhookEvent.objects.filter(Q(digest=Parameter("digest")) | Q(key=Parameter("key"))),
    only=("id", "channel_id", "key", "content_digest", "answer_status", "answer", "erased_at"),
)

# Writes the effect of an event. The flag is True after a conflict: then look for a row before inserting it.
Effect = Callable[[WebhookEvent, bool], list[Announcement]]


class TooLate(Exception):
    """Front will soon stop waiting and report an error, so the transaction must be rolled back."""


def new_event(
    signed: SignedRequest, channel: Channel | None, *, received_at: datetime, **values: Any
) -> WebhookEvent:
    """Return an unsaved event for the request."""
    defaults: dict[str, Any] = {
        "state": WebhookEvent.State.PROCESSED,
        "answer_status": 200,
        "answer": {"type": "success"},
    }
    return WebhookEvent(
        app=signed.app.alias,
        channel=channel,
        type=signed.envelope.type,
        digest=signed.proof.digest,
        signed_timestamp=signed.proof.timestamp,
        body=signed.body,
        received_at=received_at,
        **(defaults | values),
    )


def fact_key(channel: Channel, *parts: str) -> str:
    """Return the key of a fact. It is the same each time, even if Front signs the fact again."""
    return digest(str(channel.pk), *parts)


def commit(event: WebhookEvent, effect: Effect, *, look_first: bool = False) -> Answer:
    """Commit the event with its effect, or return the answer that was given to the same request before.

    A conflict rolls back the whole transaction. If an event with the same digest or key exists, the request is a
    repetition. Otherwise the transaction is tried again: two requests may have created one conversation, or there was a
    deadlock or a broken connection, perhaps during the commit.

    ``look_first``  look for an earlier event before inserting, if the request seems to be a repetition
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            if (look_first or attempt > 1) and (earlier := _earlier(event)) is not None:
                return _repeat(event, earlier)
            return _insert(event, effect, conflicted=attempt > 1)
        except (IntegrityError, *database.BROKEN) as problem:
            if attempt == ATTEMPTS:
                raise
            if not isinstance(problem, IntegrityError):
                database.close_connections()
    raise AssertionError("unreachable")


def _insert(event: WebhookEvent, effect: Effect, *, conflicted: bool) -> Answer:
    with database.durable():
        event.pk = None
        event.save(force_insert=True)
        announcements = effect(event, conflicted)
    return Answer(event.answer_status, event.answer, announcements)


def commit_fact(event: WebhookEvent, effect: Effect, *, look_first: bool = False) -> Answer:
    """Commit a fact, which Front may never repeat, as ``commit`` does.

    If the effect fails, store the event alone, answer with success, and let a worker process it again.
    """
    try:
        return commit(event, effect, look_first=look_first)
    except Exception as problem:
        log(LogEvent.WEBHOOK_KEPT, type=event.type, channel_id=event.channel_id, exc_info=True)
        event.state = WebhookEvent.State.FAILED
        failed = Reason(Code.PROCESSING_FAILED, detail=brief(problem))
        _note(event, problem.reason if isinstance(problem, Unreadable) else failed)
        return _keep(event)


def _keep(event: WebhookEvent) -> Answer:
    """Store the event without an effect. If the database refuses its characters, write them as JSON escapes."""
    try:
        return commit(event, _process_later)
    except DatabaseError:
        log(LogEvent.WEBHOOK_ESCAPED, type=event.type, channel_id=event.channel_id, exc_info=True)
        event.body, event.detail = in_ascii(event.body), in_ascii(event.detail)
        return commit(event, _process_later)


def _process_later(event: WebhookEvent, conflicted: bool) -> list[Announcement]:
    """Enqueue the processing of an event, instead of its own effect."""
    enqueue_processing(event)
    return []


def refuse(event: WebhookEvent, answer: Answer) -> Answer:
    """Store that a request was refused, without a key, so that the same message may be accepted later."""
    assert answer.reason is not None
    earlier = _earlier(event)
    if earlier is not None:
        # With an error instead, the teammate would send an accepted message again.
        return _repeat(event, earlier)
    event.key, event.state = None, WebhookEvent.State.REFUSED
    event.answer_status, event.answer = answer.status, answer.body
    _note(event, answer.reason)
    return commit(event, _refused)


def _refused(event: WebhookEvent, conflicted: bool) -> list[Announcement]:
    """Log a refused event, which has no other effect."""
    log_after_commit(
        LogEvent.WEBHOOK_REFUSED,
        event_id=event.pk,
        type=event.type,
        channel_id=event.channel_id,
        code=event.code,
    )
    return []


def _note(event: WebhookEvent, reason: Reason) -> None:
    for name, value in reason.columns.items():
        setattr(event, name, value)


def _earlier(event: WebhookEvent) -> WebhookEvent | None:
    """Return the first event with the same digest or key, or None. It has only the columns of ``SAME``."""
    return min(SAME.execute(digest=event.digest, key=event.key), key=attrgetter("pk"), default=None)


def _repeat(event: WebhookEvent, earlier: WebhookEvent) -> Answer:
    """Return the answer to a request that was answered before."""
    if earlier.channel_id != event.channel_id and event.channel_id is not None:
        log(
            LogEvent.WEBHOOK_OF_OTHER_CHANNEL,
            channel_id=earlier.channel_id,
            other_channel_id=event.channel_id,
        )
        return error("authentication_required", Reason(Code.URL_DIFFERS), conf.language(event.app))
    if earlier.key == event.key and not _has_content_of(event, earlier):
        # The same id is the same message. To accept it again would deliver it to the customer twice.
        log(LogEvent.WEBHOOK_CHANGED, channel_id=event.channel_id, event_id=earlier.pk)
    return Answer(earlier.answer_status, _answer_again(event, earlier))


def _has_content_of(event: WebhookEvent, earlier: WebhookEvent) -> bool:
    digests = {event.content_digest}
    if earlier.erased_at is not None and event.content_digest and event.channel_id is not None:
        digests.update(pseudonyms(event.channel_id, event.content_digest))
    return earlier.content_digest in digests


def _answer_again(event: WebhookEvent, earlier: WebhookEvent) -> dict[str, Any]:
    """Return the answer that was given before. If the person was erased, pseudonyms in it become our ids again."""
    answer: dict[str, Any] = dict(earlier.answer)
    if earlier.erased_at is None:
        return answer
    return {
        name: event.answer.get(name, kept) if is_pseudonym(kept) else kept for name, kept in answer.items()
    }
