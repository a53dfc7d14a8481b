"""MariaDB without its strict mode cuts what is too long, in silence. Nothing of ours comes to that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from django_front_channel import services
from django_front_channel.exceptions import InvalidArgument
from django_front_channel.models import Channel, Message
from django_front_channel.testing import FrontWebhookClient, factories
from tests.webhooks.examples import MESSAGE, changed

pytestmark = [pytest.mark.django_db, pytest.mark.fault("F122")]
LONG = "\U0001f4e6" * 5000


Mode = Callable[[str | None], None]


@pytest.fixture
def strict_or_not(db: None) -> Iterator[Mode]:
    """Sets MariaDB's mode: the one of the settings, or another one."""
    if connection.vendor != "mysql":
        yield lambda mode: None
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@SESSION.sql_mode")
        (strict,) = cursor.fetchone()
        assert "STRICT" in strict

        def use(mode: str | None) -> None:
            cursor.execute("SET SESSION sql_mode = %s", [strict if mode is None else mode])

        yield use
        use(None)


@pytest.mark.parametrize("name", ["external_id", "external_conversation_id", "in_reply_to"])
def test_an_id_that_is_too_long_is_refused(channel: Channel, strict_or_not: Mode, name: str) -> None:
    strict_or_not("")
    said: dict[str, Any] = {
        "sender": "ana",
        "text": "Hello",
        "external_id": "m-1",
        "external_conversation_id": "t-1",
        name: "x" * 501,
    }
    with pytest.raises(InvalidArgument):
        services.messages.sync_inbound(channel, **said)
    assert not Message.objects.exists()


def test_the_same_is_kept_as_where_what_is_too_long_would_be_an_error(
    front: FrontWebhookClient, strict_or_not: Mode
) -> None:
    body = changed(MESSAGE, text=LONG, body=LONG, subject=LONG, author={"id": "tea_1", "first_name": LONG})
    body["payload"]["recipients"].append({"handle": "x" * 700, "name": LONG, "role": "cc"})
    kept = []
    for mode in (None, ""):
        strict_or_not(mode)
        assert front.post(factories.connected_channel(), body).status_code == 200
        message = Message.objects.latest("pk")
        kept.append(
            [getattr(message, column.attname) for column in message._meta.concrete_fields if is_said(column)]
            + [(party.handle, party.name) for party in message.parties.all()]
        )
    strict, lenient = kept
    assert strict == lenient
    assert (message.text, message.subject, len(message.author_name)) == (LONG, LONG, 200)


def is_said(column: Any) -> bool:
    """Whether the column holds something that Front said, and not a number or a moment of ours."""
    return column.get_internal_type() not in (
        "BigAutoField",
        "BigIntegerField",
        "DateTimeField",
        "ForeignKey",
    )
