"""A host that has set what it may set otherwise than most."""

from tests.hosts.projects.base import *

DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = False
TIME_ZONE = "America/Sao_Paulo"
LANGUAGE_CODE = "de"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "front": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
FRONT_CHANNEL_ATTACHMENT_STORAGE = "front"
FRONT_CHANNEL_APPS = {}
FRONT_CHANNEL_OUTBOX = {"LEASE": 99}
FRONT_CHANNEL_RETENTION = {"WEBHOOK_BODIES": 1}
