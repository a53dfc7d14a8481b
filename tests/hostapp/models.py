"""A host's own tables: a user whose key is no integer, and a table that points to ours."""

import uuid

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)


class Ticket(models.Model):
    """Foreign keys from the host are supported, and pruning respects them."""

    title = models.CharField(max_length=100)
    conversation = models.ForeignKey(
        "front_channel.Conversation", models.PROTECT, null=True, related_name="+"
    )
    message = models.ForeignKey("front_channel.Message", models.PROTECT, null=True, related_name="+")
