"""System checks. Only ``check_database`` queries the database, and no check uses the network.

``PROBLEMS`` says what each id means. ``SILENCED_SYSTEM_CHECKS`` silences one, as everywhere in Django. A check is
loaded when it runs, so a process that serves starts without any.
"""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Tags
from django.core.checks import register as register_check

from django_front_channel.checks.problems import PROBLEMS

__all__ = [
    "PROBLEMS",
    "check_apps",
    "check_database",
    "check_deployment",
    "check_settings",
    "check_time_zone",
    "check_versions",
    "check_webhook_urls",
    "register",
]


def register() -> None:
    """Have ``manage.py check`` run them, and ``check --deploy`` those that concern production."""
    register_check(check_settings, "front_channel")
    register_check(check_apps, "front_channel")
    register_check(check_versions, Tags.security)
    register_check(check_webhook_urls, Tags.urls)
    register_check(check_time_zone, "front_channel")
    register_check(check_database, Tags.database)
    register_check(check_deployment, Tags.security, deploy=True)


def check_settings(app_configs: Any = None, **options: Any) -> list[CheckMessage]:
    """All settings but the apps."""
    from django_front_channel.checks import settings

    return settings.check_settings()


def check_apps(app_configs: Any = None, **options: Any) -> list[CheckMessage]:
    """``FRONT_CHANNEL_APPS``."""
    from django_front_channel.checks import apps

    return apps.check_apps()


def check_versions(app_configs: Any = None, **options: Any) -> list[CheckMessage]:
    """The releases of Django and of the libraries that requests to Front go through."""
    from django_front_channel.checks import versions

    return versions.check_versions()


def check_webhook_urls(app_configs: Any = None, **options: Any) -> list[CheckMessage]:
    """Whether a request for a webhook URL reaches our views."""
    from django_front_channel.checks import webhook_urls

    return webhook_urls.check_webhook_urls()


def check_time_zone(app_configs: Any = None, **options: Any) -> list[CheckMessage]:
    """Whether stored times are right when the clocks change."""
    from django_front_channel.checks import databases

    return databases.check_time_zone()


def check_database(databases: Any = None, **options: Any) -> list[CheckMessage]:
    """Whether the database can hold the tables."""
    from django_front_channel.checks import databases as room

    return room.check_database(databases)


def check_deployment(app_configs: Any = None, **options: Any) -> list[CheckMessage]:
    """What production needs besides."""
    from django_front_channel.checks import deployment

    return deployment.check_deployment()
