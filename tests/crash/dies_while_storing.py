"""A worker that is killed when half of a file from Front is in the storage."""

import os
import signal
from pathlib import Path
from typing import Any, NoReturn

import django
from django.core.management import call_command


def save_half(storage: Any, name: str, content: Any) -> NoReturn:
    path = Path(storage.path(name))
    path.parent.mkdir(parents=True)
    path.write_bytes(content.read(content.size // 2))
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


if __name__ == "__main__":
    django.setup()
    from django.core.files.storage import FileSystemStorage

    FileSystemStorage._save = save_half  # type: ignore[attr-defined]
    call_command("front_channel_worker", only="sync", interval=0.05)
