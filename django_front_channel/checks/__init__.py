"""System checks of the ``FRONT_CHANNEL_*`` settings. No check asks the database or the network anything.

``PROBLEMS`` says what each id means. ``SILENCED_SYSTEM_CHECKS`` silences one, as everywhere in Django.
"""

from django.core.checks import Tags
from django.core.checks import register as register_check

from django_front_channel.checks.apps import check_apps
from django_front_channel.checks.deployment import check_deployment
from django_front_channel.checks.problems import PROBLEMS
from django_front_channel.checks.settings import check_settings

__all__ = ["PROBLEMS", "check_apps", "check_deployment", "check_settings", "register"]


def register() -> None:
    """Have ``manage.py check`` run them, and ``check --deploy`` those that concern production."""
    register_check(check_settings, "front_channel")
    register_check(check_apps, "front_channel")
    register_check(check_deployment, Tags.security, deploy=True)
