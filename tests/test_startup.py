"""The cost of the app at the start of a process."""

from __future__ import annotations

import os
import sys

import pytest

from tests.processes import run

READ_MODULES = """
import sys
import django
django.setup()
from django.apps import apps
print(apps.is_installed("django_front_channel"), "django_front_channel.admin" in sys.modules)
print(*sorted({name.partition(".")[0] for name in sys.modules} & {"jwt", "requests", "urllib3"}))
print(*sorted(name for name in sys.modules if name.startswith("django_front_channel.webhooks.")))
print(*sorted(name for name in sys.modules if name.startswith("django_front_channel.client.")))
"""


# What the verbs check their arguments with.
LIGHT = " ".join(
    f"django_front_channel.client.{module}" for module in ("arguments", "file_types", "front_limits")
)


@pytest.mark.fault("F146")
def test_start_up_loads_no_http_no_jwt_no_webhooks_and_little_of_the_client() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    done = run([sys.executable, "-W", "error", "-c", READ_MODULES], env=environment)
    assert done.output.splitlines() == ["True True", "", "", LIGHT], done.complaints


READ_ROOMS = """
import sys
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["django_front_channel"])
django.setup()
names = [name.split(".")[1:] for name in sys.modules if name.startswith("django_front_channel.")]
print(*sorted({parts[0] for parts in names}))
print(*sorted(".".join(parts) for parts in names if parts[0] == "checks"))
"""


def test_a_process_without_the_admin_starts_with_the_tables_alone() -> None:
    done = run([sys.executable, "-W", "error", "-c", READ_ROOMS])
    assert done.output.splitlines() == ["apps checks core exceptions models", "checks checks.problems"], (
        done.complaints
    )
