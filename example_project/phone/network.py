"""The pretend SMS provider: an API to send texts, and two calls to the shop.

A real provider makes those calls over HTTP. This one calls the functions named in ``PHONE_NETWORK``.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from .models import Phone, Text


class NumberUnknown(Exception):
    """No phone has this number."""


def send(number: str, body: str, *, reference: str) -> str:
    """Send a text to a phone. Returns the network's id of the text. A receipt for that id follows.

    The ``reference`` is the sender's own id, by which ``find()`` finds the text. Raises ``NumberUnknown``.
    """
    phone = Phone.objects.filter(number=number).first()
    if phone is None:
        raise NumberUnknown(f"No phone has the number {number}.")
    return phone.texts.create(is_to_shop=False, body=body, reference=reference).sid


def find(*, reference: str) -> str | None:
    """Return the network's id of the text that was sent with this reference, or None."""
    return Text.objects.filter(is_to_shop=False, reference=reference).values_list("sid", flat=True).first()


def pass_on() -> int:
    """Deliver waiting texts to the phones, and send receipts to the shop. Returns the number of texts."""
    waiting = Text.objects.filter(is_to_shop=False, status=Text.Status.SENT).select_related("phone")
    for text in waiting:
        text.status = Text.Status.DELIVERED if text.phone.is_on else Text.Status.UNDELIVERED
        _call_client("ON_RECEIPT", sid=text.sid, is_delivered=text.phone.is_on)
        text.save(update_fields=["status"])
    return len(waiting)


def write(phone: Phone, body: str) -> Text:
    """Send a customer's text to the shop."""
    text = phone.texts.create(is_to_shop=True, body=body, status=Text.Status.DELIVERED)
    _call_client("ON_TEXT", number=phone.number, name=phone.owner, body=body, sid=text.sid)
    return text


def _call_client(event: str, **arguments: Any) -> None:
    import_string(settings.PHONE_NETWORK[event])(**arguments)
