"""The demo as a process, and where its pages are."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parent.parent
DEMO = [sys.executable, "-W", "error", "-m", "example_project.demo"]


@contextmanager
def staying_demo() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The demo after its round trip, and what it has printed."""
    with subprocess.Popen(
        DEMO, cwd=ROOT, env={**os.environ, "ONCE": ""}, stdout=subprocess.PIPE, text=True
    ) as demo:
        try:
            assert demo.stdout is not None
            output = ""
            while "curl http://" not in output:
                line = demo.stdout.readline()
                assert line, output
                output += line
            yield demo, output
        finally:
            demo.terminate()


def address(output: str, what: str) -> str:
    """The address that the demo has printed under this name, with no slash at its end."""
    found = re.search(rf"{what}\s+(http://\S+?)/?(?:\s|$)", output)
    assert found, output
    return found[1]
