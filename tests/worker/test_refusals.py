"""A refusal stops the lane that met it. A channel waits only on Front's own word, met in two lanes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse

from django_front_channel import gateway, signals
from django_front_channel.conf import App
from django_front_channel.models import Channel, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services import channels, conversations
from tests.front import MovableClock, state_of, tell, told, work

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault("refusals")]

PAGE = "<html><title>Blocked</title>Your request was blocked by the firewall.</html>"
OTHER_JSON = json.dumps({"message": "Forbidden by policy"})


def fronts(status: int) -> str:
    return json.dumps({"_error": {"status": status, "title": "Refused", "message": "No"}})


class Wall(HTTPAdapter):
    """Stands before Front, and refuses what its rule says, with this status and body."""

    def __init__(self) -> None:
        super().__init__()
        self.refuses: Callable[[bytes], bool] = lambda _body: False
        self.status, self.body = 403, PAGE

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        body = request.body if isinstance(request.body, bytes) else str(request.body or "").encode()
        if not self.refuses(body):
            return super().send(request, *args, **options)
        answer = HTTPResponse(BytesIO(self.body.encode()), status=self.status, preload_content=False)
        return self.build_response(request, answer)


@pytest.fixture
def wall(front: Sandbox) -> Iterator[Wall]:
    wall = Wall()

    def adapter_for(_app: App) -> Wall:
        return wall

    with gateway.network_replaced(adapter_for):
        yield wall


def poisoned(body: bytes) -> bool:
    return b"poison" in body


def everything(_body: bytes) -> bool:
    return True


def pass_time(time: MovableClock, seconds: float, *, step: float = 60) -> None:
    """Let time pass with a worker at work."""
    for _step in range(int(seconds / step)):
        work("sync")
        time.advance(step)
    work("sync")


@pytest.mark.parametrize(
    ("status", "body"),
    [
        *[(status, PAGE) for status in (401, 403, 404, 407, 451)],
        *[(status, OTHER_JSON) for status in (401, 403, 404)],
        *[(status, "") for status in (401, 403, 404, 451)],
        *[(status, fronts(status)) for status in (401, 403, 404)],
    ],
)
def test_a_refusal_of_one_text_stops_no_other_lane(
    wall: Wall, channel: Channel, time: MovableClock, status: int, body: str
) -> None:
    wall.refuses, wall.status, wall.body = poisoned, status, body
    poison = tell(channel, "sms-1", "a", text="poison")
    behind = tell(channel, "sms-2", "a")
    work("sync")
    others = [tell(channel, f"other-{number}", f"thread-{number}") for number in range(3)]
    work("sync")

    assert {state_of(other) for other in others} == {"accepted"}
    assert state_of(channel) == "connected"
    assert (state_of(poison), state_of(behind)) == ("queued", "queued"), "Its lane keeps its order."

    wall.refuses = lambda _body: False
    pass_time(time, 60)
    assert {state_of(poison), state_of(behind)} == {"accepted"}


@pytest.mark.parametrize("status", [403, 404])
def test_what_front_refuses_while_it_takes_others_is_given_up_and_its_lane_goes_on(
    wall: Wall, channel: Channel, time: MovableClock, status: int
) -> None:
    wall.refuses, wall.status, wall.body = poisoned, status, fronts(status)
    poison, behind = tell(channel, "sms-1", "a", text="poison"), tell(channel, "sms-2", "a")
    work("sync")
    tell(channel, "other", "b")
    pass_time(time, 60)
    assert (state_of(poison), state_of(behind), state_of(channel)) == ("failed", "accepted", "connected")


def test_what_a_firewall_refuses_is_given_up_after_a_while_if_others_pass(
    wall: Wall, channel: Channel, time: MovableClock
) -> None:
    wall.refuses = poisoned
    poison, behind = tell(channel, "sms-1", "a", text="poison"), tell(channel, "sms-2", "a")
    pass_time(time, 3600)
    assert state_of(poison) == "queued", "Nothing shows that others would pass."
    tell(channel, "other", "b")
    pass_time(time, 3600)
    assert (state_of(poison), state_of(behind), state_of(channel)) == ("failed", "accepted", "connected")


@pytest.mark.parametrize("body", [PAGE, OTHER_JSON, ""])
@pytest.mark.parametrize("status", [401, 403, 404, 407, 451])
def test_a_firewall_before_all_lanes_delays_and_loses_nothing(
    wall: Wall, channel: Channel, time: MovableClock, status: int, body: str
) -> None:
    wall.refuses, wall.status, wall.body = everything, status, body
    waiting = [tell(channel, f"sms-{number}", f"thread-{number}") for number in range(3)]
    pass_time(time, 900)
    assert state_of(channel) == "connected"
    assert {state_of(message) for message in waiting} == {"queued"}

    wall.refuses = lambda _body: False
    pass_time(time, 660)
    assert {state_of(message) for message in waiting} == {"accepted"}


@pytest.mark.parametrize(
    ("status", "state"), [(401, "auth_failed"), (403, "unreachable"), (404, "unreachable")]
)
def test_a_channel_that_front_refuses_is_blocked_at_the_second_lane_and_goes_on_by_itself(
    wall: Wall, channel: Channel, time: MovableClock, heard, *, status: int, state: str
) -> None:
    changed = heard(signals.channel_state_changed)
    other = connect_other(channel)
    wall.refuses, wall.status, wall.body = everything, status, fronts(status)
    first = tell(channel, "sms-1", "a")
    work("sync")
    assert state_of(channel) == "connected", "One lane proves nothing."
    second = tell(channel, "sms-2", "b")
    work("sync")
    assert (state_of(channel), state_of(other)) == (state, "connected")

    pass_time(time, 3600)
    wall.refuses = lambda _body: False
    pass_time(time, 660)
    assert state_of(channel) == "connected"
    assert {state_of(first), state_of(second)} == {"accepted"}
    assert [(each["old"], each["new"]) for each in changed] == [("connected", state), (state, "connected")]


def connect_other(channel: Channel) -> Channel:
    """Another channel of the same app, which nobody refuses."""
    return Channel.objects.create(name="other", state="connected", app=channel.app)


def test_a_blocked_channel_is_asked_about_now_and_then_only(
    front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    front.fail_next(status=403, count=10_000)
    for number in range(20):
        tell(channel, f"sms-{number}", f"thread-{number}")
    work("sync")
    asked = len(told(front))
    pass_time(time, 3600)
    assert state_of(channel) == "unreachable"
    assert 5 <= len(told(front)) - asked <= 12, "It is asked after 30 s, 1 min, 2 min, ... 10 min."


def test_two_refused_texts_do_not_keep_the_channel_blocked(
    wall: Wall, channel: Channel, time: MovableClock
) -> None:
    wall.refuses, wall.status, wall.body = poisoned, 403, fronts(403)
    poison = [tell(channel, f"sms-{number}", f"thread-{number}", text="poison") for number in range(2)]
    work("sync")
    assert state_of(channel) == "unreachable", "Nothing has shown the contrary."
    other = tell(channel, "other", "c")
    pass_time(time, 600)
    assert (state_of(channel), state_of(other)) == ("connected", "accepted")
    tell(channel, "another", "c")
    pass_time(time, 600)
    assert {state_of(message) for message in poison} == {"failed"}


def test_a_success_between_two_refusals_clears_the_channel(
    wall: Wall, channel: Channel, time: MovableClock
) -> None:
    wall.refuses, wall.status, wall.body = poisoned, 404, fronts(404)
    for number in range(3):
        tell(channel, f"poison-{number}", f"thread-{number}", text="poison")
        work("sync")
        time.advance(0.1)
        tell(channel, f"sms-{number}", f"fine-{number}")
        work("sync")
        time.advance(0.1)
    assert state_of(channel) == "connected"


def test_a_person_may_release_it_before(front: Sandbox, channel: Channel) -> None:
    front.fail_next(status=403, count=2)
    for number in range(2):
        tell(channel, f"sms-{number}", f"thread-{number}")
    work("sync")
    assert state_of(channel) == "unreachable"
    channels.release(Channel.objects.get(pk=channel.pk))
    assert state_of(channel) == "connected"
    assert Channel.objects.get(pk=channel.pk).probe_at is None


def test_a_refused_verb_fails_alone(front: Sandbox, channel: Channel) -> None:
    message = tell(channel, "sms-1")
    work("sync")
    front.run_until_quiet()
    message.refresh_from_db()
    assert message.conversation is not None
    front.fail_next(status=403)
    entry = conversations.archive.enqueue(message.conversation)
    work("sync")
    assert (OutboxEntry.objects.get(pk=entry.pk).state, state_of(channel)) == ("failed", "connected")


def test_front_that_says_when_it_is_back_costs_no_attempt(
    front: Sandbox, channel: Channel, time: MovableClock
) -> None:
    front.fail_next(status=503, headers={"Retry-After": "120"})
    message = tell(channel, "sms-1")
    work("sync")
    entry = message.outbox_entries.get()
    assert (entry.attempts, entry.code) == (0, "front_unavailable")
    pass_time(time, 90)
    assert len(told(front)) == 1
    pass_time(time, 60)
    assert state_of(message) == "accepted"
