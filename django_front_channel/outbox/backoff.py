"""How long an entry waits between two attempts."""

from __future__ import annotations

import random

from django_front_channel.conf import conf

# The time in which an ambiguous request may still prove itself by message_imported, before it is made again.
PROOF_SECONDS = 30.0


def backoff(attempts: int) -> float:
    """Return the seconds until the next attempt after this many.

    They double up to a limit, and are spread so that lanes do not try again in step.
    """
    first, longest = conf.outbox.backoff
    ceiling = min(longest, first * 2 ** min(attempts, 30))
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - spreads load, hides nothing
