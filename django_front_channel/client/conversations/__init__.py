"""Operations on Front's conversations."""

from __future__ import annotations

from .relations import Relations
from .state import State
from .talk import Talk


class Conversations(State, Talk, Relations):
    """``client.conversations``: only those that hold messages of the channel.

    Every method takes the id ``cnv_…``. A conversation that was merged into another is followed there.
    """
