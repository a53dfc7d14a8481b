"""What the shop knows of its chats. The state of a message in Front is not copied: it is one join away."""

from __future__ import annotations

import secrets
import uuid

from django.db import models
from django.urls import reverse


def new_handle() -> str:
    return f"customer-{secrets.token_hex(4)}"


class Customer(models.Model):
    """Somebody who chats with the shop."""

    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    """Who knows it may read the chat: it is in the page's address, and nowhere in Front."""
    name = models.CharField(max_length=100)
    handle = models.CharField(max_length=50, unique=True, default=new_handle, editable=False)
    """By this the team writes to the customer in Front."""
    answered_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop:chat", args=[self.key])

    @property
    def thread_id(self) -> str:
        """The external conversation id: a customer has one thread, which never ends."""
        return f"chat-{self.handle}"


class ChatMessage(models.Model):
    """One line of a chat, from the customer or from the team."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="chat_messages")
    author = models.CharField(max_length=200)
    is_from_team = models.BooleanField(default=False)
    text = models.TextField()
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # PROTECT, because a chat is worth keeping as long as the shop says. Null for the moment before the
    # message is told to Front, and for lines that Front shall never know.
    front_message = models.ForeignKey(
        "front_channel.Message", on_delete=models.PROTECT, null=True, blank=True, related_name="chat_messages"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            # A reply may be handed to us twice; the customer shall read it once.
            models.UniqueConstraint(fields=["customer", "front_message"], name="shop_one_line_per_message")
        ]

    def __str__(self) -> str:
        return f"{self.author}: {self.text}"


class StoppedNumber(models.Model):
    """A phone number whose owner has texted STOP."""

    number = models.CharField(max_length=20, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.number
