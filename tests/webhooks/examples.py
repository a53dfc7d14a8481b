"""Whole bodies as integrations have seen them, with every key that is known."""

from copy import deepcopy
from typing import Any

HOST = "https://acme.api.frontapp.com"

MESSAGE: dict[str, Any] = {
    "type": "message",
    "payload": {
        "_links": {
            "self": f"{HOST}/messages/msg_2jre19y9",
            "related": {
                "conversation": f"{HOST}/conversations/cnv_1042nr10",
                "message_replied_to": f"{HOST}/messages/msg_1sagx9sk",
                "message_seen": f"{HOST}/messages/msg_2jre19y9/seen",
            },
        },
        "id": "msg_2jre19y9",
        "type": "custom",
        "is_inbound": False,
        "created_at": 1764000000.123,
        "blurb": "Your parcel left today",
        "body": "<p>Your parcel left <strong>today</strong></p>",
        "text": "Your parcel left today",
        "error_type": None,
        "version": "551ba368f3e7803cce51503ee3e58ef0-26028-1701804863304-945c",
        "subject": None,
        "draft_mode": None,
        "metadata": {"headers": {"in_reply_to": None}},
        "author": {
            "_links": {
                "self": f"{HOST}/teammates/tea_a0ljo",
                "related": {"inboxes": "…", "conversations": "…"},
            },
            "id": "tea_a0ljo",
            "email": "leela@example.com",
            "username": "leela",
            "first_name": "Leela",
            "last_name": "Turanga",
            "is_admin": True,
            "is_available": True,
            "is_blocked": False,
            "type": "user",
            "custom_fields": {},
        },
        "recipients": [
            {
                "_links": {"related": {"contact": None}},
                "name": None,
                "handle": "chan-address",
                "role": "from",
            },
            {
                "_links": {"related": {"contact": f"{HOST}/contacts/crd_3h53wd0"}},
                "name": "Sabrina",
                "handle": "+15558675310",
                "role": "to",
            },
        ],
        "attachments": [
            {
                "id": "fil_50jy51ep",
                "url": f"{HOST}/messages/msg_2jre19y9/download/fil_50jy51ep",
                "filename": "label.png",
                "content_type": "image/png",
                "size": 166482,
                "metadata": {"is_inline": False, "cid": None},
            }
        ],
        "signature": None,
        "is_draft": False,
    },
    "metadata": {"external_conversation_id": "thr-7", "external_conversation_ids": ["thr-7", "thr-12"]},
}

AUTOREPLY: dict[str, Any] = {
    "type": "message_autoreply",
    "payload": {
        "_links": {
            "related": {
                "conversation": f"{HOST}/conversations/cnv_55c8c149",
                "message_replied_to": f"{HOST}/messages/msg_1ab23cd4",
            }
        },
        "type": "auto_reply",
        "is_inbound": False,
        "created_at": 1764000000.5,
        "body": "We are closed.",
        "text": "We are closed.",
        "recipients": [
            {
                "_links": {"related": {"contact": f"{HOST}/contacts/crd_1"}},
                "handle": "+15558675310",
                "role": "to",
            }
        ],
        "attachments": [],
    },
    "metadata": {"external_conversation_id": "thr-7", "external_conversation_ids": ["thr-7"]},
}

IMPORTED: dict[str, Any] = {
    "type": "message_imported",
    "payload": {
        "_links": {
            "self": f"{HOST}/messages/msg_1sagx9sk",
            "related": {"conversation": f"{HOST}/conversations/cnv_1042nr10"},
        },
        "id": "msg_1sagx9sk",
        "message_uid": "1eab543f84a0785f7b6b8967cck18f4d",
        "type": "custom",
        "is_inbound": True,
        "is_draft": False,
        "created_at": 1764000000,
        "blurb": "Where is my parcel?",
        "body": "Where is my parcel?",
        "text": "Where is my parcel?",
        "subject": None,
        "author": None,
        "error_type": None,
        "draft_mode": None,
        "signature": None,
        "metadata": {"external_id": "prov-msg-980"},
        "recipients": [
            {
                "_links": {"related": {"contact": f"{HOST}/contacts/crd_3h53wd0"}},
                "name": "Sabrina",
                "handle": "+15558675310",
                "role": "from",
            },
            {"_links": {"related": {"contact": None}}, "name": None, "handle": "chan-address", "role": "to"},
        ],
        "attachments": [],
    },
    "metadata": {"external_conversation_id": "thr-7", "external_conversation_ids": ["thr-7", "thr-12"]},
}


def changed(body: dict[str, Any], /, **payload: Any) -> dict[str, Any]:
    """The body with other keys in its payload; ``...`` removes one."""
    other = deepcopy(body)
    other["payload"] = {key: value for key, value in (other["payload"] | payload).items() if value is not ...}
    return other
