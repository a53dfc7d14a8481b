"""The webhook URLs that are given to Front."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from django_front_channel.conf import conf


def channel_webhook_url(app: str, webhook_key: str, request: HttpRequest | None = None) -> str:
    """Return the URL to which Front sends a channel's messages. It is answered without a redirect.

    Absolute when ``FRONT_CHANNEL_PUBLIC_URL`` is set or a request is given, else the path.
    """
    return _absolute(reverse("front_channel:channel_webhook", args=[app, webhook_key]), request)


def app_webhook_url(app: str, request: HttpRequest | None = None) -> str:
    """The URL to enter for the app's channel feature in Front; absolute as in ``channel_webhook_url``."""
    return _absolute(reverse("front_channel:app_webhook", args=[app]), request)


def _absolute(path: str, request: HttpRequest | None) -> str:
    if conf.public_url:
        return conf.public_url.rstrip("/") + path
    if request is None:
        return path
    url = request.build_absolute_uri(path)
    # A URL that SecurityMiddleware answers with a redirect would lose Front's POST.
    return (
        "https" + url.removeprefix("http")
        if settings.SECURE_SSL_REDIRECT and not request.is_secure()
        else url
    )
