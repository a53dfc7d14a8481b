"""The life of a webhook ends as the page says, and leaves the rows that it lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import DataError

from django_front_channel.models import Message, WebhookEvent
from django_front_channel.webhooks import imports_and_deletions

from .pages import names, table
from .test_webhooks_page import (
    HOST_SAYS,
    Broken,
    Front,
    Handler,
    Scenario,
    nobodys_channel,
    too_large,
    twice,
    unsigned,
)

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response
    from pytest_django import Settings

pytestmark = pytest.mark.django_db

ROWS = table("topics/webhooks.md", "outcome")


def unprocessable(front: Front) -> Response:
    def fail(*_arguments: object, **_keywords: object) -> None:
        raise DataError

    front.patch.setattr(imports_and_deletions, "record_import", fail)
    return unnamed(front)


def unnamed(front: Front) -> Response:
    return front.message_imported(front.channel, external_id=None, external_conversation_ids=["thr-7"])


LIVES: dict[str, Scenario] = {
    "the body is too large": too_large,
    "Front has not signed it": unsigned,
    "it cannot be read": lambda front: front.post(front.channel, b"{"),
    "there is no such channel": nobodys_channel,
    "`accept()` refuses it": lambda front: front.handled_by(Handler).message(front.channel, text=HOST_SAYS),
    "it takes too long": lambda front: front.late().message(front.channel),
    "your code or the database fails": lambda front: front.handled_by(Broken).message(front.channel),
    "all is well": lambda front: front.message(front.channel),
    "the request is repeated": twice,
    "processing fails, and Front may never repeat the request": unprocessable,
    "an import does not name its message": unnamed,
}


def test_every_life_is_on_the_page() -> None:
    assert [row[0] for row in ROWS] == list(LIVES)


@pytest.mark.parametrize(("why", "status", "type_", "stays"), ROWS, ids=[row[0] for row in ROWS])
def test_a_life_ends_as_the_page_says(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, *, why: str, status: str, type_: str, stays: str
) -> None:
    front = Front(settings, monkeypatch)
    front.http.raise_request_exception = False
    response = LIVES[why](front)

    assert (response.status_code, response.json()["type"]) == (int(status), names(type_)[0])
    events = WebhookEvent.objects.exclude(type="authorization")  # how the channel was connected
    assert list(events.values_list("state", flat=True)) == [
        word for word in names(stays) if word in WebhookEvent.State
    ]
    assert Message.objects.count() == int("`processed`" in stays)
