"""``/messages/{message_id}``: a message, who has seen it, and its files."""

from __future__ import annotations

from django_front_channel.sandbox.body_rules import SEEN
from django_front_channel.sandbox.http_messages import ApiError, Response, json_response, not_found, too_many
from django_front_channel.sandbox.storage import file_response, storage_url

from .call import NO_CONTENT, ApiCall
from .pages import whole

HOUR = 3600


def get_message(call: ApiCall) -> Response:
    return json_response(200, call.front.documents.message(call.message()))


def get_message_seen_status(call: ApiCall) -> Response:
    return whole(call, call.front.documents.seen_receipts(call.message()))


def mark_message_seen(call: ApiCall) -> Response:
    """Only so often in an hour for one message (assumption seen_limit)."""
    message = call.message()
    call.body(SEEN)
    if message.is_inbound:
        raise ApiError(400, "Only an outbound message can be marked as seen")
    now = call.front.now()
    recent = [at for at in message.seen_at if at > now - HOUR]
    if len(recent) >= call.front.assumptions.seen_limit:
        raise too_many(recent[0] + HOUR - now)
    message.seen_at.append(now)
    return NO_CONTENT


def download_attachment_for_a_message(call: ApiCall) -> Response:
    """The bytes, or a redirect to a storage that has them (``configure(download_redirect=True)``)."""
    named = {each.id: each for each in call.message().attachments}
    attachment = named.get(call.ids["attachment_link_id"])
    if attachment is None:
        raise not_found()
    if call.front.behaviour.download_redirect:
        return Response(
            302, headers={"Location": storage_url(call.front.app_secret, call.request, attachment)}
        )
    return file_response(attachment)
