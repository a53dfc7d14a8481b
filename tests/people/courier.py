"""A host's handler that refuses one text, and whose provider does what the test says."""

from __future__ import annotations

from typing import ClassVar

from django_front_channel.exceptions import DeliveryFailed, MessageRefused
from django_front_channel.models import Message
from tests.front import Courier


class Postman(Courier):
    REFUSED: ClassVar = "Refuse this"

    @staticmethod
    def failed(detail: str) -> DeliveryFailed:
        return DeliveryFailed(detail)

    def accept(self, message: Message) -> None:
        if message.text.startswith(self.REFUSED):
            raise MessageRefused(f"{message.customer_handle} has moved.")
