"""The later jobs of Front. A Python thread runs them, or a test that owns the clock."""

from __future__ import annotations

import heapq
import itertools
import logging
import threading
from collections.abc import Callable

logger = logging.getLogger(__name__)

Job = Callable[[], None]


class Schedule:
    """Jobs by due time, in unix seconds of ``clock``. No job runs during a pause."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self.paused = False
        self._clock = clock
        self._lock = threading.Lock()
        self._jobs: list[tuple[float, int, Job]] = []
        self._numbers = itertools.count()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def __len__(self) -> int:
        return len(self._jobs)

    def add(self, delay: float, job: Job) -> None:
        """Run ``job`` in ``delay`` seconds."""
        with self._lock:
            heapq.heappush(self._jobs, (self._clock() + delay, next(self._numbers), job))
        self._wake.set()

    def pause(self, paused: bool) -> None:
        """Begin a pause, in which no job runs, or end it."""
        self.paused = paused
        self._wake.set()

    def run_due(self) -> int:
        """Run the jobs that are due, in order. Returns how many ran."""
        return self._run(self._clock)

    def run_all(self) -> int:
        """Run all jobs, due or not, and the jobs that they add. Returns how many ran."""
        return self._run(lambda: float("inf"))

    def start(self) -> None:
        """Run due jobs in a Python thread in the background, until :meth:`stop`."""
        if self._thread is None:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._loop, name="sandbox-schedule", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End the Python thread after its current job."""
        if self._thread is not None:
            self._stopping.set()
            self._wake.set()
            self._thread.join()
            self._thread = None

    def _loop(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                if not self._run_next(self._clock()):
                    self._wake.wait(self._seconds_to_next())
            except Exception:
                logger.exception("A scheduled job of the sandbox failed.")

    def _run(self, now: Callable[[], float]) -> int:
        count = 0
        while self._run_next(now()):
            count += 1
        return count

    def _run_next(self, now: float) -> bool:
        job = self._next(now)
        if job is not None:
            job()
        return job is not None

    def _next(self, now: float) -> Job | None:
        with self._lock:
            if self.paused or not self._jobs or self._jobs[0][0] > now:
                return None
            return heapq.heappop(self._jobs)[2]

    def _seconds_to_next(self) -> float | None:
        with self._lock:
            if self.paused or not self._jobs:
                return None
            left = max(self._jobs[0][0] - self._clock(), 0.0)
            return min(left, threading.TIMEOUT_MAX)
