"""Operations on the phone calls of a voice channel.

The times of calls are in milliseconds, unlike those of messages. Front: https://dev.frontapp.com/docs/voice-channels
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict, get_args

from django_front_channel.exceptions import InvalidArgument

from . import arguments
from .arguments import Contact, optional_text, optional_unix_milliseconds, validate_id, without_none
from .operations import Request, ResourceGroup, nothing, operation
from .request_bodies import Upload, json_content, multipart_content

Direction = Literal["inbound", "outbound"]
InitialStatus = Literal["queued", "ringing"]
CallStatus = Literal["queued", "ringing", "connected", "hold", "hangup", "abandoned", "missed", "transferred"]
RecordingType = Literal["call", "voicemail"]
SpeakerType = Literal["internal", "external"]


class TranscriptLine(TypedDict):
    """One line of a transcript.

    * ``speaker_name``: the name that Front shows.
    * ``content``: the words that were spoken.
    * ``start_time_seconds``: seconds since the call began.
    * ``speaker_type``: ``internal`` for our side, ``external`` for the other.
    """

    speaker_name: str
    content: str
    start_time_seconds: float
    speaker_type: SpeakerType


LINE_KEYS = ("speaker_name", "content", "start_time_seconds", "speaker_type")


class Calls(ResourceGroup):
    """``client.calls``. The contact type of the channel feature in Front must be phone.

    Every method takes our id of a call. Front decides which changes of a call's status are allowed.
    """

    @operation("create-call", "POST", "/channels/{channel_id}/calls", status=202, reads=nothing)
    def create(
        self,
        *,
        external_call_id: str,
        direction: Direction,
        party: Contact,
        initial_status: InitialStatus,
        parent_external_call_id: str,
        started_at: int | None = None,
        agent_email_address: str | None = None,
    ) -> Request:
        """Tell Front that a call began. Returns None.

        * ``party``: the customer, with ``handle`` and, optionally, ``name``. Front gets it as ``from`` of an inbound
          call, and as ``to`` of an outbound one.
        * ``parent_external_call_id``: our id of the call that this one was transferred from. Front's OpenAPI file
          requires it for every call.
        * ``started_at``: unix milliseconds.
        * ``agent_email_address``: the email address of a teammate.

        Front: Channel API, ``create-call``.
        """
        other = arguments.contact(party, "party")
        if "email" in other:
            raise InvalidArgument(
                "party must have no email: Front takes handle and name for calls.",
                code="not_allowed",
                argument="party",
            )
        said = {
            "external_call_id": validate_id(external_call_id, "external_call_id"),
            "initial_status": arguments.one_of(initial_status, get_args(InitialStatus), "initial_status"),
            "direction": arguments.one_of(direction, get_args(Direction), "direction"),
            "from" if direction == "inbound" else "to": other,
            "parent_external_call_id": validate_id(parent_external_call_id, "parent_external_call_id"),
            "started_at": optional_unix_milliseconds(started_at, "started_at"),
            "agent_email_address": optional_text(agent_email_address, "agent_email_address"),
        }
        return Request(content=json_content(without_none(said)))

    @operation(
        "update-call", "PATCH", "/channels/{channel_id}/calls/{external_call_id}", status=202, reads=nothing
    )
    def update(
        self,
        external_call_id: str,
        *,
        call_status: CallStatus,
        occurred_at: int | None = None,
        agent_email_address: str | None = None,
    ) -> Request:
        """Tell Front the new status of a call. Returns None.

        * ``occurred_at``: unix milliseconds.
        * ``agent_email_address``: the email address of a teammate.

        Raises ``FrontBadRequestError`` for a status that cannot follow the current one.
        Front: Channel API, ``update-call``.
        """
        said = {
            "call_status": arguments.one_of(call_status, get_args(CallStatus), "call_status"),
            "occurred_at": optional_unix_milliseconds(occurred_at, "occurred_at"),
            "agent_email_address": optional_text(agent_email_address, "agent_email_address"),
        }
        return Request(content=json_content(without_none(said)), ids=_ids(external_call_id))

    @operation(
        "add-call-recording",
        "POST",
        "/channels/{channel_id}/calls/{external_call_id}/recording",
        status=202,
        reads=nothing,
    )
    def add_recording(
        self, external_call_id: str, *, recording: Upload, recording_type: RecordingType
    ) -> Request:
        """Add the recording of a call. Returns None.

        The ``recording`` must have a content type ``audio/…``. The request may have at most 24,000,000 bytes.
        Front: Channel API, ``add-call-recording``.
        """
        if not _is_audio(recording):
            raise InvalidArgument(
                "recording must be an Upload with a content_type such as 'audio/mpeg'.",
                code="wrong_type",
                argument="recording",
            )
        kind = arguments.one_of(recording_type, get_args(RecordingType), "recording_type")
        content = multipart_content({"recording_type": kind}, {"attachments": recording})
        return Request(content=content, ids=_ids(external_call_id))

    @operation(
        "add-call-summary",
        "POST",
        "/channels/{channel_id}/calls/{external_call_id}/summary",
        status=202,
        reads=nothing,
    )
    def add_summary(self, external_call_id: str, *, content: str) -> Request:
        """Add a text that summarizes a call. Returns None. Front: Channel API, ``add-call-summary``."""
        said = {"content": arguments.text(content, "content")}
        return Request(content=json_content(said), ids=_ids(external_call_id))

    @operation(
        "add-call-transcript",
        "POST",
        "/channels/{channel_id}/calls/{external_call_id}/transcript",
        status=202,
        reads=nothing,
    )
    def add_transcript(self, external_call_id: str, *, lines: Sequence[TranscriptLine]) -> Request:
        """Add the transcript of a call, at least one line. Returns None.

        Front: Channel API, ``add-call-transcript``.
        """
        said = [_line(line, f"lines[{index}]") for index, line in enumerate(arguments.items(lines, "lines"))]
        return Request(content=json_content({"lines": said}), ids=_ids(external_call_id))


def _is_audio(recording: object) -> bool:
    return isinstance(recording, Upload) and recording.content_type.startswith("audio/")


def _ids(external_call_id: str) -> dict[str, str]:
    return {"external_call_id": validate_id(external_call_id, "external_call_id")}


def _line(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, Mapping) or set(value) != set(LINE_KEYS):
        raise InvalidArgument(
            f"{name} must be a mapping with {', '.join(LINE_KEYS)}.", code="wrong_type", argument=name
        )
    return {
        "speaker_name": arguments.text(value["speaker_name"], f"{name}.speaker_name"),
        "content": arguments.text(value["content"], f"{name}.content"),
        "start_time_seconds": arguments.seconds(value["start_time_seconds"], f"{name}.start_time_seconds"),
        "speaker_type": arguments.one_of(
            value["speaker_type"], get_args(SpeakerType), f"{name}.speaker_type"
        ),
    }
