"""A worker that is killed when everything is ready for a request, before the first byte of it."""

import os
import signal
from typing import NoReturn

import django
from django.core.management import call_command


def die(*_arguments: object, **_keywords: object) -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


if __name__ == "__main__":
    django.setup()
    from django_front_channel.client.transport import Transport

    Transport.send = die  # type: ignore[method-assign]
    call_command("front_channel_worker", only="sync", interval=0.05)
