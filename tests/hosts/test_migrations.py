"""No setting of a host changes what the migrations make."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.hosts.serving import PYTHON, ROOT, environment_of
from tests.processes import run


@pytest.mark.fault("F150")
@pytest.mark.parametrize("project", ["plain", "odd_settings", "no_admin"])
def test_the_migrations_are_whole_in_any_host(project: str, tmp_path: Path) -> None:
    command = [*PYTHON, "-m", "django", "makemigrations", "front_channel", "--check", "--dry-run"]
    made = run(command, env=environment_of(project, tmp_path), cwd=ROOT)
    assert (made.returncode, made.complaints) == (0, ""), made.output
