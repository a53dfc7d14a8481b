from __future__ import annotations

from django.db import models


class Channel(models.Model):
    webhook_key = models.CharField(max_length=64, unique=True)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Conversation(models.Model):
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT)
    front_id = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "front_id"], name="byhand_conversation_unique")
        ]

    def __str__(self) -> str:
        return self.front_id


class Thread(models.Model):
    """A thread of ours, and the conversation of Front that holds it."""

    channel = models.ForeignKey(Channel, on_delete=models.PROTECT)
    external_id = models.CharField(max_length=200)
    conversation = models.ForeignKey(Conversation, on_delete=models.PROTECT, null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="byhand_thread_unique")
        ]

    def __str__(self) -> str:
        return self.external_id


class Message(models.Model):
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT)
    thread = models.ForeignKey(Thread, on_delete=models.PROTECT, null=True)
    external_id = models.CharField(max_length=200)
    front_id = models.CharField(max_length=64, blank=True, db_index=True)
    state = models.CharField(max_length=16)
    text = models.TextField(blank=True)
    sender = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["channel", "external_id"], name="byhand_message_unique")
        ]

    def __str__(self) -> str:
        return self.external_id


class Event(models.Model):
    """A webhook that was processed. Front may send it again."""

    key = models.CharField(max_length=200, unique=True)
    type = models.CharField(max_length=64)
    body = models.TextField()
    received_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.key
