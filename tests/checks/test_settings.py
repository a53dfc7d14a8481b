"""Each problem of the settings is found, under its own id and with what to write instead; and nothing else is."""

import os
import sys
from dataclasses import fields
from pathlib import Path

import pytest
from django.core.checks import CheckMessage, Error
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from django_front_channel.checks import PROBLEMS, check_apps, check_settings
from django_front_channel.checks.apps import RULES as APP_RULES
from django_front_channel.checks.rule_kinds import Rule
from django_front_channel.checks.settings import NAMES, OUTBOX_RULES, RETENTION_RULES, RULES
from django_front_channel.conf import Conf, Outbox, Retention
from django_front_channel.worker.loop import Worker
from tests.checks.cases import APP, CASES, SECRET, Case, ids, name_of, put
from tests.checks.test_deployment import DEPLOY_CASES, OF_THE_DATABASE
from tests.checks.test_webhook_urls import OF_THE_URLS
from tests.processes import run

ROOT = Path(__file__).parent.parent.parent


def check_all() -> list[CheckMessage]:
    return check_settings() + check_apps()


def test_every_problem_has_a_case() -> None:
    tried = {case.number for case in CASES + DEPLOY_CASES} | OF_THE_DATABASE | OF_THE_URLS | {"W011"}
    assert {f"front_channel.{number}" for number in tried} == set(PROBLEMS)


def test_each_problem_has_one_meaning() -> None:
    assert len(set(PROBLEMS.values())) == len(PROBLEMS)


def test_every_documented_name_is_known() -> None:
    """What conf documents is where users read the names."""
    documented = {name.upper() for name, value in vars(Conf).items() if isinstance(value, property)}
    assert set(NAMES) == documented
    assert {rule.name for rule in OUTBOX_RULES} == {key.name.upper() for key in fields(Outbox)}
    assert {rule.name for rule in RETENTION_RULES} == {key.name.upper() for key in fields(Retention)}


@pytest.mark.parametrize(
    "rule", [*RULES, *OUTBOX_RULES, *RETENTION_RULES, *APP_RULES], ids=lambda rule: rule.name
)
def test_what_a_hint_says_to_write_is_valid(rule: Rule) -> None:
    assert rule.is_valid(rule.example)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_setting(settings: Settings, case: Case) -> None:
    put(settings, case.bad)
    found = check_all()
    assert ids(found) == [f"front_channel.{case.number}"]
    assert isinstance(found[0], Error)
    assert case.hint in (found[0].hint or "")

    for name in case.bad:
        delattr(settings, name)
    put(settings, case.good)
    assert check_all() == []


def test_the_place_of_a_problem_is_named_and_no_secret_is_shown(settings: Settings) -> None:
    settings.FRONT_CHANNEL_APPS = {
        "default": APP,
        "shop": {"APP_UID": "uid", "APP_SECRET": f" {SECRET} ", "APP_SECRT": SECRET},
    }
    shown = "\n".join(map(str, check_apps()))
    assert "FRONT_CHANNEL_APPS['shop']: (front_channel.E008)" in shown
    assert "FRONT_CHANNEL_APPS['shop']: APP_SECRT: (front_channel.E006)" in shown
    assert SECRET not in shown


def test_what_the_import_raised_is_told(settings: Settings) -> None:
    settings.FRONT_CHANNEL_WAKE_UP = "shop.nowhere.wake_up"
    assert "No module named 'shop'" in check_settings()[0].msg


@pytest.mark.parametrize("timeout", [3, 29.25])
def test_the_check_and_the_worker_have_one_rule(settings: Settings, timeout: float) -> None:
    """What the check lets pass, the worker takes; what it does not, no worker begins with."""
    settings.FRONT_CHANNEL_API_TIMEOUT = timeout
    settings.FRONT_CHANNEL_OUTBOX = {"LEASE": timeout + 1}
    assert check_settings() == []
    Worker()

    settings.FRONT_CHANNEL_OUTBOX = {"LEASE": timeout + 0.99}
    assert ids(check_settings()) == ["front_channel.E029"]
    with pytest.raises(ImproperlyConfigured, match=f"must be {timeout + 1:g} seconds or more"):
        Worker()


def test_manage_py_check_refuses_a_bad_setting(tmp_path: Path) -> None:
    (tmp_path / "bad_settings.py").write_text(
        "from tests.settings import *\nFRONT_CHANNEL_JWT_LIFETIM = 20\nFRONT_CHANNEL_JWT_LIFETIME = 60\n"
        "FRONT_CHANNEL_APPS = {'default': {'APP_UID': 'uid'}}\n"
    )
    child = [sys.executable, "-W", "error", "manage.py", "check", "--settings", "bad_settings"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    ended = run(child, cwd=ROOT, env=environment)
    assert ended.returncode == 1
    for number in ("E001", "E008", "E017"):
        assert f"(front_channel.{number}) {PROBLEMS[f'front_channel.{number}']}" in ended.complaints
    assert "HINT: Write FRONT_CHANNEL_JWT_LIFETIME = 20." in ended.complaints


def test_the_checks_load_no_http_or_jwt_library() -> None:
    program = (
        "import django, sys; django.setup(); from django_front_channel import checks; "
        "checks.check_settings(), checks.check_apps(), checks.check_deployment(); "
        "print({'jwt', 'requests', 'urllib3'} & set(sys.modules))"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    child = [sys.executable, "-W", "error", "-c", program]
    ended = run(child, cwd=ROOT, env=environment)
    assert ended.output == "set()\n", ended.complaints
