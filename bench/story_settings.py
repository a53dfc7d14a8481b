"""A host with the usual middleware, for ``bench.stories``."""

from tests.settings import *  # noqa: F403

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
FRONT_CHANNEL_APPS = {
    "default": {
        "APP_UID": "a1b2c3d4e5f60718",
        "APP_SECRET": "0123456789abcdef0123456789abcdef",
        "HANDLER": "bench.story_tests.Courier",
    }
}
