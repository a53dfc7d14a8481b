"""How long an entry waits between two attempts."""

from __future__ import annotations

import random

from django_front_channel.conf import conf

# A request with an unknown outcome is not repeated earlier: message_imported may still show that it succeeded.
PROOF_SECONDS = 30.0


def backoff(attempts: int) -> float:
    """Return the seconds until the next attempt, after this number of attempts.

    They double up to a limit. A random part keeps lanes from trying again at the same time.
    """
    first, longest = conf.outbox.backoff
    ceiling = min(longest, first * 2 ** min(attempts, 30))
    return random.uniform(ceiling / 2, ceiling)  # noqa: S311 - spreads load, hides nothing
