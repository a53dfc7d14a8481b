"""Templates and phone calls, against the sandbox over a socket."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django import Settings

from django_front_channel import services
from django_front_channel.exceptions import (
    ChannelUnavailable,
    FrontBadRequestError,
    FrontNotFoundError,
    InvalidArgument,
)
from django_front_channel.handlers import ChannelHandler
from django_front_channel.models import Channel
from django_front_channel.sandbox import Sandbox
from tests.front import APP, calls
from tests.services.every import on_the_shelf

BEGAN = datetime(2026, 1, 2, tzinfo=UTC)


class International(ChannelHandler):
    """A host whose numbers are French."""

    def normalize_handle(self, channel: Channel, handle: str) -> str:
        return handle.replace("06", "+336", 1) if handle.startswith("06") else handle


def kept(front: Sandbox, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = front.snapshot()["channels"][0][what]
    return found


def sync(channel: Channel, **changes: Any) -> Any:
    return services.templates.sync(
        channel,
        external_id="welcome",
        **{
            "name": "Welcome",
            "blurb": "Hello {{1}}",
            "is_disabled": False,
            "status_name": "APPROVED",
            "variable_mappings": [{"uid": "{{1}}", "type": "text", "name": "First name"}],
            "template_preview": "<b>Hello</b>",
            **changes,
        },
    )


def begin(channel: Channel, **changes: Any) -> None:
    services.calls.create(
        channel,
        **{
            "external_call_id": "call-1",
            "direction": "inbound",
            "party": services.Contact("+33612345678", "Ana"),
            "initial_status": "ringing",
            "parent_external_call_id": "call-0",
            "started_at": BEGAN,
            **changes,
        },
    )


class TestTemplates:
    def test_sync_and_update(self, front: Sandbox, channel: Channel) -> None:
        synced = sync(channel)
        updated = services.templates.update(channel, external_id="welcome", is_disabled=True)

        assert synced.template_id == updated.template_id
        (template,) = kept(front, "templates")
        assert (template["name"], template["blurb"], template["is_disabled"]) == (
            "Welcome",
            "Hello {{1}}",
            True,
        )

    def test_one_that_was_never_synced(self, channel: Channel) -> None:
        with pytest.raises(FrontNotFoundError):
            services.templates.update(channel, external_id="welcome", is_disabled=True)

    @pytest.mark.parametrize(
        "wrong", [{"name": ""}, {"status_name": "MAYBE"}, {"is_disabled": "no"}], ids=str
    )
    def test_a_mistake(self, front: Sandbox, channel: Channel, wrong: dict[str, Any]) -> None:
        with pytest.raises(InvalidArgument):
            sync(channel, **wrong)
        assert not calls(front, "templates")

    def test_nothing_to_change(self, front: Sandbox, channel: Channel) -> None:
        with pytest.raises(InvalidArgument):
            services.templates.update(channel, external_id="welcome")


class TestCalls:
    def test_a_call_from_beginning_to_end(self, front: Sandbox, channel: Channel) -> None:
        begin(channel)
        for status in ("connected", "hangup"):
            services.calls.update(channel, external_call_id="call-1", call_status=status, occurred_at=BEGAN)
        sound = on_the_shelf("call.mp3", b"sound")
        services.calls.add_recording(
            channel, external_call_id="call-1", recording=sound, recording_type="call"
        )
        services.calls.add_summary(channel, external_call_id="call-1", content="All well")
        services.calls.add_transcript(
            channel,
            external_call_id="call-1",
            lines=[
                {
                    "speaker_name": "Ana",
                    "content": "Hi",
                    "start_time_seconds": 0.5,
                    "speaker_type": "external",
                }
            ],
        )

        (call,) = kept(front, "calls")
        assert call["status"] == "hangup"
        assert call["party"] == {"handle": "+33612345678", "name": "Ana"}
        assert call["started_at"] == int(BEGAN.timestamp()) * 1000
        assert [each["filename"] for each in call["recordings"]] == ["call.mp3"]

    def test_the_number_is_spelt_as_the_handler_does(
        self, front: Sandbox, channel: Channel, settings: Settings
    ) -> None:
        handler = f"{__name__}.International"
        settings.FRONT_CHANNEL_APPS = {"default": {**APP, "HANDLER": handler}}

        begin(channel, party="0612345678")

        assert kept(front, "calls")[0]["party"]["handle"] == "+33612345678"

    def test_front_judges_what_may_follow(self, channel: Channel) -> None:
        begin(channel)
        with pytest.raises(FrontBadRequestError):
            services.calls.update(channel, external_call_id="call-1", call_status="hold")

    @pytest.mark.parametrize(
        "wrong",
        [
            {"started_at": datetime(2026, 1, 2)},  # noqa: DTZ001
            {"started_at": 1767312000000},
            {"party": ""},
            {"party": services.Contact("+33612345678", email="ana@example.com")},
            {"initial_status": "connected"},
            {"external_call_id": ".."},
        ],
        ids=str,
    )
    def test_a_mistake(self, front: Sandbox, channel: Channel, wrong: dict[str, Any]) -> None:
        with pytest.raises(InvalidArgument):
            begin(channel, **wrong)
        assert not calls(front, "/calls")


@pytest.mark.parametrize("verb", [sync, begin])
def test_a_channel_that_is_not_connected(channel: Channel, verb: Callable[[Channel], object]) -> None:
    services.channels.disconnect(channel)
    with pytest.raises(ChannelUnavailable):
        verb(channel)
