"""Test a host's integration without a Front account: a Front in the same process, signed webhooks, factories.

Importing this needs neither pytest nor a configured Django. ``testing.front`` and ``testing.factories`` need the
tables. Named in ``pytest_plugins``, it brings the fixture ``front``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_front_channel.testing.webhook_client import FrontWebhookClient, sign

if TYPE_CHECKING:
    from unittest import TestCase

    from django_front_channel.testing.front import Front
else:
    TestCase = object

__all__ = ["FrontMixin", "FrontWebhookClient", "sign"]

# Read by pytest only, so that nobody else imports pytest.
pytest_plugins = ["django_front_channel.testing.plugin"]


class FrontMixin(TestCase):
    """Put it before ``TestCase`` or ``TransactionTestCase``: ``self.front`` is a Front for this test alone."""

    front: Front

    def setUp(self) -> None:
        from django_front_channel.testing.front import in_process  # the tables need Django to be set up

        super().setUp()
        self.front = self.enterContext(in_process())
