"""What is released is what the repository says: one version, and every file of the package."""

import re
import shutil
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import django_front_channel
from tests.processes import run

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "django_front_channel"
FIRST_VERSION = "0.1.0"


def test_the_version_is_the_newest_of_the_changelog() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)

    assert headings[0] == "Unreleased"
    assert django_front_channel.__version__ == (headings[1:] or [FIRST_VERSION])[0]


def test_the_installed_version_is_the_version_of_the_code() -> None:
    assert metadata.version("django-front-channel") == django_front_channel.__version__


@pytest.fixture
def wheel(tmp_path: Path) -> zipfile.ZipFile:
    """Built from a copy, because building leaves files in the source."""
    source = tmp_path / "source"
    shutil.copytree(PACKAGE, source / PACKAGE.name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "tests", source / "tests", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("setup.cfg", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "."]
    built = run([*build, "--wheel-dir", str(tmp_path)], cwd=source)
    assert built.returncode == 0, built.complaints
    return zipfile.ZipFile(next(tmp_path.glob("*.whl")))


def test_the_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    files = (path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    expected = {path.relative_to(ROOT).as_posix() for path in files}

    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected
