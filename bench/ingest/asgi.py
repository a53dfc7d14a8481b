"""The project as uvicorn serves it. Every response names its worker and the CPU seconds that the worker has used."""

from __future__ import annotations

import os
import time
from collections.abc import Awaitable, Callable
from typing import Any

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()


async def application(
    scope: Any, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]
) -> None:
    async def sending(event: Any) -> None:
        if event["type"] == "http.response.start":
            event["headers"].append((b"x-worker", f"{os.getpid()} {time.process_time()}".encode()))
        await send(event)

    await django_application(scope, receive, sending)
