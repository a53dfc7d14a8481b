"""A time limit for the host's code. Python cannot stop a thread, so the caller must end the process."""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Overrun = Callable[[str], object]


@contextmanager
def time_limit(seconds: float, overrun: Overrun | None) -> Iterator[None]:
    """Call ``overrun`` if the block takes longer, in another Python thread, with the line of code that runs then."""
    if overrun is None:
        yield
        return
    timer = threading.Timer(seconds, _tell, (overrun, threading.get_ident()))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _tell(overrun: Overrun, thread_id: int) -> None:
    frame = sys._current_frames().get(thread_id)  # noqa: SLF001 - so it is documented
    overrun("".join(traceback.format_stack(frame)) if frame else "")
