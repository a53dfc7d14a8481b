"""Tools to test a host's integration without a Front account: a Front in the same process, signed webhooks, factories.

Add this module to ``pytest_plugins`` to get the fixture ``front``. Importing it needs neither pytest nor a configured
Django. ``testing.front`` and ``testing.factories`` need the tables.
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

# A dotted path, so that only pytest imports the plugin, which imports pytest.
pytest_plugins = ["django_front_channel.testing.plugin"]


class FrontMixin(TestCase):
    """Gives each test its own Front as ``self.front``. Put it before ``TestCase`` or ``TransactionTestCase``."""

    front: Front

    def setUp(self) -> None:
        from django_front_channel.testing.front import in_process  # the tables need Django to be set up

        super().setUp()
        self.front = self.enterContext(in_process())
