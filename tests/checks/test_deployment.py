"""``check --deploy`` reports what is wrong with a site, and says nothing about a good one."""

from collections.abc import Iterator
from copy import deepcopy
from io import StringIO
from typing import Any

import pytest
from django.core.checks import Error
from django.core.management import call_command
from django.db import connections
from pytest_django import Settings

from django_front_channel.checks import check_deployment
from tests import settings as host
from tests.checks.cases import APP, HOST, PUBLIC_URL, SECRET, Case, app, ids, name_of, put, setting

DEPLOY_CASES = [
    *app(
        "W001",
        "APP_SECRET",
        [SECRET[1:], [SECRET, "short"]],
        [SECRET, [SECRET, SECRET]],
        "Write 'APP_UID' and ",
    ),
    *app("W002", "APP_SECRET", [""], [], "Write 'APP_UID' and 'APP_SECRET' as Front shows them"),
    *app("W002", "APP_UID", [""], [], "Write 'APP_UID' and 'APP_SECRET' as Front shows them"),
    *app(
        "W003",
        "API_URL",
        ["http://localhost:8090"],
        ["https://front.example.com"],
        "Write FRONT_CHANNEL_API_URL",
    ),
    *setting(
        "W003",
        "API_URL",
        ["http://localhost:8090"],
        ["https://front.example.com"],
        "Write FRONT_CHANNEL_API_",
    ),
    Case(
        "W003",
        {"FRONT_CHANNEL_APPS": f"{HOST}.never_called", "FRONT_CHANNEL_API_URL": "http://localhost:8090"},
        "Write FRONT_CHANNEL_API_URL = 'https://api2.frontapp.com'",
        {"FRONT_CHANNEL_APPS": f"{HOST}.never_called"},
    ),
    *setting("W004", "PUBLIC_URL", [None], [PUBLIC_URL], "Write FRONT_CHANNEL_PUBLIC_URL = 'https://"),
    Case(
        "W004",
        {"FRONT_CHANNEL_PUBLIC_URL": None, "FRONT_CHANNEL_APPS": f"{HOST}.never_called"},
        "Write FRONT_CHANNEL_PUBLIC_URL = 'https://",
        {"FRONT_CHANNEL_PUBLIC_URL": None, "FRONT_CHANNEL_APPS": {}},
    ),
    Case(
        "W005",
        {"FRONT_CHANNEL_PUBLIC_URL": "http://shop.example.com", "SECURE_SSL_REDIRECT": False},
        "Write FRONT_CHANNEL_PUBLIC_URL = 'https://",
        {"SECURE_SSL_REDIRECT": False},
    ),
    *setting(
        "W006", "PUBLIC_URL", ["http://shop.example.com"], [], "Write FRONT_CHANNEL_PUBLIC_URL = 'https://"
    ),
]
# Their cases need another database than the suite's: see below.
OF_THE_DATABASE = {"E035", "E037", "E038", "W007", "W008", "W009", "W010"}


@pytest.fixture
def production(settings: Settings) -> Settings:
    """A site against which nothing can be said."""
    return put_production(settings)


def put_production(settings: Settings) -> Settings:
    put(
        settings,
        {
            "SECRET_KEY": "a long and random text of more than fifty characters: 0123456789",
            "FRONT_CHANNEL_APPS": {"default": APP},
            "FRONT_CHANNEL_PUBLIC_URL": PUBLIC_URL,
            "SECURE_SSL_REDIRECT": True,
            "SECURE_HSTS_SECONDS": 31536000,
            "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
            "SECURE_HSTS_PRELOAD": True,
            "SESSION_COOKIE_SECURE": True,
            "CSRF_COOKIE_SECURE": True,
            "MIDDLEWARE": [*host.MIDDLEWARE, "django.middleware.clickjacking.XFrameOptionsMiddleware"],
        },
    )
    return settings


@pytest.mark.parametrize("case", DEPLOY_CASES, ids=name_of)
def test_a_setting_of_production(production: Settings, case: Case) -> None:
    put(production, case.bad)
    found = check_deployment()
    assert ids(found) == [f"front_channel.{case.number}"]
    assert not isinstance(found[0], Error)
    assert case.hint in (found[0].hint or "")

    # What the good case sets anew is not taken away: without USE_TZ, no open connection knows its time zone.
    for name in case.bad.keys() - case.good.keys():
        delattr(production, name)
    put_production(production)
    put(production, case.good)
    assert check_deployment() == []


def test_wrong_settings_do_not_break_the_checks_of_production(production: Settings) -> None:
    put(production, {"FRONT_CHANNEL_APPS": {"default": 5}, "FRONT_CHANNEL_PUBLIC_URL": 5})
    assert check_deployment() == []
    put(production, {"FRONT_CHANNEL_APPS": f"{HOST}.never_called", "FRONT_CHANNEL_API_URL": 5})
    assert check_deployment() == []


@pytest.fixture
def elsewhere(production: Settings) -> Iterator[dict[str, Any]]:
    """The settings of that database, which is never connected to."""
    production.DATABASE_ROUTERS = [f"{HOST}.ElsewhereRouter"]
    database: dict[str, Any] = {}
    connections.settings["elsewhere"] = database
    yield database
    del connections["elsewhere"]
    del connections.settings["elsewhere"]


def use(elsewhere: dict[str, Any], database: dict[str, Any], options: dict[str, Any]) -> None:
    configured = {"default": {}, "elsewhere": {**deepcopy(database), "OPTIONS": options}}
    elsewhere.update(connections.configure_settings(configured)["elsewhere"])


@pytest.mark.parametrize("options", [{}, {"transaction_mode": None}, {"transaction_mode": "DEFERRED"}])
def test_sqlite_that_does_not_begin_with_a_write(elsewhere: dict[str, Any], options: dict[str, Any]) -> None:
    use(elsewhere, host.sqlite(), options)
    found = check_deployment()
    assert ids(found) == ["front_channel.W007"]
    assert found[0].obj == "DATABASES['elsewhere']['OPTIONS']"
    assert found[0].hint == "Write 'transaction_mode': 'IMMEDIATE'."


@pytest.mark.parametrize("mode", ["IMMEDIATE", "immediate", "EXCLUSIVE"])
def test_sqlite_that_begins_with_a_write(elsewhere: dict[str, Any], mode: str) -> None:
    use(elsewhere, host.sqlite(), {"transaction_mode": mode})
    assert check_deployment() == []


MARIADB = {
    "connect_timeout": 5,
    "read_timeout": 30,
    "write_timeout": 30,
    "init_command": "SET max_statement_time = 30, innodb_lock_wait_timeout = 10, idle_transaction_timeout = 60",
}
POSTGRES = {
    "connect_timeout": 5,
    "tcp_user_timeout": 30000,
    "options": "-c statement_timeout=30s -c lock_timeout=10s -c idle_in_transaction_session_timeout=60s",
}


@pytest.mark.parametrize("level", ["repeatable read", "REPEATABLE READ", "serializable", None])
def test_mariadb_that_locks_gaps(elsewhere: dict[str, Any], level: str | None) -> None:
    use(elsewhere, host.mariadb(), {**MARIADB, "isolation_level": level})
    found = check_deployment()
    assert ids(found) == ["front_channel.W008"]
    assert found[0].hint == "Write 'isolation_level': 'read committed'."


@pytest.mark.parametrize("options", [{}, {"isolation_level": "read committed"}])
def test_mariadb_that_does_not(elsewhere: dict[str, Any], options: dict[str, Any]) -> None:
    use(elsewhere, host.mariadb(), MARIADB | options)
    assert check_deployment() == []


@pytest.mark.parametrize("level", [None, 1, 2])
def test_postgresql_that_reads_what_is_committed(elsewhere: dict[str, Any], level: int | None) -> None:
    use(elsewhere, host.postgres(), {**POSTGRES, "isolation_level": level})
    assert check_deployment() == []


@pytest.mark.parametrize("level", [3, 4])
def test_postgresql_that_reads_a_snapshot(elsewhere: dict[str, Any], level: int) -> None:
    use(elsewhere, host.postgres(), {**POSTGRES, "isolation_level": level})
    found = check_deployment()
    assert ids(found) == ["front_channel.W008"]
    assert found[0].hint == "Write 'isolation_level': IsolationLevel.READ_COMMITTED."


SERVERS = [(host.mariadb, MARIADB), (host.postgres, POSTGRES)]


@pytest.mark.parametrize(("database", "options"), SERVERS)
@pytest.mark.parametrize("name", range(4))
def test_a_time_out_that_is_missing(
    elsewhere: dict[str, Any], database: Any, options: dict[str, Any], name: int
) -> None:
    missing = [*options, ""][name]
    use(elsewhere, database(), {key: value for key, value in options.items() if key != missing})
    found = check_deployment()
    assert ids(found) == (["front_channel.W010"] if missing else [])


@pytest.mark.parametrize(("database", "options"), SERVERS)
@pytest.mark.parametrize(
    ("given", "is_fine"),
    [
        ({"CONN_MAX_AGE": 0}, True),
        ({"CONN_MAX_AGE": 600}, False),
        ({"CONN_MAX_AGE": None}, False),
        ({"CONN_MAX_AGE": None, "CONN_HEALTH_CHECKS": True}, True),
        ({"OPTIONS": {"pool": True}}, False),
        ({"OPTIONS": {"pool": True}, "CONN_HEALTH_CHECKS": True}, True),
    ],
)
def test_connections_that_are_kept_need_health_checks(
    elsewhere: dict[str, Any], database: Any, options: dict[str, Any], given: dict[str, Any], *, is_fine: bool
) -> None:
    use(elsewhere, {**database(), **given}, options | given.get("OPTIONS", {}))
    assert ids(check_deployment()) == ([] if is_fine else ["front_channel.W009"])


def test_check_deploy_of_a_good_site_is_silent(production: Settings) -> None:
    said = StringIO()
    call_command("check", deploy=True, fail_level="DEBUG", databases=[], stdout=said)
    assert said.getvalue() == "System check identified no issues (0 silenced).\n"


def test_check_deploy_runs_the_checks_of_production(production: Settings) -> None:
    production.FRONT_CHANNEL_PUBLIC_URL = None
    said = StringIO()
    call_command("check", deploy=True, databases=[], stderr=said)
    assert "front_channel.W004" in said.getvalue()
