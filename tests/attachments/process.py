"""Scripts that are talked to."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from typing import Any


class Process:
    """A script that answers each line with a line."""

    def __init__(self, script: str, environment: dict[str, str], resources: ExitStack) -> None:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            [sys.executable, script], env=environment, stdin=pipe, stdout=pipe, text=True
        )
        resources.enter_context(self._process)
        resources.callback(self._process.kill)

    def answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def ask(self, line: str = "") -> Any:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self.answer()
