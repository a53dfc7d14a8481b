"""Try a message again, or cancel it."""

from __future__ import annotations

from django_front_channel.core import clock, database
from django_front_channel.core.reasons import Code
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.lifecycle import messages as lifecycle
from django_front_channel.lifecycle.messages import REPORT_FAILURE
from django_front_channel.lifecycle.opt_outs import is_unwanted
from django_front_channel.models import Message
from django_front_channel.outbox import entries
from django_front_channel.outbox.enqueue import enqueue_delivery
from django_front_channel.services.rows import check_row, reread
from django_front_channel.services.sync import enqueue_sync


def retry(message: Message) -> Message:
    """Try again now: a message that waits, at once; one that failed or was cancelled, from the beginning.

    Returns the message. Raises ``InvalidArgument`` if there is nothing to try.
    """
    check_row("messages.retry", Message, message)
    reread(message, "erased_at")
    if message.erased_at is not None:
        raise InvalidArgument(
            "The person of this message has been erased: there is nothing left to send.",
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
        # A report of failure that still waits is not an attempt of the message.
        waiting = list(entries.waiting_for(message).exclude(operation=REPORT_FAILURE))
        if waiting:
            entries.retry(waiting, clock.now())
        else:
            _start_over(message)
    return message


def cancel(message: Message) -> Message:
    """Keep a message that is still queued from being sent to Front, or to the customer.

    Returns the message. Raises ``InvalidArgument`` when an attempt has begun: its outcome may be unknown.
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
        # The entry first, whose row a worker locks first too.
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
            "Only a message that waits, failed or was cancelled can be tried again.",
            code="not_unfinished",
            argument="message",
        )
    if message.is_from_front:
        enqueue_delivery(message)
    else:
        enqueue_sync(message, list(message.attachments.all()))
