"""A host behind basic auth, a login wall and CSRF checks, whose requests are transactions."""

from tests.hosts.projects.base import *

DATABASES["default"]["ATOMIC_REQUESTS"] = True
LOGIN_URL = "login"
MIDDLEWARE = [
    "tests.hosts.projects.walls.basic_auth.basic_auth",
    *MIDDLEWARE,
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
]
