"""The sandbox and an integration in another language, which knows Front from its protocol alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
APP_UID, APP_SECRET = "a1b2c3d4e5f60718", "0123456789abcdef0123456789abcdef"

pytestmark = pytest.mark.outside


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the integration with what it needs."""
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "front.mjs", "integration.mjs"):
        shutil.copy(HERE / name, folder)
    subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=folder, check=True)
    return folder


@pytest.fixture(scope="module")
def report(installed: Path) -> Iterator[dict[str, Any]]:
    """What the integration saw, after a channel was connected and two messages were imported."""
    with ExitStack() as stack:
        environment = {**os.environ, "APP_UID": APP_UID, "APP_SECRET": APP_SECRET}
        integration = subprocess.Popen(
            ["node", "integration.mjs"],
            cwd=installed,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        stack.enter_context(integration)
        stack.callback(integration.kill)
        assert integration.stdout is not None
        webhook_url = integration.stdout.readline().strip()
        credentials = ["--app-uid", APP_UID, "--app-secret", APP_SECRET]
        sandbox = subprocess.Popen(
            [
                *(sys.executable, "-m", "django_front_channel.sandbox", "--port", "0", *credentials),
                *("--webhook-url", webhook_url, "--import-delay", "0.1"),
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        stack.enter_context(sandbox)
        stack.callback(sandbox.kill)
        assert sandbox.stdout is not None
        address = sandbox.stdout.readline().rpartition(" ")[2].strip()
        output, _ = integration.communicate(f"{address}\n", timeout=120)
        assert integration.returncode == 0
        yield json.loads(output)


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
