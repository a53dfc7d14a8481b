"""What all host projects have. Each folder beside this file changes what its host is about."""

import os
from pathlib import Path

FOLDER = Path(os.environ["HOST_FOLDER"])

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": FOLDER / "host.sqlite3",
        "OPTIONS": {"timeout": 20, "transaction_mode": "IMMEDIATE"},
    }
}
SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["127.0.0.1"]
INSTALLED_APPS: list[str] | tuple[str, ...] = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django_front_channel",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "tests.hosts.projects.urls"
WSGI_APPLICATION = "tests.hosts.projects.wsgi.application"
ASGI_APPLICATION = "tests.hosts.projects.asgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
FRONT_CHANNEL_APPS = {
    "default": {
        "APP_UID": "a1b2c3d4e5f60718",
        "APP_SECRET": "0123456789abcdef0123456789abcdef",
        "HANDLER": "tests.hosts.projects.desk.Desk",
    }
}
FRONT_CHANNEL_API_URL = os.environ.get("HOST_FRONT", "http://127.0.0.1:1")
FRONT_CHANNEL_PUBLIC_URL = os.environ.get("HOST_URL")
