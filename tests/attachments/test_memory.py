"""Files of 24 MB in both directions hardly use memory: the worker never holds a whole file."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from pytest_django import Settings

from tests.attachments import far_front, scales
from tests.processes import Process

pytestmark = pytest.mark.django_db(transaction=True)

ALLOWED = 8_000_000 // 1024  # the kernel counts in kibibytes


def test_24_mb_in_both_directions(
    child_environment: dict[str, str], settings: Settings, tmp_path: Path
) -> None:
    environment = {**child_environment, "PYTHONPATH": str(Path(__file__).parents[2])}
    with Process([sys.executable, str(far_front.__file__)], env=environment) as front:
        url = json.loads(front.line())
        settings.FRONT_CHANNEL_API_URL = environment["FRONT_CHANNEL_TEST_API_URL"] = url
        environment["DJANGO_SETTINGS_MODULE"] = "tests.attachments.settings"
        small, large = scales.peaks(front, environment, tmp_path)
    assert large - small < ALLOWED
