"""Messages that Front sends without text: read once, before the transaction, and refused if nothing is left."""

from __future__ import annotations

import time
from typing import Any

import pytest

from django_front_channel.core.reasons import Code
from django_front_channel.models import Channel, Message, WebhookEvent
from django_front_channel.testing import FrontWebhookClient
from tests.transactions import watched
from tests.webhooks.examples import AUTOREPLY, IMPORTED, MESSAGE, changed

# Seconds, with a wide margin: bench/hostile_bodies.py measures against the goals of 0.5 and 0.2.
LONGEST_ANSWER, LONGEST_TRANSACTION = 5, 2
HOSTILE = (
    "<style><aaaa",
    "<",
    "<!--",
    "<![x[",
    "<a b='",
    "<div>",
    "<li>x",
    "<p>x",
    "<a href=tel:1>",
    "&#",
    "</",
)
BLANK = (
    *("", " \n", "\u200b", "<div><br></div>", "<p>&nbsp;</p>", "<p>&#8203;&zwj;&#xFEFF;</p>", "<!-- a -->"),
    *("<style>a</style>", "<table><tr><td></td></tr></table>", "<ul><li></li></ul>"),
)


def without_text(body: dict[str, Any], html: str, **payload: Any) -> dict[str, Any]:
    return changed(body, **{"text": "\u200b", "body": html, **payload})


@pytest.mark.django_db
@pytest.mark.fault("readable-text")
@pytest.mark.parametrize("html", BLANK)
@pytest.mark.parametrize("body", [MESSAGE, AUTOREPLY], ids=lambda body: str(body["type"]))
def test_a_message_without_text_and_files_is_refused(
    channel: Channel, front: FrontWebhookClient, body: dict[str, Any], html: str
) -> None:
    response = front.post(channel, without_text(body, html, attachments=[]))

    assert response.status_code == 400
    assert WebhookEvent.objects.get(state=WebhookEvent.State.REFUSED).code == Code.MESSAGE_EMPTY
    assert not Message.objects.exists()


@pytest.mark.django_db
def test_a_file_alone_is_a_message(channel: Channel, front: FrontWebhookClient) -> None:
    assert front.post(channel, without_text(MESSAGE, "<div><br></div>")).status_code == 200
    assert Message.objects.get().text == ""


@pytest.mark.django_db(transaction=True)
@pytest.mark.fault("hostile-text")
@pytest.mark.parametrize("piece", HOSTILE)
@pytest.mark.parametrize("body", [MESSAGE, IMPORTED], ids=lambda body: str(body["type"]))
def test_a_hostile_body_is_answered_soon_and_read_before_the_transaction(
    channel: Channel, front: FrontWebhookClient, body: dict[str, Any], piece: str
) -> None:
    request = without_text(body, piece * (900_000 // len(piece)))

    with watched() as watch:
        began = time.process_time()
        response = front.post(channel, request)
        took = time.process_time() - began

    assert response.status_code in (200, 400)
    assert took < LONGEST_ANSWER
    assert 0 < max(watch.seconds) < LONGEST_TRANSACTION
