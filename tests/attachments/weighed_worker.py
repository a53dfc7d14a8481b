"""A worker that works whenever it reads a line, and then says how much memory it has ever had, in kB."""

import sys
from pathlib import Path

import django


def peak() -> int:
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(status["VmHWM"].removesuffix("kB"))


if __name__ == "__main__":
    django.setup()
    from django_front_channel.worker.loop import Worker

    worker = Worker()
    for _line in sys.stdin:
        worker.run_until_quiet()
        sys.stdout.write(f"{peak()}\n")
        sys.stdout.flush()
