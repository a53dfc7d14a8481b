"""Settings for the world outside, where `manage.py check --deploy` has nothing to say.

What the demo makes public is never used here: a secret that the environment does not give is a random one,
which locks everybody out rather than anybody in.
"""

import os
from secrets import token_urlsafe
from urllib.parse import urlsplit

from .settings import *  # noqa: F403 - the same project, somewhere else
from .settings import FOLDER, FRONT_CHANNEL_APPS

SECRET_KEY = os.environ.get("SECRET_KEY") or token_urlsafe(64)
FRONT_CHANNEL_APPS["default"]["APP_SECRET"] = os.environ.get("FRONT_APP_SECRET") or token_urlsafe(32)

# The webhook URLs that Front is given begin like this, whatever host name a request came by.
FRONT_CHANNEL_PUBLIC_URL = os.environ.get("SHOP_PUBLIC_URL", "https://shop.example.com")

DEBUG = False
SHOP_IS_DEMO = False
ALLOWED_HOSTS = [urlsplit(FRONT_CHANNEL_PUBLIC_URL).hostname or ""]
STATIC_ROOT = FOLDER / "static"

SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
