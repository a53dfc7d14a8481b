"""Phone calls of a voice channel. Each verb tells Front now; Front judges which state may follow which.

Each raises ``InvalidArgument``, ``ChannelUnavailable``, ``FrontBadRequestError`` for what cannot follow, or another
``FrontAPIError``.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from django_front_channel.models import Channel
from django_front_channel.services.content import Contact
from django_front_channel.services.verbs import call_now, check_target, client_for

if TYPE_CHECKING:
    from django_front_channel.client import TranscriptLine, Upload
    from django_front_channel.client.calls import CallStatus


def create(
    channel: Channel,
    *,
    external_call_id: str,
    direction: Literal["inbound", "outbound"],
    party: str | Contact,
    initial_status: Literal["queued", "ringing"],
    parent_external_call_id: str,
    started_at: datetime | None = None,
    agent_email_address: str | None = None,
    wait: float = 0.0,
) -> None:
    """Tell Front that a call began.

    ``external_call_id``         your id of it, 1 to 200 characters
    ``party``                    the other side: a phone number, or a ``Contact`` without email
    ``parent_external_call_id``  your id of the call that it was transferred from; Front asks for it with every call
    ``started_at``               an aware datetime
    ``agent_email_address``      the teammate's

    Source: Channel API, "Create call".
    """
    call_now(
        "calls.create",
        channel,
        wait=wait,
        external_call_id=external_call_id,
        direction=direction,
        party=party,
        initial_status=initial_status,
        parent_external_call_id=parent_external_call_id,
        started_at=started_at,
        agent_email_address=agent_email_address,
    )


def update(
    channel: Channel,
    *,
    external_call_id: str,
    call_status: CallStatus,
    occurred_at: datetime | None = None,
    agent_email_address: str | None = None,
    wait: float = 0.0,
) -> None:
    """Tell Front that a call changed. ``occurred_at`` is an aware datetime. Source: Channel API, "Update call"."""
    call_now(
        "calls.update",
        channel,
        wait=wait,
        external_call_id=external_call_id,
        call_status=call_status,
        occurred_at=occurred_at,
        agent_email_address=agent_email_address,
    )


def add_recording(
    channel: Channel,
    *,
    external_call_id: str,
    recording: Upload,
    recording_type: Literal["call", "voicemail"],
    wait: float = 0.0,
) -> None:
    """Add the sound of a call: a file ``audio/…``, with which the request has at most 24 MB.

    Source: Channel API, "Add call recording".
    """
    check_target("calls.add_recording", channel)
    with closing(client_for(channel, wait=wait)) as client:
        client.calls.add_recording(external_call_id, recording=recording, recording_type=recording_type)


def add_summary(channel: Channel, *, external_call_id: str, content: str, wait: float = 0.0) -> None:
    """Add a text that sums a call up. Source: Channel API, "Add call summary"."""
    call_now("calls.add_summary", channel, wait=wait, external_call_id=external_call_id, content=content)


def add_transcript(
    channel: Channel, *, external_call_id: str, lines: Sequence[TranscriptLine], wait: float = 0.0
) -> None:
    """Add the words of a call, at least one line. Source: Channel API, "Add call transcript".

    Each line has ``speaker_name``, ``content``, ``start_time_seconds`` (since the call began) and ``speaker_type``,
    ``internal`` or ``external``.
    """
    call_now("calls.add_transcript", channel, wait=wait, external_call_id=external_call_id, lines=lines)
