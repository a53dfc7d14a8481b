"""``/channels/{channel_id}``: the integration tells Front about messages, statuses, templates and phone calls.

Source of the templates: https://dev.frontapp.com/docs/application-channel-message-templates; of the calls:
https://dev.frontapp.com/docs/voice-channels
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

from django_front_channel.sandbox.body_rules import (
    CALL,
    CALL_UPDATE,
    CHANNEL,
    INBOUND,
    OUTBOUND,
    RECORDING,
    STATUS,
    SUMMARY,
    TEMPLATE,
    TEMPLATE_EDIT,
    TRANSCRIPT,
)
from django_front_channel.sandbox.http_messages import (
    ApiError,
    Json,
    Response,
    invalid_body,
    json_response,
    not_found,
)
from django_front_channel.sandbox.message_flow import accept_sync
from django_front_channel.sandbox.records import Call, Template

from .api_request import ACCEPTED, NO_CONTENT, ApiRequest, accepted_response

_PROPERTIES = tuple(each.name for each in fields(Template) if each.name != "id")
# The changes of status that Front allows. A status without an entry is final (assumption resumed_call).
NEXT_STATUSES = {
    "queued": ("connected", "hangup", "missed", "abandoned"),
    "ringing": ("queued", "connected", "missed", "abandoned", "transferred"),
    "connected": ("hold", "transferred", "hangup"),
    "hold": ("connected", "transferred", "hangup"),
}


def sync_inbound_message(request: ApiRequest) -> Response:
    body, files = request.body_and_files(INBOUND)
    return accepted_response(accept_sync(request.company, request.channel, body, files, is_inbound=True))


def sync_outbound_message(request: ApiRequest) -> Response:
    body, files = request.body_and_files(OUTBOUND)
    author_id = request.teammate_id(body.get("author_id"), "body.author_id")
    body["author_id"] = author_id
    return accepted_response(accept_sync(request.company, request.channel, body, files, is_inbound=False))


def update_channel(request: ApiRequest) -> Response:
    body = request.body(CHANNEL)
    request.channel.status = body.get("status", request.channel.status)
    return NO_CONTENT


def update_external_message_status(request: ApiRequest) -> Response:
    body = request.body(STATUS)
    conversation = request.state.conversation_with_external_id(request.channel.id, request.ids["conv_ext_id"])
    message = request.state.message_with_external_id(request.channel.id, request.ids["message_ext_id"])
    if conversation is None or message is None or message.conversation_id != conversation.id:
        raise not_found()
    if message.is_inbound:
        raise ApiError(400, "Only the status of an outbound message can be updated")
    message.fail(body.get("reason", ""))
    conversation.reopen()
    request.company.add_event(conversation, "sending_error", ("message", message.id))
    return NO_CONTENT


def sync_application_message_template(request: ApiRequest) -> Response:
    """Create or replace a template (assumption template_upsert)."""
    _check_templates_enabled(request)
    body = request.body(TEMPLATE)
    known = request.channel.templates.get(body["external_id"])
    if known and not request.assumptions.template_upsert:
        raise ApiError(409, "The template exists already")
    number = known.id if known else 1 + sum(len(each.templates) for each in request.state.channels.values())
    return _keep_template(request, Template(number, **_template_properties(body)))


def update_application_message_template(request: ApiRequest) -> Response:
    _check_templates_enabled(request)
    body = request.body(TEMPLATE_EDIT)
    known = request.channel.templates.get(request.ids["external_id"])
    if known is None:
        raise _unknown(request, "template")
    return _keep_template(
        request, replace(known, **{**_template_properties(body), "external_id": known.external_id})
    )


def _keep_template(request: ApiRequest, template: Template) -> Response:
    request.channel.templates[template.external_id] = template
    return json_response(200, {"template_id": template.id})


def _check_templates_enabled(request: ApiRequest) -> None:
    if not request.company.behaviour.templates:
        raise ApiError(400, "Message templates are not enabled for this channel")


def create_call(request: ApiRequest) -> Response:
    """Create a phone call unless its external_call_id is known (assumption repeated_call)."""
    body = request.body(CALL)
    new = Call(
        external_call_id=body["external_call_id"],
        parent_external_call_id=body["parent_external_call_id"],
        direction=body["direction"],
        party=body["from" if body["direction"] == "inbound" else "to"],
        status=body["initial_status"],
        started_at=body.get("started_at"),
        agent_email_address=body.get("agent_email_address"),
    )
    if new.external_call_id in request.channel.calls and not request.assumptions.repeated_call:
        raise ApiError(409, "The call exists already")
    request.channel.calls.setdefault(new.external_call_id, new)
    return ACCEPTED


def update_call(request: ApiRequest) -> Response:
    body = request.body(CALL_UPDATE)
    known, status = _known_call(request), body["call_status"]
    if status != known.status:
        is_resumed = known.status == "hold" and status == "connected"
        is_allowed = status in NEXT_STATUSES.get(known.status, ())
        if not is_allowed or (is_resumed and not request.assumptions.resumed_call):
            raise ApiError(400, f"A call that is {known.status} cannot become {status}")
        known.status = status
        known.updated_at = body.get("occurred_at", known.updated_at)
    known.agent_email_address = body.get("agent_email_address", known.agent_email_address)
    return ACCEPTED


def add_call_recording(request: ApiRequest) -> Response:
    """Keep the recording, which must be exactly one audio file in a form."""
    _, files = request.body_and_files(RECORDING)
    known = _known_call(request)
    if len(files) != 1 or not files[0].content_type.startswith("audio/"):
        raise invalid_body(["body.attachments: must be exactly one audio file"])
    known.recordings += files
    return ACCEPTED


def add_call_summary(request: ApiRequest) -> Response:
    body = request.body(SUMMARY)
    _known_call(request).summary = body["content"]
    return ACCEPTED


def add_call_transcript(request: ApiRequest) -> Response:
    body = request.body(TRANSCRIPT)
    _known_call(request).transcript = body["lines"]
    return ACCEPTED


def _known_call(request: ApiRequest) -> Call:
    known = request.channel.calls.get(request.ids["external_call_id"])
    if known is None:
        raise _unknown(request, "call")
    return known


def _template_properties(body: Json) -> dict[str, Any]:
    return {name: body[name] for name in _PROPERTIES if name in body}


def _unknown(request: ApiRequest, what: str) -> ApiError:
    is_missing = request.assumptions.unknown_template_or_call
    return not_found() if is_missing else ApiError(400, f"The {what} does not exist")
