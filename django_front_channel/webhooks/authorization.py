"""``authorization`` and ``list_addresses``: an admin adds a channel in Front."""

from __future__ import annotations

from typing import Any

from django_front_channel.core import clock
from django_front_channel.core.digests import digest
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.exceptions import AuthorizationRefused
from django_front_channel.handlers import Authorization, handler_for, host_scope
from django_front_channel.lifecycle import channels, events
from django_front_channel.models import WebhookEvent
from django_front_channel.outbox.announcements import Announcement
from django_front_channel.webhooks.answers import Answer, SignedRequest, error, success, why
from django_front_channel.webhooks.commit import TooLate, commit, new_event, refuse
from django_front_channel.webhooks.payloads import front_id, text


def authorize(signed: SignedRequest) -> Answer:
    """Connect the channel that belongs to the token, and answer with the channel's own webhook URL."""
    channel_id = front_id(signed.envelope.payload.get("channel_id"))
    if not channel_id:
        return error("bad_request", Reason(Code.CHANNEL_NOT_NAMED), signed.app.language)
    received_at = clock.now()
    # Front does not sign the token, so the same signed bytes with another token are another request.
    event = new_event(signed, None, received_at=received_at, front_id=channel_id)
    event.digest = digest(signed.proof.digest, signed.token)

    def effect(event: WebhookEvent, conflicted: bool) -> list[Announcement]:
        announcements = channels.connect(channel, channel_id, signed.app, token=signed.token, now=received_at)
        answer = {"type": "success", "webhook_url": signed.absolute(channel)}
        events.answer_with(event, answer, channel=channel)
        if signed.is_late():
            raise TooLate  # Front has told the admin that it failed; the next attempt may have another channel id
        return announcements

    try:
        handler = handler_for(signed.app.alias)
        with host_scope(handler, None):
            channel = handler.authorize(_authorization(signed, channel_id))
        return commit(event, effect)
    except AuthorizationRefused as refusal:
        refused = new_event(signed, None, received_at=received_at, front_id=channel_id)
        refused.digest = event.digest
        return refuse(refused, _refusal(signed, refusal))
    except TooLate:
        log(LogEvent.WEBHOOK_TOO_LATE, **vars(signed.about))
        return error("request_timeout", Reason(Code.CONNECTION_TOO_LATE), signed.app.language)


def list_addresses(signed: SignedRequest) -> Answer:
    """Answer with a page of the addresses that the admin may choose from."""
    payload = signed.envelope.payload
    pagination = payload.get("pagination")
    asked = payload | (pagination if isinstance(pagination, dict) else {})
    page_token = text(asked.get("page_token")) or text(asked.get("next_page_token")) or None
    try:
        handler = handler_for(signed.app.alias)
        with host_scope(handler, None):
            page = handler.list_addresses(_authorization(signed, ""), page_token)
    except AuthorizationRefused as refusal:
        return _refusal(signed, refusal)
    answer: dict[str, Any] = {"addresses": [{"address": a.address, "name": a.name} for a in page.addresses]}
    if page.next_page_token:
        answer["pagination"] = {"next_page_token": page.next_page_token}
    return success(**answer)


def _refusal(signed: SignedRequest, refusal: AuthorizationRefused) -> Answer:
    return error("bad_request", why(refusal, Code.CONNECTION_REFUSED), signed.app.language)


def _authorization(signed: SignedRequest, channel_id: str) -> Authorization:
    return Authorization(
        app=signed.app, channel_id=channel_id, token=signed.token.reveal(), payload=signed.envelope.payload
    )
