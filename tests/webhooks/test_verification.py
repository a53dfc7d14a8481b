"""Every URL proves where a request comes from before it reads or writes anything."""

import io
import logging
from itertools import product
from typing import Any

import pytest
import time_machine
from django.core.handlers.asgi import ASGIRequest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import resolve

from django_front_channel import services
from django_front_channel.core.log_events import LogEvent
from django_front_channel.models import Channel, WebhookEvent
from django_front_channel.testing import FrontWebhookClient, bodies, factories, sign
from tests.log_records import events
from tests.webhooks.test_signature import AUTHORIZATION, DELETE, IMPORTED
from tests.webhooks.times import now_in_ms

pytestmark = pytest.mark.django_db

SECRET = "0123456789abcdef0123456789abcdef"
MESSAGE = bodies.message(external_conversation_ids=["thr-7"])


def urls(channel: Channel) -> list[str]:
    return ["/front/default/", f"/front/default/{channel.webhook_key}/"]


@pytest.mark.fault("F16")
@pytest.mark.fault("F18")
@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("body", [AUTHORIZATION, DELETE, IMPORTED, b"", b"{", b"\xff"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Front-Signature": "0G3treWKQf4SPBm+2/uQwfIfwzSUFbErUwMbwy0Sboc="},
        sign(b"another body", SECRET),
        sign(AUTHORIZATION, "another secret"),
        {"X-Front-Signature": "é\xff", "X-Front-Request-Timestamp": "１７６４００００００"},  # noqa: RUF001
    ],
    ids=["none", "no timestamp", "other body", "other secret", "not ascii"],
)
def test_an_unverified_request_is_refused_without_a_statement(
    channel: Channel, method: str, body: bytes, headers: dict[str, str]
) -> None:
    events = WebhookEvent.objects.count()
    for url in urls(channel):
        if (url, method) == ("/front/default/", "DELETE"):
            continue  # refused for its method already
        with CaptureQueriesContext(connection) as statements:
            response = Client(enforce_csrf_checks=True).generic(
                method, url, body, "application/json", headers=headers
            )
        assert (response.status_code, response.json()["type"]) == (401, "authentication_required")
        assert len(statements) == 0
    assert WebhookEvent.objects.count() == events


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "OPTIONS"])
def test_other_methods_are_refused_without_a_statement(channel: Channel, method: str) -> None:
    for url in urls(channel):
        with CaptureQueriesContext(connection) as statements:
            response = Client().generic(method, url, AUTHORIZATION, headers=sign(AUTHORIZATION, SECRET))
        assert response.status_code == 405
        assert "POST" in response.headers["Allow"]
        assert len(statements) == 0


def test_the_apps_url_takes_no_delete(channel: Channel, front: FrontWebhookClient) -> None:
    assert front.send("/front/default/", DELETE, method="DELETE").status_code == 405
    channel.refresh_from_db()
    assert channel.state == Channel.State.CONNECTED


def test_an_app_that_the_settings_do_not_have_is_unverified(front: FrontWebhookClient) -> None:
    assert front.send("/front/unknown/", AUTHORIZATION).status_code == 401


@pytest.mark.fault("F8")
@pytest.mark.parametrize(
    ("offset", "status"), [(-301, 401), (-300, 200), (-299, 200), (299, 200), (300, 200), (301, 401)]
)
@pytest.mark.parametrize("unit", [1, 1000])
def test_the_tolerance_is_five_minutes_both_ways(
    channel: Channel, front: FrontWebhookClient, offset: int, status: int, unit: int
) -> None:
    moment = 1764000000
    with time_machine.travel(moment, tick=False):
        response = front.post(channel, MESSAGE, timestamp=(moment + offset) * unit)
    assert response.status_code == status


def test_the_tolerance_is_a_setting(channel: Channel, front: FrontWebhookClient, settings: Any) -> None:
    settings.FRONT_CHANNEL_WEBHOOK_TOLERANCE = 30
    moment = 1764000000
    with time_machine.travel(moment, tick=False):
        assert front.post(channel, MESSAGE, timestamp=moment - 31).status_code == 401
        assert front.post(channel, MESSAGE, timestamp=moment - 30).status_code == 200


@pytest.mark.parametrize("secret", ["the new secret", SECRET])
def test_each_secret_of_the_app_verifies(channel: Channel, settings: Any, secret: str) -> None:
    app = settings.FRONT_CHANNEL_APPS["default"]
    settings.FRONT_CHANNEL_APPS = {"default": {**app, "APP_SECRET": ["the new secret", SECRET]}}
    headers = sign(DELETE, secret)
    response = Client().generic("DELETE", urls(channel)[1], DELETE, "application/json", headers=headers)
    assert response.status_code == 200


@pytest.mark.fault("F14")
@pytest.mark.parametrize("secret", ["", [], [""], None])
def test_an_app_without_a_secret_verifies_nothing(channel: Channel, settings: Any, secret: Any) -> None:
    app = settings.FRONT_CHANNEL_APPS["default"]
    settings.FRONT_CHANNEL_APPS = {"default": {**app, "APP_SECRET": secret}}
    response = Client().generic("POST", "/front/default/", AUTHORIZATION, headers=sign(AUTHORIZATION, ""))
    assert response.status_code == 401


def test_another_apps_secret_does_not_open_this_one(channel: Channel, settings: Any) -> None:
    app = settings.FRONT_CHANNEL_APPS["default"]
    settings.FRONT_CHANNEL_APPS = {"default": app, "other": {"APP_UID": "b", "APP_SECRET": "of the other"}}
    other = FrontWebhookClient("other")
    assert other.post(channel, MESSAGE).status_code == 401
    # Nor does the other app's URL lead to this app's channel.
    url = urls(channel)[1].replace("default", "other")
    assert other.send(url, MESSAGE).status_code == 404


@pytest.mark.fault("F139")
@pytest.mark.fault("F143")
@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("headers", [{}, sign(DELETE, "a guess")], ids=["unsigned", "signed by a guess"])
def test_without_the_secret_nobody_learns_which_channel_or_token_exists(
    channel: Channel, method: str, headers: dict[str, str]
) -> None:
    new = services.channels.create(name="Support")
    urls_that_may_exist = [channel.webhook_key, "0" * 32, "x"]
    tokens = [f"Bearer {new.token}", "Bearer a-guess", ""]
    seen = set()
    for url, token in product([f"/front/default/{key}/" for key in urls_that_may_exist], tokens):
        with CaptureQueriesContext(connection) as statements:
            answer = Client().generic(
                method, url, DELETE, "application/json", headers={**headers, "Authorization": token}
            )
        assert len(statements) == 0
        seen.add((answer.status_code, answer.content, *sorted(answer.headers.items())))
    assert len(seen) == 1
    (status, *_rest) = seen.pop()
    assert status == 401


@pytest.mark.fault("F15")
@pytest.mark.parametrize("signed", [b"", b"undefined", b"{}"])
def test_a_delete_without_a_body_in_three_forms(
    channel: Channel, front: FrontWebhookClient, signed: bytes
) -> None:
    url = urls(channel)[1]
    response = front.http.generic("DELETE", url, b"", "application/json", headers=sign(signed, SECRET))
    assert (response.status_code, response.json()) == (200, {"type": "success"})
    channel.refresh_from_db()
    assert channel.state == Channel.State.DISCONNECTED


@pytest.mark.fault("F15")
@pytest.mark.parametrize(
    ("body", "signed", "status"),
    [(b"undefined", b"undefined", 400), (b"{}", b"{}", 400), (b"", b"", 400), (b"", b"undefined", 401)],
)
def test_what_stands_for_a_delete_without_a_body_is_nothing_to_post(
    channel: Channel, front: FrontWebhookClient, body: bytes, signed: bytes, status: int
) -> None:
    events = WebhookEvent.objects.count()
    response = front.http.generic(
        "POST", urls(channel)[1], body, "application/json", headers=sign(signed, SECRET)
    )
    assert response.status_code == status
    assert WebhookEvent.objects.count() == events
    channel.refresh_from_db()
    assert channel.state == Channel.State.CONNECTED


def test_a_captured_message_sent_as_delete_removes_nothing(
    channel: Channel, front: FrontWebhookClient
) -> None:
    assert front.send(urls(channel)[1], MESSAGE, method="DELETE").status_code == 400
    channel.refresh_from_db()
    assert channel.state == Channel.State.CONNECTED


def test_a_captured_delete_sent_as_post_removes_nothing(channel: Channel, front: FrontWebhookClient) -> None:
    assert front.post(channel, DELETE).status_code == 400
    channel.refresh_from_db()
    assert channel.state == Channel.State.CONNECTED


@pytest.mark.fault("F7")
def test_a_request_belongs_to_the_channel_that_it_came_to_first(
    channel: Channel, front: FrontWebhookClient, caplog: pytest.LogCaptureFixture
) -> None:
    other = factories.connected_channel(name="Other")
    requests = [
        MESSAGE,
        bodies.message_autoreply(),
        bodies.message_imported(external_id="a", external_conversation_ids=["thr-7"]),
        {"type": "something_new", "payload": {}},
    ]
    stamp = now_in_ms()
    for body in requests:
        assert front.post(channel, body, timestamp=stamp).status_code == 200
        with caplog.at_level(logging.WARNING, "django_front_channel.webhooks"):
            refused = front.post(other, body, timestamp=stamp)
        assert (refused.status_code, refused.json()["type"]) == (401, "authentication_required")
    assert events(caplog.records).count(LogEvent.WEBHOOK_OF_OTHER_CHANNEL) == 1, "the others are counted"
    assert not other.messages.exists()
    assert not WebhookEvent.objects.filter(channel=other).exclude(type="authorization").exists()


def test_a_delete_names_its_channel(channel: Channel, front: FrontWebhookClient) -> None:
    other = factories.connected_channel(name="Other")
    response = front.send(urls(other)[1], DELETE, method="DELETE")
    assert (response.status_code, response.json()["type"]) == (403, "forbidden")
    other.refresh_from_db()
    assert other.state == Channel.State.CONNECTED


def test_a_channel_that_does_not_exist(front: FrontWebhookClient) -> None:
    url = f"/front/default/{'0' * 32}/"
    response = front.send(url, MESSAGE)
    assert (response.status_code, response.json()["type"]) == (404, "not_found")
    assert front.send(url, DELETE, method="DELETE").json() == {"type": "success"}
    assert not WebhookEvent.objects.exists()


@pytest.mark.fault("F19")
@pytest.mark.fault("F35")
@pytest.mark.parametrize("length", [-1, 0, 1])
def test_the_largest_body_is_a_setting(
    channel: Channel, front: FrontWebhookClient, settings: Any, length: int
) -> None:
    settings.FRONT_CHANNEL_WEBHOOK_MAX_BYTES = 2000
    body = IMPORTED + b" " * (2000 + length - len(IMPORTED))
    response = front.post(channel, body)
    assert response.status_code == (413 if length > 0 else 200)


@pytest.mark.fault("F20")
@pytest.mark.parametrize("declared", ["", "10"])
def test_a_body_that_does_not_have_its_declared_length_is_unverified(
    channel: Channel, front: FrontWebhookClient, declared: str
) -> None:
    body = IMPORTED + b" " * 2_000_000
    response = front.http.generic(
        "POST",
        urls(channel)[1],
        body,
        "application/json",
        headers=sign(body, SECRET),
        CONTENT_LENGTH=declared,
    )
    assert response.status_code == 401


def test_a_smaller_limit_of_the_host_counts_too(
    channel: Channel, front: FrontWebhookClient, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    response = front.post(channel, IMPORTED)
    assert (response.status_code, response.json()["type"]) == (413, "bad_request")


@pytest.mark.fault("F20")
@pytest.mark.fault("F52")
@pytest.mark.parametrize(("length", "status"), [(2000, 200), (2001, 413)])
def test_a_body_of_no_declared_length_has_the_same_limit(
    channel: Channel, settings: Any, length: int, status: int
) -> None:
    settings.FRONT_CHANNEL_WEBHOOK_MAX_BYTES = 2000
    body = IMPORTED + b" " * (length - len(IMPORTED))
    url = urls(channel)[1]
    headers = [(name.lower().encode(), value.encode()) for name, value in sign(body, SECRET).items()]
    scope = {"method": "POST", "path": url, "headers": headers}
    view = resolve(url)
    response = view.func(ASGIRequest(scope, io.BytesIO(body)), **view.kwargs)
    assert response.status_code == status
