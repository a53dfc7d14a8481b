"""``authorization`` and ``list_addresses``: a channel comes."""

from typing import Any, ClassVar

import pytest
from django.db import connection
from django.db.models import QuerySet

from django_front_channel import services
from django_front_channel.handlers import (
    Address,
    AddressPage,
    Authorization,
    AuthorizationRefused,
    ChannelHandler,
)
from django_front_channel.models import Channel, WebhookEvent
from django_front_channel.testing import FrontWebhookClient, bodies
from tests.webhooks.conftest import UseHandler
from tests.webhooks.listening import FACTS, listening
from tests.webhooks.times import now_in_ms

pytestmark = pytest.mark.django_db


def authorizations() -> "QuerySet[WebhookEvent]":
    return WebhookEvent.objects.filter(type="authorization")


def test_a_channel_is_connected_with_its_token(front: FrontWebhookClient) -> None:
    new = services.channels.create(name="Support")
    assert new.channel.state == Channel.State.PENDING

    with listening(*FACTS) as announced:
        response = front.authorization("cha_55c8c", new.token)

    assert response.status_code == 200
    assert response.json() == {"type": "success", "webhook_url": f"http://testserver{new.webhook_url}"}
    new.channel.refresh_from_db()
    assert (new.channel.front_id, new.channel.state) == ("cha_55c8c", Channel.State.CONNECTED)
    assert (new.channel.connected_app_uid, new.channel.connected_api_url) == (
        "a1b2c3d4e5f60718",
        "https://api2.frontapp.com",
    )
    assert new.channel.connected_at is not None
    event = authorizations().get()
    assert (event.channel, event.state, event.answer) == (new.channel, "processed", response.json())
    assert announced.of("channel_connected") == [{"channel": new.channel, "created": True}]
    assert announced.of("channel_state_changed") == [
        {"channel": new.channel, "old": "pending", "new": "connected"}
    ]


def test_the_url_that_front_is_given_works(front: FrontWebhookClient) -> None:
    new = services.channels.create(name="Support")
    url = front.authorization("cha_55c8c", new.token).json()["webhook_url"]
    body = bodies.message(external_conversation_ids=["thr-7"])
    assert front.send(url.removeprefix("http://testserver"), body).status_code == 200


def test_no_secret_is_kept(front: FrontWebhookClient) -> None:
    new = services.channels.create(name="Support")
    front.authorization("cha_55c8c", new.token)
    event = authorizations().get()
    assert new.token not in f"{event.body}{event.answer}{event.digest}{event.key}"
    assert new.token not in str(Channel.objects.values().get())


@pytest.mark.parametrize("token", ["", "wrong", "x" * 5000])
def test_an_unknown_token_is_refused(front: FrontWebhookClient, token: str) -> None:
    services.channels.create(name="Support")
    response = front.authorization("cha_55c8c", token)
    assert (response.status_code, response.json()["type"]) == (400, "bad_request")
    assert "token" in response.json()["message"]
    assert Channel.objects.get().state == Channel.State.PENDING
    assert authorizations().get().state == WebhookEvent.State.REFUSED


@pytest.mark.parametrize("channel_id", ["", "cha 1", "cha/1", "c" * 65, 7, None])
def test_an_authorization_that_names_no_channel_is_refused(
    front: FrontWebhookClient, channel_id: object
) -> None:
    new = services.channels.create(name="Support")
    body = {"type": "authorization", "payload": {"channel_id": channel_id}}
    assert front.send("/front/default/", body, token=new.token).status_code == 400
    new.channel.refresh_from_db()
    assert new.channel.state == Channel.State.PENDING


@pytest.mark.fault("F64")
def test_a_token_binds_one_channel_of_front(front: FrontWebhookClient) -> None:
    new = services.channels.create(name="Support")
    front.authorization("cha_1", new.token)

    refused = front.authorization("cha_2", new.token)
    assert (refused.status_code, refused.json()["type"]) == (400, "bad_request")
    new.channel.refresh_from_db()
    assert (new.channel.front_id, new.channel.state) == ("cha_1", Channel.State.CONNECTED)


def test_a_token_may_bind_another_channel_after_a_disconnect(front: FrontWebhookClient) -> None:
    new = services.channels.create(name="Support")
    front.authorization("cha_1", new.token)
    services.channels.disconnect(new.channel)

    with listening("channel_connected") as announced:
        assert front.authorization("cha_2", new.token).status_code == 200
    new.channel.refresh_from_db()
    assert (new.channel.front_id, new.channel.state) == ("cha_2", Channel.State.CONNECTED)
    assert new.channel.disconnected_at is None
    assert announced.of("channel_connected") == [{"channel": new.channel, "created": True}]


def test_a_channel_of_front_has_one_token(front: FrontWebhookClient) -> None:
    first = services.channels.create(name="First")
    second = services.channels.create(name="Second")
    front.authorization("cha_1", first.token)

    assert front.authorization("cha_1", second.token).status_code == 400
    services.channels.disconnect(first.channel)
    assert front.authorization("cha_1", second.token).status_code == 200

    first.channel.refresh_from_db()
    second.channel.refresh_from_db()
    assert (first.channel.front_id, second.channel.front_id) == (None, "cha_1")


def test_an_admin_may_connect_the_same_channel_again(front: FrontWebhookClient) -> None:
    new = services.channels.create(name="Support")
    first = front.authorization("cha_1", new.token)
    with listening(*FACTS) as announced:
        again = front.authorization("cha_1", new.token)
    assert (again.status_code, again.json()) == (200, first.json())
    assert announced == [("channel_connected", {"channel": new.channel, "created": False})]


@pytest.mark.fault("F64")
def test_the_same_request_twice_is_answered_alike(front: FrontWebhookClient) -> None:
    new = services.channels.create(name="Support")
    body = bodies.authorization("cha_1")
    stamp = now_in_ms()
    first, second = (front.send("/front/default/", body, token=new.token, timestamp=stamp) for _ in range(2))
    assert (first.status_code, second.content) == (200, first.content)
    assert authorizations().count() == 1


@pytest.mark.parametrize("token", ["", "guessed"])
def test_a_captured_request_with_another_token_is_judged_anew(front: FrontWebhookClient, token: str) -> None:
    new = services.channels.create(name="Support")
    body, stamp = bodies.authorization("cha_1"), now_in_ms()
    assert front.send("/front/default/", body, token=new.token, timestamp=stamp).status_code == 200

    replayed = [front.send("/front/default/", body, token=token, timestamp=stamp) for _ in range(2)]
    assert [answer.status_code for answer in replayed] == [400, 400]
    assert new.channel.webhook_key not in replayed[0].content.decode()
    assert sorted(authorizations().values_list("state", flat=True)) == ["processed", "refused"]


def test_connecting_repairs_a_channel_that_was_refused(front: FrontWebhookClient) -> None:
    new = services.channels.create(name="Support")
    front.authorization("cha_1", new.token)
    Channel.objects.update(state="auth_failed")
    assert front.authorization("cha_1", new.token).status_code == 200
    new.channel.refresh_from_db()
    assert new.channel.state == Channel.State.CONNECTED


def test_a_rotated_token_cuts_off_nobody(front: FrontWebhookClient) -> None:
    new = services.channels.create(name="Support")
    front.authorization("cha_1", new.token)

    rotated = services.channels.rotate_token(new.channel)

    url = new.webhook_url
    body = bodies.message(external_conversation_ids=["thr-7"])
    assert front.send(url, body, token=new.token).status_code == 200
    assert front.authorization("cha_1", new.token).status_code == 400
    assert front.authorization("cha_1", rotated).status_code == 200


def test_a_token_of_another_app_is_unknown(front: FrontWebhookClient, settings: Any) -> None:
    app = settings.FRONT_CHANNEL_APPS["default"]
    settings.FRONT_CHANNEL_APPS = {
        "default": app,
        "other": {"APP_UID": "b", "APP_SECRET": "of the other"},
    }
    new = services.channels.create("other", name="Other")
    assert front.authorization("cha_1", new.token).status_code == 400
    assert FrontWebhookClient("other").authorization("cha_1", new.token).status_code == 200


def test_the_public_url_goes_before_the_requests(front: FrontWebhookClient, settings: Any) -> None:
    settings.FRONT_CHANNEL_PUBLIC_URL = "https://chan.example.org/"
    new = services.channels.create(name="Support")
    answer = front.authorization("cha_1", new.token).json()
    path = f"/front/default/{new.channel.webhook_key}/"
    assert answer["webhook_url"] == new.webhook_url == f"https://chan.example.org{path}"


class CrossingHandler(ChannelHandler):
    """Of another app, but it hands out a channel of this one."""

    def authorize(self, authorization: Authorization) -> Channel:
        channel: Channel = Channel.objects.get(app="default")
        return channel


def test_a_handler_cannot_hand_out_another_apps_channel(settings: Any) -> None:
    app = settings.FRONT_CHANNEL_APPS["default"]
    path = f"{__name__}.CrossingHandler"
    settings.FRONT_CHANNEL_APPS = {
        "default": app,
        "other": {"APP_UID": "b", "APP_SECRET": "of the other", "HANDLER": path},
    }
    new = services.channels.create(name="Support")
    assert FrontWebhookClient("other").authorization("cha_1", new.token).status_code == 400
    new.channel.refresh_from_db()
    assert new.channel.state == Channel.State.PENDING


class CallingHandler(ChannelHandler):
    """Asks its provider about the token, which takes a while."""

    in_transaction: ClassVar[list[bool]] = []

    def authorize(self, authorization: Authorization) -> Channel:
        self.in_transaction.append(connection.in_atomic_block)
        return super().authorize(authorization)


@pytest.mark.django_db(transaction=True)
def test_a_handler_that_asks_around_keeps_no_transaction_open(
    front: FrontWebhookClient, use_handler: UseHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CallingHandler, "in_transaction", [])
    use_handler(CallingHandler)
    new = services.channels.create(name="Support")
    assert front.authorization("cha_1", new.token).status_code == 200
    assert front.authorization("cha_2", "unknown").status_code == 400
    assert CallingHandler.in_transaction == [False, False]


class AskingHandler(ChannelHandler):
    """Asks its provider, which takes six seconds of a clock that moves only by them."""

    clock: ClassVar[list[float]] = [1000.0]

    def authorize(self, authorization: Authorization) -> Channel:
        self.clock.append(self.clock[-1] + 6)
        return super().authorize(authorization)


def test_a_channel_that_was_connected_too_late_is_not(
    front: FrontWebhookClient, use_handler: UseHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Front has told the admin that it failed. Their next try may come with another id, and must not be refused."""
    monkeypatch.setattr("time.monotonic", lambda: AskingHandler.clock[-1])
    use_handler(AskingHandler)
    new = services.channels.create(name="Support")
    with listening(*FACTS) as announced:
        late = front.authorization("cha_1", new.token)
    assert (late.status_code, late.json()["type"]) == (503, "request_timeout")
    new.channel.refresh_from_db()
    assert (new.channel.front_id, new.channel.state) == (None, Channel.State.PENDING)
    assert (announced, authorizations().count()) == ([], 0)

    use_handler(ChannelHandler)
    assert front.authorization("cha_2", new.token).status_code == 200


class PagingHandler(ChannelHandler):
    def list_addresses(self, authorization: Authorization, page_token: str | None) -> AddressPage:
        if authorization.token != "account-1":
            raise AuthorizationRefused("Unknown account.")
        if page_token == "page-2":
            return AddressPage([Address("+33900000002", "Lyon")])
        return AddressPage([Address("+33900000001", "Paris")], next_page_token="page-2")


def test_addresses_come_page_by_page(front: FrontWebhookClient, use_handler: UseHandler) -> None:
    use_handler(PagingHandler)
    first = front.list_addresses("account-1").json()
    assert first == {
        "type": "success",
        "addresses": [{"address": "+33900000001", "name": "Paris"}],
        "pagination": {"next_page_token": "page-2"},
    }
    last = {"type": "success", "addresses": [{"address": "+33900000002", "name": "Lyon"}]}
    assert front.list_addresses("account-1", page_token="page-2").json() == last
    for payload in ({"next_page_token": "page-2"}, {"pagination": {"next_page_token": "page-2"}}):
        body = {"type": "list_addresses", "payload": payload}
        assert front.send("/front/default/", body, token="account-1").json() == last


def test_addresses_are_for_those_who_may_see_them(front: FrontWebhookClient, use_handler: UseHandler) -> None:
    use_handler(PagingHandler)
    response = front.list_addresses("account-2")
    assert (response.status_code, response.json()) == (
        400,
        {"type": "bad_request", "message": "Unknown account."},
    )


def test_there_are_no_addresses_by_default(front: FrontWebhookClient) -> None:
    assert front.list_addresses().json() == {"type": "success", "addresses": []}


@pytest.mark.parametrize("kind", ["message", "message_imported", "delete", "anything"])
def test_the_apps_url_takes_nothing_else(front: FrontWebhookClient, kind: str) -> None:
    assert front.send("/front/default/", {"type": kind, "payload": {}}).status_code == 400
    assert not WebhookEvent.objects.exists()
