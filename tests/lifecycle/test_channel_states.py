"""The state machine of channels."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from django_front_channel.models import Channel
from django_front_channel.services import channels
from django_front_channel.testing import FrontWebhookClient, factories

pytestmark = pytest.mark.django_db


@pytest.mark.servers
def test_the_former_owner_of_an_id_is_locked_before_it_loses_it() -> None:
    former = factories.connected_channel(front_id="cha_1")
    channels.disconnect(former)
    new = channels.create(name="New")

    with CaptureQueriesContext(connection) as captured:
        FrontWebhookClient().authorization("cha_1", new.token)

    locks = [query["sql"] for query in captured if "FOR UPDATE" in query["sql"]]
    own, others = locks
    assert new.channel._meta.db_table in own
    assert "cha_1" in others
    former.refresh_from_db()
    new.channel.refresh_from_db()
    assert (former.front_id, new.channel.front_id) == (None, "cha_1")


def test_disconnecting_says_when_in_the_same_statement() -> None:
    channel = factories.connected_channel()
    with CaptureQueriesContext(connection) as captured:
        channels.disconnect(channel)
    assert len([query for query in captured if query["sql"].startswith("UPDATE")]) == 1
    assert Channel.objects.get().disconnected_at is not None
