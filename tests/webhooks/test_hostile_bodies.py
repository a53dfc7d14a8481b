"""Signed bodies with missing fields and wrong types never cause a 5xx or a partial row."""

import itertools
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_front_channel.models import Attachment, Channel, ConversationThread, Message, WebhookEvent
from django_front_channel.testing import FrontWebhookClient
from tests.fuzz.mutation import GONE, JUNK, places, put
from tests.webhooks.examples import AUTOREPLY, IMPORTED, MESSAGE
from tests.webhooks.listening import Announced

pytestmark = pytest.mark.django_db

NUMBERS = itertools.count()
VALUES = st.one_of(
    st.just(GONE),
    st.sampled_from(JUNK),
    st.text(),
    st.recursive(
        st.none() | st.integers(-(2**63), 2**63 - 1) | st.text(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
        max_leaves=5,
    ),
)


def rows() -> list[int]:
    kept = WebhookEvent.objects.exclude(state=WebhookEvent.State.REFUSED)
    return [
        kept.count(),
        *(model._default_manager.count() for model in (Message, Attachment, ConversationThread)),
    ]


@pytest.mark.fault("F32")
@pytest.mark.fault("F55")
@pytest.mark.parametrize("body", [MESSAGE, AUTOREPLY, IMPORTED], ids=lambda body: str(body["type"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_changed_body_is_accepted_or_refused_as_a_whole(
    channel: Channel,
    front: FrontWebhookClient,
    announced: Announced,
    body: dict[str, Any],
    data: st.DataObject,
) -> None:
    changed = deepcopy(body)
    changed["payload"]["id"] = f"msg_{next(NUMBERS)}"
    paths = st.sampled_from(list(places(body)))
    for path, junk in data.draw(st.lists(st.tuples(paths, VALUES), min_size=1, max_size=4)):
        put(changed, path, junk)
    before = rows()

    response = front.post(channel, changed)

    assert response.status_code in (200, 400)
    assert response.json()["type"] == ("success" if response.status_code == 200 else "bad_request")
    if response.status_code == 400:
        assert rows() == before
    elif response.json().keys() == {"type", "external_id", "external_conversation_id"}:
        assert Message.objects.filter(external_id=response.json()["external_id"]).exists()


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"type":"message","payload":{"created_at":NaN}}', "JSON"),
        (b'{"type":"message","type":"delete"}', "JSON"),
        (b'{"type":"message","payload":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "JSON"),
        (b'{"type":"message","payload":{"a":' + b"[" * 65 + b"]" * 65 + b"}}", "nesting"),
        (b'{"type":"message","payload":{"a":"\xff"}}', "UTF-8"),
        ('{"type":"message"}'.encode("utf-16"), "UTF-8"),
        (b'\xef\xbb\xbf{"type":"message"}', "JSON"),
        (b"[]", "object"),
    ],
)
def test_a_body_that_is_not_strict_is_refused_with_the_reason(
    channel: Channel, front: FrontWebhookClient, body: bytes, text: str
) -> None:
    before = WebhookEvent.objects.count()
    response = front.post(channel, body)
    assert (response.status_code, response.json()["type"]) == (400, "bad_request")
    assert text in response.json()["message"]
    assert WebhookEvent.objects.count() == before
