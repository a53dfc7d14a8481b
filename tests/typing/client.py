"""What a type checker says of the client's results: mypy reads this module, nothing calls it.

``assert_type`` fails where a result is ``Any``, or holds one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO, assert_type

from django_front_channel.client import (
    AcceptedMessage,
    DownloadedAttachment,
    FrontAttachment,
    FrontClient,
    FrontComment,
    FrontConversation,
    FrontEvent,
    FrontInbox,
    FrontMessage,
    FrontTeammate,
    SeenReceipt,
    SyncedTemplate,
    Upload,
)


def messages(client: FrontClient, file: BinaryIO) -> None:
    upload = Upload.from_path("a.png")
    assert_type(
        client.messages.sync_inbound(
            sender={"handle": "ana"},
            body="Hi",
            external_id="m-1",
            external_conversation_id="c-1",
            attachments=[upload],
        ),
        AcceptedMessage,
    )
    assert_type(
        client.messages.sync_outbound(
            to=[{"handle": "ana", "name": None}],
            body="Hi",
            external_id="m-1",
            external_conversation_id="c-1",
        ),
        AcceptedMessage,
    )
    assert_type(client.messages.get("msg_1"), FrontMessage)
    assert_type(client.messages.get("msg_1").attachments, tuple[FrontAttachment, ...])
    assert_type(client.messages.get("msg_1").created_at, float | None)
    assert_type(client.messages.get("msg_1").raw, Mapping[str, object])
    assert_type(client.messages.seen("msg_1"), Iterator[SeenReceipt])
    assert_type(client.messages.download("msg_1", "fil_1", to=file), DownloadedAttachment)


def conversations(client: FrontClient) -> None:
    group = client.conversations
    assert_type(group.get("cnv_1"), FrontConversation)
    assert_type(group.get("cnv_1").tag_ids, tuple[str, ...])
    assert_type(group.get("cnv_1").raw, Mapping[str, object])
    assert_type(group.messages("cnv_1"), Iterator[FrontMessage])
    assert_type(group.reply("cnv_1", body="Hi"), AcceptedMessage)
    assert_type(group.drafts("cnv_1"), Iterator[FrontMessage])
    assert_type(group.create_draft("cnv_1", body="Hi"), FrontMessage)
    assert_type(group.comments("cnv_1"), Iterator[FrontComment])
    assert_type(group.add_comment("cnv_1", body="Hi"), FrontComment)
    assert_type(group.events("cnv_1"), Iterator[FrontEvent])
    assert_type(group.followers("cnv_1"), Iterator[FrontTeammate])
    assert_type(group.inboxes("cnv_1"), Iterator[FrontInbox])


def templates(client: FrontClient) -> None:
    assert_type(client.templates.update("welcome", is_disabled=True), SyncedTemplate)
    assert_type(
        client.templates.sync(
            external_id="welcome",
            name="Welcome",
            blurb="Hello",
            is_disabled=False,
            status_name="APPROVED",
            variable_mappings=[{"uid": "{{1}}", "type": "text", "name": "First name"}],
            template_preview="<b>Hello</b>",
        ),
        SyncedTemplate,
    )


def by_name(client: FrontClient) -> None:
    assert_type(client.perform("get-message", message_id="msg_1"), object)


def refused(client: FrontClient) -> None:
    client.channels.update(status="away")  # type: ignore[arg-type]
    client.messages.get(7)  # type: ignore[arg-type]
    client.calls.update("call-1", call_status="resumed")  # type: ignore[arg-type]
    client.conversations.update("cnv_1", tag_ids=["tag_1"])  # type: ignore[call-arg]
