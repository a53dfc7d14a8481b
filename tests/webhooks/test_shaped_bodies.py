"""Signed bodies of the shape that Front documents, with any values in it: none is refused, and none fails."""

import itertools
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from django_front_channel.models import Channel, Message
from django_front_channel.testing import FrontWebhookClient

pytestmark = pytest.mark.django_db

NUMBERS = itertools.count()
HOST = "https://acme.api.frontapp.com"
ANY = st.text(st.characters(), max_size=300)
TEXT = ANY.filter(lambda text: text.replace("\0", "").strip() != "")
ID = st.from_regex(r"[a-z0-9]{1,12}", fullmatch=True)
THREADS = st.lists(st.from_regex(r"[ -~]{1,40}", fullmatch=True).filter(lambda t: t.strip("./ ")), max_size=4)
PERSON = st.fixed_dictionaries(
    {"id": ID.map("tea_{}".format)}, optional={"first_name": ANY, "last_name": ANY, "email": ANY}
)
RECIPIENT = st.fixed_dictionaries(
    {"handle": TEXT, "role": st.sampled_from(["from", "to", "cc", "bcc"])}, optional={"name": st.none() | ANY}
)
ATTACHMENT = st.fixed_dictionaries(
    {"id": ID.map("fil_{}".format), "url": ANY, "filename": ANY, "content_type": ANY},
    optional={
        "size": st.integers(0, 2**53),
        "metadata": st.fixed_dictionaries({"is_inline": st.booleans(), "cid": ANY}),
    },
)
CONTENT: dict[str, st.SearchStrategy[Any]] = {
    "_links": st.fixed_dictionaries(
        {
            "related": st.fixed_dictionaries(
                {"conversation": ID.map(lambda id_: f"{HOST}/conversations/cnv_{id_}")}
            )
        }
    ),
    "text": TEXT,
    "body": TEXT,
    "recipients": st.lists(RECIPIENT, max_size=5),
}
EXTRAS: dict[str, st.SearchStrategy[Any]] = {
    "message_uid": ID,
    "subject": st.none() | ANY,
    "author": st.none() | PERSON,
    "created_at": st.floats(0, 4e9) | st.integers(0, 4 * 10**12),
    "attachments": st.lists(ATTACHMENT, max_size=3),
    "version": ANY,
}
METADATA = st.fixed_dictionaries({"external_conversation_ids": THREADS})


@pytest.mark.fault("F32")
@pytest.mark.parametrize("type_", ["message", "message_autoreply", "message_imported"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], max_examples=50)
@given(payload=st.fixed_dictionaries(CONTENT, optional=EXTRAS), metadata=METADATA)
def test_a_body_as_front_documents_it_is_accepted(
    channel: Channel, front: FrontWebhookClient, type_: str, payload: dict[str, Any], metadata: dict[str, Any]
) -> None:
    number = next(NUMBERS)
    own: dict[str, Any] = {"id": f"msg_{number}", "metadata": {"external_id": f"ours-{number}"}}
    if type_ == "message_autoreply":  # has no id, and is told apart by its time
        own = {"created_at": 1764000000 + number}
    before = Message.objects.count()

    response = front.post(channel, {"type": type_, "payload": payload | own, "metadata": metadata})

    assert (response.status_code, response.json()["type"]) == (200, "success")
    if type_ == "message":
        assert Message.objects.count() == before + 1
