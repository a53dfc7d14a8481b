"""All operations of the client.

Each resource group registers its operations when it is imported, and this module imports every group.
"""

from __future__ import annotations

from . import calls, channels, conversations, messages, templates  # noqa: F401 - to register their operations
from .operations import OPERATIONS

__all__ = ["OPERATIONS"]
