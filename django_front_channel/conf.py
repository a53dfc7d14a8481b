"""The ``FRONT_CHANNEL_*`` settings: one property each, read at each use, so that ``override_settings`` works.

The system checks report wrong values, with the setting's name and a hint.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured

from django_front_channel.secret import Secret

FRONT_API_URL = "https://api2.frontapp.com"
CONTACT_TYPES = ("custom", "email", "phone")
HOUR = 3600.0
LEASE_MARGIN = 1.0
"""``LEASE`` must exceed ``FRONT_CHANNEL_API_TIMEOUT`` by at least this many seconds, to leave time for storing the
outcome."""


@dataclass(frozen=True)
class App:
    """One Front app: an entry of ``FRONT_CHANNEL_APPS``. Its repr shows no secret."""

    alias: str
    uid: str
    secrets: tuple[Secret, ...]
    """The first one signs our JWTs. Front's requests are verified with all of them."""
    api_url: str
    handler: str = "django_front_channel.handlers.ChannelHandler"
    contact_type: str = "custom"
    language: str = "en"
    """The language of the texts that teammates and admins read in Front, such as ``de``."""
    deliver_within: float = 4 * HOUR
    """The time in seconds that a message of the team may take to reach the customer."""
    delay_notice: float | None = 120.0
    """The time in seconds after which the team is told that a message still waits. None means never."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "secrets", tuple(map(Secret.of, self.secrets)))

    @property
    def secret(self) -> str:
        """The secret that signs, as a plain string. If you keep it in a variable, error reports may show it."""
        return self.secrets[0].reveal()


class _Hidden:
    """A value whose repr does not show it."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class _Given:
    """An app as the settings give it, with the secrets separate from the other values."""

    def __init__(self, hidden: _Hidden) -> None:
        self.public = {key: hidden.value[key] for key in hidden.value if key != "APP_SECRET"}
        if not hidden.value.get("APP_SECRET"):
            self.secrets: tuple[Secret, ...] = ()
        elif isinstance(hidden.value["APP_SECRET"], str | Secret):
            self.secrets = (Secret.of(hidden.value["APP_SECRET"]),)
        else:
            self.secrets = tuple(map(Secret.of, hidden.value["APP_SECRET"]))


@dataclass(frozen=True)
class Outbox:
    """``FRONT_CHANNEL_OUTBOX`` with its defaults filled in; durations in seconds."""

    lease: float = 30.0
    """The longest time that a worker keeps a lane without a sign of life. After that, another worker takes over.

    ``deliver()`` may take this time minus ``FRONT_CHANNEL_API_TIMEOUT``."""
    batch: int = 100
    """The number of new entries of one channel that are admitted before other channels get their turn."""
    slots: int = 24
    """The number of requests that a worker sends at the same time for one company of Front, and of messages that it
    delivers at the same time for one channel. A worker has twice as many slots, so half of them are left to others."""
    max_age: float = 3 * 24 * 3600.0
    """The age at which a request to Front is given up, with its signal, if an attempt has failed. Deliveries have
    ``DELIVER_WITHIN`` in ``FRONT_CHANNEL_APPS`` instead."""
    backoff: tuple[float, float] = (1.0, 600.0)
    """The first and the longest wait between two attempts."""


@dataclass(frozen=True)
class Retention:
    """``FRONT_CHANNEL_RETENTION`` with its defaults filled in; durations in seconds."""

    webhook_bodies: float = 30 * 24 * 3600.0
    """The age at which raw webhook bodies are blanked. Digest, key and answer stay."""
    outbox_entries: float = 30 * 24 * 3600.0
    """The age at which settled outbox entries and their attempts are deleted."""


def seconds(value: float | timedelta) -> float:
    """Convert a duration setting to seconds."""
    return value.total_seconds() if isinstance(value, timedelta) else float(value)


class Conf:
    """Typed access to the settings. The docstrings become the settings reference."""

    @property
    def apps(self) -> Any:
        """``FRONT_CHANNEL_APPS``: the Front apps by alias, or the dotted path of a callable ``alias -> dict | None``.

        Each app is a dict with these keys:

        ``APP_UID``       the App UID in Front
        ``APP_SECRET``    the App secret, or a list of secrets: the first one signs, and all of them verify
        ``HANDLER``       dotted path of a ``ChannelHandler`` (optional)
        ``CONTACT_TYPE``  ``custom`` (the default), ``email`` or ``phone``, as set on the channel feature in Front
        ``API_URL``       the URL of Front's API, by default ``FRONT_CHANNEL_API_URL``
        ``LANGUAGE``      a code such as ``de``, by default ``LANGUAGE_CODE``: the language in which teammates and
        admins read in Front why something was refused
        ``DELIVER_WITHIN``  how long a message of the team may take to reach the customer, by default 4 hours. A message
        that takes longer fails in Front, and is never delivered. Give a live chat a few minutes.
        ``DELAY_NOTICE``  after how long a comment in the conversation says that a message still waits, by default 2
        minutes; None for never

        Durations are seconds or ``timedelta``. With ``CONTACT_TYPE`` ``phone``, a handle is a number with its country
        code, a short code of 3 to 8 digits, or a sender name of at most 11 characters. Default: no app.
        """
        return getattr(django_settings, "FRONT_CHANNEL_APPS", {})

    @property
    def api_url(self) -> str:
        """``FRONT_CHANNEL_API_URL``: the URL of Front's API. Default: ``https://api2.frontapp.com``."""
        return str(getattr(django_settings, "FRONT_CHANNEL_API_URL", FRONT_API_URL))

    @property
    def public_url(self) -> str | None:
        """``FRONT_CHANNEL_PUBLIC_URL``: scheme and host of the webhook URLs given to Front.

        Default: those of the current request.
        """
        return getattr(django_settings, "FRONT_CHANNEL_PUBLIC_URL", None)

    @property
    def api_timeout(self) -> float:
        """``FRONT_CHANNEL_API_TIMEOUT``: the longest total time of one request to Front. Default: 10 seconds."""
        return seconds(getattr(django_settings, "FRONT_CHANNEL_API_TIMEOUT", 10))

    @property
    def jwt_lifetime(self) -> float:
        """``FRONT_CHANNEL_JWT_LIFETIME``: the time that a JWT is valid. Default: 20 seconds; Front accepts up to 30."""
        return seconds(getattr(django_settings, "FRONT_CHANNEL_JWT_LIFETIME", 20))

    @property
    def webhook_tolerance(self) -> float:
        """``FRONT_CHANNEL_WEBHOOK_TOLERANCE``: the greatest difference between a request's timestamp and our clock.

        It holds in both directions. Default: 300 seconds, as Front advises.
        """
        return seconds(getattr(django_settings, "FRONT_CHANNEL_WEBHOOK_TOLERANCE", 300))

    @property
    def webhook_max_bytes(self) -> int:
        """``FRONT_CHANNEL_WEBHOOK_MAX_BYTES``: the largest body that a webhook may have, in bytes. Default: 1 MiB."""
        return int(getattr(django_settings, "FRONT_CHANNEL_WEBHOOK_MAX_BYTES", 1024 * 1024))

    @property
    def wake_up(self) -> str | None:
        """``FRONT_CHANNEL_WAKE_UP``: dotted path of a callable that wakes the worker. It takes no arguments.

        It is called after a commit that enqueued something. If a call is lost, the worker finds the work by polling.
        Default: none, and the worker only polls.
        """
        return getattr(django_settings, "FRONT_CHANNEL_WAKE_UP", None)

    @property
    def outbox(self) -> Outbox:
        """``FRONT_CHANNEL_OUTBOX``: a dict with any of ``LEASE``, ``SLOTS``, ``BATCH``, ``MAX_AGE`` and ``BACKOFF``.

        Durations are seconds or ``timedelta``.
        Default: ``{"LEASE": 30, "SLOTS": 24, "BATCH": 100, "MAX_AGE": timedelta(days=3), "BACKOFF": (1, 600)}``.
        """
        given: Mapping[str, Any] = getattr(django_settings, "FRONT_CHANNEL_OUTBOX", {})
        default = Outbox()
        first, longest = given.get("BACKOFF", default.backoff)
        return Outbox(
            lease=seconds(given.get("LEASE", default.lease)),
            batch=int(given.get("BATCH", default.batch)),
            slots=int(given.get("SLOTS", default.slots)),
            max_age=seconds(given.get("MAX_AGE", default.max_age)),
            backoff=(seconds(first), seconds(longest)),
        )

    @property
    def retention(self) -> Retention:
        """``FRONT_CHANNEL_RETENTION``: a dict with any of ``WEBHOOK_BODIES`` and ``OUTBOX_ENTRIES``.

        Durations are seconds or ``timedelta``. Default: 30 days each.
        """
        given: Mapping[str, Any] = getattr(django_settings, "FRONT_CHANNEL_RETENTION", {})
        default = Retention()
        return Retention(
            webhook_bodies=seconds(given.get("WEBHOOK_BODIES", default.webhook_bodies)),
            outbox_entries=seconds(given.get("OUTBOX_ENTRIES", default.outbox_entries)),
        )

    @property
    def attachment_storage(self) -> str:
        """``FRONT_CHANNEL_ATTACHMENT_STORAGE``: the alias in ``STORAGES`` where the files of messages are kept.

        Web and worker processes must share it. Default: ``default``.
        """
        return str(getattr(django_settings, "FRONT_CHANNEL_ATTACHMENT_STORAGE", "default"))

    def aliases(self) -> tuple[str, ...]:
        """Return the aliases in a ``FRONT_CHANNEL_APPS`` mapping. Empty if the setting is a callable."""
        return tuple(self.apps) if isinstance(self.apps, Mapping) else ()

    def find_app(self, alias: str) -> App | None:
        """Return the app with this alias, or None. It may lack an App UID or an App secret."""
        hidden = self._given(alias)
        if hidden is None:
            return None
        given = hidden.public
        return App(
            alias=alias,
            uid=str(given.get("APP_UID", "")),
            secrets=hidden.secrets,
            api_url=str(given.get("API_URL") or self.api_url).rstrip("/"),
            handler=given.get("HANDLER") or App.handler,
            contact_type=given.get("CONTACT_TYPE") or App.contact_type,
            language=str(given.get("LANGUAGE") or self.default_language()),
            deliver_within=seconds(given.get("DELIVER_WITHIN") or App.deliver_within),
            delay_notice=None
            if (wait := given.get("DELAY_NOTICE", App.delay_notice)) is None
            else seconds(wait),
        )

    def default_language(self) -> str:
        """Return ``LANGUAGE_CODE``, the language of an app without ``LANGUAGE``."""
        return str(django_settings.LANGUAGE_CODE)

    def language(self, alias: str) -> str:
        """Return the language of this app, or the default language if the app cannot be found."""
        app = self._app_or_none(alias)
        return app.language if app else self.default_language()

    def deliver_within(self, alias: str) -> float:
        """Return the ``DELIVER_WITHIN`` of this app in seconds, or the default if the app cannot be found."""
        app = self._app_or_none(alias)
        return app.deliver_within if app else App.deliver_within

    def delay_notice(self, alias: str) -> float | None:
        """Return the ``DELAY_NOTICE`` of this app in seconds, or the default if the app cannot be found."""
        app = self._app_or_none(alias)
        return app.delay_notice if app else App.delay_notice

    def app(self, alias: str) -> App:
        """Return the app with this alias.

        Raises ``ImproperlyConfigured`` if it is missing, or lacks its App UID or App secret.
        """
        app = self.find_app(alias)
        if app is None:
            raise ImproperlyConfigured(
                f"FRONT_CHANNEL_APPS has no app {alias!r}. Add it, or use one of its aliases."
            )
        if not app.uid or not app.secrets or not all(app.secrets):
            raise ImproperlyConfigured(f"FRONT_CHANNEL_APPS[{alias!r}] needs an APP_UID and an APP_SECRET.")
        return app

    def _app_or_none(self, alias: str) -> App | None:
        """Return the app with this alias; None also if the host's callable fails."""
        try:
            return self.find_app(alias)
        except Exception:
            return None

    def _given(self, alias: str) -> _Given | None:
        """Return the app from the settings or the host's callable, or None. No local variable shows its secrets."""
        if isinstance(self.apps, str):
            from django.utils.module_loading import import_string

            hidden = _Hidden(import_string(self.apps)(alias))
        else:
            hidden = _Hidden(self.apps(alias) if callable(self.apps) else self.apps.get(alias))
        return None if hidden.value is None else _Given(hidden)


conf = Conf()
