"""The sandbox and an integration in another language, which knows Front from its protocol alone."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.processes import SECONDS, Process, run

HERE = Path(__file__).parent
APP_UID, APP_SECRET = "a1b2c3d4e5f60718", "0123456789abcdef0123456789abcdef"

pytestmark = pytest.mark.outside


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the integration with what it needs."""
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "front.mjs", "integration.mjs"):
        shutil.copy(HERE / name, folder)
    done = run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder)
    assert done.returncode == 0, done.complaints
    return folder


@pytest.fixture(scope="module")
def report(installed: Path) -> Iterator[dict[str, Any]]:
    """What the integration saw, after a channel was connected and two messages were imported."""
    environment = {**os.environ, "APP_UID": APP_UID, "APP_SECRET": APP_SECRET}
    with Process(["node", "integration.mjs"], cwd=installed, env=environment) as integration:
        command = [
            sys.executable,
            "-m",
            "django_front_channel.sandbox",
            "--port",
            "0",
            "--import-delay",
            "0.1",
        ]
        credentials = ["--app-uid", APP_UID, "--app-secret", APP_SECRET]
        with Process([*command, *credentials, "--webhook-url", integration.line().strip()]) as sandbox:
            told = integration.ask(sandbox.line().rpartition(" ")[2].strip())
            assert integration.wait(SECONDS) == 0, integration.complaints
            yield json.loads(told)


def test_messages_are_imported_with_and_without_a_file(report: dict[str, Any]) -> None:
    label = {"filename": "étiquette 1.png", "contentType": "image/png", **report["label"]}
    assert report["imported"] == [
        {"externalId": "sms-1", "text": "Olá ☕ & merci", "files": []},
        {"externalId": "sms-2", "text": "The label", "files": [label]},
    ]


def test_every_webhook_is_signed_as_documented(report: dict[str, Any]) -> None:
    assert [webhook["type"] for webhook in report["webhooks"]] == [
        "authorization",
        "message_imported",
        "message_imported",
    ]
    for webhook in report["webhooks"]:
        assert webhook["isGenuine"]
        assert not webhook["isGenuineWithAnotherSecret"]
        assert not webhook["isGenuineWhenChanged"]
