"""The story of one person, with a mark in whatever names them or was said, by them or about them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import Model

from django_front_channel import services
from django_front_channel.models import (
    Channel,
    Conversation,
    Message,
    OutboxAttempt,
    OutboxEntry,
)
from django_front_channel.testing import FrontWebhookClient, bodies
from tests.front import work
from tests.people.courier import Postman as Courier

MARK = "zq7mark"
ANA = f"+33612345678-{MARK}"
"""A handle."""
BEN = "+33699999999"
OURS = apps.get_app_config("front_channel")


class RecordingClient(FrontWebhookClient):
    """Front, which remembers what it has sent and how it was answered."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[Channel, Any, int, dict[str, Any]]] = []

    def post(self, channel: Channel, body: Any, *, timestamp: int | str | None = None) -> Any:
        answer = super().post(channel, body, timestamp=timestamp)
        self.sent.append((channel, body, answer.status_code, answer.json()))
        return answer


@dataclass
class Story:
    """Front, as it was in the story, and the messages that the host told of."""

    front: RecordingClient = field(default_factory=RecordingClient)
    told: list[dict[str, Any]] = field(default_factory=list)

    def tell(self, channel: Channel, number: int, **more: Any) -> Message:
        said = {
            "sender": {"handle": ANA, "name": f"Ana {MARK}", "email": f"{MARK}@example.com"},
            "text": f"I live in {MARK} street",
            "subject": f"About {MARK}",
            "external_id": f"sms-{MARK}-{number}",
            "external_conversation_id": f"sms:{ANA}",
            "host_data": {"address": MARK},
            **more,
        }
        self.told.append({"channel": channel, **said})
        return services.messages.sync_inbound(**self.told[-1])

    def imported(self, channel: Channel, message: Message, **more: Any) -> None:
        body = bodies.message_imported(
            external_id=message.external_id,
            external_conversation_ids=more.pop("threads", [message.external_conversation_id]),
            text=message.text,
            **more,
        )
        body["payload"]["recipients"][0] |= {"handle": ANA, "name": MARK}
        assert self.front.post(channel, body).status_code == 200

    def imported_of_ben(self, channel: Channel, message: Message) -> None:
        """Front imports somebody else's message into her conversation, and lists her thread."""
        body = bodies.message_imported(
            external_id=message.external_id,
            external_conversation_ids=["ben", f"sms:{ANA}"],
            conversation_id="cnv_ana",
            front_id="msg_ben",
        )
        body["payload"]["recipients"][0]["handle"] = BEN
        assert self.front.post(channel, body).status_code == 200

    def written(self, channel: Channel, text: str, **more: Any) -> Any:
        """A teammate writes to her."""
        body = bodies.message(
            **{"text": f"{text} {MARK}", "to": [ANA], "external_conversation_ids": [f"sms:{ANA}"], **more}
        )
        body["payload"] |= {"subject": f"Re {MARK}", "message_uid": None}
        body["payload"]["author"] = (body["payload"]["author"] or {}) | {"first_name": MARK}
        for recipient in body["payload"]["recipients"][1:]:
            recipient["name"] = MARK if recipient["handle"] == ANA else "Ben"
        return self.front.post(channel, body)


def tell_all(channel: Channel) -> Story:
    """Import, reply, refusal, bounce, auto-reply, merge, files, a group, an opt-out, and what operators asked for."""
    story = Story()
    file = ContentFile(f"bytes {MARK}".encode(), name=f"{MARK}.txt")
    first = story.tell(channel, 1, attachments=[file])
    story.tell(channel, 2, in_reply_to=first.external_id)
    story.imported(channel, first, conversation_id="cnv_ana", front_id="msg_1")
    attachment = {
        "id": "fil_1",
        "filename": f"{MARK}.png",
        "url": f"https://x/{MARK}",
        "content_type": f"image/{MARK}",
        "size": 3,
        "metadata": {"is_inline": True, "cid": MARK},
    }
    Courier.outcomes[:] = [
        f"sm-{MARK}",
        RuntimeError(f"cannot reach {MARK}"),
        Courier.failed(f"no such number {MARK}"),
    ]
    assert (
        story.written(channel, "Hello", conversation_id="cnv_ana", attachments=[attachment]).status_code
        == 200
    )
    work("deliver")
    assert story.written(channel, "Bounces", conversation_id="cnv_ana").status_code == 200
    work("deliver")
    assert (
        story.written(channel, Courier.REFUSED, conversation_id="cnv_ana", front_id="msg_refused").status_code
        == 400
    )
    auto = bodies.message_autoreply(
        text=f"Closed, {MARK}", conversation_id="cnv_ana", external_conversation_ids=None
    )
    auto["payload"]["recipients"][0] |= {"handle": ANA, "name": MARK}
    assert story.front.post(channel, auto).status_code == 200
    story.tell(channel, 3, external_conversation_id=f"web-{MARK}")
    group = {"to": [BEN, ANA], "external_conversation_ids": ["group-1"], "conversation_id": "cnv_group"}
    assert story.written(channel, "To both", **group).status_code == 200
    orphan = bodies.message_imported(
        external_id=None, external_conversation_ids=[f"sms:{ANA}"], text=MARK, front_id="msg_orphan"
    )
    assert story.front.post(channel, orphan).status_code == 200
    ben = services.messages.sync_inbound(
        channel, sender=BEN, text="I am Ben", external_id="ben-1", external_conversation_id="ben"
    )
    # A merge: Front lists both.
    story.imported_of_ben(channel, ben)
    services.people.opt_out(channel, handle=ANA, actor=MARK, source=f"STOP {MARK}")
    conversation = Conversation.objects.get(front_id="cnv_ana")
    Conversation.objects.filter(pk=conversation.pk).update(
        subject=MARK, tags=[MARK], host_data={"note": MARK}
    )
    services.conversations.add_comment.enqueue(conversation, body=f"Call her, {MARK}")
    _waits(channel, first)
    return story


def _waits(channel: Channel, message: Message) -> None:
    """What the worker of a longer story has left."""
    values: dict[str, Any] = {
        "channel": channel,
        "detail": f"Front says {MARK}",
        "actor": MARK,
        "parameters": {"file": MARK},
    }
    entry = OutboxEntry.objects.create(
        kind="request",
        state="failed",
        direction="sync",
        topic="report",
        operation="update-external-message-status",
        external_conversation_id=f"sms:{ANA}",
        idempotency_key=MARK,
        message=message,
        **values,
    )
    OutboxAttempt.objects.create(
        entry=entry,
        started_at=message.created_at,
        ended_at=message.created_at,
        outcome="failed",
        detail=MARK,
        parameters={"file": MARK},
    )
    OutboxEntry.objects.create(
        kind="request",
        state="failed",
        topic="call",
        settled_at=message.created_at,
        channel=channel,
        detail=f"{ANA} is no number",
    )
    OutboxEntry.objects.create(
        kind="announce",
        channel=channel,
        operation="delivery_failed",
        payload={"message": message.pk, "error": {"detail": MARK}},
    )
    OutboxEntry.objects.create(
        kind="receipt", channel=channel, payload={"delivery_id": f"sm-{MARK}", "detail": MARK}
    )


def marked_columns() -> set[str]:
    """Every column of every table of the app in which the mark is, as ``table.column``."""
    found = set()
    for model in OURS.get_models():
        for row in model._base_manager.all():
            found |= {f"{model._meta.model_name}.{name}" for name, value in columns(row) if MARK in value}
    return found


def columns(row: Model) -> Iterator[tuple[str, str]]:
    for column in row._meta.concrete_fields:
        value = getattr(row, column.attname)
        yield (
            column.name,
            value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False),
        )


def marked_files(folder: str = "") -> list[str]:
    """The stored files in which the mark is."""
    folders, names = default_storage.listdir(folder)
    paths = [f"{folder}/{name}".lstrip("/") for name in names]
    found = [path for path in paths if MARK in path or _holds_mark(path)]
    return found + [each for name in folders for each in marked_files(f"{folder}/{name}".lstrip("/"))]


def _holds_mark(path: str) -> bool:
    with default_storage.open(path) as file:
        return MARK.encode() in file.read()
