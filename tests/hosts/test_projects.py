"""Webhooks work under the settings and middleware that hosts have, and never answer with a redirect."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from django_front_channel import services
from django_front_channel.core.log_events import LogEvent
from django_front_channel.models import Channel, Message, WebhookEvent
from django_front_channel.testing import FrontWebhookClient, bodies, factories, sign
from tests.log_records import events

MESSAGE = bodies.message(external_conversation_ids=["thr-1"])
SECRET = "0123456789abcdef0123456789abcdef"


class SecureClient(Client):
    """Comes over HTTPS."""

    def generic(self, *args: Any, **kwargs: Any) -> Any:
        return super().generic(*args, **{**kwargs, "secure": True})


def url_of(channel: Channel) -> str:
    return f"/front/default/{channel.webhook_key}/"


@pytest.mark.fault("F40")
@pytest.mark.django_db
def test_no_login_and_no_csrf_token_are_asked_for(
    channel: Channel, front: FrontWebhookClient, settings: Any
) -> None:
    assert "django.contrib.auth.middleware.LoginRequiredMiddleware" in settings.MIDDLEWARE
    assert front.http.post("/admin/login/", {"username": "front"}).status_code == 403, "checks are on"

    assert front.message(channel).status_code == 200
    assert front.list_addresses().status_code == 200
    assert front.delete(channel).status_code == 200


@pytest.mark.fault("F41")
@pytest.mark.django_db
@pytest.mark.parametrize("append_slash", [True, False])
def test_both_spellings_of_a_url_are_answered(
    channel: Channel, front: FrontWebhookClient, settings: Any, append_slash: bool
) -> None:
    settings.APPEND_SLASH = append_slash
    for url in (url_of(channel), url_of(channel).rstrip("/")):
        assert front.send(url, bodies.message()).status_code == 200
        assert front.send(url, bodies.delete("cha_55c8c"), method="DELETE").status_code == 200
        Channel.objects.update(state="connected")
    for url in ("/front/default/", "/front/default"):
        assert front.send(url, {"type": "list_addresses", "payload": {}}).status_code == 200


@pytest.mark.fault("F39")
@pytest.mark.django_db(transaction=True)
def test_what_is_committed_stays_whatever_the_host_does_with_the_request(
    channel: Channel, front: FrontWebhookClient, settings: Any
) -> None:
    assert settings.DATABASES["default"]["ATOMIC_REQUESTS"]
    settings.MIDDLEWARE = ["tests.hosts.middleware.fail_afterwards", *settings.MIDDLEWARE]
    with pytest.raises(RuntimeError, match="after the view"):
        front.post(channel, MESSAGE)
    assert Message.objects.get().front_id == MESSAGE["payload"]["id"]

    settings.MIDDLEWARE = settings.MIDDLEWARE[1:]
    again = FrontWebhookClient().post(channel, MESSAGE)
    assert (again.status_code, again.json()["external_id"]) == (200, Message.objects.get().external_id)


@pytest.mark.fault("F39")
@pytest.mark.django_db(transaction=True)
def test_a_refusal_is_kept_under_atomic_requests(
    channel: Channel, front: FrontWebhookClient, settings: Any
) -> None:
    assert settings.DATABASES["default"]["ATOMIC_REQUESTS"]
    empty = bodies.message(text="")
    empty["payload"]["body"] = ""
    assert front.post(channel, empty).status_code == 400
    assert WebhookEvent.objects.get(type="message").state == WebhookEvent.State.REFUSED


@pytest.mark.fault("F41")
@pytest.mark.django_db
def test_behind_https_front_is_given_an_https_url(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    new = services.channels.create(name="Support")
    front = FrontWebhookClient(http=SecureClient(enforce_csrf_checks=True))

    url = front.authorization("cha_1", new.token).json()["webhook_url"]

    assert url == f"https://testserver{new.webhook_url}"
    assert front.send(url.removeprefix("https://testserver"), MESSAGE).status_code == 200
    insecure = FrontWebhookClient().send(new.webhook_url, MESSAGE)
    assert insecure.status_code == 301, "which is why Front must be given the other URL"


@pytest.mark.django_db
def test_an_exempt_http_request_is_told_the_https_url_too(settings: Any, front: FrontWebhookClient) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^front/default/$"]
    new = services.channels.create(name="Support")
    answer = front.authorization("cha_1", new.token).json()
    assert answer["webhook_url"] == f"https://testserver{new.webhook_url}"


@pytest.mark.fault("F41")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("urlconf", "language", "prefix"),
    [
        ("tests.hosts.urls_i18n", "en", "/en/front/"),
        ("tests.hosts.urls_i18n", "pt", "/pt/front/"),
        ("tests.hosts.urls_i18n_default", "en", "/front/"),
        ("tests.hosts.urls_i18n_default", "pt", "/pt/front/"),
    ],
)
def test_below_a_language_the_url_that_front_is_given_keeps_working(
    settings: Any, urlconf: str, language: str, prefix: str
) -> None:
    settings.ROOT_URLCONF = urlconf
    new = services.channels.create(name="Support")
    with translation.override(language):
        url = FrontWebhookClient().authorization("cha_1", new.token).json()["webhook_url"]

    assert url == f"http://testserver{prefix}default/{new.channel.webhook_key}/"
    for accepted in ("en", "pt", "xx"):
        http = Client(enforce_csrf_checks=True, headers={"Accept-Language": accepted})
        response = FrontWebhookClient(http=http).send(url.removeprefix("http://testserver"), bodies.message())
        assert response.status_code == 200


@pytest.mark.fault("F42")
@pytest.mark.django_db
def test_a_middleware_that_reads_the_form_does_no_harm_to_json(
    channel: Channel, front: FrontWebhookClient, settings: Any
) -> None:
    settings.MIDDLEWARE = ["tests.hosts.middleware.read_post", *settings.MIDDLEWARE]
    assert front.post(channel, MESSAGE).status_code == 200


@pytest.mark.fault("F42")
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("middleware", "content_type"),
    [("read_post", "multipart/form-data; boundary=x"), ("read_stream", "application/json")],
)
def test_a_middleware_that_takes_the_body_away_is_named_in_the_log(
    channel: Channel, settings: Any, caplog: pytest.LogCaptureFixture, middleware: str, content_type: str
) -> None:
    settings.MIDDLEWARE = [f"tests.hosts.middleware.{middleware}", *settings.MIDDLEWARE]
    body = b'{"type":"reaction","payload":{}}'
    response = Client().generic("POST", url_of(channel), body, content_type, headers=sign(body, SECRET))
    assert (response.status_code, response.json()["type"]) == (400, "bad_request")
    assert LogEvent.BODY_CONSUMED in events(caplog.records)
    assert not WebhookEvent.objects.filter(type="reaction").exists()


@pytest.mark.django_db
def test_a_host_without_time_zones(settings: Any) -> None:
    settings.USE_TZ = False
    new = services.channels.create(name="Support")
    front = FrontWebhookClient()
    assert front.authorization("cha_1", new.token).status_code == 200
    new.channel.refresh_from_db()
    assert front.post(new.channel, MESSAGE).status_code == 200
    written = Message.objects.get().written_at
    assert written == datetime(2025, 11, 24, 16, 0, 0, 123000), "on the clock of Lisbon"  # noqa: DTZ001

    moment = datetime(2025, 7, 1, 12, tzinfo=UTC)
    message = factories.customer_message(new.channel, written_at=moment)
    message.refresh_from_db()
    assert message.written_at == datetime(2025, 7, 1, 13), "an hour ahead in summer"  # noqa: DTZ001
