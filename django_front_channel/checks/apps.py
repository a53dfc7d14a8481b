"""Checks of ``FRONT_CHANNEL_APPS``. A callable is imported, and never called."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.utils.module_loading import import_string

from django_front_channel.checks.problems import problem
from django_front_channel.checks.rule_kinds import (
    CENTURY,
    HOUR,
    Rule,
    broken_keys,
    is_api_url,
    is_secret,
    is_text,
    positive_duration,
    unknown_names,
)
from django_front_channel.checks.settings import why_not_callable
from django_front_channel.conf import CONTACT_TYPES, FRONT_API_URL, conf
from django_front_channel.handlers import ChannelHandler

# The alias is a part of the webhook URLs, and is stored in Channel.app.
ALIAS = re.compile(r"[A-Za-z0-9_-]{1,64}")
# An empty optional key has its default.
RULES = (
    Rule("E007", "APP_UID", is_text, "a1b2c3d4e5f60718"),
    Rule("E008", "APP_SECRET", is_secret, "the App secret that Front shows"),
    Rule("E012", "CONTACT_TYPE", lambda value: not value or value in CONTACT_TYPES, CONTACT_TYPES[0]),
    Rule("E013", "API_URL", lambda value: not value or is_api_url(value), FRONT_API_URL),
    Rule("E036", "LANGUAGE", lambda value: not value or value in dict(settings.LANGUAGES), "en"),
    Rule("E043", "DELAY_NOTICE", lambda value: value is None or positive_duration(CENTURY)(value), 120),
    Rule("E042", "DELIVER_WITHIN", positive_duration(CENTURY), 4 * HOUR),
)
REQUIRED: dict[str, Any] = {"APP_UID": None, "APP_SECRET": None}
KEYS = (
    "APP_UID",
    "APP_SECRET",
    "HANDLER",
    "CONTACT_TYPE",
    "API_URL",
    "LANGUAGE",
    "DELIVER_WITHIN",
    "DELAY_NOTICE",
)
EXAMPLE = '{"default": {"APP_UID": "…", "APP_SECRET": "…"}}'


def check_apps() -> list[CheckMessage]:
    """Check each app. No apps at all is valid, because images are built without settings."""
    given = conf.apps
    if isinstance(given, str):
        reason = why_not_callable(given)
        hint = 'Write FRONT_CHANNEL_APPS = "package.module.function", which takes an alias.'
        return [problem("E003", hint, detail=reason)] if reason else []
    if not isinstance(given, Mapping):
        return [problem("E002", f"Write FRONT_CHANNEL_APPS = {EXAMPLE}.")]
    return [found for alias, app in given.items() for found in _check_app(alias, app)]


def _check_app(alias: Any, app: Any) -> list[CheckMessage]:
    place = f"FRONT_CHANNEL_APPS[{alias!r}]"
    found = []
    if not isinstance(alias, str) or not ALIAS.fullmatch(alias):
        found.append(problem("E004", f"Write FRONT_CHANNEL_APPS = {EXAMPLE}.", place=place))
    if not isinstance(app, Mapping):
        return [*found, problem("E005", f"Write FRONT_CHANNEL_APPS = {EXAMPLE}.", place=place)]
    found += unknown_names("E006", app, KEYS, f"{place}: ")
    found += broken_keys(RULES, {**REQUIRED, **app}, place)
    return found + (_check_handler(app["HANDLER"], place) if app.get("HANDLER") else [])


def _check_handler(path: Any, place: str) -> list[CheckMessage]:
    try:
        handler = import_string(path)
    except Exception as error:
        detail = f"{type(error).__name__}: {error}"
        return [problem("E009", "Write 'HANDLER': 'shop.front.ShopHandler'.", place=place, detail=detail)]
    if not isinstance(handler, type) or not issubclass(handler, ChannelHandler):
        name = getattr(handler, "__name__", "ShopHandler")
        return [problem("E010", f"Write class {name}(ChannelHandler).", place=place)]
    return [
        problem("E011", f"Write def {name}, without async.", place=f"{place}: {path}.{name}")
        for name in vars(ChannelHandler)
        if not name.startswith("_") and inspect.iscoroutinefunction(getattr(handler, name))
    ]
