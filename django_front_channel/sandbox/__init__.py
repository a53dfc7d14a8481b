"""A Front on your desk: Front's API and Front's webhooks over plain state in memory.

:class:`Sandbox` is a WSGI callable. It answers an integration's requests as Front would, imports messages some time
after its 202, and sends the signed webhooks that Front would send. Nothing leaves this machine except to the webhook
URLs of the integration. What Front's documentation does not say stands in
:mod:`django_front_channel.sandbox.assumptions`.
"""

from __future__ import annotations

from .wsgi_app import Sandbox

__all__ = ["Sandbox"]
