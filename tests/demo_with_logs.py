"""The demo, whose processes log where the test that started it looks: its own folder is gone when it has ended."""

import runpy
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting(prefix: str) -> Iterator[str]:
    yield tempfile.mkdtemp(prefix=prefix)


if __name__ == "__main__":
    tempfile.TemporaryDirectory = lasting  # type: ignore[assignment, misc]  # as the demo calls it
    runpy.run_module("example_project.demo", run_name="__main__")
