"""The route of each operation of Front's API, and the check of a channel's JWT."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import NamedTuple

import jwt
from jwt.types import Options

from django_front_channel.sandbox.assumptions import Assumptions
from django_front_channel.sandbox.company import Company, FrontApp
from django_front_channel.sandbox.http_messages import ApiError, Request, Response, not_found
from django_front_channel.sandbox.records import Channel

from . import channels, conversations, messages
from .api_request import ApiRequest

_CHANNEL = "/channels/{channel_id}"
_TEMPLATES = _CHANNEL + "/application_message_templates"
_CALL = _CHANNEL + "/calls/{external_call_id}"
_CONVERSATION = "/conversations/{conversation_id}"
_MESSAGE = "/messages/{message_id}"


class Route(NamedTuple):
    """The method, path and operation of a route. The ``path`` is written as in Front's OpenAPI files."""

    method: str
    path: str
    operation: Callable[[ApiRequest], Response]

    def ids(self, request: Request) -> dict[str, str] | None:
        """Return the values of the path's parameters, or None if the request is for another route."""
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
    Route("PUT", _TEMPLATES, channels.sync_application_message_template),
    Route("PATCH", _TEMPLATES + "/{external_id}", channels.update_application_message_template),
    Route("POST", _CHANNEL + "/calls", channels.create_call),
    Route("PATCH", _CALL, channels.update_call),
    Route("POST", _CALL + "/recording", channels.add_call_recording),
    Route("POST", _CALL + "/summary", channels.add_call_summary),
    Route("POST", _CALL + "/transcript", channels.add_call_transcript),
    Route("GET", _CONVERSATION, conversations.get_conversation),
    Route("PATCH", _CONVERSATION, conversations.update_conversation),
    Route("DELETE", _CONVERSATION, conversations.delete_conversation),
    Route("PUT", _CONVERSATION + "/assignee", conversations.update_conversation_assignee),
    Route("PATCH", _CONVERSATION + "/reminders", conversations.update_conversation_reminders),
    Route("GET", _CONVERSATION + "/events", conversations.list_conversation_events),
    Route("GET", _CONVERSATION + "/inboxes", conversations.list_conversation_inboxes),
    Route("GET", _CONVERSATION + "/followers", conversations.list_conversation_followers),
    Route("POST", _CONVERSATION + "/followers", conversations.add_conversation_followers),
    Route("DELETE", _CONVERSATION + "/followers", conversations.delete_conversation_followers),
    Route("POST", _CONVERSATION + "/links", conversations.add_conversation_link),
    Route("DELETE", _CONVERSATION + "/links", conversations.remove_conversation_links),
    Route("POST", _CONVERSATION + "/tags", conversations.add_conversation_tag),
    Route("DELETE", _CONVERSATION + "/tags", conversations.remove_conversation_tag),
    Route("GET", _CONVERSATION + "/messages", messages.list_conversation_messages),
    Route("POST", _CONVERSATION + "/messages", messages.create_message_reply),
    Route("GET", _CONVERSATION + "/drafts", messages.list_conversation_drafts),
    Route("POST", _CONVERSATION + "/drafts", messages.create_draft_reply),
    Route("GET", _CONVERSATION + "/comments", messages.list_conversation_comments),
    Route("POST", _CONVERSATION + "/comments", messages.add_comment),
    Route("GET", _MESSAGE, messages.get_message),
    Route("GET", _MESSAGE + "/seen", messages.get_message_seen_status),
    Route("POST", _MESSAGE + "/seen", messages.mark_message_seen),
    Route("GET", _MESSAGE + "/download/{attachment_link_id}", messages.download_attachment_for_a_message),
)

_BY_SHAPE: defaultdict[tuple[str, int], list[Route]] = defaultdict(list)
for _route in ROUTES:
    _BY_SHAPE[_route.method, _route.path.count("/")].append(_route)

# These operations take the lock themselves: an import may follow at once, and must not send a webhook under the lock.
_WITHOUT_LOCK = (channels.sync_inbound_message, channels.sync_outbound_message)

# Seconds from now to the latest expiry of a JWT. github.com/webhookdb/webhookdb reports this limit from production.
LONGEST_JWT_LIFETIME = 30
# PyJWT compares no times: the sandbox has its own clock.
_JWT_OPTIONS: Options = {
    "require": ["exp", "iss", "sub"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


def respond(company: Company, request: Request) -> Response:
    """Authenticate a request, carry it out, and return the response. Raises :class:`ApiError` and :class:`Moved`."""
    channel = _authenticate(company, request)
    for route in _BY_SHAPE.get((request.method, len(request.segments)), ()):
        ids = route.ids(request)
        if ids is not None:
            return _carry_out(route.operation, ApiRequest(company, channel, request, ids))
    raise not_found()


def channel_of_token(authorization: str, *, app: FrontApp, now: float, assumptions: Assumptions) -> str:
    """Return the channel id (``sub``) of a valid ``Authorization`` header. The time ``now`` is in unix seconds.

    The token must be signed with the App secret (HS256), issued by the App UID, and expire within the next
    ``LONGEST_JWT_LIFETIME`` seconds. Raises :class:`ApiError` 401.
    Source: https://dev.frontapp.com/docs/creating-a-partner-channel and Front's partner-channel-template.
    """
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or token.count(".") != 2:
        raise ApiError(401, assumptions.not_a_jwt)
    try:
        claims = jwt.decode(
            token.strip(), app.secret.reveal(), algorithms=["HS256"], issuer=app.uid, options=_JWT_OPTIONS
        )
    except jwt.PyJWTError:
        raise ApiError(401, assumptions.invalid_jwt) from None
    expires = claims["exp"]
    if type(expires) is not int or not now < expires <= now + LONGEST_JWT_LIFETIME:
        raise ApiError(401, assumptions.invalid_jwt)
    return str(claims["sub"])


def _authenticate(company: Company, request: Request) -> Channel:
    authorization = request.headers.get("Authorization", "")
    channel_id = channel_of_token(
        authorization, app=company.app, now=company.front_time(), assumptions=company.assumptions
    )
    channel = company.state.channels.get(channel_id)
    if channel is None or (channel.is_deleted and company.assumptions.deleted_channel):
        raise ApiError(401, company.assumptions.invalid_jwt)
    return channel


def _carry_out(operation: Callable[[ApiRequest], Response], request: ApiRequest) -> Response:
    with request.company.lock:
        request.check_path()
        if operation not in _WITHOUT_LOCK:
            return operation(request)
    return operation(request)
