"""Every operation of the client. A resource group registers its own where it is imported, which this does for all."""

from __future__ import annotations

from . import calls, channels, conversations, messages, templates  # noqa: F401 - to register their operations
from .operations import OPERATIONS

__all__ = ["OPERATIONS"]
