"""The tables need a database that compares ids by their bytes."""

import pytest
from django.core.management import call_command
from django.db import connections

from django_front_channel.checks import check_database, databases
from django_front_channel.core import database


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


@pytest.mark.servers
@pytest.mark.fault("isolation")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("level", ["REPEATABLE READ", "SERIALIZABLE"])
def test_the_isolation_level_that_the_server_really_has_counts(level: str) -> None:
    connection = connections["default"]
    statement = {
        "postgresql": "SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL",
        "mysql": "SET SESSION TRANSACTION ISOLATION LEVEL",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} {level}")
    assert [found.id for found in check_database(databases=["default"])] == ["front_channel.W008"]
    connection.close()
    assert check_database(databases=["default"]) == []


@pytest.mark.fault("narrow-tables")
@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", ["character_set_connection", "front_channel_message.text", "server_encoding"]
)
def test_characters_that_do_not_fit_are_told(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    if connections["default"].vendor == "sqlite":
        monkeypatch.setattr(type(connections["default"]), "vendor", "postgresql")
    monkeypatch.setattr(databases, "_version", lambda alias: "10.11.6-MariaDB-1")
    monkeypatch.setattr(databases, "_names", lambda query: [name, "another_app.text"])
    monkeypatch.setattr(database, "isolation_level", lambda: "read committed")
    (found,) = check_database(databases=["default"])
    assert found.id == "front_channel.E037"
    assert name in found.msg
    assert "another_app" not in found.msg
