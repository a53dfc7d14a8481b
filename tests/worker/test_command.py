"""``front_channel_worker``, as a command and as a process."""

from __future__ import annotations

import io
import signal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from django_front_channel.models import Channel, OutboxEntry, OutboxLane
from django_front_channel.sandbox import Sandbox
from tests.front import Courier, entry_of, outcomes_of, receive, state_of, tell, told
from tests.workers import Start, until


def run(*arguments: str) -> str:
    output = io.StringIO()
    call_command("front_channel_worker", *arguments, stdout=output)
    return output.getvalue()


def test_once(front: Sandbox, channel: Channel) -> None:
    tell(channel, "sms-1")
    tell(channel, "sms-2")
    run("--once")
    assert told(front) == ["sms-1", "sms-2"]


@pytest.mark.parametrize(
    ("stream", "states"), [("sync", ("accepted", "received")), ("deliver", ("queued", "delivered"))]
)
def test_only_one_stream(
    front: Sandbox, channel: Channel, courier: type[Courier], *, stream: str, states: tuple[str, str]
) -> None:
    sent, received = tell(channel, "sms-1"), receive(front, channel)
    run("--once", "--only", stream)
    assert (state_of(sent), state_of(received)) == states


@pytest.mark.parametrize(
    ("option", "value", "advice"),
    [
        ("--only", "calls", "choose from '?sync"),
        *(
            ("--interval", value, "must be a number of seconds, more than 0 and at most 3600")
            for value in ("0", "-1", "soon", "nan", "inf", "1e10")
        ),
    ],
)
def test_wrong_arguments(db: None, option: str, value: str, advice: str) -> None:
    with pytest.raises(CommandError, match=advice):
        run("--once", option, value)


@pytest.mark.django_db(transaction=True)
class TestProcess:
    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_lets_the_attempt_at_hand_end(
        self, front: Sandbox, channel: Channel, start: Start, number: signal.Signals
    ) -> None:
        first, second = tell(channel, "sms-1"), tell(channel, "sms-2")
        front.hold(seconds=0.6)
        process = start()
        until(lambda: told(front))
        process.send_signal(number)

        assert process.wait(60) == 0
        assert (state_of(first), state_of(second)) == ("accepted", "queued")
        assert entry_of(second).attempt_started_at is None
        assert not OutboxLane.objects.filter(lease_until__isnull=False).exists()
        assert told(front) == ["sms-1"]

    def test_a_signal_ends_a_single_run_too(self, front: Sandbox, channel: Channel, start: Start) -> None:
        first, second = tell(channel, "sms-1"), tell(channel, "sms-2")
        front.hold(seconds=0.6)
        process = start("--once")
        until(lambda: told(front))
        process.terminate()
        assert process.wait(60) == 0
        assert (state_of(first), state_of(second)) == ("accepted", "queued")
        assert not OutboxLane.objects.filter(lease_until__isnull=False).exists()

    def test_an_idle_worker_ends_at_once(self, front: Sandbox, channel: Channel, start: Start) -> None:
        tell(channel, "sms-1")
        process = start("--interval", "600")
        until(lambda: told(front))
        process.terminate()
        assert process.wait(60) == 0

    def test_a_second_signal_does_not_wait(self, front: Sandbox, channel: Channel, start: Start) -> None:
        message = tell(channel, "sms-1")
        front.hold(seconds=60)
        process = start()
        until(lambda: told(front))

        def ended() -> bool:
            """Python runs a handler some time after its signal, and takes two that come before as one."""
            process.terminate()
            return process.poll() is not None

        until(ended)
        assert process.returncode == 128 + signal.SIGTERM
        assert state_of(message) == "sending"

    def test_it_takes_up_what_comes_while_it_works(
        self, front: Sandbox, channel: Channel, courier: type[Courier], start: Start
    ) -> None:
        start()
        for number in range(3):
            message = tell(channel, f"sms-{number}")
            until(lambda message=message: state_of(message) == "accepted")  # type: ignore[misc]
        assert told(front) == ["sms-0", "sms-1", "sms-2"]

    @pytest.mark.servers
    def test_it_survives_the_loss_of_its_connections(
        self, front: Sandbox, channel: Channel, start: Start
    ) -> None:
        before = tell(channel, "before")
        start()
        until(lambda: state_of(before) == "accepted")
        for number in range(3):
            lost = cut_off_the_others()
            assert lost, "The worker was not connected."
            after = tell(channel, f"after {number}")
            until(lambda after=after: state_of(after) == "accepted")  # type: ignore[misc]
        assert OutboxEntry.objects.filter(state="done").count() == 4

    @pytest.mark.servers
    def test_it_survives_the_loss_in_the_middle_of_a_request(
        self, front: Sandbox, channel: Channel, start: Start
    ) -> None:
        message, following = tell(channel, "sms-1"), tell(channel, "sms-2")
        front.hold(seconds=0.6)
        start("--only", "sync")
        until(lambda: told(front))
        assert cut_off_the_others()
        until(lambda: state_of(following) == "accepted")

        assert told(front) == ["sms-1", "sms-2"]
        assert outcomes_of(message) == {}


def cut_off_the_others() -> int:
    """End every connection to the test's database but this one; return how many there were."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            return len(cursor.fetchall())
        cursor.execute(
            "SELECT id FROM information_schema.processlist WHERE db = database() AND id <> connection_id()"
        )
        ids = [row[0] for row in cursor.fetchall()]
        for each in ids:
            cursor.execute(f"KILL {each}")
        return len(ids)
