"""The operations of Front's API that a channel's JWT may use: 11 of the Channel API, 24 of the Core API.

Sources: the Channel API reference (https://dev.frontapp.com/reference/sync-inbound-message and its neighbours), and the
Core API reference for ``/conversations/{id}`` and ``/messages/{id}``.
"""

from __future__ import annotations

from .routes import ROUTES, respond

__all__ = ["ROUTES", "respond"]
