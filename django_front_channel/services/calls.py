"""Phone calls of a voice channel. Front decides which status may follow which.

Each verb raises ``InvalidArgument``, ``ChannelUnavailable``, ``FrontBadRequestError`` for a status that Front does not
allow now, or another ``FrontAPIError``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from django_front_channel.core import clock
from django_front_channel.models import Channel
from django_front_channel.models.outbox import Topic
from django_front_channel.services.content import Contact, contact_of
from django_front_channel.services.files import StoredFile, stored_file
from django_front_channel.services.verbs import Lane, Request, verb

if TYPE_CHECKING:
    from django_front_channel.client import CallStatus, TranscriptLine

LANE = Lane(Topic.CALL, "external_call_id")


@verb("create-call", lane=LANE, may_repeat=True, is_for_desk=False)
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
) -> Request[None]:
    """Tell Front that a call has begun.

    ``external_call_id``         your id of the call, 1 to 200 characters
    ``party``                    the other side: a phone number, or a ``Contact`` without email
    ``parent_external_call_id``  your id of the call that was transferred; Front requires it for every call
    ``started_at``               when the call began, an aware datetime
    ``agent_email_address``      the email address of the teammate

    Source: Channel API, "Create call".
    """
    return Request(
        external_call_id=external_call_id,
        direction=direction,
        party=contact_of(channel, party, "party"),
        initial_status=initial_status,
        parent_external_call_id=parent_external_call_id,
        started_at=_milliseconds(started_at, "started_at"),
        agent_email_address=agent_email_address,
    )


@verb("update-call", lane=LANE, is_for_desk=False)
def update(
    channel: Channel,
    *,
    external_call_id: str,
    call_status: CallStatus,
    occurred_at: datetime | None = None,
    agent_email_address: str | None = None,
) -> Request[None]:
    """Tell Front that the status of a call has changed.

    ``occurred_at``          when it changed, an aware datetime
    ``agent_email_address``  the email address of the teammate

    Source: Channel API, "Update call".
    """
    return Request(
        external_call_id=external_call_id,
        call_status=call_status,
        occurred_at=_milliseconds(occurred_at, "occurred_at"),
        agent_email_address=agent_email_address,
    )


@verb("add-call-recording", lane=LANE, may_repeat=False, is_for_desk=False)
def add_recording(
    channel: Channel,
    *,
    external_call_id: str,
    recording: StoredFile,
    recording_type: Literal["call", "voicemail"],
) -> Request[None]:
    """Add the recording of a call, a file with a content type ``audio/…``. The whole request has at most 24 MB.

    Source: Channel API, "Add call recording".
    """
    return Request(
        external_call_id=external_call_id,
        recording=stored_file(recording, "recording"),
        recording_type=recording_type,
    )


@verb("add-call-summary", lane=LANE, may_repeat=False, is_for_desk=False)
def add_summary(channel: Channel, *, external_call_id: str, content: str) -> Request[None]:
    """Add a summary of a call. Source: Channel API, "Add call summary"."""
    return Request(external_call_id=external_call_id, content=content)


@verb("add-call-transcript", lane=LANE, may_repeat=False, is_for_desk=False)
def add_transcript(
    channel: Channel, *, external_call_id: str, lines: Sequence[TranscriptLine]
) -> Request[None]:
    """Add the transcript of a call.

    ``lines``  at least one. Each has ``speaker_name``, ``content``, ``speaker_type`` (``internal`` or ``external``) and
    ``start_time_seconds``, counted from the beginning of the call

    Source: Channel API, "Add call transcript".
    """
    return Request(external_call_id=external_call_id, lines=lines)


def _milliseconds(moment: datetime | None, name: str) -> int | None:
    """Convert an aware datetime to Unix milliseconds. Front uses seconds for messages and reminders."""
    return None if moment is None else int(clock.aware(moment, name).timestamp() * 1000)
