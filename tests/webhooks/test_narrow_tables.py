"""Tables that cannot hold four-byte characters: a fact is stored escaped, and processed when the tables can."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import DataError, connection

from django_front_channel.core.texts import in_ascii
from django_front_channel.models import Channel, Message, WebhookEvent
from django_front_channel.testing import FrontWebhookClient, factories
from django_front_channel.worker.loop import Worker
from tests.webhooks.examples import IMPORTED, changed
from tests.webhooks.times import later

pytestmark = pytest.mark.fault("narrow-tables")
PARCEL = "\U0001f4e6"


@pytest.mark.parametrize("text", ["plain", f"Grüße {PARCEL} \U00020bb7", '"\\ \x7f', "\u2028\ud83d"])
def test_the_same_document_in_ascii(text: str) -> None:
    document = json.dumps({"text": text, PARCEL: [text]}, ensure_ascii=False)
    spelt = in_ascii(document)
    assert spelt.isascii()
    assert json.loads(spelt) == json.loads(document)


def refuse_wide(execute: Callable[..., Any], sql: str, parameters: Any, *rest: Any) -> Any:
    """The database of such a table, in the words of MariaDB."""
    if sql.startswith("INSERT") and any(PARCEL in str(value) for value in parameters or ()):
        raise DataError(1366, "Incorrect string value: '\\xF0\\x9F\\x93\\xA6'")
    return execute(sql, parameters, *rest)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "change",
    [{"text": f"Left {PARCEL}"}, {"author": {"id": "tea_1", "first_name": PARCEL}}],
    ids=["text", "name"],
)
def test_a_fact_with_an_emoji_is_kept_and_processed_when_there_is_room(
    channel: Channel, front: FrontWebhookClient, change: dict[str, Any]
) -> None:
    message = factories.customer_message(
        channel, external_id="prov-msg-980", external_conversation_id="thr-7"
    )
    body = changed(IMPORTED, **change)
    with connection.execute_wrapper(refuse_wide):
        assert front.post(channel, body).json() == {"type": "success"}
    event = WebhookEvent.objects.get(type="message_imported")
    assert event.state == WebhookEvent.State.FAILED
    assert event.body.isascii()
    assert json.loads(event.body) == body

    with later(10):
        Worker().run_until_quiet()
    message.refresh_from_db()
    event.refresh_from_db()
    assert (message.state, event.state) == (Message.State.IMPORTED, WebhookEvent.State.PROCESSED)
