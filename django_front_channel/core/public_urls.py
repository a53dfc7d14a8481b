"""The webhook URLs that are given to Front."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from django_front_channel.conf import conf


def channel_webhook_url(app: str, webhook_key: str, request: HttpRequest | None = None) -> str:
    """Return the URL to which Front sends a channel's messages. The site answers it without a redirect.

    It is absolute if ``FRONT_CHANNEL_PUBLIC_URL`` is set or a request is given; otherwise it is only the path.
    """
    return _absolute(reverse("front_channel:channel_webhook", args=[app, webhook_key]), request)


def app_webhook_url(app: str, request: HttpRequest | None = None) -> str:
    """Return the URL to enter for the app's channel feature in Front.

    It is absolute if ``FRONT_CHANNEL_PUBLIC_URL`` is set or a request is given; otherwise it is only the path.
    """
    return _absolute(reverse("front_channel:app_webhook", args=[app]), request)


def _absolute(path: str, request: HttpRequest | None) -> str:
    if conf.public_url:
        return conf.public_url.rstrip("/") + path
    if request is None:
        return path
    url = request.build_absolute_uri(path)
    # SecurityMiddleware would redirect http to https, and Front's POST would be lost.
    return (
        "https" + url.removeprefix("http")
        if settings.SECURE_SSL_REDIRECT and not request.is_secure()
        else url
    )
