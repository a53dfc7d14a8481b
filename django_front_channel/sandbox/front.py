"""The parts of one Front company, put together; and the import of messages that were accepted with 202."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Mapping

from .assumptions import Assumptions
from .behaviour import Behaviour
from .body_text import text_of
from .documents import Documents, without_ids
from .faults import Faults
from .http_messages import Json
from .journal import Journal
from .limits import RateLimits
from .records import Attachment, Channel, Conversation, Event, Message, Recipient, Source, State, Sync, new_id
from .schedule import Schedule
from .webhooks import Send, WebhookSender


class Front:
    """``webhook_url`` is the static URL of the app's channel feature. ``send`` sends one webhook (see
    :class:`~django_front_channel.sandbox.webhooks.Send`). ``clock`` returns unix seconds.
    ``import_delay`` is in seconds. ``company`` is the first label of the host name in Front's links.
    ``state`` is what the company knows already. ``assumptions`` are those of
    :class:`~django_front_channel.sandbox.assumptions.Assumptions` that are to be others; raises InvalidArgument.

    ``lock`` is held around every use of ``state``, and never while a webhook is under way: the integration
    may call the API before it answers. ``changed`` is set by every change of ``state``.
    """

    def __init__(
        self,
        *,
        app_uid: str,
        app_secret: str,
        webhook_url: str,
        send: Send | None = None,
        clock: Callable[[], float] = time.time,
        import_delay: float = 0.2,
        company: str = "acme",
        state: State | None = None,
        assumptions: Mapping[str, object] | None = None,
    ) -> None:
        self.app_uid = app_uid
        self.app_secret = app_secret
        self.webhook_url = webhook_url
        self.company = company
        self.clock = clock
        self.behaviour = Behaviour(import_delay=import_delay)
        self.lock = threading.RLock()
        self.changed = threading.Event()
        self.assumptions = Assumptions()
        for name, value in (assumptions or {}).items():
            self.assumptions.change(name, value)
        self.state = state or State()
        self.documents = Documents(company, self.state, self.assumptions)
        self.journal = Journal(clock)
        self.faults = Faults()
        self.limits = RateLimits(clock, self.assumptions)
        self.schedule = Schedule(clock)
        self.webhooks = WebhookSender(
            app_secret=app_secret,
            send=send,
            clock=self.front_clock,
            journal=self.journal,
            faults=self.faults,
            assumptions=self.assumptions,
        )
        for sync in self.state.waiting.values():
            self._import_later(sync)

    def now(self) -> float:
        """Unix seconds with three decimals, as Front writes its times."""
        return round(self.front_clock(), 3)

    def front_clock(self) -> float:
        """Unix seconds by the clock of Front, which may be wrong. Limits and delays go by the true one."""
        return self.clock() + self.behaviour.clock_skew

    def accept(self, channel: Channel, body: Json, attachments: list[Attachment], *, is_inbound: bool) -> str:
        """Take a valid sync, import it later, and return its ``message_uid``.

        A repeated external id changes nothing (assumptions repeated_external_id, external_id_scope).
        """
        external_id = body["metadata"]["external_id"]
        with self.lock:
            known = self._accepted(channel, external_id) if self.assumptions.repeated_external_id else None
            if known is not None:
                return known
            sync = Sync(uuid.uuid4().hex, channel.id, is_inbound, body, attachments)
            channel.accepted[external_id] = sync.uid
            self.state.waiting[sync.uid] = sync
        if self.behaviour.webhook_before_202 and not self.schedule.paused:
            self._import(sync)
        else:
            self._import_later(sync)
        return sync.uid

    def _accepted(self, channel: Channel, external_id: str) -> str | None:
        scope = [channel] if self.assumptions.external_id_scope else self.state.channels.values()
        return next((each.accepted[external_id] for each in scope if external_id in each.accepted), None)

    def note(
        self,
        conversation: Conversation,
        kind: str,
        target: tuple[str, str | None] | None = None,
        *,
        source: Source | None = None,
        author_id: str | None = None,
    ) -> None:
        """Add an event to a conversation. ``target`` is its type and id in Front's words. The source is the
        teammate ``author_id``, and where there is none the API, unless it is named."""
        target_type, target_id = target or (None, None)
        source = source or ("teammate" if author_id else "api")
        event = Event(new_id("evt"), kind, self.now(), source, author_id, target_type, target_id)
        conversation.events.append(event)

    def _import_later(self, sync: Sync) -> None:
        self.schedule.add(self.behaviour.import_delay, lambda: self._import(sync))

    def _import(self, sync: Sync) -> None:
        with self.lock:
            channel = self.state.channels[sync.channel_id]
            del self.state.waiting[sync.uid]
            self.changed.set()
            if channel.is_deleted and self.assumptions.deleted_channel:
                return
            message = self._imported_message(channel, sync)
            document = self.documents.imported_webhook(message)
        if not self.assumptions.imported_ids:
            document = without_ids(document)
        self.webhooks.tell(channel.webhook_url, self.bearer(channel), document)

    def bearer(self, channel: Channel) -> str:
        """The token that a webhook of this channel carries; empty for none (assumption bearer_everywhere)."""
        return channel.token if self.assumptions.bearer_everywhere else ""

    def _imported_message(self, channel: Channel, sync: Sync) -> Message:
        recipients = _recipients(channel, sync)
        conversation = self._conversation_for(channel, sync, recipients)
        metadata = sync.body["metadata"]
        message = self.state.add_message(
            Message(
                id=new_id("msg"),
                uid=sync.uid,
                channel_id=channel.id,
                conversation_id=conversation.id,
                type="custom",
                is_inbound=sync.is_inbound,
                body=sync.body["body"],
                text=text_of(sync.body["body"]),
                created_at=sync.body.get("delivered_at", self.now()),
                recipients=recipients,
                status="imported",
                subject=sync.body.get("subject"),
                author_id=sync.body.get("author_id"),
                external_id=metadata["external_id"],
                replied_to=self._referenced(channel, metadata.get("referenced_message_external_id")),
                attachments=sync.attachments,
            )
        )
        target = ("message", message.id)
        if sync.is_inbound:
            self.note(conversation, "inbound", target, source="inboxes")
        else:
            self.note(conversation, "outbound", target)
        return message

    def _conversation_for(self, channel: Channel, sync: Sync, recipients: list[Recipient]) -> Conversation:
        external_id = sync.body["metadata"]["external_conversation_id"]
        known = self.state.conversation_with_external_id(channel.id, external_id)
        if known is not None:
            return known
        customer = next(r for r in recipients if (r.role == "from") == sync.is_inbound)
        conversation = self.start_conversation(channel, customer, sync.body.get("subject"))
        self.state.map_thread(conversation, external_id)
        return conversation

    def start_conversation(self, channel: Channel, customer: Recipient, subject: str | None) -> Conversation:
        """A new conversation in the inbox of the channel."""
        return self.state.add_conversation(
            Conversation(new_id("cnv"), channel.id, self.now(), customer, channel.inbox_id, subject)
        )

    def _referenced(self, channel: Channel, external_id: str | None) -> str | None:
        message = self.state.message_with_external_id(channel.id, external_id) if external_id else None
        return message.id if message else None


def _recipients(channel: Channel, sync: Sync) -> list[Recipient]:
    if sync.is_inbound:
        sender = sync.body["sender"]
        return [Recipient(sender["handle"], "from", sender.get("name")), Recipient(channel.address, "to")]
    to = [Recipient(contact["handle"], "to", contact.get("name")) for contact in sync.body["to"]]
    return [Recipient(channel.address, "from", sync.body.get("sender_name")), *to]
