"""The states of messages. Facts arrive in any order, so every change of a state is a conditional UPDATE."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models.functions import Coalesce
from django.utils import translation

from django_front_channel.conf import conf
from django_front_channel.core.log_events import LogEvent, log_after_commit
from django_front_channel.core.prepared import Parameter, PreparedUpdate
from django_front_channel.core.reasons import (
    NO_REASON,
    Affair,
    Code,
    Reason,
    advice,
    sentence,
    sentence_for_the_team,
)
from django_front_channel.core.row_values import row_values
from django_front_channel.core.texts import storable
from django_front_channel.models import ConversationThread, Message, MessageParty
from django_front_channel.models.message import DELIVERY_ID_LENGTH, HANDLE_LENGTH
from django_front_channel.models.outbox import Topic
from django_front_channel.outbox.announcements import Announcement, announce_each, message_fields
from django_front_channel.outbox.enqueue import enqueue_request

DELIVERED, FAILED = "delivered", "failed"
REPORT_FAILURE = "update-external-message-status"
# If receipts conflict, `delivered` wins, whichever comes first.
BEFORE_DELIVERED = (*Message.DELIVERY_UNSETTLED, Message.State.FAILED)
FINISHED = (Message.State.FAILED, Message.State.CANCELLED)

_MARK_IMPORTED = PreparedUpdate(
    lambda: Message.objects.filter(pk=Parameter("pk"), source=Message.Source.HOST).exclude(
        state=Message.State.IMPORTED
    ),
    state=Message.State.IMPORTED,
    state_changed_at=Parameter("now"),
    imported_at=Parameter("now"),
    **NO_REASON,
    front_id=Parameter("front_id"),
    message_uid=Coalesce(Parameter("message_uid"), "message_uid"),
    thread=Coalesce(Parameter("thread"), "thread_id"),
)


def parties_of(message: Message) -> list[MessageParty]:
    """Return unsaved rows for everybody in a group message except the first person. The message must be stored."""
    return [
        MessageParty(
            message=message,
            channel=message.channel,
            handle=person["handle"][:HANDLE_LENGTH],
            name=person.get("name", ""),
        )
        for person in message.people[1:]
    ]


def begin_sync(messages: Collection[Message], now: datetime) -> None:
    """Note that these messages are being sent to Front."""
    _advance(messages, Message.State.SENDING, since=Message.SYNC_UNSETTLED, now=now)


def put_back(reasons: Mapping[Message, Reason], now: datetime) -> None:
    """Note that these messages wait to be sent to Front again, and why."""
    _advance(reasons, Message.State.QUEUED, since=Message.SYNC_UNSETTLED, now=now, reasons=reasons)


def accept_sync(uids: Mapping[Message, str], now: datetime) -> list[Announcement]:
    """Note that Front accepted the messages with a 202, and the ``message_uid`` of each.

    Front's ``message_imported`` may have arrived earlier, and then the state stays. Returns the announcements to send.
    """
    uid_of = _by_pk("message_uid", uids)
    accepted = _advance(
        uids, Message.State.ACCEPTED, since=Message.SYNC_UNSETTLED, now=now, message_uid=uid_of
    )
    late = [message for message in uids if message not in accepted]
    if late:
        unnamed = Message.objects.filter(pk__in=[message.pk for message in late], message_uid="")
        unnamed.update(message_uid=_by_pk("message_uid", {message: uids[message] for message in late}))
    for message, uid in uids.items():
        message.message_uid = uid
    return _announced("sync_accepted", uids, now)


def fail_sync(reasons: Mapping[Message, Reason], now: datetime) -> list[Announcement]:
    """Note that these messages will never be in Front, and why. Returns the announcements to send."""
    failed = _advance(reasons, Message.State.FAILED, since=Message.SYNC_UNSETTLED, now=now, reasons=reasons)
    return _announced("sync_failed", failed, now, reasons)


def drop_sync(reasons: Mapping[Message, Reason], now: datetime) -> None:
    """Cancel these messages, which need not be sent to Front, and note why."""
    _cancel(reasons, Message.SYNC_UNSETTLED, now)


def mark_imported(
    message: Message,
    front_id: str,
    message_uid: str,
    *,
    now: datetime,
    thread: ConversationThread | None = None,
) -> bool:
    """Note that Front has created this message of ours, in ``thread`` if given. Returns False if that was known.

    The state becomes ``imported`` whatever it was, because Front has the message.
    """
    thread_pk = thread.pk if thread is not None else None
    known = {"front_id": front_id, "message_uid": message_uid or None, "thread": thread_pk}
    if not _MARK_IMPORTED.execute(pk=message.pk, now=now, **known):
        return False
    message.state, message.state_changed_at, message.imported_at = Message.State.IMPORTED, now, now
    message.code, message.parameters, message.detail = "", {}, ""
    message.front_id, message.message_uid = front_id, message_uid or message.message_uid
    message.thread = thread or message.thread
    return True


def begin_delivery(messages: Collection[Message], now: datetime) -> None:
    """Note that these messages are being delivered to the customer."""
    _advance(messages, Message.State.DELIVERING, since=Message.DELIVERY_BEGINS, now=now)


def note_delay(reasons: Mapping[Message, Reason]) -> None:
    """Note why these messages have not been delivered yet."""
    delayed = Message.objects.filter(
        pk__in=[message.pk for message in reasons], state=Message.State.DELIVERING
    )
    delayed.update(**_columns(reasons))


def hand_over(delivery_ids: Mapping[Message, str], now: datetime) -> None:
    """Note that the provider has these messages, each with its delivery id."""
    for message, delivery_id in delivery_ids.items():
        message.delivery_id = kept_delivery_id(delivery_id)
    named = Message.objects.filter(pk__in=[message.pk for message in delivery_ids])
    kept = {message: message.delivery_id for message in delivery_ids}
    named.update(delivery_id=_by_pk("delivery_id", kept))
    for message in _advance(
        delivery_ids, Message.State.HANDED_OVER, since=(Message.State.DELIVERING,), now=now
    ):
        log_after_commit(LogEvent.MESSAGE_HANDED_OVER, **message_fields(message))


def kept_delivery_id(given: object) -> str:
    """Return the provider's id in the form that is stored. A provider's library may return a number or a long text."""
    return storable(str(given))[:DELIVERY_ID_LENGTH]


def complete_delivery(
    messages: Collection[Message], now: datetime, *, since: Iterable[str] = Message.DELIVERY_UNSETTLED
) -> list[Announcement]:
    """Note that the customer has these messages, if they are in one of the states ``since``.

    Returns the announcements to send.
    """
    delivered = _advance(messages, Message.State.DELIVERED, since=since, now=now)
    return _announced("message_delivered", delivered, now)


def fail_delivery(reasons: Mapping[Message, Reason], now: datetime) -> list[Announcement]:
    """Note that the customer will not get these messages, and report it to Front, which shows the team why.

    Returns the announcements to send. Front's page: "Update external message status" of the Channel API, which knows
    only the status ``failed``.
    """
    failed = _advance(
        reasons, Message.State.FAILED, since=Message.DELIVERY_UNSETTLED, now=now, reasons=reasons
    )
    for message in failed:
        _report(message)
    return _announced("delivery_failed", failed, now, reasons)


def record_receipt(message: Message, state: str, detail: str, now: datetime) -> list[Announcement]:
    """Note the outcome of a delivery, ``delivered`` or ``failed``. Returns the announcements to send.

    Outcomes may arrive in any order. If they conflict, ``delivered`` wins.
    """
    if state == FAILED:
        return fail_delivery({message: Reason(Code.DELIVERY_FAILED, detail=detail)}, now)
    return complete_delivery([message], now, since=BEFORE_DELIVERED)


def start_over(message: Message, now: datetime) -> bool:
    """Let a message that failed or was cancelled start again. Returns False if it is in another state."""
    if not message.is_from_front:
        return bool(_advance([message], Message.State.QUEUED, since=FINISHED, now=now))
    # Forget the old delivery id: late receipts must not match the new attempt.
    if not _advance([message], Message.State.RECEIVED, since=FINISHED, now=now, delivery_id=""):
        return False
    message.delivery_id = ""
    return True


def cancel(message: Message, now: datetime) -> bool:
    """Cancel a message that still waits. Returns False if it is in another state."""
    since = (Message.State.QUEUED, Message.State.RECEIVED)
    return bool(_cancel({message: Reason(Code.CANCELLED)}, since, now))


def words_for_the_team(message: Message) -> str:
    """Return the text in which Front shows the team why a message failed.

    It is the host's own text from ``DeliveryFailed`` or ``report_delivery``, or else the sentence of the reason. The
    text of any other exception is not meant for the team, and neither are reasons that an operator should act on.
    """
    failed = Code.DELIVERY_FAILED
    if message.code == failed and message.detail:
        return message.detail
    known = Code.named(message.code)
    with translation.override(conf.language(message.channel.app)):
        if known is None or known.affair != Affair.TEAMMATE:
            return f"{sentence(failed)} {advice(failed)}"
        return sentence_for_the_team(known, message.parameters)


def _cancel(reasons: Mapping[Message, Reason], since: Iterable[str], now: datetime) -> list[Message]:
    cancelled = _advance(reasons, Message.State.CANCELLED, since=since, now=now, reasons=reasons)
    for message in cancelled:
        log_after_commit(
            LogEvent.MESSAGE_CANCELLED,
            message_id=message.pk,
            channel_id=message.channel_id,
            code=str(reasons[message].code),
        )
    return cancelled


def _report(message: Message) -> None:
    """Enqueue the report to Front. Its text is written when it is sent."""
    arguments = {
        "external_conversation_id": message.external_conversation_id,
        "external_id": message.external_id,
    }
    enqueue_request(
        message.channel,
        REPORT_FAILURE,
        arguments,
        external_conversation_id=message.external_conversation_id,
        message=message,
        topic=Topic.REPORT,
    )


def _advance(
    messages: Collection[Message],
    new: str,
    *,
    since: Iterable[str],
    now: datetime,
    reasons: Mapping[Message, Reason] | None = None,
    **changes: Any,
) -> list[Message]:
    """Move the messages that are in one of ``since`` to another state. Returns those that moved."""
    rows = Message.objects.filter(pk__in=[message.pk for message in messages], state__in=list(since))
    why = _columns(reasons) if reasons else NO_REASON
    changes = {**why, "state": new, "state_changed_at": now, **changes}
    moved = list(messages)
    if len(moved) > 1:
        # Lock the rows in the order of their keys, as every transaction does, so that none deadlock.
        pks = set(rows.order_by("pk").select_for_update().values_list("pk", flat=True))
        moved = [message for message in messages if message.pk in pks]
        rows = Message.objects.filter(pk__in=pks)
    if not rows.update(**changes):
        return []
    for message in moved:
        message.state, message.state_changed_at = new, now
        for name, value in (reasons[message].columns if reasons else NO_REASON).items():
            setattr(message, name, value)
    return moved


def _columns(reasons: Mapping[Message, Reason]) -> dict[str, Any]:
    """Return the columns of a reason, each as an expression with the value for each message."""
    columns = {message: reason.columns for message, reason in reasons.items()}
    return {
        name: _by_pk(name, {message: own[name] for message, own in columns.items()}) for name in NO_REASON
    }


def _by_pk(column: str, values: Mapping[Message, Any]) -> Any:
    """Return an expression that gives each message its own value of the column."""
    return row_values(Message, column, {message.pk: value for message, value in values.items()})


def _announced(
    signal: str,
    messages: Iterable[Message],
    now: datetime,
    reasons: Mapping[Message, Reason] | None = None,
) -> list[Announcement]:
    facts: list[dict[str, Any]] = [{"channel": message.channel, "message": message} for message in messages]
    if reasons is not None:
        for fact in facts:
            fact["error"] = reasons[fact["message"]]
    return announce_each(signal, facts, now)
