"""A receiver that answers questions about orders by itself."""

from __future__ import annotations

import re
from typing import Any

from django.db import transaction

from django_front_channel.models import Message
from django_front_channel.services import Contact, messages

from .models import ChatMessage, Customer

QUESTION = re.compile(r"order\D{0,5}(\d{3,6})", re.IGNORECASE)
ROBOT = "The shop's robot"


def answer_question(*, message: Message, **_: Any) -> None:
    """Answer a question about an order at once, and show the answer to the team in Front (``message_imported``).

    This may be called again for the same message. Both calls give the answer the same external id, so the
    second call finds the first answer.
    """
    asked = QUESTION.search(message.text) if message.direction == Message.Direction.INBOUND else None
    customer = Customer.objects.filter(handle=message.sender.get("handle")).first()
    if asked is None or customer is None:
        return
    text = f"Order {asked[1]} left our warehouse this morning. It will be with you tomorrow."
    with transaction.atomic():
        answer = messages.sync_outbound(
            message.channel,
            to=[Contact(handle=customer.handle, name=customer.name)],
            text=text,
            author_name=ROBOT,
            external_id=f"{message.external_id}-answer",
            external_conversation_id=customer.thread_id,
        )
        ChatMessage.objects.get_or_create(
            customer=customer,
            front_message=answer,
            defaults={"author": ROBOT, "is_from_team": True, "text": text},
        )
