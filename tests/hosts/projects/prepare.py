"""Makes the tables and a channel whose token is written to a file."""

import sys
from pathlib import Path

import django
from django.core.management import call_command

if __name__ == "__main__":
    django.setup()
    call_command("migrate", verbosity=0)
    from django_front_channel import services

    Path(sys.argv[1]).write_text(services.channels.create(name="Support").token)
