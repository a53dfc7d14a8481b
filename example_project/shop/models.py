"""The shop's chats. A message's state in Front is not copied, because a join finds it."""

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
    """The page's address holds this key. Whoever has the key may read the chat. Front never sees it."""
    name = models.CharField(max_length=100)
    handle = models.CharField(max_length=50, unique=True, default=new_handle, editable=False)
    """The address to which the team writes in Front."""
    answered_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("shop:chat", args=[self.key])

    @property
    def thread_id(self) -> str:
        """Return the external conversation id. A customer has one thread, which never ends."""
        return f"chat-{self.handle}"


class ChatMessage(models.Model):
    """A line of a chat, from the customer or from the team."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="chat_messages")
    author = models.CharField(max_length=200)
    is_from_team = models.BooleanField(default=False)
    text = models.TextField()
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # PROTECT keeps a chat for as long as the shop wants it. The field is null until Front is told, and for lines
    # that Front never gets.
    front_message = models.ForeignKey(
        "front_channel.Message", on_delete=models.PROTECT, null=True, blank=True, related_name="chat_messages"
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            # deliver() may be called twice for a reply, and the customer must read it once.
            models.UniqueConstraint(fields=["customer", "front_message"], name="shop_one_line_per_message")
        ]

    def __str__(self) -> str:
        return f"{self.author}: {self.text}"
