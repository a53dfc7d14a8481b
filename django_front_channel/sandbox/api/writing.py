"""What is written in a conversation: messages, drafts and comments."""

from __future__ import annotations

from django_front_channel.sandbox.body_rules import COMMENT, DRAFT, REPLY
from django_front_channel.sandbox.body_text import text_of
from django_front_channel.sandbox.http_messages import Json, Response, invalid_body, json_response
from django_front_channel.sandbox.records import Attachment, Message, Recipient, add_missing
from django_front_channel.sandbox.sending import Text

from .call import ApiCall
from .channels import accepted
from .pages import page, whole


def list_conversation_messages(call: ApiCall) -> Response:
    """Newest first, unless ``sort_order`` is ``asc``."""
    messages = call.state.messages_in(call.conversation().id)
    order = call.request.query.get("sort_order", "desc")
    if order not in ("asc", "desc") or call.request.query.get("sort_by", "created_at") != "created_at":
        raise invalid_body(["query: sort_by must be created_at, sort_order asc or desc"])
    messages.sort(key=_created_at)
    return page(call, messages[::-1] if order == "desc" else messages, call.front.documents.message)


def create_message_reply(call: ApiCall) -> Response:
    """Reply as the team would; the ``message`` webhook follows (assumption reply_later)."""
    conversation = call.conversation()
    body, files = call.body_and_files(REPLY)
    options = body.get("options", {})
    tag_ids = options.get("tag_ids", ())
    call.check_known(tag_ids, call.state.tags, "body.options.tag_ids", "tag")
    message = call.front.write(conversation, _text(call, body, files))
    add_missing(conversation.tag_ids, tag_ids)
    if options.get("archive", True):
        call.front.put(conversation, "archived")
    call.front.send_later(message)
    return accepted(message.uid)


def list_conversation_drafts(call: ApiCall) -> Response:
    drafts = call.state.drafts_in(call.conversation().id)
    return whole(call, [call.front.documents.message(draft) for draft in drafts])


def create_draft_reply(call: ApiCall) -> Response:
    conversation = call.conversation()
    body, files = call.body_and_files(DRAFT)
    text = _text(call, body, files)
    draft = call.front.write(conversation, text, draft_mode=body.get("mode", "private"))
    return json_response(200, call.front.documents.message(draft))


def list_conversation_comments(call: ApiCall) -> Response:
    """Newest first."""
    conversation = call.conversation()
    comments = conversation.comments[::-1]
    return whole(call, [call.front.documents.comment(conversation, each) for each in comments])


def add_comment(call: ApiCall) -> Response:
    conversation = call.conversation()
    body, files = call.body_and_files(COMMENT)
    author_id = call.teammate_id(body.get("author_id"), "body.author_id")
    is_pinned = body.get("is_pinned", False)
    comment = call.front.discuss(
        conversation, body["body"], author_id, is_pinned=is_pinned, attachments=files
    )
    return json_response(201, call.front.documents.comment(conversation, comment))


def _text(call: ApiCall, body: Json, files: list[Attachment]) -> Text:
    author_id = call.teammate_id(body.get("author_id"), "body.author_id")
    if "channel_id" in body:
        call.check_channel(
            body["channel_id"], call.unknown(["body.channel_id: must be the channel of the token"])
        )
    return Text(
        body=body["body"],
        text=body.get("text") or text_of(body["body"]),
        subject=body.get("subject"),
        author_id=author_id,
        sender_name=body.get("sender_name"),
        to=[
            *(Recipient(handle, "to") for handle in body.get("to", ())),
            *(Recipient(handle, "cc") for handle in body.get("cc", ())),
            *(Recipient(handle, "bcc") for handle in body.get("bcc", ())),
        ],
        attachments=files,
    )


def _created_at(message: Message) -> float:
    return message.created_at
