"""Which operation a request is for, and whether its JWT may call it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

from django_front_channel.sandbox.http_messages import ApiError, Request, Response, not_found
from django_front_channel.sandbox.records import Channel
from django_front_channel.sandbox.sending import Sending
from django_front_channel.sandbox.tokens import channel_of_token

from . import calls, channels, conversations, labels, messages, templates, writing
from .call import ApiCall

_CHANNEL = "/channels/{channel_id}"
_TEMPLATES = _CHANNEL + "/application_message_templates"
_CALL = _CHANNEL + "/calls/{external_call_id}"
_CONVERSATION = "/conversations/{conversation_id}"
_MESSAGE = "/messages/{message_id}"


class Route(NamedTuple):
    """``path`` as in Front's OpenAPI files."""

    method: str
    path: str
    operation: Callable[[ApiCall], Response]

    def ids(self, request: Request) -> dict[str, str] | None:
        """The values of the path's parameters, or None when the request is for another route."""
        pairs = list(zip(self.path.split("/")[1:], request.segments, strict=True))
        if not all(name == segment or (name.startswith("{") and segment) for name, segment in pairs):
            return None
        return {name.strip("{}"): segment for name, segment in pairs if name.startswith("{")}


ROUTES = (
    Route("POST", _CHANNEL + "/inbound_messages", channels.sync_inbound_message),
    Route("POST", _CHANNEL + "/outbound_messages", channels.sync_outbound_message),
    Route("PATCH", _CHANNEL, channels.update_channel),
    Route(
        "PUT",
        _CHANNEL + "/conversations/{conv_ext_id}/messages/{message_ext_id}/status",
        channels.update_external_message_status,
    ),
    Route("PUT", _TEMPLATES, templates.sync_application_message_template),
    Route("PATCH", _TEMPLATES + "/{external_id}", templates.update_application_message_template),
    Route("POST", _CHANNEL + "/calls", calls.create_call),
    Route("PATCH", _CALL, calls.update_call),
    Route("POST", _CALL + "/recording", calls.add_call_recording),
    Route("POST", _CALL + "/summary", calls.add_call_summary),
    Route("POST", _CALL + "/transcript", calls.add_call_transcript),
    Route("GET", _CONVERSATION, conversations.get_conversation),
    Route("PATCH", _CONVERSATION, conversations.update_conversation),
    Route("DELETE", _CONVERSATION, conversations.delete_conversation),
    Route("PUT", _CONVERSATION + "/assignee", conversations.update_conversation_assignee),
    Route("PATCH", _CONVERSATION + "/reminders", conversations.update_conversation_reminders),
    Route("GET", _CONVERSATION + "/events", labels.list_conversation_events),
    Route("GET", _CONVERSATION + "/inboxes", labels.list_conversation_inboxes),
    Route("GET", _CONVERSATION + "/followers", labels.list_conversation_followers),
    Route("POST", _CONVERSATION + "/followers", labels.add_conversation_followers),
    Route("DELETE", _CONVERSATION + "/followers", labels.delete_conversation_followers),
    Route("POST", _CONVERSATION + "/links", labels.add_conversation_link),
    Route("DELETE", _CONVERSATION + "/links", labels.remove_conversation_links),
    Route("POST", _CONVERSATION + "/tags", labels.add_conversation_tag),
    Route("DELETE", _CONVERSATION + "/tags", labels.remove_conversation_tag),
    Route("GET", _CONVERSATION + "/messages", writing.list_conversation_messages),
    Route("POST", _CONVERSATION + "/messages", writing.create_message_reply),
    Route("GET", _CONVERSATION + "/drafts", writing.list_conversation_drafts),
    Route("POST", _CONVERSATION + "/drafts", writing.create_draft_reply),
    Route("GET", _CONVERSATION + "/comments", writing.list_conversation_comments),
    Route("POST", _CONVERSATION + "/comments", writing.add_comment),
    Route("GET", _MESSAGE, messages.get_message),
    Route("GET", _MESSAGE + "/seen", messages.get_message_seen_status),
    Route("POST", _MESSAGE + "/seen", messages.mark_message_seen),
    Route("GET", _MESSAGE + "/download/{attachment_link_id}", messages.download_attachment_for_a_message),
)

_BY_SHAPE: defaultdict[tuple[str, int], list[Route]] = defaultdict(list)
for _route in ROUTES:
    _BY_SHAPE[_route.method, _route.path.count("/")].append(_route)

# They hold the lock where they need it: an import may follow at once, and its webhook must not meet the lock.
_WITHOUT_LOCK = (channels.sync_inbound_message, channels.sync_outbound_message)


def answer(front: Sending, request: Request) -> Response:
    """Authenticate the request and carry it out. Raises :class:`ApiError` and :class:`Moved`."""
    channel = _authenticate(front, request)
    for route in _BY_SHAPE.get((request.method, len(request.segments)), ()):
        ids = route.ids(request)
        if ids is not None:
            return _carry_out(route.operation, ApiCall(front, channel, request, ids))
    raise not_found()


def _carry_out(operation: Callable[[ApiCall], Response], call: ApiCall) -> Response:
    with call.front.lock:
        call.check_path()
        if operation not in _WITHOUT_LOCK:
            return operation(call)
    return operation(call)


def _authenticate(front: Sending, request: Request) -> Channel:
    channel_id = channel_of_token(
        request.headers.get("Authorization", ""),
        app_uid=front.app_uid,
        app_secret=front.app_secret,
        now=front.front_clock(),
        assumptions=front.assumptions,
    )
    channel = front.state.channels.get(channel_id)
    if channel is None or (channel.is_deleted and front.assumptions.deleted_channel):
        raise ApiError(401, front.assumptions.invalid_jwt)
    return channel
