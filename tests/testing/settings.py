"""A small host, whose database needs no socket."""

DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
SECRET_KEY = "only for tests"
ROOT_URLCONF = "tests.testing.urls"
USE_TZ = True
INSTALLED_APPS = ["django_front_channel"]
FRONT_CHANNEL_APPS = {
    "default": {"APP_UID": "a1b2c3d4e5f60718", "APP_SECRET": "0123456789abcdef0123456789abcdef"}
}
