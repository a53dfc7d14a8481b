"""Test a host's integration without a Front account: signed webhooks, and rows to start from.

Importing this needs neither pytest nor a configured Django; ``testing.factories`` needs the tables.
"""

from django_front_channel.testing.client import FrontWebhookClient
from django_front_channel.testing.signing import sign

__all__ = ["FrontWebhookClient", "sign"]
