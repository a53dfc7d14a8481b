"""Every verb that calls Front: its arguments, the row that it is about, and what Front must have before."""

from __future__ import annotations

import base64
import inspect
import io
from collections.abc import Callable
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import storages

from django_front_channel import services
from django_front_channel.models import Attachment, Channel, Conversation, Message, OutboxEntry
from django_front_channel.sandbox import Sandbox
from django_front_channel.services.verbs import CATALOGUE, Verb
from tests.services.conversations import imported, in_front

TEMPLATE: dict[str, Any] = {
    "external_id": "welcome",
    "name": "Welcome",
    "blurb": "Hello",
    "is_disabled": False,
    "status_name": "APPROVED",
    "variable_mappings": [],
    "template_preview": "<b>Hello</b>",
}
CALL: dict[str, Any] = {
    "external_call_id": "call-1",
    "direction": "inbound",
    "party": "+33612345678",
    "initial_status": "ringing",
    "parent_external_call_id": "call-0",
    "started_at": datetime(2026, 1, 2, tzinfo=UTC),
}
LINE = {"speaker_name": "Ana", "content": "Hi", "start_time_seconds": 0.5, "speaker_type": "external"}
SHELF = "shelf"
"""The alias of a storage in memory. Files of verbs are there."""
LATER = datetime(2040, 1, 2, tzinfo=UTC)
ARGUMENTS: dict[str, dict[str, Any]] = {
    "channels.set_status": {"status": "offline"},
    "conversations.assign": {"teammate_id": "tea_1"},
    "conversations.add_tags": {"tag_ids": ["tag_1"]},
    "conversations.remove_tags": {"tag_ids": ["tag_1"]},
    "conversations.replace_tags": {"tag_ids": ["tag_2"]},
    "conversations.move": {"inbox_id": "inb_2"},
    "conversations.set_status": {"status_id": "sts_1"},
    "conversations.replace_custom_fields": {"custom_fields": {"Order": 7, "VIP": True}},
    "conversations.set_description": {"description": "Call back"},
    "conversations.set_due_date": {"due_at": LATER},
    "conversations.add_comment": {"body": "Look"},
    "conversations.add_followers": {"teammate_ids": ["tea_1"]},
    "conversations.remove_followers": {"teammate_ids": ["tea_1"]},
    "conversations.add_links": {"link_external_urls": ["https://shop.example/1"]},
    "conversations.remind": {"teammate_id": "tea_1", "scheduled_at": LATER},
    "conversations.cancel_reminder": {"teammate_id": "tea_1"},
    "conversations.create_draft": {"text": "Hello", "author_id": "tea_1"},
    "conversations.reply": {"text": "Hello", "author_id": "tea_1"},
    "templates.sync": TEMPLATE,
    "templates.update": {"external_id": "welcome", "blurb": "Bye"},
    "calls.create": {**CALL, "external_call_id": "call-2"},
    "calls.update": {"external_call_id": "call-1", "call_status": "connected"},
    "calls.add_recording": {
        "external_call_id": "call-1",
        "recording": services.StoredFile("call.mp3", SHELF),
        "recording_type": "call",
    },
    "calls.add_summary": {"external_call_id": "call-1", "content": "All well"},
    "calls.add_transcript": {"external_call_id": "call-1", "lines": [LINE]},
}
TASKS = {
    f"conversations.{name}"
    for name in ("set_description", "clear_description", "set_due_date", "clear_due_date")
}
"""The verbs that are about tasks, which the sandbox does not know."""
LISTS = {
    f"conversations.{name}" for name in ("comments", "drafts", "events", "followers", "inboxes", "messages")
}
"""The verbs that only ask, one page after the other."""
ROWS_READ = {"conversations": Conversation, "messages": Message}
READS = {*LISTS, "messages.refresh", "messages.seen", "messages.download"}
VERBS = sorted(CATALOGUE)
DIRECT = sorted({*VERBS, *READS})


def is_service(value: object) -> bool:
    return inspect.isfunction(value) or isinstance(value, Verb)


def _public() -> list[str]:
    """The names of all services, as a host writes them behind ``services``."""
    names = []
    for name in services.__all__:
        value = getattr(services, name)
        if is_service(value):
            names.append(name)
        elif inspect.ismodule(value):
            own = [
                each
                for each, found in vars(value).items()
                if getattr(found, "__module__", "") == value.__name__
            ]
            listed = getattr(value, "__all__", own)
            names += [
                f"{name}.{each}" for each in listed if is_service(getattr(value, each)) and each[0] != "_"
            ]
    return sorted(names)


PUBLIC = _public()


class World:
    """A channel with a conversation, a message, a template and a call that Front has."""

    def __init__(self, front: Sandbox, channel: Channel) -> None:
        self.front = front
        (self.conversation,) = imported(front, channel, "one")
        services.conversations.refresh(self.conversation)
        on_the_shelf("call.mp3", b"sound")
        services.templates.sync(channel, **TEMPLATE)
        services.calls.create(channel, **CALL)
        self.received = message = self._received()
        self.rows = {
            Attachment: message.attachments.get(),
            Channel: channel,
            Conversation: self.conversation,
            Message: message,
        }

    def row(self, verb: str) -> Any:
        is_read = verb in READS
        return self.rows[ROWS_READ[verb.partition(".")[0]] if is_read else CATALOGUE[verb].row]

    def arguments(self, verb: str) -> dict[str, Any]:
        """What to call the verb with. Front has then what the verb needs."""
        if verb == "conversations.delete":
            services.conversations.trash(self.conversation)
        if verb == "conversations.remove_links":
            services.conversations.add_links(self.conversation, link_external_urls=["https://shop.example/1"])
            return {"link_ids": in_front(self.front, self.conversation)["link_ids"]}
        if verb in TASKS:
            self.front.fail_next(status=204, body="")
        if verb == "messages.download":
            (file,) = in_front(self.front, self.conversation)["messages"][-1]["attachments"]
            return {"attachment_id": file["id"], "to": io.BytesIO()}
        return ARGUMENTS.get(verb, {})

    def _received(self) -> Message:
        """A teammate's message with a file."""
        file = {"filename": "bill.pdf", "content": base64.b64encode(b"%PDF").decode()}
        self.front.reply(conversation_id=self.conversation.front_id, text="Your bill", attachments=[file])
        return Message.objects.latest("pk")


def on_the_shelf(name: str, content: bytes) -> services.StoredFile:
    """A file in the storage, under this name."""
    storages[SHELF].delete(name)
    return services.StoredFile(storages[SHELF].save(name, ContentFile(content)), SHELF)


def function(verb: str) -> Callable[..., Any]:
    found: Callable[..., Any] = attrgetter(verb)(services)
    return found


def enqueue(verb: str, row: Any, **arguments: Any) -> OutboxEntry:
    return CATALOGUE[verb].enqueue(row, **arguments)


def call(verb: str, row: Any, **arguments: Any) -> Any:
    """Call the verb, and ask for every page that it lists."""
    result = function(verb)(row, **arguments)
    return list(result) if inspect.isgenerator(result) else result
