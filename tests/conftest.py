"""Fixtures for every test."""

import os
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
from django.db import connection
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from django_front_channel.core.log_events import quiet
from django_front_channel.core.logs import quiet_requests
from tests import log_stories, reason_stories, rooms
from tests.canaries import heard_of_processes, nothing_heard
from tests.processes import kept_in

# No deadline: on a busy machine a slow example is no fault of the code.
hypothesis.settings.register_profile("default", deadline=None)
hypothesis.settings.register_profile("thorough", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("default")


def pytest_configure(config: pytest.Config) -> None:
    reason_stories.note_from_now_on()
    config.addinivalue_line(
        "markers", "servers: about row locks or query plans, which SQLite, with one writer at a time, lacks"
    )


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Browser tests import what only the extra ``browser`` installs."""
    if collection_path.name == "browser" and config.option.markexpr.startswith("not outside"):
        return True
    return None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what a database cannot show: a skip would look like something that is still to be done."""
    for item in items:
        if " at 0x" in item.nodeid:
            raise pytest.UsageError(f"{item.nodeid} has another name in each of xdist's processes.")
    if connection.vendor != "sqlite":
        return
    left_out = [item for item in items if item.get_closest_marker("servers")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session", autouse=True)
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What the processes of all tests say is kept."""
    with kept_in(tmp_path_factory.mktemp("processes")):
        yield
    leaked = heard_of_processes()
    assert not leaked, "\n".join(leaked)


@pytest.fixture(autouse=True)
def nothing_leaks(processes: None) -> Iterator[list[str]]:
    """Whatever a test makes us, or its processes, log or print: no secret, no JWT, no token, not what people wrote."""
    with nothing_heard() as heard:
        yield heard


@pytest.fixture(autouse=True)
def codes_that_are_produced(request: pytest.FixtureRequest) -> Iterator[set[str]]:
    """A test that is the story of a code produces it."""
    with reason_stories.noted() as produced:
        yield produced
    claimed = reason_stories.codes_of(request.node.nodeid)
    assert claimed <= produced, f"It is the story of {', '.join(sorted(claimed - produced))}."


@pytest.fixture(autouse=True)
def events_that_are_logged(request: pytest.FixtureRequest, nothing_leaks: object) -> Iterator[None]:
    """A test that is the story of an event logs it. No test hides the lines of the next one."""
    quiet.forget()
    quiet_requests.forget()
    with log_stories.noted() as logged:
        yield
    claimed = log_stories.events_of(request.node.nodeid)
    assert claimed <= logged, f"It is the story of {', '.join(sorted(claimed - logged))}."


@pytest.fixture(autouse=True)
def each_room_writes_what_it_may() -> Iterator[None]:
    """Whoever caught the error of a refused write."""
    yield
    refused, rooms.refused[:] = list(rooms.refused), []
    assert refused == []


@pytest.fixture(scope="session")
def live_server(django_db_setup: None) -> Iterator[LiveServer]:
    """A server in a thread, as pytest-django's, but never started before the database is set up: it would find
    SQLite in memory then, and share a connection between threads, which kills the process.
    """
    server = LiveServer("127.0.0.1")
    yield server
    server.stop()


@pytest.fixture
def media(tmp_path: Path, settings: Settings) -> Path:
    """The folder of the default storage."""
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return tmp_path / "media"


@pytest.fixture
def child_environment(transactional_db: None, media: Path) -> dict[str, str]:
    """The environment for a process that shall work on this test's database."""
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "FRONT_CHANNEL_TEST_DB_NAME": str(connection.settings_dict["NAME"]),
        "FRONT_CHANNEL_TEST_MEDIA": str(media),
    }
