"""The project of the ingest bench with its App secrets in a file, so that they can be rotated while it serves."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from bench.ingest.settings import *  # noqa: F403 - all but the secrets


def app(alias: str) -> dict[str, Any] | None:
    secrets = json.loads(Path(os.environ["BENCH_SECRETS"]).read_text())
    return {"APP_UID": "a1b2c3d4e5f60718", "APP_SECRET": secrets} if alias == "default" else None


FRONT_CHANNEL_APPS = "bench.rotation_settings.app"  # type: ignore[assignment]  # a path is a setting, too
