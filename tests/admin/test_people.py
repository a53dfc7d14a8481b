"""An operator exports and erases a person, with a permission for each."""

from __future__ import annotations

from io import BytesIO
from zipfile import ZipFile

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from django_front_channel.models import Message
from django_front_channel.testing import factories

pytestmark = [pytest.mark.django_db, pytest.mark.fault("erasure")]
LIST = "admin:front_channel_message_changelist"


@pytest.fixture
def message() -> Message:
    return factories.customer_message(factories.connected_channel(), sender="ana", external_id="sms:ana")


def client_with(*permissions: str) -> Client:
    user = get_user_model().objects.create_user(username="rita", password="x", is_staff=True)
    names = ["view_message", *permissions]
    user.user_permissions.set(
        Permission.objects.filter(codename__in=names, content_type__app_label="front_channel")
    )
    client = Client()
    client.force_login(user)
    return client


def post(client: Client, message: Message, action: str, **more: str) -> bytes:
    data = {"action": action, "_selected_action": str(message.pk), **more}
    response = client.post(reverse(LIST), data, follow=True)
    assert response.status_code == 200
    return b"".join(response.streaming_content) if response.streaming else response.content  # type: ignore[attr-defined]


@pytest.mark.parametrize("action", ["export_person", "erase_person"])
def test_without_the_permission_nothing_is_offered_or_done(message: Message, action: str) -> None:
    client = client_with("change_message")
    assert (
        action
        not in client.get(reverse("admin:front_channel_message_change", args=[message.pk])).content.decode()
    )
    post(client, message, action, confirmed="1")
    message.refresh_from_db()
    assert message.erased_at is None


def test_a_person_is_erased_after_a_question(message: Message) -> None:
    client = client_with("erase_person")
    assert b"cannot be undone" in post(client, message, "erase_person")
    message.refresh_from_db()
    assert message.erased_at is None
    post(client, message, "erase_person", confirmed="1")
    message.refresh_from_db()
    assert (bool(message.erased_at), message.text) == (True, "")
    assert "ana" not in LogEntry.objects.get().object_repr


def test_a_person_is_exported_after_a_question(message: Message) -> None:
    client = client_with("export_person")
    assert b"Download everything" in post(client, message, "export_person")
    with ZipFile(BytesIO(post(client, message, "export_person", confirmed="1"))) as archive:
        assert b"sms:ana" in archive.read("person.jsonl")


def test_more_than_a_page_can_do_is_left_to_the_command(
    message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("django_front_channel.admin.person_actions.MOST_MESSAGES", 0)
    assert b"front_channel_person erase" in post(
        client_with("erase_person"), message, "erase_person", confirmed="1"
    )
    message.refresh_from_db()
    assert message.erased_at is None
