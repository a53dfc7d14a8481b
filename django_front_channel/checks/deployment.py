"""Checks of what a production site needs, for ``manage.py check --deploy``."""

from __future__ import annotations

from django.conf import settings
from django.core.checks import CheckMessage

from django_front_channel.checks.apps import check_apps
from django_front_channel.checks.databases import check_connections
from django_front_channel.checks.problems import problem
from django_front_channel.checks.rule_kinds import is_api_url, is_http, is_origin
from django_front_channel.conf import FRONT_API_URL, App, conf

LEAST_SECRET_CHARACTERS = 32


def check_deployment() -> list[CheckMessage]:
    """Check secrets, URLs and database connections. Skip settings that other checks have refused."""
    apps = [] if check_apps() else [conf.find_app(alias) for alias in conf.aliases()]
    found = [problem for app in apps if app for problem in (*_check_secrets(app), *_check_api_url(app))]
    return [*found, *_check_shared_api_url(), *_check_public_url(), *check_connections()]


def _place(app: App) -> str:
    return f"FRONT_CHANNEL_APPS[{app.alias!r}]"


def _check_secrets(app: App) -> list[CheckMessage]:
    hint = (
        "Write 'APP_UID' and 'APP_SECRET' as Front shows them for the app, for example from the environment."
    )
    if not app.uid or not app.secrets:
        return [problem("W002", hint, place=_place(app))]
    weak = any(len(secret) < LEAST_SECRET_CHARACTERS for secret in app.secrets)
    return [problem("W001", hint, place=_place(app))] if weak else []


def _check_api_url(app: App) -> list[CheckMessage]:
    hint = f"Write FRONT_CHANNEL_API_URL = {FRONT_API_URL!r}, and no 'API_URL' in the app."
    return [problem("W003", hint, place=_place(app))] if is_http(app.api_url) else []


def _check_shared_api_url() -> list[CheckMessage]:
    """Check the shared API URL for apps behind a callable, because the callable is never called here."""
    if not isinstance(conf.apps, str) or not is_api_url(conf.api_url) or not is_http(conf.api_url):
        return []
    return [problem("W003", f"Write FRONT_CHANNEL_API_URL = {FRONT_API_URL!r}.")]


def _check_public_url() -> list[CheckMessage]:
    url = conf.public_url
    hint = "Write FRONT_CHANNEL_PUBLIC_URL = 'https://shop.example.com', with the site's host."
    if url is None:
        return [problem("W004", hint)] if conf.apps else []
    if not is_origin(url) or not is_http(url):
        return []
    return [problem("W006" if settings.SECURE_SSL_REDIRECT else "W005", hint)]
