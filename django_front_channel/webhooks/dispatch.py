"""Checks that a request belongs to the channel at its URL, and calls the function for its type."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from django.db.models import Exists, OuterRef

from django_front_channel.core import clock
from django_front_channel.core.digests import digest
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.core.prepared import Parameter, PreparedSelect
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.exceptions import PayloadRejected
from django_front_channel.models import Channel, WebhookEvent
from django_front_channel.models.channel import GONE
from django_front_channel.secret import Secret
from django_front_channel.webhooks.answers import Answer, SignedRequest, error, success
from django_front_channel.webhooks.authorization import authorize, list_addresses
from django_front_channel.webhooks.commit import commit, new_event
from django_front_channel.webhooks.imports_and_deletions import accept_deletion, accept_import
from django_front_channel.webhooks.messages import accept_message
from django_front_channel.webhooks.payloads import front_id

DELETE = "delete"
# One statement reads the channel, the database's time, and whether an event with the same id of Front is stored.
AT_URL = PreparedSelect(
    lambda: Channel.objects.filter(webhook_key=Parameter("webhook_key")),
    epoch=clock.EpochNow(),
    seems_repeated=Exists(
        WebhookEvent.objects.filter(channel=OuterRef("pk"), front_id=Parameter("front_id"))
    ),
)


class ChannelRequest(Protocol):
    """Processes a request to a channel's URL."""

    def __call__(
        self, signed: SignedRequest, channel: Channel, received_at: datetime, /, *, seems_repeated: bool
    ) -> Answer: ...


def process_app_request(signed: SignedRequest) -> Answer:
    """Process a request to the app's URL. Returns the answer."""
    process = AT_APP_URL.get(signed.envelope.type)
    if process is None:
        return error("bad_request", Reason(Code.TYPE_AT_WRONG_URL), signed.app.language)
    return process(signed)


def process_channel_request(signed: SignedRequest, webhook_key: str, *, is_delete: bool) -> Answer:
    """Process a request to a channel's URL. Returns the answer.

    ``is_delete``  whether the HTTP method is DELETE
    """
    language = signed.app.language
    channels = AT_URL.execute(
        webhook_key=webhook_key, front_id=front_id(signed.envelope.payload.get("id")) or None
    )
    channel = next((found for found in channels if found.app == signed.app.alias), None)
    if is_delete != (signed.envelope.type == DELETE):
        # Front does not sign the method. A captured message, sent with DELETE, must not remove the channel.
        return error("bad_request", Reason(Code.METHOD_AND_TYPE_DIFFER), language)
    if channel is None:
        return success() if is_delete else error("not_found", Reason(Code.CHANNEL_UNKNOWN), language)
    signed.about.channel_id = channel.pk
    if signed.token and not _is_connected_with(channel, signed.token):
        log(LogEvent.WEBHOOK_TOKEN_DIFFERS, channel_id=channel.pk)
        return error("authentication_required", Reason(Code.TOKEN_DIFFERS), language)
    return _process(signed, channel)


def _is_connected_with(channel: Channel, token: Secret) -> bool:
    """Return whether the channel was last connected with this token.

    Front does not sign the URL, so only the token shows which channel the request is for.
    """
    return hmac.compare_digest(digest(token), channel.connected_token_digest)


def _process(signed: SignedRequest, channel: Channel) -> Answer:
    received_at = clock.selected(channel.epoch)  # type: ignore[attr-defined]  # from AT_URL
    seems_repeated: bool = channel.seems_repeated  # type: ignore[attr-defined]  # from AT_URL
    process = AT_CHANNEL_URL.get(signed.envelope.type)
    if process is None:
        return _keep_unknown(signed, channel, received_at=received_at)
    return process(signed, channel, received_at, seems_repeated=seems_repeated)


def _accept_message(
    signed: SignedRequest, channel: Channel, received_at: datetime, *, seems_repeated: bool
) -> Answer:
    if channel.state in GONE:
        return error("not_found", Reason(Code.CHANNEL_GONE), signed.app.language)
    return accept_message(signed, channel, received_at, seems_repeated=seems_repeated)


def _keep_unknown(signed: SignedRequest, channel: Channel, **values: object) -> Answer:
    """Store a request of an unknown type. Refuse it if it may be a message, because nobody would deliver that."""
    if any(signed.envelope.payload.get(name) for name in ("body", "text", "attachments", "recipients")):
        raise PayloadRejected("The type of the request is unknown.", code=Code.TYPE_UNKNOWN)
    log(LogEvent.WEBHOOK_TYPE_UNKNOWN, channel_id=channel.pk)
    return commit(new_event(signed, channel, **values), lambda event, conflicted: [])  # type: ignore[arg-type]


# The types of requests that Front documents, and the function for each.
AT_APP_URL: dict[str, Callable[[SignedRequest], Answer]] = {
    "authorization": authorize,
    "list_addresses": list_addresses,
}
AT_CHANNEL_URL: dict[str, ChannelRequest] = {
    DELETE: accept_deletion,
    "message": _accept_message,
    "message_autoreply": _accept_message,
    "message_imported": accept_import,
}
TYPES = {*AT_APP_URL, *AT_CHANNEL_URL}
