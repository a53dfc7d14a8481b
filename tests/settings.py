"""A host project as demanding as they come: the suite and the processes that it starts run in it.

``FRONT_CHANNEL_TEST_DB`` chooses ``sqlite`` (default), ``postgres`` or ``mariadb``. A process started by a
test finds the test's own database by ``FRONT_CHANNEL_TEST_DB_NAME`` (see ``child_environment``).
``FRONT_CHANNEL_TEST_TEMPLATE`` (PostgreSQL) and ``FRONT_CHANNEL_TEST_CHARSET`` (MariaDB) make a demanding database.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

# By process, so that two runs on one machine never share a database.
OWN_NAME = f"front_channel_{os.getpid()}"
NAME_GIVEN = os.environ.get("FRONT_CHANNEL_TEST_DB_NAME")

# In seconds: what production needs, but long enough for a busy machine.
MINUTES = 300
POSTGRES_TIMEOUTS = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
MARIADB_TIMEOUTS = ("max_statement_time", "innodb_lock_wait_timeout", "idle_transaction_timeout")


def sqlite() -> dict[str, Any]:
    """A file for the tests, because several processes share it."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": NAME_GIVEN or ":memory:",
        "TEST": {"NAME": str(Path(tempfile.gettempdir()) / f"test_{OWN_NAME}.sqlite3")},
        "OPTIONS": {
            "timeout": 20,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }


def postgres() -> dict[str, Any]:
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": NAME_GIVEN or OWN_NAME,
        "HOST": os.environ.get("POSTGRES_HOST", "127.0.0.1"),
        "PORT": os.environ.get("POSTGRES_PORT", "5432"),
        "USER": os.environ.get("POSTGRES_USER", "postgres"),
        "PASSWORD": os.environ.get("POSTGRES_PASSWORD", ""),
        "OPTIONS": {
            "connect_timeout": MINUTES,
            "tcp_user_timeout": MINUTES * 1000,
            "options": " ".join(f"-c {name}={MINUTES}s" for name in POSTGRES_TIMEOUTS),
        },
        "TEST": {"TEMPLATE": os.environ.get("FRONT_CHANNEL_TEST_TEMPLATE")},
    }


def mariadb() -> dict[str, Any]:
    """With the usual collation, which takes different external ids for equal: the code must not care."""
    # PyMySQL, because mysqlclient has no wheels and so needs MariaDB's headers and a compiler.
    import pymysql

    pymysql.install_as_MySQLdb()
    charset = os.environ.get("FRONT_CHANNEL_TEST_CHARSET", "utf8mb4")
    return {
        "ENGINE": "django.db.backends.mysql",
        "NAME": NAME_GIVEN or OWN_NAME,
        "HOST": os.environ.get("MARIADB_HOST", "127.0.0.1"),
        "PORT": os.environ.get("MARIADB_PORT", "3306"),
        "USER": os.environ.get("MARIADB_USER", "root"),
        "PASSWORD": os.environ.get("MARIADB_PASSWORD", ""),
        "OPTIONS": {
            "charset": "utf8mb4",
            "connect_timeout": MINUTES,
            "read_timeout": MINUTES,
            "write_timeout": MINUTES,
            "init_command": "SET " + ", ".join(f"{name} = {MINUTES}" for name in MARIADB_TIMEOUTS),
        },
        "TEST": {"CHARSET": charset, "COLLATION": f"{charset}_general_ci"},
    }


SERVERS = {"sqlite": sqlite, "postgres": postgres, "mariadb": mariadb}
DATABASES = {"default": SERVERS[os.environ.get("FRONT_CHANNEL_TEST_DB", "sqlite")]()}
DATABASES["default"]["ATOMIC_REQUESTS"] = True

SECRET_KEY = "only for tests"
ALLOWED_HOSTS = ["testserver", "127.0.0.1", "localhost"]
ROOT_URLCONF = "tests.urls"
LOGIN_URL = "admin:login"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "hostapp.User"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = True
TIME_ZONE = "Europe/Lisbon"
USE_I18N = True
LANGUAGE_CODE = "en"
STATIC_URL = "static/"
# The fixture ``media`` names a folder of the test's own; without it nothing is to be stored.
MEDIA_ROOT = os.environ.get("FRONT_CHANNEL_TEST_MEDIA", "/proc/nowhere")

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "shelf": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.messages",
    "django.contrib.sessions",
    "rest_framework",
    "django_front_channel",
    "tests.hostapp",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
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

# A process that a test has started prints whatever is logged in it, so that the test can listen there too.
if NAME_GIVEN:
    LOGGING = {
        "version": 1,
        "disable_existing_loggers": False,
        "handlers": {"errors": {"class": "logging.StreamHandler"}},
        "loggers": {"django_front_channel": {"level": "DEBUG"}},
        "root": {"handlers": ["errors"]},
    }

FRONT_CHANNEL_APPS = {
    "default": {"APP_UID": "a1b2c3d4e5f60718", "APP_SECRET": "0123456789abcdef0123456789abcdef"}
}
