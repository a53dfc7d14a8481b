"""One company of Front: the object that holds its parts and changes its conversations."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from django_front_channel.exceptions import InvalidArgument
from django_front_channel.secret import Secret

from .assumptions import Assumptions
from .behaviour import Behaviour
from .documents import Documents
from .faults import Faults
from .http_messages import Json
from .journal import Journal
from .rate_limits import RateLimits
from .records import (
    Attachment,
    Channel,
    Comment,
    Conversation,
    Event,
    Recipient,
    Source,
    State,
    Status,
    new_id,
)
from .schedule import Schedule
from .webhook_sender import Send, WebhookSender

NewStatus = Literal["open", "archived", "deleted", "spam"]
_PUT_AWAY: dict[str, tuple[Status, str]] = {
    "archived": ("archived", "archive"),
    "deleted": ("deleted", "trash"),
    "spam": ("spam", "trash"),
}


@dataclass
class FrontApp:
    """The app of the integration. The ``webhook_url`` is the static URL of its channel feature."""

    uid: str
    secret: Secret
    webhook_url: str


class Company:
    """One company of Front and its parts.

    * ``state``: the records of the company. Hold ``lock`` around every use. Do not hold it while a webhook is under
      way: the integration may call the API before it answers. Set ``changed`` after every change.
    * ``documents``: makes the JSON of Front's objects
    * ``behaviour``, ``faults``, ``rate_limits``, ``assumptions``: decide how Front behaves
    * ``schedule``: runs later jobs, such as imports
    * ``webhooks``: sends webhooks
    * ``journal``: keeps every API request and every webhook

    Hold the lock when you call a method that changes a conversation. The method's ``author_id`` is the teammate who
    makes the change. None means that the API made the change.
    """

    def __init__(
        self,
        app: FrontApp,
        *,
        name: str = "acme",
        send: Send | None = None,
        clock: Callable[[], float] = time.time,
        import_delay: float = 0.2,
        state: State | None = None,
        assumptions: Mapping[str, object] | None = None,
    ) -> None:
        self.app = app
        self.name = name
        self.clock = clock
        self.lock = threading.RLock()
        self.changed = threading.Event()
        self.assumptions = Assumptions()
        for each, value in (assumptions or {}).items():
            self.assumptions.change(each, value)
        self.behaviour = Behaviour(import_delay=import_delay)
        self.faults = Faults()
        self.state = state or State()
        self.documents = Documents(name, self.state, self.assumptions)
        self.journal = Journal(clock)
        self.rate_limits = RateLimits(clock, self.assumptions)
        self.schedule = Schedule(clock)
        self.webhooks = WebhookSender(
            app_secret=app.secret,
            send=send,
            clock=self.front_time,
            journal=self.journal,
            behaviour=self.behaviour,
            faults=self.faults,
            assumptions=self.assumptions,
        )

    def front_time(self) -> float:
        """Return unix seconds by Front's clock, which a fault may set wrong. Limits and delays use the true clock."""
        return self.clock() + self.behaviour.clock_skew

    def now(self) -> float:
        """Return unix seconds by Front's clock with three decimals, as Front writes its times."""
        return round(self.front_time(), 3)

    def describe_behaviour(self) -> Json:
        """Return all settings of Front's behaviour by name. While imports are paused, ``imports`` is False."""
        return {"imports": not self.schedule.paused, **self.behaviour.document()}

    def describe_faults(self) -> Json:
        """Return the faults that are still to come, and as ``held_back`` the number of webhooks to send later."""
        return {**self.faults.document(), "held_back": self.webhooks.held_back}

    def channel(self, channel_id: str) -> Channel:
        """Return the channel with this id. Raises InvalidArgument if there is no such channel."""
        channel = self.state.channels.get(channel_id)
        if channel is None or channel.is_deleted:
            raise InvalidArgument(f"There is no channel {channel_id}.", code="unknown", argument="channel_id")
        return channel

    def conversation(self, conversation_id: str) -> Conversation:
        """Return the conversation with this id. Raises InvalidArgument if it is missing or was merged away."""
        conversation = self.state.conversations.get(conversation_id)
        if conversation is None:
            raise InvalidArgument(
                f"There is no conversation {conversation_id}.", code="unknown", argument="conversation_id"
            )
        if conversation.merged_into:
            raise InvalidArgument(
                f"{conversation_id} was merged into {conversation.merged_into}.",
                code="not_allowed",
                argument="conversation_id",
            )
        return conversation

    def start_conversation(self, channel: Channel, customer: Recipient, subject: str | None) -> Conversation:
        """Start a conversation in the channel's inbox, and return it."""
        return self.state.add_conversation(
            Conversation(new_id("cnv"), channel.id, self.now(), customer, channel.inbox_id, subject)
        )

    def add_event(
        self,
        conversation: Conversation,
        kind: str,
        target: tuple[str, str | None] | None = None,
        *,
        source: Source | None = None,
        author_id: str | None = None,
    ) -> None:
        """Add an event to a conversation.

        Pass as ``target`` the type and id of the object that the event is about. The source is ``source`` if you pass
        one, otherwise the teammate ``author_id``, otherwise the API.
        """
        target_type, target_id = target or (None, None)
        source = source or ("teammate" if author_id else "api")
        event = Event(new_id("evt"), kind, self.now(), source, author_id, target_type, target_id)
        conversation.events.append(event)

    def set_status(self, conversation: Conversation, status: NewStatus, author_id: str | None = None) -> None:
        """Archive, trash or reopen a conversation."""
        before, event = conversation.status, "reopen"
        if status == "open":
            conversation.reopen()
        else:
            conversation.status, event = _PUT_AWAY[status]
        if conversation.status != before:
            self.add_event(conversation, event, author_id=author_id)

    def assign(
        self, conversation: Conversation, teammate_id: str | None, author_id: str | None = None
    ) -> None:
        """Assign a conversation to a teammate, or unassign it with None."""
        before = conversation.assignee_id
        conversation.assign(teammate_id)
        if teammate_id != before:
            kind = "assign" if teammate_id else "unassign"
            self.add_event(conversation, kind, ("teammate", teammate_id or before), author_id=author_id)

    def set_tags(
        self, conversation: Conversation, tag_ids: Sequence[str], author_id: str | None = None
    ) -> None:
        """Replace the tags of a conversation, with an event for each tag that is added or removed."""
        before, conversation.tag_ids = conversation.tag_ids, list(dict.fromkeys(tag_ids))
        for tag_id in conversation.tag_ids:
            if tag_id not in before:
                self.add_event(conversation, "tag", ("tag", tag_id), author_id=author_id)
        for tag_id in before:
            if tag_id not in conversation.tag_ids:
                self.add_event(conversation, "untag", ("tag", tag_id), author_id=author_id)

    def add_comment(
        self,
        conversation: Conversation,
        body: str,
        author_id: str | None,
        *,
        is_pinned: bool = False,
        attachments: Sequence[Attachment] = (),
    ) -> Comment:
        """Add a comment to a conversation, and return it. Without an author, the API is the author."""
        comment = Comment(new_id("com"), author_id, body, self.now(), is_pinned, list(attachments))
        conversation.comments.append(comment)
        self.add_event(conversation, "comment", ("comment", comment.id), author_id=author_id)
        return comment
