"""Test a host's integration without a Front account: a Front in the same process, signed webhooks, factories.

Importing this needs neither pytest nor a configured Django; ``testing.front`` and ``testing.factories`` need the
tables. Named in ``pytest_plugins``, it brings the fixture ``front``.
"""

from django_front_channel.testing.client import FrontWebhookClient
from django_front_channel.testing.mixin import FrontMixin
from django_front_channel.testing.signing import sign

__all__ = ["FrontMixin", "FrontWebhookClient", "sign"]

# Read by pytest only, so that nobody else imports pytest.
pytest_plugins = ["django_front_channel.testing.plugin"]
