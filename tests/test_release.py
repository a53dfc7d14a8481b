"""What is released is what the repository says: one version, and every file of the package."""

import ast
import configparser
import re
import shutil
import sys
import tarfile
import zipfile
from importlib import metadata
from pathlib import Path

import pytest

import django_front_channel
from tests.processes import run

pytestmark = pytest.mark.once

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


def imported_at_all() -> set[str]:
    """The packages of others that the package imports when it runs, whatever the module."""
    found: set[str] = set()
    for path in PACKAGE.rglob("*.py"):
        tree = ast.parse(path.read_text())
        for_types = {id(node) for block in ast.walk(tree) if _is_for_types(block) for node in ast.walk(block)}
        for node in ast.walk(tree):
            if id(node) in for_types:
                continue
            if isinstance(node, ast.Import):
                found |= {name.name.split(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
                found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names - {PACKAGE.name}


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


# The REST API will need it; it is required from the first release on, so that no host has to change its requirements.
AHEAD = {"rest_framework"}


@pytest.mark.fault("packages")
def test_what_is_imported_is_declared_and_nothing_else() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    packages = metadata.packages_distributions()
    distributions = {name: packages[name][0] for name in imported_at_all() | AHEAD}
    assert distributions.pop("pytest") == "pytest", "the plugin, which only pytest loads"
    required = [
        re.match(r"[\w-]+", line)[0]  # type: ignore[index]  # each line begins with a name
        for line in parser["options"]["install_requires"].split("\n")
        if line and not line.startswith("#")
    ]
    assert sorted(required) == sorted(distributions.values())


@pytest.mark.fault("packages")
def test_an_extra_exists_only_for_code_that_exists() -> None:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    optional = {"celery": "contrib/celery", "tasks": "contrib/tasks", "openapi": "api"}
    for extra, room in optional.items():
        assert (extra in parser["options.extras_require"]) == (PACKAGE / room).exists()


@pytest.fixture
def sdist(tmp_path: Path) -> Path:
    """The unpacked sdist, built from a copy, because building leaves files in the source."""
    source = tmp_path / "source"
    ignored = shutil.ignore_patterns("__pycache__", "_build", ".*", "*.egg-info", "*.sqlite3*", "media")
    shutil.copytree(ROOT, source, ignore=ignored)
    build = "from setuptools import build_meta; print(build_meta.build_sdist('dist'))"
    built = run([sys.executable, "-c", build], cwd=source)
    assert built.returncode == 0, built.complaints
    with tarfile.open(next((source / "dist").glob("*.tar.gz"))) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    return next((tmp_path / "unpacked").iterdir())


def _files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.fault("packages")
def test_the_sdist_is_whole_and_its_tests_can_be_collected(sdist: Path, tmp_path: Path) -> None:
    source = _files(tmp_path / "source")
    kept = {name for name in source if not name.startswith(("dist/", "django_front_channel.egg-info/"))}
    assert kept - _files(sdist) == set()

    collected = run(
        [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "no:cacheprovider"], cwd=sdist
    )
    assert collected.returncode == 0, collected.complaints
