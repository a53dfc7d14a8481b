"""The bodies of Front's webhooks, as JSON objects. Pass only the fields that your test is about.

Source of the shapes: dev.frontapp.com/reference/messages, dev.frontapp.com/changelog/
channel-api-message-import-improvements, Front's partner-channel-template and public integrations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django_front_channel.sandbox.records import new_id

Json = dict[str, Any]

CUSTOMER = "+15558675310"
CREATED_AT = 1764000000.123


def authorization(channel_id: str) -> Json:
    """Return the body of ``authorization``: an admin adds the channel ``cha_…``."""
    return {"type": "authorization", "payload": {"channel_id": channel_id}}


def delete(channel_id: str) -> Json:
    """Return the body of ``delete``: the channel ``cha_…`` was removed."""
    return {"type": "delete", "payload": {"channel_id": channel_id}}


def message(
    *,
    text: str = "Your parcel left today",
    front_id: str | None = None,
    conversation_id: str = "cnv_1",
    external_conversation_ids: Sequence[str] = (),
    to: Sequence[str] = (CUSTOMER,),
    author_id: str | None = "tea_1",
    attachments: Sequence[Json] = (),
) -> Json:
    """Return the body of ``message``: a teammate wrote to the handles ``to``, or a rule did if ``author_id`` is None.

    Without ``external_conversation_ids``, the conversation was composed in Front. By default, ``front_id`` is a new id,
    ``msg_…``.
    """
    front_id = front_id or new_id("msg")
    payload = {
        "_links": {
            "self": _link("messages", front_id),
            "related": {
                "conversation": _link("conversations", conversation_id),
                "message_seen": _link("messages", front_id, "seen"),
            },
        },
        "id": front_id,
        "version": "1",
        **_content("custom", text, is_inbound=False),
        "author": _teammate(author_id) if author_id else None,
        "recipients": [_recipient("chan-address", "from"), *(_recipient(handle, "to") for handle in to)],
        "attachments": list(attachments),
        "metadata": {"headers": {"in_reply_to": None}},
    }
    return {"type": "message", "payload": payload, "metadata": _threads(external_conversation_ids)}


def message_autoreply(
    *,
    text: str = "We are closed.",
    conversation_id: str = "cnv_1",
    replied_to: str = "msg_1",
    external_conversation_ids: Sequence[str] | None = ("thr-1",),
) -> Json:
    """Return the body of ``message_autoreply``: a rule answered the customer's message ``replied_to``.

    Front gives it no id, author or link to itself. Pass ``external_conversation_ids=None`` to leave the metadata out,
    as in Front's changelog.
    """
    related = {
        "conversation": _link("conversations", conversation_id),
        "message_replied_to": _link("messages", replied_to),
    }
    payload = {
        "_links": {"related": related},
        "type": "auto_reply",
        "is_inbound": False,
        "created_at": CREATED_AT,
        "body": text,
        "text": text,
        "recipients": [_recipient(CUSTOMER, "to")],
        "attachments": [],
    }
    body = {"type": "message_autoreply", "payload": payload}
    if external_conversation_ids is None:
        return body
    return {**body, "metadata": _threads(external_conversation_ids)}


def message_imported(
    *,
    external_id: str | None,
    external_conversation_ids: Sequence[str],
    text: str = "Where is my parcel?",
    front_id: str | None = None,
    message_uid: str | None = None,
    conversation_id: str = "cnv_1",
    is_inbound: bool = True,
) -> Json:
    """Return the body of ``message_imported``: Front has created a message that it was told about.

    Front probably sends ``external_id`` and ``message_uid``, but does not document it. Pass None to leave one out.
    """
    front_id = front_id or new_id("msg")
    roles = ("from", "to") if is_inbound else ("to", "from")
    payload = {
        "_links": {
            "self": _link("messages", front_id),
            "related": {"conversation": _link("conversations", conversation_id)},
        },
        "id": front_id,
        **_content("custom", text, is_inbound=is_inbound),
        "author": None,
        "recipients": [_recipient(CUSTOMER, roles[0]), _recipient("chan-address", roles[1])],
        "attachments": [],
        "metadata": {"external_id": external_id} if external_id else {},
    }
    if message_uid:
        payload["message_uid"] = message_uid
    return {"type": "message_imported", "payload": payload, "metadata": _threads(external_conversation_ids)}


def _content(type_: str, text: str, *, is_inbound: bool) -> Json:
    return {
        "type": type_,
        "is_inbound": is_inbound,
        "is_draft": False,
        "created_at": CREATED_AT,
        "blurb": text,
        "body": f"<p>{text}</p>" if not is_inbound else text,
        "text": text,
        "subject": None,
        "error_type": None,
        "draft_mode": None,
        "signature": None,
    }


def _threads(external_ids: Sequence[str]) -> Json:
    first = {"external_conversation_id": external_ids[0]} if external_ids else {}
    return {**first, "external_conversation_ids": list(external_ids)}


def _teammate(teammate_id: str) -> Json:
    return {
        "_links": {"self": _link("teammates", teammate_id)},
        "id": teammate_id,
        "email": "teammate@example.com",
        "username": "teammate",
        "first_name": "Tea",
        "last_name": "Mate",
        "is_admin": False,
        "is_available": True,
        "is_blocked": False,
        "type": "user",
        "custom_fields": {},
    }


def _recipient(handle: str, role: str) -> Json:
    return {"_links": {"related": {"contact": None}}, "name": None, "handle": handle, "role": role}


def _link(*path: str) -> str:
    return "/".join(("https://acme.api.frontapp.com", *path))
