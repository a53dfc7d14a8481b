"""The demo as a process, and where its pages are."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.processes import SECONDS, Process

ROOT = Path(__file__).parent.parent
DEMO = [sys.executable, "-W", "error", "-m", "tests.demo_with_logs"]


@contextmanager
def staying_demo() -> Iterator[tuple[Process, str]]:
    """The demo after its round trip, and what it has printed."""
    with Process(DEMO, cwd=ROOT, env={**os.environ, "ONCE": ""}) as demo:
        try:
            output = ""
            while "curl http://" not in output:
                line = demo.line()
                assert line, output + demo.complaints
                output += line
            yield demo, output
        finally:
            demo.terminate()  # and its own processes by that
            demo.wait(SECONDS)


def address(output: str, what: str) -> str:
    """The address that the demo has printed under this name, with no slash at its end."""
    found = re.search(rf"{what}\s+(http://\S+?)/?(?:\s|$)", output)
    assert found, output
    return found[1]
