"""One account, several addresses: the admin gives one token, sees the addresses, and chooses one for each channel."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from django_front_channel import services
from django_front_channel.handlers import (
    Address,
    AddressPage,
    Authorization,
    AuthorizationRefused,
    ChannelHandler,
)
from django_front_channel.models import Channel, WebhookEvent
from django_front_channel.testing import FrontWebhookClient
from tests.webhooks.conftest import UseHandler

pytestmark = pytest.mark.django_db

NUMBERS = [f"+3370000000{digit}" for digit in range(5)]


class SharedHandler(ChannelHandler):
    """Shows two numbers at a time, and keeps a channel for each that was chosen."""

    seen: ClassVar[list[dict[str, Any]]] = []

    def authorize(self, authorization: Authorization) -> Channel:
        self.seen.append(authorization.payload)
        self._check(authorization)
        number = authorization.payload["address"]
        known = Channel.objects.filter(app=self.app.alias, address=number).first()
        return known or services.channels.create(self.app.alias, name=number, address=number).channel

    def list_addresses(self, authorization: Authorization, page_token: str | None) -> AddressPage:
        self._check(authorization)
        start = int(page_token or 0)
        page = [Address(number, f"Line {number[-1]}") for number in NUMBERS[start : start + 2]]
        return AddressPage(page, str(start + 2) if start + 2 < len(NUMBERS) else None)

    def _check(self, authorization: Authorization) -> None:
        if authorization.token != "account-1":
            raise AuthorizationRefused("Unknown account.")


@pytest.fixture
def front(front: FrontWebhookClient, use_handler: UseHandler) -> FrontWebhookClient:
    use_handler(SharedHandler)
    SharedHandler.seen.clear()
    return front


def choose(front: FrontWebhookClient, channel_id: str, number: str, token: str = "account-1") -> Any:
    payload = {"channel_id": channel_id, "address": number, "resource_owner": {"id": 7, "of tomorrow": None}}
    return front.send("/front/default/", {"type": "authorization", "payload": payload}, token=token)


def test_all_addresses_are_found_page_by_page(front: FrontWebhookClient) -> None:
    listed: list[str] = []
    answer: dict[str, Any] = {"pagination": {"next_page_token": None}}
    while "pagination" in answer:
        answer = front.list_addresses("account-1", page_token=answer["pagination"]["next_page_token"]).json()
        listed += [item["address"] for item in answer["addresses"]]
    assert listed == NUMBERS
    assert not WebhookEvent.objects.exists(), "a question leaves nothing behind"


def test_one_token_connects_a_channel_for_each_chosen_address(front: FrontWebhookClient) -> None:
    urls = {choose(front, f"cha_{number[-1]}", number).json()["webhook_url"] for number in NUMBERS[:2]}
    assert len(urls) == 2
    channels = Channel.objects.order_by("address")
    assert list(channels.values_list("address", "front_id", "state")) == [
        (NUMBERS[0], "cha_0", "connected"),
        (NUMBERS[1], "cha_1", "connected"),
    ]


def test_what_front_says_besides_is_shown_to_the_handler_and_kept(front: FrontWebhookClient) -> None:
    assert choose(front, "cha_0", NUMBERS[0]).status_code == 200
    assert SharedHandler.seen[0]["resource_owner"] == {"id": 7, "of tomorrow": None}
    assert '"of tomorrow"' in WebhookEvent.objects.get(type="authorization").body


def test_an_address_that_is_connected_already(front: FrontWebhookClient) -> None:
    first = choose(front, "cha_0", NUMBERS[0])
    assert choose(front, "cha_0", NUMBERS[0]).json() == first.json(), "the admin has connected it again"
    assert choose(front, "cha_9", NUMBERS[0]).status_code == 400, "another channel of Front"
    assert Channel.objects.get().front_id == "cha_0"


def test_an_unknown_account_connects_nothing(front: FrontWebhookClient) -> None:
    refused = choose(front, "cha_0", NUMBERS[0], token="account-2")
    assert (refused.status_code, refused.json()) == (
        400,
        {"type": "bad_request", "message": "Unknown account."},
    )
    assert not Channel.objects.exists()
