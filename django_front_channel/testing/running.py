"""Both sides at work, until nothing is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django_front_channel.core import database
from django_front_channel.models import OutboxEntry
from django_front_channel.outbox.announcements import announce_now
from django_front_channel.worker.loop import Worker

if TYPE_CHECKING:
    from django_front_channel.testing.company import Company

STEPS = 1000
SHOWN = 6


class NeverQuiet(AssertionError):
    """Front and the app always find something more to do: say, a receiver that answers its own messages."""


class Running:
    """Counts the steps of a run; outside a run they are free."""

    def __init__(self) -> None:
        self._left: int | None = None

    def __call__(self) -> None:
        """Take a step. Raises ``NeverQuiet`` when none is left."""
        if self._left is not None:
            if self._left == 0:
                raise NeverQuiet
            self._left -= 1

    def until_quiet(self, company: Company, steps: int) -> None:
        """What ``Front.run`` says."""
        _check_committed()
        worker = Worker()
        self._left = steps
        try:
            while self._take_turn(worker) or company.run_until_quiet():
                self()
        except NeverQuiet:
            shown = "\n".join(map(str, company.exchanges()[-SHOWN:]))
            raise NeverQuiet(
                f"Not quiet after {steps} steps. Does a receiver, or your handler, answer its own messages? "
                f"Allow more with front.run(steps=…). The last exchanges:\n{shown}"
            ) from None
        finally:
            self._left = None

    def _take_turn(self, worker: Worker) -> bool:
        kinds = set(OutboxEntry.objects.unsettled().values_list("kind", flat=True))
        if OutboxEntry.Kind.ANNOUNCE in kinds:
            # Inside a test's transaction nothing is ever committed, and so nobody else sends these signals.
            announce_now()
        return bool(worker.take_turn(kinds))  # to look for all kinds would cost a dozen statements more


def _check_committed() -> None:
    try:
        with database.durable():
            pass
    except RuntimeError:
        raise RuntimeError(
            "front.run() was called inside transaction.atomic(). A worker sees only what is committed: call it "
            "after the block."
        ) from None
