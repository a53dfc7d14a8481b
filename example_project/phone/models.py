"""A pretend telephone network: phones, and the texts between them and the shop."""

from __future__ import annotations

import secrets

from django.db import models
from django.urls import reverse


def new_sid() -> str:
    return f"SM{secrets.token_hex(8)}"


class Phone(models.Model):
    """A customer's phone. Texts to a phone that is switched off are lost, and the network reports it."""

    number = models.CharField(max_length=20, unique=True)
    owner = models.CharField(max_length=100)
    is_on = models.BooleanField(default=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.owner}, {self.number}"

    def get_absolute_url(self) -> str:
        return reverse("phone:phone", args=[self.number])


class Text(models.Model):
    """A text to the shop, or from the shop to a phone."""

    class Status(models.TextChoices):
        SENT = "sent", "Sent"
        DELIVERED = "delivered", "Delivered"
        UNDELIVERED = "undelivered", "Undelivered"

    phone = models.ForeignKey(Phone, on_delete=models.CASCADE, related_name="texts")
    sid = models.CharField(max_length=40, unique=True, default=new_sid, editable=False)
    """The network's id of the text."""
    reference = models.CharField(max_length=200, blank=True, editable=False)
    """The sender's id of the text."""
    is_to_shop = models.BooleanField()
    body = models.TextField()
    status = models.CharField(max_length=20, choices=Status, default=Status.SENT)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.sid}: {self.body}"
