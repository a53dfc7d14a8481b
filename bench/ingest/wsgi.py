"""The project as gunicorn serves it. Every response names its worker and the CPU seconds that the worker has used."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

django_application = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    def start(status: str, headers: list[tuple[str, str]], *args: Any) -> Any:
        headers.append(("X-Worker", f"{os.getpid()} {time.process_time()}"))
        return start_response(status, headers, *args)

    return django_application(environ, start)
