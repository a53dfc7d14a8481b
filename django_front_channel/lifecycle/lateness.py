"""When a message of the team is too late to be delivered. Its deadline counts from the moment it was enqueued."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.core.exceptions import ImproperlyConfigured

from django_front_channel.conf import conf
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.models import Message, OutboxEntry


def deadline(message: Message, now: datetime) -> datetime:
    """Return the time from which the message is too late to be delivered, if it is enqueued now."""
    own = message.deliver_within or message.channel.deliver_within
    return now + (own or timedelta(seconds=conf.deliver_within(message.channel.app)))


def notice_time(message: Message, now: datetime) -> datetime | None:
    """Return the time when the team is told that the message still waits, if it is enqueued now; None for never."""
    wait = conf.delay_notice(message.channel.app)
    return None if wait is None else now + timedelta(seconds=wait)


def is_limit(value: object) -> bool:
    """Return whether a ``deliver_within`` may have this value: a positive timedelta, or None for the default."""
    return value is None or (isinstance(value, timedelta) and value > timedelta())


def keep_limit(message: Message) -> None:
    """Store the ``deliver_within`` that ``accept()`` may have set.

    Raises ``ImproperlyConfigured`` if it is no positive timedelta.
    """
    if message.deliver_within is None:
        return
    if not is_limit(message.deliver_within):
        raise ImproperlyConfigured(
            "The channel handler is wrong: accept() must set message.deliver_within to a positive timedelta."
        )
    message.save(update_fields=["deliver_within"])


def why_late(entry: OutboxEntry, now: datetime) -> Reason | None:
    """Return why it is too late to begin the delivery now, or None if it is not too late."""
    if entry.late_at is None or now < entry.late_at:
        return None
    age = round((entry.late_at - entry.created_at).total_seconds())
    last = {"code": entry.code, "parameters": entry.parameters}
    return Reason(Code.DELIVERY_TOO_LATE, {"age": age, "last": last}, entry.detail)
