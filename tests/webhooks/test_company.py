"""The company that a channel belongs to, whose rate limit its channels share: by the host of Front's links."""

from typing import Any

import pytest

from django_front_channel import services
from django_front_channel.models import Channel
from django_front_channel.testing import FrontWebhookClient
from tests.webhooks.examples import IMPORTED, MESSAGE, changed

pytestmark = pytest.mark.django_db


def linking(body: dict[str, Any], link: str) -> dict[str, Any]:
    return changed(body, _links={"related": {"conversation": link}})


@pytest.mark.parametrize("body", [MESSAGE, IMPORTED], ids=["message", "import"])
@pytest.mark.parametrize(
    ("link", "host"),
    [
        ("https://acme.api.frontapp.com/conversations/cnv_1", "acme.api.frontapp.com"),
        ("https://Acme-2.API.frontapp.com:443/conversations/cnv_1", "acme-2.api.frontapp.com"),
        ("https://api2.frontapp.com/conversations/cnv_1", ""),
        ("https://api.frontapp.com/conversations/cnv_1", ""),
        ("https://acme.api.frontapp.com.example.org/conversations/cnv_1", ""),
        ("https://a.b.api.frontapp.com/conversations/cnv_1", ""),
        ("https://example.org/acme.api.frontapp.com/cnv_1", ""),
        ("https://[acme.api.frontapp.com/conversations/cnv_1", ""),
    ],
)
def test_only_a_companys_own_host_names_it(
    channel: Channel, front: FrontWebhookClient, body: dict[str, Any], link: str, host: str
) -> None:
    assert front.post(channel, linking(body, link)).status_code == 200
    channel.refresh_from_db()
    assert channel.company == host


@pytest.mark.parametrize(
    ("front_id", "known"), [("cha_55c8c", ("acme.api.frontapp.com", "offline")), ("cha_other", ("", ""))]
)
def test_another_channel_of_front_may_be_another_companys(
    channel: Channel, front: FrontWebhookClient, front_id: str, known: tuple[str, str]
) -> None:
    front.post(channel, MESSAGE)
    Channel.objects.update(status="offline")
    services.channels.disconnect(channel)
    front.authorization(front_id, services.channels.rotate_token(channel))
    channel.refresh_from_db()
    assert (channel.front_id, channel.state) == (front_id, Channel.State.CONNECTED)
    assert (channel.company, channel.status) == known
