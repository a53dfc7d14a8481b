"""How long importing the client takes, beside importing what it stands on."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from statistics import median

from bench.markdown import table

ROUNDS = 15
CODE = "import time; begun = time.process_time(); {imports}; print(time.process_time() - begun)"
BARE = "import requests, jwt"
CLIENT = "from django_front_channel.client import FrontClient"


def section() -> str:
    with tempfile.TemporaryDirectory() as bytecode:
        # The first pair compiles.
        pairs = [(seconds(BARE, bytecode), seconds(CLIENT, bytecode)) for _ in range(ROUNDS + 1)][1:]
    bare, ours = (median(side) * 1000 for side in zip(*pairs, strict=True))
    more = median(client - base for base, client in pairs) * 1000
    rows = [(f"`{BARE}`", f"{bare:.0f}"), (f"`{CLIENT}`", f"{ours:.0f}"), ("difference", f"{more:.0f}")]
    return (
        "## Import\n\nIn a fresh interpreter with compiled bytecode, alternating; medians. The goal is a difference "
        "of 20 ms or less.\n\n" + table(("", "CPU ms"), rows)
    )


def seconds(imports: str, bytecode: str) -> float:
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    child = [sys.executable, "-c", CODE.format(imports=imports)]
    done = subprocess.run(child, env=environment, check=True, capture_output=True, text=True)  # noqa: S603 - fixed
    return float(done.stdout)
