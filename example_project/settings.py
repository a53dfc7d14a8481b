"""Settings to try the shop on your own machine. Use ``settings_deploy`` in production."""

import os
from pathlib import Path

from . import SANDBOX_APP_SECRET, SANDBOX_APP_UID

FOLDER = Path(__file__).parent

SECRET_KEY = "only for a demo on your own machine"
DEBUG = True
ALLOWED_HOSTS = ["127.0.0.1", "localhost"]
ROOT_URLCONF = "example_project.urls"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
# Files of the chats, shared by site and worker. The shop's own view serves them to people who have the chat's key.
MEDIA_ROOT = os.environ.get("SHOP_MEDIA", FOLDER / "media")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django_front_channel",
    "example_project.shop",
    "example_project.phone",
]

# --- Front --------------------------------------------------------------------------------------------------
# Front shows the App UID and App secret under Settings, Company, Developers.
FRONT_CHANNEL_APPS = {
    "default": {
        "APP_UID": os.environ.get("FRONT_APP_UID", SANDBOX_APP_UID),
        "APP_SECRET": os.environ.get("FRONT_APP_SECRET", SANDBOX_APP_SECRET),
        "HANDLER": "example_project.shop.front.ShopHandler",
    }
}
# Front, unless a sandbox stands in for it.
FRONT_CHANNEL_API_URL = os.environ.get("FRONT_CHANNEL_API_URL", "https://api2.frontapp.com")
# The team's inbox. The sandbox has its own.
SHOP_FRONT_INBOX = os.environ.get("FRONT_CHANNEL_API_URL", "https://app.frontapp.com")
# ------------------------------------------------------------------------------------------------------------

# The start page lists all chats and phones, so that one person can play everybody.
SHOP_IS_DEMO = True

# A real SMS provider would get two URLs of the shop instead.
PHONE_NETWORK = {
    "ON_TEXT": "example_project.shop.sms.receive",
    "ON_RECEIPT": "example_project.shop.sms.receipt",
}

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": os.environ.get("SHOP_DATABASE", FOLDER / "shop.sqlite3"),
        # Site and worker write at the same time. With SQLite's defaults, the site or the worker would fail at once.
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {
        "django_front_channel": {"handlers": ["console"], "level": "INFO"},
        "example_project": {"handlers": ["console"], "level": "INFO"},
    },
}
