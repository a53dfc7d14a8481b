"""Retry and cancel messages."""

from __future__ import annotations

from django_front_channel.core import clock, database
from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle import messages as lifecycle
from django_front_channel.lifecycle.lateness import deadline, notice_time
from django_front_channel.lifecycle.messages import REPORT_FAILURE
from django_front_channel.lifecycle.opt_outs import is_unwanted
from django_front_channel.models import Message
from django_front_channel.outbox import entries
from django_front_channel.outbox.enqueue import enqueue_delivery
from django_front_channel.services.rows import check_row, reread
from django_front_channel.services.sync import enqueue_sync


def retry(message: Message) -> Message:
    """Try a waiting message now, or start again with one that failed or was cancelled.

    Returns the message. Raises ``InvalidArgument`` if it is in another state, if its person was erased, or if the
    customer has opted out.
    """
    check_row("messages.retry", Message, message)
    reread(message, "erased_at")
    if message.erased_at is not None:
        raise InvalidArgument(
            "The person of this message has been erased, so there is nothing to send.",
            code="erased",
            argument="message",
        )
    if message.is_from_front and is_unwanted(message):
        raise InvalidArgument(
            "The customer has opted out of messages on this channel. Opt them in first, if they agree.",
            code=Code.OPTED_OUT,
            argument="message",
        )
    with database.atomic():
        # A waiting report of failure is no attempt to deliver the message.
        waiting = list(entries.waiting_for(message).exclude(operation=REPORT_FAILURE))
        if waiting:
            entries.retry(waiting, clock.now())
        else:
            _start_over(message)
    return message


def cancel(message: Message) -> Message:
    """Cancel a message that still waits, so that it is not sent to Front or to the customer.

    Returns the message. Raises ``InvalidArgument`` if an attempt has begun, because its outcome may be unknown.
    """
    check_row("messages.cancel", Message, message)
    with database.atomic():
        if entries.has_ambiguous_attempt(message):
            raise InvalidArgument(
                "An earlier attempt of this message may have succeeded, so it cannot be cancelled.",
                code="maybe_sent",
                argument="message",
            )
        now = clock.now()
        # Lock the entry first, as workers do.
        if not entries.cancel_unbegun(message, now) or not lifecycle.cancel(message, now):
            raise InvalidArgument(
                "Only a message that nobody has begun to send can be cancelled.",
                code="already_begun",
                argument="message",
            )
    return message


def _start_over(message: Message) -> None:
    if not lifecycle.start_over(message, clock.now()):
        raise InvalidArgument(
            "Only a message that waits, has failed or was cancelled can be tried again.",
            code="not_unfinished",
            argument="message",
        )
    if message.is_from_front:
        enqueue_delivery(
            message, late_at=deadline(message, clock.now()), notice_at=notice_time(message, clock.now())
        )
    else:
        enqueue_sync(message, list(message.attachments.all()))
