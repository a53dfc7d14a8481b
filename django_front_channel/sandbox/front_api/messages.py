"""``/messages``, and the messages, drafts and comments of a conversation."""

from __future__ import annotations

from operator import attrgetter

from django_front_channel.plain_text import plain_text
from django_front_channel.sandbox.body_rules import COMMENT, DRAFT, REPLY, SEEN
from django_front_channel.sandbox.http_messages import (
    ApiError,
    Json,
    Response,
    invalid_body,
    json_response,
    not_found,
)
from django_front_channel.sandbox.message_flow import Text, send_later, write_message
from django_front_channel.sandbox.rate_limits import check_seen_reports
from django_front_channel.sandbox.records import Attachment, Recipient, add_missing

from .api_request import NO_CONTENT, ApiRequest, accepted_response, list_response, page_response
from .presigned_files import file_response, presigned_url


def get_message(request: ApiRequest) -> Response:
    return json_response(200, request.documents.message(request.message()))


def get_message_seen_status(request: ApiRequest) -> Response:
    return list_response(request, request.documents.seen_receipts(request.message()))


def mark_message_seen(request: ApiRequest) -> Response:
    """Note that the customer has seen a message."""
    message = request.message()
    request.body(SEEN)
    if message.is_inbound:
        raise ApiError(400, "Only an outbound message can be marked as seen")
    now = request.company.now()
    check_seen_reports(message.seen_at, now)
    message.seen_at.append(now)
    return NO_CONTENT


def download_attachment_for_a_message(request: ApiRequest) -> Response:
    """Return the file, or a redirect to a storage that has it (``configure(download_redirect=True)``)."""
    named = {each.id: each for each in request.message().attachments}
    attachment = named.get(request.ids["attachment_link_id"])
    if attachment is None:
        raise not_found()
    if request.company.behaviour.download_redirect:
        location = presigned_url(request.company, request.http, attachment)
        return Response(302, headers={"Location": location})
    return file_response(attachment)


def list_conversation_messages(request: ApiRequest) -> Response:
    """Return a page of messages, newest first unless ``sort_order`` is ``asc``."""
    messages = request.state.messages_in(request.conversation().id)
    order = request.http.query.get("sort_order", "desc")
    if order not in ("asc", "desc") or request.http.query.get("sort_by", "created_at") != "created_at":
        raise invalid_body(["query: sort_by must be created_at, sort_order asc or desc"])
    messages.sort(key=attrgetter("created_at"))
    return page_response(request, messages[::-1] if order == "desc" else messages, request.documents.message)


def create_message_reply(request: ApiRequest) -> Response:
    """Reply as a teammate would. The ``message`` webhook follows later (assumption reply_later)."""
    conversation = request.conversation()
    body, files = request.body_and_files(REPLY)
    options = body.get("options", {})
    tag_ids = options.get("tag_ids", ())
    request.check_known(tag_ids, request.state.tags, "body.options.tag_ids", "tag")
    message = write_message(request.company, conversation, _text(request, body, files))
    add_missing(conversation.tag_ids, tag_ids)
    if options.get("archive", True):
        request.company.set_status(conversation, "archived")
    send_later(request.company, message)
    return accepted_response(message.uid)


def list_conversation_drafts(request: ApiRequest) -> Response:
    drafts = request.state.drafts_in(request.conversation().id)
    return list_response(request, [request.documents.message(draft) for draft in drafts])


def create_draft_reply(request: ApiRequest) -> Response:
    conversation = request.conversation()
    body, files = request.body_and_files(DRAFT)
    text = _text(request, body, files)
    draft = write_message(request.company, conversation, text, draft_mode=body.get("mode", "private"))
    return json_response(200, request.documents.message(draft))


def list_conversation_comments(request: ApiRequest) -> Response:
    """Return the comments, newest first."""
    conversation = request.conversation()
    comments = conversation.comments[::-1]
    return list_response(request, [request.documents.comment(conversation, each) for each in comments])


def add_comment(request: ApiRequest) -> Response:
    conversation = request.conversation()
    body, files = request.body_and_files(COMMENT)
    author_id = request.teammate_id(body.get("author_id"), "body.author_id")
    is_pinned = body.get("is_pinned", False)
    comment = request.company.add_comment(
        conversation, body["body"], author_id, is_pinned=is_pinned, attachments=files
    )
    return json_response(201, request.documents.comment(conversation, comment))


def _text(request: ApiRequest, body: Json, files: list[Attachment]) -> Text:
    author_id = request.teammate_id(body.get("author_id"), "body.author_id")
    if "channel_id" in body:
        request.check_channel(
            body["channel_id"], request.unknown(["body.channel_id: must be the channel of the token"])
        )
    return Text(
        body=body["body"],
        text=body.get("text") or plain_text(body["body"], is_html=True),
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
