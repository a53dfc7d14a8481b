"""The kit in each kind of test that hosts have."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from django.db import transaction
from django.test import TestCase, TransactionTestCase, override_settings

from django_front_channel import services, signals
from django_front_channel.models import Message
from django_front_channel.testing import FrontMixin
from django_front_channel.testing.front import Front
from django_front_channel.testing.plugin import front
from tests.front import APP, Courier, tell
from tests.processes import run

__all__ = ["front"]

ROOT = Path(__file__).parents[2]


with_courier = override_settings(FRONT_CHANNEL_APPS={"default": {**APP, "HANDLER": "tests.front.Courier"}})


class RoundTrip(FrontMixin):
    """Everything that waits for a commit in production: signals of services, admission, leases."""

    def setUp(self) -> None:
        super().setUp()
        self.heard: list[str] = []
        for signal in (signals.message_imported, signals.message_delivered):
            signal.connect(self.hear)
            self.addCleanup(signal.disconnect, self.hear)
        self.addCleanup(Courier.tried.clear)
        self.addCleanup(Courier.outcomes.clear)

    def hear(self, message: Message, **arguments: object) -> None:
        self.heard.append(message.text)

    def test_a_round_trip(self) -> None:
        channel = self.front.connect()
        message = tell(channel, "m-1", text="Hello?")
        self.front.run()
        self.front.reply(message, "Hello!")
        self.front.run()

        assert Courier.tried == ["Hello!"]
        assert self.heard == ["Hello?", "Hello!"]
        assert self.front.inbox[0].texts == ["Hello?", "Hello!"]

    @pytest.mark.fault("F147")
    def test_signals_of_services_are_heard_once(self) -> None:
        Courier.outcomes.append("provider-1")
        channel = self.front.connect()
        self.front.compose(channel, "Hello!", to="+33600000000")
        self.front.run()
        services.messages.report_delivery(channel=channel, delivery_id="provider-1", state="delivered")
        self.front.run()

        assert self.heard == ["Hello!"]

    @pytest.mark.fault("F147")
    def test_what_is_rolled_back_never_happened(self) -> None:
        channel = self.front.connect()
        with transaction.atomic():
            tell(channel, "m-1")
            transaction.set_rollback(True)
        self.front.run()

        assert self.front.inbox == []


@with_courier
class TestCaseTests(RoundTrip, TestCase):
    def test_what_a_captured_commit_has_announced_is_not_announced_again(self) -> None:
        Courier.outcomes.append("provider-1")
        channel = self.front.connect()
        self.front.compose(channel, "Hello!", to="+33600000000")
        self.front.run()
        with self.captureOnCommitCallbacks(execute=True):
            services.messages.report_delivery(channel=channel, delivery_id="provider-1", state="delivered")
        assert self.heard == ["Hello!"]
        self.front.run()

        assert self.heard == ["Hello!"]


@with_courier
class TransactionTestCaseTests(RoundTrip, TransactionTestCase):
    pass


@pytest.mark.django_db(transaction=True)
def test_the_fixture_is_content_with_real_commits(front: Front) -> None:
    assert not transaction.get_connection().in_atomic_block
    tell(front.connect(), "m-1")
    front.run()

    assert Message.objects.get().state == Message.State.IMPORTED


def test_the_fixture_is_content_with_a_transaction(front: Front) -> None:
    assert transaction.get_connection().in_atomic_block
    tell(front.connect(), "m-1")
    front.run()

    assert Message.objects.get().state == Message.State.IMPORTED


CONFTEST = 'pytest_plugins = ["django_front_channel.testing"]\n'
STORIES = """
import socket
import threading

import pytest
import pytest_socket

from django_front_channel import services
from django_front_channel.models import Message


@pytest.mark.parametrize("number", range(4))
def test_a_story(front, number):
    before = threading.active_count()
    services.messages.sync_inbound(
        front.connect(), sender="+33612345678", text="Hello", external_id="m-1", external_conversation_id="t-1"
    )
    front.run()
    assert [each.texts for each in front.inbox] == [["Hello"]]
    assert Message.objects.get().state == "imported"
    assert threading.active_count() == before


def test_the_network_is_forbidden():
    with pytest.warns(UserWarning), pytest.raises(pytest_socket.SocketBlockedError):
        socket.socket()
"""


def test_several_processes_without_a_network(tmp_path: Path) -> None:
    """pytest-xdist and pytest-socket, and the way in which hosts choose to have the fixture."""
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_stories.py").write_text(STORIES)
    plugins = [
        f"-p{name}" for name in ("xdist.plugin", "pytest_django.plugin", "pytest_socket", "no:cacheprovider")
    ]
    options = ["--ds=tests.testing.settings", "--no-migrations", "-n2", "--disable-socket", "-Werror", "-q"]

    done = run(
        [sys.executable, "-m", "pytest", *plugins, *options, str(tmp_path)],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
    )

    assert "5 passed" in done.output, done.output + done.complaints
