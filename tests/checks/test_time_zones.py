"""A database that stores the time on the clock of a zone with summer time is refused: leases would jump."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from django.db import connections
from pytest_django import Settings

from django_front_channel.checks import check_time_zone
from tests import settings as host
from tests.checks.cases import ids
from tests.checks.test_deployment import elsewhere, production

__all__ = ["elsewhere", "production"]

DATABASES = {"sqlite": host.sqlite, "mysql": host.mariadb, "postgresql": host.postgres}
REFUSED = ["front_channel.E038"]

pytestmark = pytest.mark.fault("time-zones")


def use(elsewhere: dict[str, Any], vendor: str, zone: str | None) -> None:
    configured = {"default": {}, "elsewhere": {**deepcopy(DATABASES[vendor]()), "TIME_ZONE": zone}}
    elsewhere.update(connections.configure_settings(configured)["elsewhere"])


@pytest.mark.fault("F89")
@pytest.mark.parametrize("vendor", ["sqlite", "mysql"])
@pytest.mark.parametrize(
    "zone", ["Europe/Lisbon", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]
)
def test_a_zone_whose_clocks_change(elsewhere: dict[str, Any], vendor: str, zone: str) -> None:
    use(elsewhere, vendor, zone)
    (found,) = check_time_zone()
    assert ids([found]) == REFUSED
    assert found.obj == "DATABASES['elsewhere']"


@pytest.mark.parametrize("vendor", list(DATABASES))
@pytest.mark.parametrize("zone", [None, "UTC", "Asia/Kolkata", "Asia/Tokyo"])
def test_a_zone_whose_clocks_do_not(elsewhere: dict[str, Any], vendor: str, zone: str | None) -> None:
    use(elsewhere, vendor, zone)
    assert check_time_zone() == []


def test_postgresql_stores_moments(elsewhere: dict[str, Any]) -> None:
    use(elsewhere, "postgresql", "Europe/Lisbon")
    assert check_time_zone() == []


@pytest.mark.parametrize("vendor", list(DATABASES))
def test_without_time_zones_that_of_the_site_counts(
    elsewhere: dict[str, Any], production: Settings, vendor: str
) -> None:
    use(elsewhere, vendor, None)
    production.USE_TZ = False
    production.TIME_ZONE = "Europe/Lisbon"
    (found,) = check_time_zone()
    assert (ids([found]), found.hint) == (REFUSED, "Write USE_TZ = True.")
    production.TIME_ZONE = "Asia/Tokyo"
    assert check_time_zone() == []
