"""``/channels/{channel_id}``: messages that the integration tells Front about, and statuses."""

from __future__ import annotations

from django_front_channel.sandbox.body_rules import CHANNEL, INBOUND, OUTBOUND, STATUS
from django_front_channel.sandbox.http_messages import ApiError, Response, json_response, not_found

from .call import NO_CONTENT, ApiCall


def sync_inbound_message(call: ApiCall) -> Response:
    body, files = call.body_and_files(INBOUND)
    return accepted(call.front.accept(call.channel, body, files, is_inbound=True))


def sync_outbound_message(call: ApiCall) -> Response:
    body, files = call.body_and_files(OUTBOUND)
    author_id = call.teammate_id(body.get("author_id"), "body.author_id")
    return accepted(
        call.front.accept(call.channel, {**body, "author_id": author_id}, files, is_inbound=False)
    )


def update_channel(call: ApiCall) -> Response:
    body = call.body(CHANNEL)
    call.channel.status = body.get("status", call.channel.status)
    return NO_CONTENT


def update_external_message_status(call: ApiCall) -> Response:
    body = call.body(STATUS)
    conversation = call.state.conversation_with_external_id(call.channel.id, call.ids["conv_ext_id"])
    message = call.state.message_with_external_id(call.channel.id, call.ids["message_ext_id"])
    if conversation is None or message is None or message.conversation_id != conversation.id:
        raise not_found()
    if message.is_inbound:
        raise ApiError(400, "Only the status of an outbound message can be updated")
    message.fail(body.get("reason", ""))
    conversation.reopen()
    call.front.note(conversation, "sending_error", ("message", message.id))
    return NO_CONTENT


def accepted(uid: str) -> Response:
    """202 with the uid of the message that will be there."""
    return json_response(202, {"status": "accepted", "message_uid": uid})
