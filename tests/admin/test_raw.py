"""Raw bodies and details need a permission of their own, and no query reveals fields that no page shows."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import models
from django.test import Client
from django.urls import reverse

from django_front_channel.core import clock
from django_front_channel.models import (
    Channel,
    Message,
    OutboxAttempt,
    OutboxEntry,
    WebhookEvent,
)
from django_front_channel.testing import FrontWebhookClient, bodies, factories

pytestmark = [pytest.mark.django_db, pytest.mark.once]

MARK = "mark-of-a-person"
OURS = [model for model in admin.site._registry if model._meta.app_label == "front_channel"]


def person(*codenames: str) -> Client:
    user = get_user_model().objects.create_user("rita", password=None, is_staff=True)
    views = [f"view_{model._meta.model_name}" for model in OURS] + ["view_outboxattempt"]
    permissions = Permission.objects.filter(content_type__app_label="front_channel")
    user.user_permissions.set(permissions.filter(codename__in=[*views, *codenames]))
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def channel(db: None) -> Channel:
    return factories.connected_channel()


@pytest.fixture
def pages(channel: Channel) -> dict[str, str]:
    """The pages whose rows hold the mark in what was sent or said as it was."""
    front = FrontWebhookClient()
    message = factories.customer_message(channel)
    body = bodies.message(external_conversation_ids=["thr-1"], text="Hello")
    body["payload"]["unread"] = MARK
    assert front.post(channel, body).status_code == 200
    Message.objects.filter(pk=message.pk).update(detail=MARK, code="front_error", state="failed")
    entry = OutboxEntry.objects.get(message=message)
    OutboxEntry.objects.filter(pk=entry.pk).update(payload={"text": MARK}, detail=MARK, code="front_error")
    now = clock.now()
    OutboxAttempt.objects.create(
        entry=entry, started_at=now, ended_at=now, outcome="failed", code="front_error", detail=MARK
    )
    event = WebhookEvent.objects.get(type="message")
    refused = WebhookEvent.objects.create(
        app="default",
        channel=channel,
        type="message",
        digest="0" * 64,
        signed_timestamp=1,
        state="refused",
        code="message_refused",
        detail=MARK,
        answer_status=400,
        answer={"message": MARK},
        received_at=now,
    )
    rows = {"event": event, "refused": refused, "entry": entry, "message": message}
    return {name: page(row) for name, row in rows.items()}


def page(row: models.Model) -> str:
    return reverse(f"admin:front_channel_{row._meta.model_name}_change", args=[row.pk])


def lists() -> list[str]:
    return [reverse(f"admin:front_channel_{model._meta.model_name}_changelist") for model in OURS]


@pytest.mark.fault("own-permission")
@pytest.mark.parametrize("name", ["event", "refused", "entry", "message"])
def test_raw_bodies_payloads_and_error_details_need_their_own_permission(
    pages: dict[str, str], name: str
) -> None:
    looking, trusted = person(), None
    hidden = looking.get(pages[name])
    assert hidden.status_code == 200
    assert MARK not in hidden.content.decode()
    get_user_model().objects.all().delete()
    trusted = person("view_raw")
    assert MARK in trusted.get(pages[name]).content.decode()


@pytest.mark.fault("own-permission")
def test_no_list_shows_them(pages: dict[str, str]) -> None:
    looking = person()
    for url in lists():
        shown = looking.get(url)
        assert shown.status_code == 200
        assert MARK not in shown.content.decode()


def _paths(model: type[models.Model], depth: int = 1) -> list[str]:
    """Every column of the model, and those that a relation leads to."""
    found = []
    for field in model._meta.get_fields():
        found.append(field.name)
        if depth and field.is_relation and field.related_model is not None:
            related: Any = field.related_model
            found += [f"{field.name}__{path}" for path in _paths(related, depth - 1)]
    return found


@pytest.mark.fault("own-permission")
@pytest.mark.fault("F134")
@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_nobody_can_ask_for_what_the_list_does_not_offer(
    pages: dict[str, str], model: type[models.Model]
) -> None:
    looking = person("view_raw")
    url = reverse(f"admin:front_channel_{model._meta.model_name}_changelist")
    offered: Any = admin.site._registry[model].list_filter
    filters = {each if isinstance(each, str) else each[0] for each in offered}
    linked = set(admin.site._registry[model].linked_lookups)  # type: ignore[attr-defined]
    for path in _paths(model):
        for end in ("", "__exact", "__startswith", "__contains", "__gt", "__regex", "__isnull", "__in"):
            if path in filters and end in ("", "__exact", "__isnull"):
                continue
            if f"{path}{end}" in linked or f"{path}{end}" in {f"{name}__id__exact" for name in filters}:
                continue
            if any(f"{path}{end}" == f"{name}__id{e}" for name in filters for e in ("__exact",)):
                continue
            assert looking.get(url, {f"{path}{end}": "a"}).status_code == 400, f"{path}{end}"


def test_what_is_offered_works(pages: dict[str, str], channel: Channel) -> None:
    looking = person()
    messages = reverse("admin:front_channel_message_changelist")
    assert (
        looking.get(messages, {"channel__id__exact": str(channel.pk), "state__exact": "failed"}).status_code
        == 200
    )
    channels = reverse("admin:front_channel_channel_changelist")
    assert looking.get(channels, {"held_at__isempty": "0", "app": "default"}).status_code == 200
    entries = reverse("admin:front_channel_outboxentry_changelist")
    name = OutboxEntry.objects.exclude(direction="").first()
    assert name is not None
    found = looking.get(entries, {key: str(value) for key, value in name.lane_name._asdict().items()})
    assert found.status_code == 200
    assert found.context["cl"].result_count >= 1
