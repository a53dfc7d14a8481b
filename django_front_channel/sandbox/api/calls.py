"""Phone calls. Source: https://dev.frontapp.com/docs/voice-channels"""

from __future__ import annotations

from django_front_channel.sandbox.body_rules import CALL, CALL_UPDATE, RECORDING, SUMMARY, TRANSCRIPT
from django_front_channel.sandbox.http_messages import ApiError, Response, invalid_body, not_found
from django_front_channel.sandbox.records import Call

from .call import ACCEPTED, ApiCall

# The changes of state that Front allows; a state that is not here is final (assumption resumed_call).
NEXT_STATUSES = {
    "queued": ("connected", "hangup", "missed", "abandoned"),
    "ringing": ("queued", "connected", "missed", "abandoned", "transferred"),
    "connected": ("hold", "transferred", "hangup"),
    "hold": ("connected", "transferred", "hangup"),
}


def create_call(call: ApiCall) -> Response:
    """Once for each external_call_id (assumption repeated_call)."""
    body = call.body(CALL)
    new = Call(
        external_call_id=body["external_call_id"],
        parent_external_call_id=body["parent_external_call_id"],
        direction=body["direction"],
        party=body["from" if body["direction"] == "inbound" else "to"],
        status=body["initial_status"],
        started_at=body.get("started_at"),
        agent_email_address=body.get("agent_email_address"),
    )
    if new.external_call_id in call.channel.calls and not call.assumptions.repeated_call:
        raise ApiError(409, "The call exists already")
    call.channel.calls.setdefault(new.external_call_id, new)
    return ACCEPTED


def update_call(call: ApiCall) -> Response:
    body = call.body(CALL_UPDATE)
    known, status = _call(call), body["call_status"]
    if status != known.status:
        is_resumed = known.status == "hold" and status == "connected"
        is_allowed = status in NEXT_STATUSES.get(known.status, ())
        if not is_allowed or (is_resumed and not call.assumptions.resumed_call):
            raise ApiError(400, f"A call that is {known.status} cannot become {status}")
        known.status = status
        known.updated_at = body.get("occurred_at", known.updated_at)
    known.agent_email_address = body.get("agent_email_address", known.agent_email_address)
    return ACCEPTED


def add_call_recording(call: ApiCall) -> Response:
    """Exactly one file of sound, as a form."""
    _, files = call.body_and_files(RECORDING)
    known = _call(call)
    if len(files) != 1 or not files[0].content_type.startswith("audio/"):
        raise invalid_body(["body.attachments: must be exactly one audio file"])
    known.recordings += files
    return ACCEPTED


def add_call_summary(call: ApiCall) -> Response:
    body = call.body(SUMMARY)
    _call(call).summary = body["content"]
    return ACCEPTED


def add_call_transcript(call: ApiCall) -> Response:
    body = call.body(TRANSCRIPT)
    _call(call).transcript = body["lines"]
    return ACCEPTED


def _call(call: ApiCall) -> Call:
    known = call.channel.calls.get(call.ids["external_call_id"])
    if known is None:
        raise not_found()
    return known
