"""The worker's loop: carries out what is due, stream by stream.

Each stream has its own thread, so that a dead SMS provider does not hold up customers' messages to Front, nor
Front's outage the replies to customers.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections, connections

from django_front_channel.conf import LEASE_MARGIN, conf
from django_front_channel.core import database
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.lifecycle import threads
from django_front_channel.models import Message, OutboxEntry, OutboxLane
from django_front_channel.outbox import admission, announcements
from django_front_channel.worker import receipts
from django_front_channel.worker.deliveries import Deliveries
from django_front_channel.worker.lanes import run_lane
from django_front_channel.worker.processing import reprocess
from django_front_channel.worker.requests import Requests
from django_front_channel.worker.singles import run_singles

MOST_BATCHES = 1000
# What tells a message's thread. The texts of a batch are not read for it.
ATTACHED_BY = ("id", "channel_id", "external_conversation_id", "thread_id")
STREAMS = {
    "sync": (OutboxEntry.Kind.REQUEST, OutboxEntry.Kind.PROCESS),
    "deliver": (OutboxEntry.Kind.DELIVER, OutboxEntry.Kind.RECEIPT),
    "announce": (OutboxEntry.Kind.ANNOUNCE,),
}


@dataclass(frozen=True)
class Turn:
    """What looking for entries came to; false when nothing was due."""

    admitted: int
    attempts: int

    def __bool__(self) -> bool:
        return bool(self.admitted or self.attempts)


class Worker:
    """Carries out the given streams until it is told to stop.

    ``interval`` is the pause, in seconds, when nothing is due.
    ``abort`` ends the process at once, with an exit status: a delivery that hangs cannot be ended otherwise. Without
    it, deliveries have no time limit.
    """

    def __init__(
        self,
        *,
        streams: tuple[str, ...] = tuple(STREAMS),
        interval: float = 1.0,
        abort: Callable[[int], object] | None = None,
    ) -> None:
        least = conf.api_timeout + LEASE_MARGIN
        if conf.outbox.lease < least:
            raise ImproperlyConfigured(
                f"FRONT_CHANNEL_OUTBOX['LEASE'] must be {least:g} seconds or more: {LEASE_MARGIN:g} more than "
                "FRONT_CHANNEL_API_TIMEOUT."
            )
        self.requests = Requests()
        self.deliveries = Deliveries(self._abandon if abort else None)
        self.streams = streams
        self.interval = interval
        self._abort = abort
        self._threads: dict[str, threading.Thread] = {}
        self._stop = threading.Event()
        self._has_crashed = False

    def stop(self) -> None:
        """Finish the attempts at hand and begin no other."""
        self._stop.set()

    def run_until_quiet(self) -> int:
        """Carry out, in this thread, everything that is due now. Returns how many attempts it made."""
        attempts = 0
        while not self._stop.is_set() and (turn := self.take_turn()):
            attempts += turn.attempts
        return attempts

    def take_turn(self, kinds: Collection[str] = tuple(OutboxEntry.Kind)) -> Turn:
        """Look once, in this thread, for due entries of these ``kinds`` in each stream."""
        streams = [kind for stream in self.streams for kind in STREAMS[stream]]
        return self._look(kind for kind in streams if kind in kinds)

    def run(self) -> None:
        """Work until ``stop()``: a thread for each stream."""
        self._threads = {
            stream: threading.Thread(target=self._work, args=(stream,), name=f"front-channel-{stream}")
            for stream in self.streams
        }
        for thread in self._threads.values():
            thread.start()
        for thread in self._threads.values():
            thread.join()
        if self._has_crashed:
            raise RuntimeError("A stream of the worker has ended unexpectedly. The log says why.")

    def _abandon(self, where: str) -> None:
        """End the process before the lease ends, so that nobody delivers while this one still does.

        To the others it has died in the middle of an attempt. The other streams may end theirs. The log has a thread of
        its own: deliver() may hang in a handler of the log, say one that sends mail, and so hold its lock.
        """
        self.stop()
        until = time.monotonic() + conf.api_timeout - LEASE_MARGIN / 2
        said = threading.Thread(
            target=log, args=(LogEvent.HANDLER_OVERRAN,), kwargs={"place": where}, daemon=True
        )
        said.start()
        others = [self._threads[stream] for stream in self._threads.keys() - {"deliver"}]
        for thread in (said, *others):
            thread.join(max(0.0, until - time.monotonic()))
        assert self._abort is not None
        self._abort(1)

    def _work(self, stream: str) -> None:
        try:
            self._loop(stream)
        except BaseException:
            # Say a host's handler that calls sys.exit(). A worker that does half its work would look healthy.
            self._has_crashed = True
            self.stop()
            log(LogEvent.STREAM_ENDED, stream=stream, exc_info=True)
        finally:
            connections.close_all()

    def _loop(self, stream: str) -> None:
        failures = 0
        while not self._stop.is_set():
            close_old_connections()
            try:
                idle = not self._look(STREAMS[stream])
                failures = 0
            except Exception:
                failures, idle = failures + 1, True
                log(LogEvent.STREAM_BROKE, stream=stream, exc_info=True)
            if idle:
                pause = self.interval * min(2**failures, 30)
                self._stop.wait(random.uniform(pause / 2, pause))  # noqa: S311 - keeps workers apart

    def _look(self, kinds: Iterable[OutboxEntry.Kind]) -> Turn:
        turns = [self._look_for(kind) for kind in kinds]
        return Turn(sum(turn.admitted for turn in turns), sum(turn.attempts for turn in turns))

    def _look_for(self, kind: OutboxEntry.Kind) -> Turn:
        stopping = self._stop.is_set
        if kind == OutboxEntry.Kind.REQUEST:
            admitted = _admit_all(kind)
            return Turn(admitted, run_lane(OutboxLane.Direction.SYNC, self.requests, stopping=stopping))
        if kind == OutboxEntry.Kind.DELIVER:
            admitted = _admit_all(kind)
            return Turn(admitted, run_lane(OutboxLane.Direction.DELIVER, self.deliveries, stopping=stopping))
        performed = {
            OutboxEntry.Kind.PROCESS: reprocess,
            OutboxEntry.Kind.RECEIPT: receipts.perform,
            OutboxEntry.Kind.ANNOUNCE: announcements.perform,
        }
        return Turn(0, run_singles(kind, performed[kind], stopping=stopping))


def _admit_all(kind: OutboxEntry.Kind) -> int:
    """Admit all new entries, so that a long backlog of one lane keeps no other waiting. Returns how many."""
    total = 0
    for _ in range(MOST_BATCHES):
        entries = admission.new_entries(kind)
        if entries:
            total += _admit(entries)
        if len(entries) < conf.outbox.batch:
            break
    return total


def _admit(entries: list[OutboxEntry]) -> int:
    admission.create_lanes(entries)
    with database.durable():
        admitted = admission.admit(entries)
        pks = [entry.message_id for entry in entries if entry.message_id is not None]
        threads.attach(Message.objects.filter(pk__in=pks, thread__isnull=True).only(*ATTACHED_BY))
    return admitted
