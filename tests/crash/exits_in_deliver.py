"""A worker with a host's handler whose provider's library ends the process, as if all were well."""

import sys

import django
from django.core.management import call_command

if __name__ == "__main__":
    django.setup()
    from django_front_channel.handlers import ChannelHandler

    ChannelHandler.deliver = lambda _handler, _message: sys.exit(0)
    call_command("front_channel_worker", *sys.argv[1:], interval=0.05)
