"""Insert first: an event is written before its effect, and both are committed as one, or not at all."""

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

# Not the body, which may be long: every column that is read costs each repetition.
SAME = PreparedSelect(
    lambda: WebhookEvent.objects.filter(Q(digest=Parameter("digest")) | Q(key=Parameter("key"))),
    only=("id", "channel_id", "key", "content_digest", "answer_status", "answer", "erased_at"),
)

# Writes what an event means. The flag says that a conflict has aborted it before: look before each INSERT.
Effect = Callable[[WebhookEvent, bool], list[Announcement]]


class TooLate(Exception):
    """Front is about to stop waiting, so nothing may remain of the message."""


def new_event(
    signed: SignedRequest, channel: Channel | None, *, received_at: datetime, **values: Any
) -> WebhookEvent:
    """The event of a request, not saved yet."""
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
    """The key of a fact, which Front may sign more than once."""
    return digest(str(channel.pk), *parts)


def commit(event: WebhookEvent, effect: Effect, *, look_first: bool = False) -> Answer:
    """Commit the event with its effect, or find the answer that was given before.

    A conflict aborts the whole transaction. Only an event with the same digest or key makes the request a
    repetition. Anything else is begun again: two requests that create one conversation, a deadlock, a connection
    that broke, even while it was committing. ``look_first`` saves the conflict if the request seems to be a
    repetition.
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
    """As ``commit``, for a fact that Front may never repeat: if its effect fails, keep the event, answer success,
    and let a worker process it again.
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
    """Store the event as it is. If the database cannot hold its characters, spell them as JSON escapes."""
    try:
        return commit(event, _process_later)
    except DatabaseError:
        log(LogEvent.WEBHOOK_ESCAPED, type=event.type, channel_id=event.channel_id, exc_info=True)
        event.body, event.detail = in_ascii(event.body), in_ascii(event.detail)
        return commit(event, _process_later)


def _process_later(event: WebhookEvent, conflicted: bool) -> list[Announcement]:
    """The effect of an event that cannot have its own yet."""
    enqueue_processing(event)
    return []


def refuse(event: WebhookEvent, answer: Answer) -> Answer:
    """Keep that a request was refused. It has no key: the same message may be sent again, and be accepted."""
    assert answer.reason is not None
    earlier = _earlier(event)
    if earlier is not None:
        return _repeat(event, earlier)  # a second answer would have the customer get the message twice
    event.key, event.state = None, WebhookEvent.State.REFUSED
    event.answer_status, event.answer = answer.status, answer.body
    _note(event, answer.reason)
    return commit(event, _refused)


def _refused(event: WebhookEvent, conflicted: bool) -> list[Announcement]:
    """The effect of a refused event: only the log tells of it."""
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
    """The first event of the same request, or of the same fact, with what a repetition is answered from."""
    return min(SAME.execute(digest=event.digest, key=event.key), key=attrgetter("pk"), default=None)


def _repeat(event: WebhookEvent, earlier: WebhookEvent) -> Answer:
    """The answer to a request that was answered before."""
    if earlier.channel_id != event.channel_id and event.channel_id is not None:
        log(
            LogEvent.WEBHOOK_OF_OTHER_CHANNEL,
            channel_id=earlier.channel_id,
            other_channel_id=event.channel_id,
        )
        return error("authentication_required", Reason(Code.URL_DIFFERS), conf.language(event.app))
    if earlier.key == event.key and not _has_content_of(event, earlier):
        # Front's id says which message it is. Asking for a new one would send it to the customer twice.
        log(LogEvent.WEBHOOK_CHANGED, channel_id=event.channel_id, event_id=earlier.pk)
    return Answer(earlier.answer_status, _answer_again(event, earlier))


def _has_content_of(event: WebhookEvent, earlier: WebhookEvent) -> bool:
    digests = {event.content_digest}
    if earlier.erased_at is not None and event.content_digest and event.channel_id is not None:
        digests.update(pseudonyms(event.channel_id, event.content_digest))
    return earlier.content_digest in digests


def _answer_again(event: WebhookEvent, earlier: WebhookEvent) -> dict[str, Any]:
    """The answer that was given before. Where the person was erased, our ids in it come from the repetition itself."""
    answer: dict[str, Any] = dict(earlier.answer)
    if earlier.erased_at is None:
        return answer
    return {
        name: event.answer.get(name, kept) if is_pseudonym(kept) else kept for name, kept in answer.items()
    }
