"""What Front's verified requests do: one durable transaction for the event, its effect and the reply."""

from django_front_channel.webhooks.processing.dispatch import (
    DELETE,
    process_app_request,
    process_channel_request,
)
from django_front_channel.webhooks.processing.requests import Answer, SignedRequest

__all__ = ["DELETE", "Answer", "SignedRequest", "process_app_request", "process_channel_request"]
