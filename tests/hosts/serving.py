"""Host projects as they run: a server, a worker, and the sandbox as Front."""

from __future__ import annotations

import os
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests

from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.server import serving
from tests.front import APP
from tests.processes import Process, run, until

ROOT = Path(__file__).parent.parent.parent
PYTHON = [sys.executable, "-W", "error"]
SECONDS = 60


def gunicorn(port: int) -> list[str]:
    wsgi = "tests.hosts.projects.wsgi:application"
    return [*PYTHON, "-m", "gunicorn", wsgi, "--bind", f"127.0.0.1:{port}", "--no-control-socket"]


def uwsgi(port: int) -> list[str]:
    """Without post-buffering, which is its default."""
    program = str(Path(sys.executable).parent / "uwsgi")
    where = ["--http-socket", f"127.0.0.1:{port}", "--virtualenv", sys.prefix, "--pythonpath", str(ROOT)]
    threads = ["--enable-threads", "--py-call-uwsgi-fork-hooks", "--threads", "2"]
    return [
        program,
        *where,
        "--module",
        "tests.hosts.projects.wsgi",
        "--need-app",
        "--disable-logging",
        *threads,
    ]


def uvicorn(port: int) -> list[str]:
    asgi = "tests.hosts.projects.asgi:application"
    return [
        *PYTHON,
        "-m",
        "uvicorn",
        asgi,
        "--port",
        str(port),
        "--log-level",
        "warning",
        "--lifespan",
        "off",
    ]


@dataclass
class Site:
    """A running site, and the sandbox that is its Front."""

    url: str
    front: Sandbox
    token: str
    folder: Path

    def states(self) -> list[str]:
        answer = requests.get(f"{self.url}/states/", timeout=SECONDS)
        answer.raise_for_status()
        states: list[str] = answer.json()["states"]
        return states

    def customer_writes(self, external_id: str) -> None:
        requests.post(f"{self.url}/customers/{external_id}/", timeout=SECONDS).raise_for_status()


@contextmanager
def running(
    project: str, server: Callable[[int], list[str]], folder: Path, prefix: str = ""
) -> Iterator[Site]:
    """The project, served and worked for in ``folder``, which holds its prepared database."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    sandbox = Sandbox(
        app_uid=APP["APP_UID"], app_secret=APP["APP_SECRET"], webhook_url=f"{url}{prefix}/front/default/"
    )
    below = {"HOST_PREFIX": prefix}
    with serving(sandbox) as front_url:
        environment = {**environment_of(project, folder), **below, "HOST_FRONT": front_url, "HOST_URL": url}
        worker = [*PYTHON, "-m", "django", "front_channel_worker", "--interval", "0.05"]
        with (
            Process(server(port), env=environment, cwd=ROOT) as site,
            Process(worker, env=environment, cwd=ROOT) as working,
        ):
            until(lambda: answers(url) or site.poll() is not None)
            assert site.poll() is None, site.complaints
            yield Site(url + prefix, sandbox, (folder / "token").read_text(), folder)
            assert working.poll() is None, working.complaints
            for process in (site, working):
                process.terminate()
                process.wait(SECONDS)


def environment_of(project: str, folder: Path) -> dict[str, str]:
    settings = f"tests.hosts.projects.{project}.settings"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": settings,
        "HOST_FOLDER": str(folder),
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
    }


def prepare(folder: Path) -> None:
    """Make a database with a channel, to be copied for each site."""
    prepared = run(
        [*PYTHON, "-m", "tests.hosts.projects.prepare", str(folder / "token")],
        env=environment_of("plain", folder),
        cwd=ROOT,
    )
    assert prepared.returncode == 0, prepared.complaints


def copied(prepared: Path, folder: Path) -> Path:
    for name in ("host.sqlite3", "token"):
        shutil.copy(prepared / name, folder / name)
    return folder


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def answers(url: str) -> bool:
    try:
        requests.get(url, timeout=SECONDS)
    except requests.ConnectionError:
        return False
    return True
