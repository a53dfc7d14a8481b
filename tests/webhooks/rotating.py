"""A host that keeps its App secrets in a file, so that they can be rotated under its feet."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from tests.settings import *  # noqa: F403


def app(alias: str) -> dict[str, Any] | None:
    secrets = json.loads(Path(os.environ["FRONT_CHANNEL_TEST_SECRETS"]).read_text())
    return {"APP_UID": "a1b2c3d4e5f60718", "APP_SECRET": secrets} if alias == "default" else None


FRONT_CHANNEL_APPS = "tests.webhooks.rotating.app"  # type: ignore[assignment]  # a path is a setting, too
