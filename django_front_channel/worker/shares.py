"""Shares out the free slots. Fairness is decided only here.

A live queue gets a slot before a backfilled one. After that, the queue comes first whose company, channel or app keeps
the fewest slots busy. A company, channel or app may keep only a limited number of slots busy, and there are twice as
many slots. So others find slots, however long one backlog is, and however long its requests take.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping

from django_front_channel.models import OutboxQueue

Groups = Mapping[Hashable, int]
"""The groups in which a queue's attempts count, the largest first, each with its greatest number of busy slots."""


class Load:
    """Counts busy slots by group."""

    def __init__(self, busy: Iterable[Groups]) -> None:
        self._busy: Counter[Hashable] = Counter()
        for groups in busy:
            self.add(groups)

    def add(self, groups: Groups) -> None:
        self._busy.update(groups.keys())

    def share(self, free: int, queues: Mapping[OutboxQueue, Groups]) -> dict[OutboxQueue, int]:
        """Return how many of the ``free`` slots each queue may have now."""
        busy = self._busy.copy()
        waiting, shares = list(queues), Counter[OutboxQueue]()
        while free and waiting:
            queue = min(waiting, key=lambda each: (each.priority, *(busy[group] for group in queues[each])))
            if any(busy[group] >= most for group, most in queues[queue].items()):
                waiting.remove(queue)
                continue
            busy.update(queues[queue].keys())
            shares[queue] += 1
            free -= 1
        return dict(shares)
