"""Settings for production. `manage.py check --deploy` passes.

They never use the demo's public secrets. If the environment has no secret, a random one locks everybody out.
"""

import os
from secrets import token_urlsafe
from urllib.parse import urlsplit

from .settings import *  # noqa: F403 - the same project in production
from .settings import FOLDER, FRONT_CHANNEL_APPS

SECRET_KEY = os.environ.get("SECRET_KEY") or token_urlsafe(64)
FRONT_CHANNEL_APPS["default"]["APP_SECRET"] = os.environ.get("FRONT_APP_SECRET") or token_urlsafe(32)

# The webhook URLs for Front begin with this, whatever the host name of a request.
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
