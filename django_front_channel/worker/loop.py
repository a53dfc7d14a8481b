"""The worker's loops: what each one looks for, how often, and how it ends.

Each stream has its own Python threads. So a broken SMS provider does not delay customers' messages to Front, and an
outage of Front does not delay replies to customers. Requests and deliveries are in lanes, and are carried out in rounds
(``rounds``). Entries of other kinds are in no lane (``singles``).
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.db import close_old_connections, connections

from django_front_channel.conf import LEASE_MARGIN, conf
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.models import OutboxEntry
from django_front_channel.outbox import announcements
from django_front_channel.worker import receipts
from django_front_channel.worker.attempts import Attempt, Work, make_attempt
from django_front_channel.worker.deliveries import Deliveries
from django_front_channel.worker.messenger import InlineMessenger, Messenger, ThreadedMessenger
from django_front_channel.worker.processing import reprocess
from django_front_channel.worker.requests import Requests
from django_front_channel.worker.rounds import KINDS, Rounds, Turn
from django_front_channel.worker.singles import run_singles
from django_front_channel.worker.slots import Executor, Inline, Slots
from django_front_channel.worker.waiting_deliveries import look_after_waiting_deliveries

STREAMS = {
    "sync": (OutboxEntry.Kind.REQUEST, OutboxEntry.Kind.PROCESS),
    "deliver": (OutboxEntry.Kind.DELIVER, OutboxEntry.Kind.RECEIPT),
    "announce": (OutboxEntry.Kind.ANNOUNCE,),
}
DIRECTIONS = {kind: direction for direction, kind in KINDS.items()}
# The longest pause between two looks while something fails.
LONGEST_PAUSE = 5.0
WATCH_SECONDS = 1.0
# A thread counts as frozen when this many looks in a row have found it overdue. A single look proves nothing, because
# the whole process may have been frozen.
WATCHES = 3


class Worker:
    """Carries out the given streams until it is told to stop.

    ``slots``     how many requests it makes at once for one company, and how many messages of one channel it delivers
                  at once; by default the value in ``FRONT_CHANNEL_OUTBOX``
    ``interval``  the pause, in seconds, when nothing is due
    ``abort``     ends the process at once, with an exit status. Nothing else can end a delivery that hangs. Without it,
                  deliveries have no time limit
    """

    def __init__(
        self,
        *,
        streams: tuple[str, ...] = tuple(STREAMS),
        slots: int | None = None,
        interval: float = 1.0,
        abort: Callable[[int], object] | None = None,
    ) -> None:
        least = conf.api_timeout + LEASE_MARGIN
        if conf.outbox.lease < least:
            raise ImproperlyConfigured(
                f"FRONT_CHANNEL_OUTBOX['LEASE'] must be {least:g} seconds or more: {LEASE_MARGIN:g} more than "
                "FRONT_CHANNEL_API_TIMEOUT."
            )
        self.streams = streams
        self.interval = interval
        self._slots = slots or conf.outbox.slots
        self._abort = abort
        self._stop = threading.Event()
        self._stopped_at: float | None = None
        self._seen: dict[threading.Thread, float] = {}
        """The time at which each thread was last seen at work. Threads that rest are left out."""
        self._threads: list[threading.Thread] = []
        self._hung: set[Attempt] = set()
        self._aborted = threading.Event()
        self._has_crashed = False
        self._inline: dict[str, Rounds] = {}
        self._running: list[Slots] = []

    def stop(self) -> None:
        """Finish the running attempts, and begin no others."""
        self._stopped_at = self._stopped_at or time.monotonic()
        self._stop.set()
        for slots in self._running:
            slots.stir()

    def run_until_quiet(self) -> int:
        """Carry out everything that is due now, in this Python thread. Returns the number of attempts."""
        attempts = 0
        while not self._stop.is_set() and (turn := self.take_turn()):
            attempts += turn.attempts
        if self._stop.is_set():
            for rounds in self._inline.values():
                rounds.turn()  # settles the attempts that have ended
        return attempts

    def take_turn(self, kinds: Collection[str] = tuple(OutboxEntry.Kind)) -> Turn:
        """Look once in each stream for due entries of these ``kinds``, in this Python thread."""
        total = Turn()
        for stream in self.streams:
            for kind in STREAMS[stream]:
                if kind not in kinds:
                    continue
                if kind not in DIRECTIONS:
                    total += self._look_for_singles(kind)
                    continue
                if kind not in self._inline:
                    self._inline[kind] = self._rounds(kind, InlineMessenger(), Inline)
                total += self._inline[kind].turn()
        return total

    def run(self) -> None:
        """Work until ``stop()`` is called. Raises ``RuntimeError`` if anything else has ended the work."""
        messenger = ThreadedMessenger()
        for stream in self.streams:
            for kind in STREAMS[stream]:
                run = partial(self._run_rounds, messenger) if kind in DIRECTIONS else self._run_singles
                name = f"front-channel-{kind}"
                self._threads.append(
                    threading.Thread(target=self._work, args=(stream, partial(run, kind, stream)), name=name)
                )
        for thread in self._threads:
            thread.start()
        self._watch()
        messenger.close(conf.api_timeout)
        if self._hung:
            self._aborted.wait(conf.outbox.lease)
        if self._has_crashed:
            raise RuntimeError("A stream of the worker has ended unexpectedly. The log says why.")

    def _work(self, stream: str, run: Callable[[], None]) -> None:
        try:
            run()
        except BaseException as error:
            self._crash(stream, error)
        finally:
            connections.close_all()

    def _crash(self, stream: str, error: BaseException) -> None:
        """End the whole worker, which would look healthy without this stream. A handler may call ``sys.exit()``."""
        self._has_crashed = True
        self.stop()
        log(LogEvent.STREAM_ENDED, stream=stream, exc_info=error)

    def _run_singles(self, kind: OutboxEntry.Kind, stream: str) -> None:
        failures = 0
        while not self._stop.is_set():
            close_old_connections()
            try:
                idle, failures = not self._look_for_singles(kind), 0
            except Exception:
                idle, failures = True, failures + 1
                log(LogEvent.STREAM_BROKE, stream=stream, exc_info=True)
            if idle:
                self._rest(self._stop.wait, failures)

    def _run_rounds(self, messenger: Messenger, kind: OutboxEntry.Kind, stream: str) -> None:
        def slots_for(most: int, make: Callable[[Attempt], None]) -> Slots:
            self._running.append(Slots(most, make, f"front-channel-{kind}"))
            return self._running[-1]

        rounds = self._rounds(kind, messenger, slots_for)
        slots, failures = self._running[-1], 0
        while not self._stop.is_set() or rounds.under_way - self._hung:
            try:
                turn, failures = rounds.turn(), 0
            except Exception:
                turn, failures = Turn(), failures + 1
                log(LogEvent.STREAM_BROKE, stream=stream, exc_info=True)
            if rounds.error is not None and not self._has_crashed:
                self._crash(stream, rounds.error)
            if not turn:
                close_old_connections()
            if failures or not turn or not slots.free:
                self._rest(slots.wait, failures)
        slots.close()

    def _rounds(
        self,
        kind: OutboxEntry.Kind,
        messenger: Messenger,
        executor_for: Callable[[int, Callable[[Attempt], None]], Executor],
    ) -> Rounds:
        overrun = self._abandon if self._abort else None
        work: Work = (
            Requests(messenger, self._slots)
            if kind == OutboxEntry.Kind.REQUEST
            else Deliveries(self._slots, overrun)
        )
        # One company or one channel may use half of the slots, so the other half is left to others.
        executor = executor_for(2 * self._slots, partial(make_attempt, work=work))
        return Rounds(DIRECTIONS[kind], work, executor, messenger, self._check_in)

    def _look_for_singles(self, kind: OutboxEntry.Kind) -> Turn:
        performed = {
            OutboxEntry.Kind.PROCESS: reprocess,
            OutboxEntry.Kind.RECEIPT: receipts.perform,
            OutboxEntry.Kind.ANNOUNCE: announcements.perform,
        }
        waiting = look_after_waiting_deliveries() if kind == OutboxEntry.Kind.RECEIPT else 0
        return Turn(attempts=run_singles(kind, performed[kind], stopping=self._check_in), settled=waiting)

    def _check_in(self) -> bool:
        """Note that this thread is at work. Returns True if it must stop."""
        self._seen[threading.current_thread()] = time.monotonic()
        return self._stop.is_set()

    def _watch(self) -> None:
        """Wait for the threads to end. If one is frozen, for example in a dead connection, end the process."""
        overdue = 0
        while working := [thread for thread in self._threads if thread.is_alive()]:
            working[0].join(WATCH_SECONDS)
            overdue = overdue + 1 if self._is_overdue(working) else 0
            if overdue >= WATCHES and self._abort is not None:
                self._has_crashed = True
                self._say(LogEvent.WORKER_FROZEN, WATCH_SECONDS)
                self._abort(1)
                return

    def _is_overdue(self, threads: Collection[threading.Thread]) -> bool:
        now, lease = time.monotonic(), conf.outbox.lease
        if self._stopped_at is not None and now - self._stopped_at > lease:
            return True
        return any(now - self._seen.get(thread, now) > 2 * lease for thread in threads)

    def _say(self, event: LogEvent, seconds: float, **fields: Any) -> None:
        """Log in another Python thread, because a handler of the log may hang. Wait for it at most ``seconds``."""
        said = threading.Thread(target=log, args=(event,), kwargs=fields, daemon=True)
        said.start()
        said.join(seconds)

    def _rest(self, wait: Callable[[float], object], failures: int) -> None:
        """Wait until the next look, because nothing is due or something fails."""
        pause = self.interval
        if failures:
            pause = min(self.interval * 2**failures, max(LONGEST_PAUSE, self.interval))
        self._seen.pop(threading.current_thread(), None)
        wait(random.uniform(pause / 2, pause))  # noqa: S311 - keeps workers apart

    def _abandon(self, attempt: Attempt, where: str) -> None:
        """End the process before the lease ends, so that no other worker delivers while this one still does.

        Other workers see a crash in the middle of an attempt. The other attempts of this process may end first.
        """
        self._has_crashed = True
        self._hung.add(attempt)
        self.stop()
        until = time.monotonic() + conf.api_timeout - LEASE_MARGIN / 2
        self._say(LogEvent.HANDLER_OVERRAN, max(0.0, until - time.monotonic()), place=where)
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        assert self._abort is not None
        self._abort(1)
        self._aborted.set()
