"""A release with a known vulnerability is refused by pip and named by a check."""

from __future__ import annotations

import configparser
from importlib import metadata
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from packaging.requirements import Requirement

from django_front_channel.checks import check_versions, versions
from tests.checks.cases import ids

ROOT = Path(__file__).parent.parent.parent
# Of each series of each package: the last vulnerable release, the first safe one, and the next.
RELEASES = [
    ("Django", ["5.1.15", "5.2", "5.2.18"], ["5.2.19", "5.2.20"]),
    ("Django", ["6.0", "6.0.1", "6.0.9"], ["6.0.10", "6.0.11"]),
    ("Django", ["6.1", "6.1.1", "6.1.2"], ["6.1.3", "6.1.4", "6.2", "7.0"]),
    ("PyJWT", ["1.7.1", "2.14.0"], ["2.15.0", "2.15.1", "2.16.0", "3.0"]),
    ("requests", ["2.32.5"], ["2.33.0", "2.34.2"]),
    ("urllib3", ["1.26.20", "2.7.0"], ["2.8.0", "2.9.0"]),
]
CASES = [(name, release, False) for name, bad, _ in RELEASES for release in bad]
CASES += [(name, release, True) for name, _, good in RELEASES for release in good]


def required() -> dict[str, Requirement]:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    lines = parser["options"]["install_requires"].split("\n")
    requirements = [Requirement(line) for line in lines if line and not line.startswith("#")]
    return {each.name: each for each in requirements}


@pytest.mark.fault("packages")
@pytest.mark.parametrize(("name", "release", "is_safe"), CASES)
def test_a_vulnerable_release_is_refused_by_pip_and_named_by_a_check(
    name: str, release: str, is_safe: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert required()[name].specifier.contains(release) == is_safe
    monkeypatch.setattr(
        versions, "version", lambda asked: release if asked == name else metadata.version(asked)
    )
    found = check_versions()
    assert ids(found) == ([] if is_safe else ["front_channel.W011"])
    assert all(f"{name} {release}" == each.obj for each in found)


@pytest.mark.fault("packages")
def test_what_runs_here_is_safe() -> None:
    assert check_versions() == []


def test_a_package_that_is_not_installed_is_nothing_to_warn_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(versions, "version", missing)
    assert check_versions() == []


@pytest.mark.fault("packages")
def test_an_ordinary_check_names_it(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        versions, "version", lambda name: "2.7.0" if name == "urllib3" else metadata.version(name)
    )
    said = StringIO()
    call_command("check", stdout=said, stderr=said)
    assert "front_channel.W011" in said.getvalue()
    assert "Install urllib3 2.8 or newer." in said.getvalue()
