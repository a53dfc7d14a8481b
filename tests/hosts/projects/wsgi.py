"""The site, mounted below ``HOST_PREFIX`` as a server in front of it does."""

import os
from typing import Any

from django.core.wsgi import get_wsgi_application

PREFIX = os.environ["HOST_PREFIX"]
site = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Any:
    path = environ["PATH_INFO"]
    if path.startswith(f"{PREFIX}/"):
        environ |= {"SCRIPT_NAME": PREFIX, "PATH_INFO": path.removeprefix(PREFIX)}
    return site(environ, start_response)
