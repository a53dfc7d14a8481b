"""System checks. Only ``check_database`` queries the database, and no check uses the network.

The meaning of each id is in ``PROBLEMS``. As everywhere in Django, ``SILENCED_SYSTEM_CHECKS`` silences an id. Each
check is imported when it runs, so a server process starts without them.
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
    """Register all checks. Only ``manage.py check --deploy`` runs ``check_deployment``."""
    register_check(check_settings, "front_channel")
    register_check(check_apps, "front_channel")
    register_check(check_versions, Tags.security)
    register_check(check_webhook_urls, Tags.urls)
    register_check(check_time_zone, "front_channel")
    register_check(check_database, Tags.database)
    register_check(check_deployment, Tags.security, deploy=True)


def check_settings(app_configs: Any = None, **options: Any) -> list[CheckMessage]:
    """Check every setting except ``FRONT_CHANNEL_APPS``."""
    from django_front_channel.checks import settings

    return settings.check_settings()


def check_apps(app_configs: Any = None, **options: Any) -> list[CheckMessage]:
    """Check ``FRONT_CHANNEL_APPS``."""
    from django_front_channel.checks import apps

    return apps.check_apps()


def check_versions(app_configs: Any = None, **options: Any) -> list[CheckMessage]:
    """Check that the installed Django and HTTP libraries have no known vulnerability that concerns this package."""
    from django_front_channel.checks import versions

    return versions.check_versions()


def check_webhook_urls(app_configs: Any = None, **options: Any) -> list[CheckMessage]:
    """Check that requests for the webhook URLs reach our views."""
    from django_front_channel.checks import webhook_urls

    return webhook_urls.check_webhook_urls()


def check_time_zone(app_configs: Any = None, **options: Any) -> list[CheckMessage]:
    """Check that stored times stay right when the clocks change."""
    from django_front_channel.checks import databases

    return databases.check_time_zone()


def check_database(databases: Any = None, **options: Any) -> list[CheckMessage]:
    """Check that the database can hold the tables."""
    from django_front_channel.checks import databases as room

    return room.check_database(databases)


def check_deployment(app_configs: Any = None, **options: Any) -> list[CheckMessage]:
    """Check the secrets, URLs and database connections of a production site."""
    from django_front_channel.checks import deployment

    return deployment.check_deployment()
