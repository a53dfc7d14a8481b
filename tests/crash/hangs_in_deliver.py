"""A worker with a host's handler that hangs in its first delivery. The argument names a file: it has hung before."""

import sys
import time
from pathlib import Path

import django
from django.core.management import call_command


def wait_for_a_dead_provider() -> None:
    while True:
        time.sleep(60)


if __name__ == "__main__":
    django.setup()
    from django_front_channel.handlers import ChannelHandler

    has_hung = Path(sys.argv[1])

    def deliver(_handler: ChannelHandler, _message: object) -> str:
        if not has_hung.exists():
            has_hung.touch()
            wait_for_a_dead_provider()
        return "SM-42"

    ChannelHandler.deliver = deliver
    call_command("front_channel_worker", interval=0.05)
