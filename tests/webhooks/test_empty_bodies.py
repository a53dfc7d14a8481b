"""A POST without its body is logged as such, so that nobody looks for a wrong secret."""

import json

import pytest
from django.test import Client

from django_front_channel.models import Channel, WebhookEvent
from django_front_channel.testing import bodies, sign

pytestmark = pytest.mark.django_db

SECRET = "0123456789abcdef0123456789abcdef"
SIGNED = json.dumps(bodies.message()).encode()
# As a WSGI server hands on a request with chunks: without its length, and so without its body.
HEADERS = {"no body": {}, "chunked": {"Transfer-Encoding": "chunked"}}
CODES = {"no body": "body_empty", "chunked": "body_chunked"}


@pytest.mark.fault("empty-bodies")
@pytest.mark.parametrize("form", list(HEADERS))
def test_a_post_without_a_body_is_told_in_the_log(
    channel: Channel, caplog: pytest.LogCaptureFixture, form: str
) -> None:
    response = Client().generic(
        "POST",
        f"/front/default/{channel.webhook_key}/",
        b"",
        "application/json",
        headers={**sign(SIGNED, SECRET), **HEADERS[form]},
    )
    assert (response.status_code, response.json()["type"]) == (401, "authentication_required")
    assert CODES[form] in caplog.text
    assert "signature_wrong" not in caplog.text
    assert not WebhookEvent.objects.filter(type="message").exists()
