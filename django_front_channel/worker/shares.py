"""Who gets the free slots: the one place where fairness is decided.

A slot is given to a live queue before a backfilled one, then to the queue whose company, channel or app keeps the
fewest slots busy. Each of these may keep a bounded number busy, and there are twice as many slots as one of them may
have. So however long its backlog is, and however long its requests take, the others find slots.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping

from django_front_channel.models import OutboxQueue

Groups = Mapping[Hashable, int]
"""The groups that a queue's attempts count in, the largest first, and how many slots each of them may keep busy."""


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
