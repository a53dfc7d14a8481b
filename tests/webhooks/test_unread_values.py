"""Odd values, in fields that are read or not, lose no message and no fact."""

import json
from typing import Any

import pytest

from django_front_channel.models import Attachment, Channel, Message
from django_front_channel.testing import FrontWebhookClient, factories
from tests.webhooks.examples import AUTOREPLY, IMPORTED, MESSAGE, changed

pytestmark = pytest.mark.django_db

# What JavaScript writes, and what it cannot.
NUMBERS = ["12345678901234567000", "1e400", "-1e400", "9" * 5000, "1E-999", "-0", "0.1e1", str(2**63)]


def with_number(body: dict[str, Any], place: tuple[str, ...], literal: str) -> bytes:
    inner: dict[str, Any] = {place[-1]: "here"}
    payload = body["payload"]
    for name in place[:-1]:
        payload = payload.get(name) or {}
    whole = changed(body)
    at = whole["payload"]
    for name in place[:-1]:
        at[name] = at.get(name) or {}
        at = at[name]
    at |= inner
    return json.dumps(whole).replace('"here"', literal).encode()


PLACES = [("author", "custom_fields"), ("version",), ("created_at",), ("metadata", "odd"), ("error_type",)]


@pytest.mark.fault("unread-values")
@pytest.mark.parametrize("literal", NUMBERS, ids=lambda literal: literal[:12])
@pytest.mark.parametrize("place", PLACES, ids=".".join)
def test_a_number_of_any_size_anywhere(
    channel: Channel, front: FrontWebhookClient, place: tuple[str, ...], literal: str
) -> None:
    message = factories.customer_message(
        channel, external_id="prov-msg-980", external_conversation_id="thr-7"
    )
    for body in (MESSAGE, AUTOREPLY, IMPORTED):
        assert front.post(channel, with_number(body, place, literal)).status_code == 200
    message.refresh_from_db()
    assert message.state == Message.State.IMPORTED
    assert Message.objects.count() == 3


@pytest.mark.parametrize("literal", [*NUMBERS, "true", "-5", '"12"', "1.5"], ids=lambda literal: literal[:12])
def test_the_size_of_a_file_may_be_anything(
    channel: Channel, front: FrontWebhookClient, literal: str
) -> None:
    body = changed(MESSAGE, attachments=[{"id": "fil_1", "filename": "a.png"}])
    odd = with_number(body, ("odd",), "1").replace(b'"fil_1"', b'"fil_1", "size": ' + literal.encode())
    assert front.post(channel, odd).status_code == 200
    assert Attachment.objects.get().size in (None, 0)
