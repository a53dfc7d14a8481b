from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.dispatch import Signal
from pytest_django.live_server_helper import LiveServer

from django_front_channel import services, signals
from django_front_channel.models import Channel

from .provider import SMS_PROVIDER, providing
from .reader import SITE, Reader

if TYPE_CHECKING:
    from pytest_django import Settings

APP_UID, APP_SECRET = "a1b2c3d4e5f60718", "0123456789abcdef0123456789abcdef"
SANDBOX = ["--port", "0", "--app-uid", APP_UID, "--app-secret", APP_SECRET]


@pytest.fixture
def own_receivers() -> Iterator[None]:
    """Forget, afterwards, the receivers that a page has connected."""
    ours = [signal for signal in vars(signals).values() if isinstance(signal, Signal)]
    before = {signal: list(signal.receivers) for signal in ours}
    yield
    for signal, receivers in before.items():
        signal.receivers = receivers
        signal.sender_receivers_cache.clear()


@pytest.fixture
def site(transactional_db: None, media: Path) -> Iterator[LiveServer]:
    """As ``live_server``, which may start before the database is set up and then shares a connection of SQLite's
    between threads, which kills the process.
    """
    server = LiveServer("127.0.0.1")
    yield server
    server.stop()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder that Python imports from and works in; its modules are forgotten afterwards."""
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


@pytest.fixture
def reader(
    folder: Path, site: LiveServer, settings: Settings, monkeypatch: pytest.MonkeyPatch, own_receivers: None
) -> Iterator[Reader]:
    """A reader with an empty project, and a site that serves the test's database.

    The settings come after the database, which is emptied by what they name as installed.
    """
    with ExitStack() as resources:
        yield Reader(
            folder=folder,
            names={},
            settings=settings,
            environment=monkeypatch,
            site=site,
            resources=resources,
        )


@pytest.fixture
def connected(reader: Reader) -> Reader:
    """A reader who has done what the quickstart says: ``channel`` is connected to a sandbox, ``front``."""
    front = reader.start_sandbox([*SANDBOX, "--webhook-url", f"http://{SITE}/front/default/"])
    new = services.channels.create(name="Shop chat", address="shop")
    assert front.connect(token=new.token)["error"] is None
    reader.addresses[SMS_PROVIDER] = reader.resources.enter_context(providing())
    reader.names |= {"channel": Channel.objects.get(), "front": front}
    return reader
