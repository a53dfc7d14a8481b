"""A check that requests for the webhook URLs reach our views."""

from __future__ import annotations

from django.conf import settings
from django.core.checks import CheckMessage
from django.urls import NoReverseMatch, Resolver404, get_script_prefix, resolve, reverse

from django_front_channel.checks.problems import problem
from django_front_channel.conf import conf

NAMESPACE = "front_channel"
INCLUDE = 'path("front/", include("django_front_channel.urls"))'


def check_webhook_urls() -> list[CheckMessage]:
    """Reverse the webhook URLs, and check that they resolve to our views. Do nothing without apps or a URLconf."""
    if not conf.apps or getattr(settings, "ROOT_URLCONF", None) is None:
        return []
    aliases = conf.aliases() or ("default",)  # behind a callable, any alias will do
    try:
        paths = [path for alias in aliases for path in _paths(str(alias))]
    except NoReverseMatch:
        return [problem("E039", f"Write {INCLUDE} into urlpatterns.")]
    return [found for path in paths for found in _check_path(path)][:1]


def _paths(alias: str) -> tuple[str, ...]:
    """Return the URLs of the app and of a channel, with and without the trailing slash."""
    app = reverse(f"{NAMESPACE}:app_webhook", args=[alias])
    channel = reverse(f"{NAMESPACE}:channel_webhook", args=[alias, "webhook-key"])
    return app, app.rstrip("/"), channel, channel.rstrip("/")


def _check_path(path: str) -> list[CheckMessage]:
    try:
        match = resolve("/" + path.removeprefix(get_script_prefix()))
    except Resolver404:
        return [problem("E040", f"Write {INCLUDE} into urlpatterns.", place=path)]
    if NAMESPACE in match.app_names:
        return []
    hint = f"Write {INCLUDE} before your catch-all {match.route!r} in urlpatterns."
    return [problem("E040", hint, place=path)]
