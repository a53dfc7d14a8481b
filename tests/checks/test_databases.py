"""The tables need a database that compares ids by their bytes."""

import pytest
from django.core.management import call_command
from django.db import connections

from django_front_channel.checks import check_database, databases


@pytest.mark.django_db
def test_the_three_databases_are_fine() -> None:
    assert check_database(databases=["default"]) == []
    call_command("check", databases=["default"], fail_level="WARNING")


@pytest.mark.django_db
def test_another_alias_is_none_of_our_business() -> None:
    assert check_database(databases=["replica"]) == []
    assert check_database(databases=None) == []


@pytest.mark.fault("F120")
@pytest.mark.parametrize(("vendor", "version"), [("mysql", "8.4.3"), ("oracle", "")])
def test_a_database_without_exact_ids_is_refused(
    monkeypatch: pytest.MonkeyPatch, vendor: str, version: str
) -> None:
    monkeypatch.setattr(type(connections["default"]), "vendor", vendor)
    monkeypatch.setattr(databases, "_version", lambda alias: version)

    (found,) = check_database(databases=["default"])

    assert found.id == "front_channel.E035"
    assert found.hint


def test_mariadb_says_so_in_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(connections["default"]), "vendor", "mysql")
    monkeypatch.setattr(databases, "_version", lambda alias: "10.11.6-MariaDB-1")
    assert check_database(databases=["default"]) == []
