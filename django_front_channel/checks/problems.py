"""The id and the text of each problem that a check can find."""

from __future__ import annotations

from django.core.checks import CheckMessage, Error
from django.core.checks import Warning as CheckWarning

PROBLEMS = {
    "front_channel.E001": "No setting has this name.",
    "front_channel.E002": "FRONT_CHANNEL_APPS must be a dict, or the dotted path of a callable.",
    "front_channel.E003": "FRONT_CHANNEL_APPS must be a dotted path that leads to a callable.",
    "front_channel.E004": "An app's alias must be 1 to 64 letters, digits, hyphens and underscores.",
    "front_channel.E005": "An app must be a dict.",
    "front_channel.E006": "An app has no key of this name.",
    "front_channel.E007": "APP_UID must be a str without leading or trailing whitespace.",
    "front_channel.E008": "APP_SECRET must be a str, or a list of str, without leading or trailing whitespace.",
    "front_channel.E009": "HANDLER must be a dotted path that can be imported.",
    "front_channel.E010": "HANDLER must lead to a subclass of django_front_channel.handlers.ChannelHandler.",
    "front_channel.E011": "The handler's methods must not be async: they are called, not awaited.",
    "front_channel.E012": "CONTACT_TYPE must be custom, email or phone.",
    "front_channel.E013": "API_URL must be an https URL, or an http URL of a loopback host.",
    "front_channel.E014": "FRONT_CHANNEL_API_URL must be an https URL, or an http URL of a loopback host.",
    "front_channel.E015": "FRONT_CHANNEL_PUBLIC_URL must be only scheme and host; the path is added to it.",
    "front_channel.E016": "FRONT_CHANNEL_API_TIMEOUT must be more than 0 and at most 120 seconds.",
    "front_channel.E017": "FRONT_CHANNEL_JWT_LIFETIME must be 1 to 30 seconds: Front refuses longer ones.",
    "front_channel.E018": "FRONT_CHANNEL_WEBHOOK_TOLERANCE must be 30 to 900 seconds.",
    "front_channel.E019": "FRONT_CHANNEL_WEBHOOK_MAX_BYTES must be an int of 1024 or more.",
    "front_channel.E020": "FRONT_CHANNEL_WEBHOOK_MAX_BYTES is more than Django lets a request have.",
    "front_channel.E021": "FRONT_CHANNEL_WAKE_UP must be a dotted path that leads to a callable.",
    "front_channel.E022": "FRONT_CHANNEL_ATTACHMENT_STORAGE must be an alias in STORAGES.",
    "front_channel.E023": "FRONT_CHANNEL_OUTBOX must be a dict.",
    "front_channel.E024": "FRONT_CHANNEL_OUTBOX has no key of this name.",
    "front_channel.E025": "LEASE must be more than 0 seconds and at most 1 hour.",
    "front_channel.E026": "BATCH must be an int from 1 to 10000.",
    "front_channel.E027": "MAX_AGE must be more than 0 seconds and at most 100 years.",
    "front_channel.E028": "BACKOFF must be the first and the longest wait: each more than 0, at most 1 day.",
    "front_channel.E029": "LEASE must exceed FRONT_CHANNEL_API_TIMEOUT by 1 second or more.",
    "front_channel.E030": "MAX_AGE must exceed LEASE: otherwise work that a crash interrupted is given up untried.",
    "front_channel.E031": "FRONT_CHANNEL_RETENTION must be a dict.",
    "front_channel.E032": "FRONT_CHANNEL_RETENTION has no key of this name.",
    "front_channel.E033": "WEBHOOK_BODIES must be 0 seconds to 100 years.",
    "front_channel.E034": "OUTBOX_ENTRIES must be 0 seconds to 100 years.",
    "front_channel.E035": "The tables cannot be kept in this database.",
    "front_channel.E036": "LANGUAGE must be one of the LANGUAGES of the settings.",
    "front_channel.E037": "The database cannot hold every character: a webhook with an emoji would be lost.",
    "front_channel.E038": "Stored times jump when the clocks change: two workers could take the same work.",
    "front_channel.E039": "The webhook URLs are not in the URLconf, so Front cannot reach this site.",
    "front_channel.E043": "DELAY_NOTICE must be None, or more than 0 seconds and at most 100 years.",
    "front_channel.E042": "DELIVER_WITHIN must be more than 0 seconds, and at most 100 years.",
    "front_channel.E040": "Another URL pattern takes Front's requests, because it stands before the webhook URLs.",
    "front_channel.E041": "SLOTS must be an int from 1 to 1000.",
    "front_channel.W001": "An APP_SECRET has fewer than 32 characters: it can be guessed.",
    "front_channel.W002": "APP_UID or APP_SECRET is empty: the app can do nothing.",
    "front_channel.W003": "The API URL is http: anybody on the network can read the JWTs.",
    "front_channel.W004": "FRONT_CHANNEL_PUBLIC_URL is missing: outside a request, webhook URLs have no host.",
    "front_channel.W005": "FRONT_CHANNEL_PUBLIC_URL is http: anybody on the network can read the messages.",
    "front_channel.W006": "FRONT_CHANNEL_PUBLIC_URL is http, and SECURE_SSL_REDIRECT loses Front's POSTs to it.",
    "front_channel.W007": "SQLite begins transactions as DEFERRED: they fail at once while others write.",
    "front_channel.W008": "Transactions must be READ COMMITTED: on stricter levels they fail, or wait for each other.",
    "front_channel.W009": "Persistent connections have no health check: the first request after a restart fails.",
    "front_channel.W010": "Without time-outs a frozen database stops webhooks and workers for good.",
    "front_channel.W011": "This release has a known vulnerability in code that webhooks or requests to Front use.",
}


def problem(number: str, hint: str, *, place: str | None = None, detail: str = "") -> CheckMessage:
    """Return the problem ``front_channel.<number>`` at ``place`` in the settings. The ``hint`` says what to write."""
    kind = Error if number.startswith("E") else CheckWarning
    full_id = f"front_channel.{number}"
    return kind(f"{PROBLEMS[full_id]} {detail}".rstrip(), hint=hint, obj=place, id=full_id)
