"""A project with the app and its yardsticks. The only middleware sets the length of answers.

The database is that of ``tests.settings``: ``FRONT_CHANNEL_TEST_DB`` chooses it.
"""

import os

from tests import settings

DATABASES = settings.DATABASES
DATABASES["default"] |= {"ATOMIC_REQUESTS": False, "CONN_MAX_AGE": None}
if os.environ.get("BENCH_SERVER") == "uvicorn":
    # As Django advises: each request has its own thread, and a persistent connection would be lost with it.
    DATABASES["default"]["CONN_MAX_AGE"] = 0
if os.environ.get("FRONT_CHANNEL_TEST_DB") == "sqlite":
    # As durable as PostgreSQL: an answered request survives a power cut.
    pragmas = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    DATABASES["default"]["OPTIONS"] |= {"init_command": pragmas}

FRONT_CHANNEL_APPS = settings.FRONT_CHANNEL_APPS
SECRET_KEY = "only for measurements"  # noqa: S105
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "bench.ingest.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django_front_channel",
    "bench.ingest.byhand",
]
