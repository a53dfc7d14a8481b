"""Files of messages: people with the permission can download them, and no page ever shows them."""

from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from django_front_channel.models import Attachment, Channel, Message
from django_front_channel.testing import factories
from tests.admin.conftest import Person, rows_of_every_kind, staff

pytestmark = pytest.mark.usefixtures("media")

PAGE = b"<script>alert(1)</script>"


@pytest.fixture
def attachment(channel: Channel) -> Attachment:
    file = ContentFile(PAGE, "page ü.html")
    return factories.customer_message(channel, attachments=[file]).attachments.get()


def path_to(pk: int) -> str:
    return reverse("admin:front_channel_attachment_download", args=[pk])


@pytest.mark.fault("F141")
def test_a_file_is_saved_and_never_shown(viewer: Person, attachment: Attachment):
    link = f'href="{path_to(attachment.pk)}"'
    assert link in viewer.open(Message, attachment.message).content.decode()

    response = viewer.client.get(path_to(attachment.pk))

    assert (response.status_code, response.getvalue()) == (200, PAGE)
    assert response["Content-Disposition"].startswith("attachment;")
    assert "page%20%C3%BC.html" in response["Content-Disposition"]
    assert (response["Content-Type"], response["X-Content-Type-Options"]) == (
        "application/octet-stream",
        "nosniff",
    )
    assert response["Content-Security-Policy"].startswith("sandbox;")


def test_it_takes_the_permission_to_view_attachments(attachment: Attachment):
    others = staff("view_message", "change_message")

    assert others.client.get(path_to(attachment.pk)).status_code == 403
    assert path_to(attachment.pk) not in others.open(Message, attachment.message).content.decode()
    assert staff("change_attachment").client.get(path_to(attachment.pk)).getvalue() == PAGE
    assert Client().get(path_to(attachment.pk)).status_code == 302


def test_what_is_not_stored_is_not_found(boss: Person, channel: Channel, attachment: Attachment, media: Path):
    message = rows_of_every_kind(channel)[Message]
    elsewhere = Attachment.objects.get(message_id=message.pk)
    (media / attachment.name).unlink()

    for pk in (attachment.pk, elsewhere.pk, 10**9):
        assert boss.client.get(path_to(pk)).status_code == 404
    assert "Download" not in boss.open(Message, message).content.decode()
