"""A view for webhooks: verify, look for a repetition, write all rows in one transaction, and tell the other apps."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.dispatch import Signal
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from bench.ingest.byhand.models import Channel, Conversation, Event, Message, Thread

TOLERANCE = 300

message_imported = Signal()


@csrf_exempt
@require_POST
def bare(request: HttpRequest) -> JsonResponse:
    """Make one durable INSERT and nothing else, the least that any webhook which keeps something must do."""
    Event.objects.create(
        key=request.headers["X-Front-Signature"], type="message_imported", body=request.body.decode()
    )
    return JsonResponse({"type": "success"})


@csrf_exempt
@require_POST
def channel_webhook(request: HttpRequest, webhook_key: str) -> JsonResponse:
    if not is_from_front(request):
        return JsonResponse({"type": "authentication_required"}, status=401)
    channel = Channel.objects.filter(webhook_key=webhook_key).first()
    if channel is None:
        return JsonResponse({"type": "not_found"}, status=404)
    said = json.loads(request.body)
    key = f"{said['type']}:{said['payload']['id']}"
    if not Event.objects.filter(key=key).exists():
        with transaction.atomic():
            # Of two simultaneous requests, the second fails here, and Front sends it again.
            Event.objects.create(key=key, type=said["type"], body=request.body.decode())
            message = record_import(channel, said)
            transaction.on_commit(
                partial(message_imported.send_robust, sender=Message, channel=channel, message=message)
            )
    return JsonResponse({"type": "success"})


def is_from_front(request: HttpRequest) -> bool:
    stamp = request.headers.get("X-Front-Request-Timestamp", "")
    given = request.headers.get("X-Front-Signature", "")
    if not stamp.isdecimal() or abs(time.time() - int(stamp) / 1000) > TOLERANCE:
        return False
    secret: str = settings.FRONT_CHANNEL_APPS["default"]["APP_SECRET"]
    expected = hmac.new(secret.encode(), f"{stamp}:".encode() + request.body, hashlib.sha256)
    return hmac.compare_digest(base64.b64encode(expected.digest()), given.encode())


def record_import(channel: Channel, said: dict[str, Any]) -> Message:
    payload = said["payload"]
    conversation, _ = Conversation.objects.get_or_create(
        channel=channel, front_id=payload["_links"]["related"]["conversation"].rpartition("/")[2]
    )
    thread, _ = Thread.objects.get_or_create(
        channel=channel,
        external_id=said["metadata"]["external_conversation_ids"][0],
        defaults={"conversation": conversation},
    )
    if thread.conversation_id != conversation.pk:
        thread.conversation = conversation
        thread.save(update_fields=["conversation"])
    sender = next(item["handle"] for item in payload["recipients"] if item["role"] == "from")
    message, _ = Message.objects.update_or_create(
        channel=channel,
        external_id=payload["metadata"]["external_id"],
        defaults={"front_id": payload["id"], "state": "imported", "thread": thread},
        create_defaults={
            "front_id": payload["id"],
            "state": "imported",
            "thread": thread,
            "text": payload["text"],
            "sender": sender,
        },
    )
    return message
