"""Checks of every setting except ``FRONT_CHANNEL_APPS``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.utils.module_loading import import_string

from django_front_channel.checks.problems import problem
from django_front_channel.checks.rule_kinds import (
    CENTURY,
    DAY,
    HOUR,
    Rule,
    broken_keys,
    broken_settings,
    duration,
    integer,
    is_api_url,
    is_backoff,
    is_origin,
    positive_duration,
    unknown_names,
)
from django_front_channel.conf import FRONT_API_URL, LEASE_MARGIN, Conf, conf

PREFIX = "FRONT_CHANNEL_"
NAMES = [name.upper() for name, value in vars(Conf).items() if isinstance(value, property)]
RULES = (
    Rule("E014", "FRONT_CHANNEL_API_URL", is_api_url, FRONT_API_URL),
    Rule(
        "E015",
        "FRONT_CHANNEL_PUBLIC_URL",
        lambda value: value is None or is_origin(value),
        "https://shop.example.com",
    ),
    Rule("E016", "FRONT_CHANNEL_API_TIMEOUT", positive_duration(120), 10),
    Rule("E017", "FRONT_CHANNEL_JWT_LIFETIME", duration(1, 30), 20),
    Rule("E018", "FRONT_CHANNEL_WEBHOOK_TOLERANCE", duration(30, 900), 300),
    Rule("E019", "FRONT_CHANNEL_WEBHOOK_MAX_BYTES", integer(1024), 1048576),
    Rule("E023", "FRONT_CHANNEL_OUTBOX", lambda value: isinstance(value, Mapping), {"LEASE": 30}),
    Rule(
        "E031",
        "FRONT_CHANNEL_RETENTION",
        lambda value: isinstance(value, Mapping),
        {"OUTBOX_ENTRIES": 30 * DAY},
    ),
)
OUTBOX_RULES = (
    Rule("E025", "LEASE", positive_duration(HOUR), 30),
    Rule("E026", "BATCH", integer(1, 10000), 100),
    Rule("E041", "SLOTS", integer(1, 1000), 24),
    Rule("E027", "MAX_AGE", positive_duration(CENTURY), 3 * DAY),
    Rule("E028", "BACKOFF", is_backoff, (1, 600)),
)
RETENTION_RULES = (
    Rule("E033", "WEBHOOK_BODIES", duration(0, CENTURY), 30 * DAY),
    Rule("E034", "OUTBOX_ENTRIES", duration(0, CENTURY), 30 * DAY),
)


def check_settings() -> list[CheckMessage]:
    """Check each setting. If all are valid, check that they agree with each other."""
    given = {name: getattr(settings, name) for name in dir(settings) if name.startswith(PREFIX)}
    found = [
        *unknown_names("E001", given, NAMES, prefix=PREFIX),
        *broken_settings(RULES, given),
        *_check_dict("E024", "FRONT_CHANNEL_OUTBOX", OUTBOX_RULES, given),
        *_check_dict("E032", "FRONT_CHANNEL_RETENTION", RETENTION_RULES, given),
        *_check_wake_up(),
        *_check_storage(),
    ]
    return found or [*_check_size(), *_check_lease()]


def _check_dict(number: str, name: str, rules: tuple[Rule, ...], given: dict[str, Any]) -> list[CheckMessage]:
    value = given.get(name)
    if not isinstance(value, Mapping):
        return []
    known = [rule.name for rule in rules]
    return unknown_names(number, value, known, f"{name}: ") + broken_keys(rules, value, name)


def _check_wake_up() -> list[CheckMessage]:
    if conf.wake_up is None:
        return []
    reason = why_not_callable(conf.wake_up)
    hint = 'Write FRONT_CHANNEL_WAKE_UP = "package.module.function", or remove the setting: workers poll.'
    return [problem("E021", hint, detail=reason)] if reason else []


def why_not_callable(path: Any) -> str:
    """Return why the dotted path does not lead to a callable, or an empty text if it does."""
    try:
        return "" if callable(import_string(path)) else f"{path} is not callable."
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def _check_storage() -> list[CheckMessage]:
    if conf.attachment_storage in settings.STORAGES:
        return []
    there = next(iter(settings.STORAGES), "default")
    return [problem("E022", f"Write FRONT_CHANNEL_ATTACHMENT_STORAGE = {there!r}, or add the alias.")]


def _check_size() -> list[CheckMessage]:
    most: int | None = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    if most is None or conf.webhook_max_bytes <= most:
        return []
    hint = f"Write DATA_UPLOAD_MAX_MEMORY_SIZE = {conf.webhook_max_bytes}, or a smaller number here."
    return [problem("E020", hint)]


def _check_lease() -> list[CheckMessage]:
    found = []
    least = conf.api_timeout + LEASE_MARGIN
    if conf.outbox.lease < least:
        found.append(problem("E029", f"Write 'LEASE': {3 * least:g}.", place="FRONT_CHANNEL_OUTBOX"))
    if conf.outbox.max_age <= conf.outbox.lease:
        found.append(problem("E030", f"Write 'MAX_AGE': {3 * DAY}.", place="FRONT_CHANNEL_OUTBOX"))
    return found
