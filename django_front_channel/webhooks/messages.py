"""``message`` and ``message_autoreply``: somebody in Front wrote to the customer."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ImproperlyConfigured

from django_front_channel.client.arguments import validate_id
from django_front_channel.core.digests import content_digest
from django_front_channel.core.log_events import LogEvent, log
from django_front_channel.core.reasons import Code, Reason
from django_front_channel.core.texts import is_blank
from django_front_channel.exceptions import InvalidArgument, MessageRefused
from django_front_channel.handlers import ChannelHandler, handler_for, host_scope
from django_front_channel.lifecycle import channels, events, threads
from django_front_channel.lifecycle.lateness import deadline, keep_limit, notice_time
from django_front_channel.lifecycle.message_payload import MessagePayload
from django_front_channel.lifecycle.messages import parties_of
from django_front_channel.lifecycle.opt_outs import is_unwanted
from django_front_channel.models import (
    Attachment,
    Channel,
    Fact,
    Message,
    MessageParty,
    WebhookEvent,
)
from django_front_channel.models.message import HANDLE_LENGTH
from django_front_channel.outbox.announcements import Announcement, announce
from django_front_channel.outbox.enqueue import enqueue_delivery
from django_front_channel.webhooks.answers import Answer, SignedRequest, error, why
from django_front_channel.webhooks.commit import TooLate, commit, fact_key, new_event, refuse
from django_front_channel.webhooks.payloads import read_message

SIGNALS = {"message": "teammate_message_received", "message_autoreply": "autoreply_received"}
SOURCES = {"message": Message.Source.TEAMMATE, "message_autoreply": Message.Source.AUTOREPLY}


def accept_message(
    signed: SignedRequest, channel: Channel, received_at: datetime, *, seems_repeated: bool
) -> Answer:
    """Store the message for delivery, or refuse it with a reason that the teammate reads."""
    payload, language = read_message(signed.envelope), signed.app.language
    key = _key(signed, channel, payload)
    event = new_event(signed, channel, received_at=received_at, front_id=payload.id, key=key)
    event.content_digest = _content_digest(payload)
    try:
        acceptance = _Acceptance(signed, channel, payload, event)
        return commit(event, acceptance.effect, look_first=seems_repeated)
    except MessageRefused as refusal:
        _note_who(event, payload)
        return refuse(event, error("bad_request", why(refusal, Code.MESSAGE_REFUSED), language))
    except TooLate:
        log(LogEvent.WEBHOOK_TOO_LATE, **vars(signed.about))
        return error("request_timeout", Reason(Code.MESSAGE_TOO_LATE), language)


def _note_who(event: WebhookEvent, payload: MessagePayload) -> None:
    """Store with the event the thread and recipient of a refused message, which are in no other table."""
    event.external_conversation_id = next(iter(payload.external_conversation_ids), "")
    # As Front spells it, because the host's own spelling may have failed.
    event.customer_handle = next((person["handle"] for person in payload.others), "")[:HANDLE_LENGTH]


class _Acceptance:
    """The acceptance of a message: it builds the row and the answer, and stores both with the event."""

    def __init__(
        self, signed: SignedRequest, channel: Channel, payload: MessagePayload, event: WebhookEvent
    ) -> None:
        self.signed = signed
        self.channel = channel
        self.payload = payload
        self.handler = handler_for(channel.app)
        with host_scope(self.handler, channel):
            self.message = _message(self.handler, channel, payload, event)
            self.message.external_conversation_id = _thread_id(self.handler, self.message, payload)
        event.answer = _answer(self.message)
        if is_blank(payload.plain) and not payload.attachments:
            raise MessageRefused("The message is empty.", code=Code.MESSAGE_EMPTY)

    def effect(self, event: WebhookEvent, conflicted: bool) -> list[Announcement]:
        """Store everything that the answer promises. Raises ``TooLate`` if Front will soon stop waiting."""
        if self.signed.is_late():
            raise TooLate
        known = self._imported_before() if conflicted else None
        if known is not None:
            self._answer_echo(event, known)
            return []
        announcements = self._accept(event, conflicted)
        if self.signed.is_late():
            raise TooLate
        return announcements

    def _imported_before(self) -> Message | None:
        """Return the message if we had synced it to Front. The customer has it already, so it is not delivered."""
        if self.message.front_id is None:
            return None
        return Message.objects.filter(channel=self.channel, front_id=self.message.front_id).first()

    def _answer_echo(self, event: WebhookEvent, known: Message) -> None:
        """Answer with the ids that the message has.

        The message of an erased person has lost its ids, so answer with the new ones.
        """
        if known.erased_at is None:
            events.answer_with(event, _answer(known))
        else:
            events.forget_words(event, event.received_at)

    def _accept(self, event: WebhookEvent, conflicted: bool) -> list[Announcement]:
        channel, payload, message = self.channel, self.payload, self.message
        ids = tuple(dict.fromkeys((message.external_conversation_id, *payload.external_conversation_ids)))
        fact = Fact(event.signed_timestamp, payload.conversation_id) if payload.conversation_id else None
        own = message.external_conversation_id
        register = threads.record(channel, ids, fact, now=event.received_at, conflicted=conflicted, own=own)
        message.pk, message.thread = None, register.threads[message.external_conversation_id]
        message.save(force_insert=True)
        MessageParty.objects.bulk_create(parties_of(message))
        Attachment.objects.bulk_create([Attachment(message=message, **row) for row in payload.attachments])
        channels.learn_company(channel, payload.company)
        if is_unwanted(message):
            raise MessageRefused("The customer has opted out.", code=Code.OPTED_OUT)
        with host_scope(self.handler, channel):
            self.handler.accept(message)
        keep_limit(message)
        if self.handler.deliver is not None:
            enqueue_delivery(
                message,
                late_at=deadline(message, event.received_at),
                notice_at=notice_time(message, event.received_at),
            )
        return register.announce(channel, event.received_at) + announce(
            SIGNALS[event.type],
            channel,
            now=event.received_at,
            message=message,
            conversation=message.conversation,
            event=event,
        )


def _answer(message: Message) -> dict[str, str]:
    return {
        "type": "success",
        "external_id": message.external_id,
        "external_conversation_id": message.external_conversation_id,
    }


def _content_digest(payload: MessagePayload) -> str:
    """Return a digest of what the customer would get, without names and links, which may differ in a repetition."""
    recipients = [[item["handle"], item["role"]] for item in payload.recipients]
    files = [[item["front_id"], item["filename"], item["size"]] for item in payload.attachments]
    return content_digest([payload.body, payload.text, recipients, files])


def _key(signed: SignedRequest, channel: Channel, payload: MessagePayload) -> str:
    """Return the key of the message, from Front's id. An autoreply has none, so its content is used."""
    if payload.id:
        return fact_key(channel, signed.envelope.type, payload.id)
    return fact_key(
        channel,
        signed.envelope.type,
        payload.replied_to_id or payload.conversation_id,
        str(payload.created_at),
        payload.text or payload.body,
    )


def _message(
    handler: ChannelHandler, channel: Channel, payload: MessagePayload, event: WebhookEvent
) -> Message:
    assert event.key is not None
    message = Message(
        channel=channel,
        direction=Message.Direction.OUTBOUND,
        source=SOURCES[event.type],
        state=Message.State.RECEIVED,
        state_changed_at=event.received_at,
        external_id=f"front-{payload.id or event.key[:32]}",
        front_id=payload.id or None,
        message_uid=payload.message_uid,
        subject=payload.subject,
        text=payload.plain,
        html=payload.html,
        sender=next((_contact(handler, channel, person) for person in payload.senders), {}),
        to=[_contact(handler, channel, person) for person in payload.others],
        author_id=payload.author_id,
        author_name=payload.author_name,
        written_at=payload.created_at or event.received_at,
        content_digest=event.content_digest,
    )
    message.external_id = _checked(handler.external_id_for(message), "external_id_for")
    message.describe()
    return message


def _contact(handler: ChannelHandler, channel: Channel, item: dict[str, str]) -> dict[str, str]:
    handle = handler.normalize_handle(channel, item["handle"])
    if not handle:
        raise ImproperlyConfigured("The channel handler is wrong: normalize_handle() must return a handle.")
    return {**item, "handle": str(handle)}


def _thread_id(handler: ChannelHandler, message: Message, payload: MessagePayload) -> str:
    """Return the external conversation id: that of the reply's thread, or a new one from the handler."""
    if payload.external_conversation_ids:
        return payload.external_conversation_ids[0]
    return threads.newest_of(message.channel, payload.conversation_id) or _checked(
        handler.conversation_id_for(message), "conversation_id_for"
    )


def _checked(value: str, method: str) -> str:
    try:
        return validate_id(value, f"The value of {method}()")
    except InvalidArgument as problem:
        raise ImproperlyConfigured(f"The channel handler is wrong: {problem}") from problem
