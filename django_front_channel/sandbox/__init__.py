"""A Front on your desk: Front's API and webhooks, with its data in memory.

:class:`Sandbox` is a WSGI callable. It answers the requests of an integration as Front would, imports messages some
time after its 202, and sends the signed webhooks that Front would send. It sends nothing anywhere else. Where Front's
documentation is silent, the sandbox assumes something: see :mod:`django_front_channel.sandbox.assumptions`.
"""

from __future__ import annotations

from .wsgi_app import Sandbox

__all__ = ["Sandbox"]
