"""Async views and tasks call the services in the documented way, fifty at once, on a real database."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from asgiref.sync import async_to_sync
from django.core.exceptions import SynchronousOnlyOperation

from django_front_channel import services
from django_front_channel.models import Channel, Message
from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.server import serving
from tests.front import APP
from tests.hosts.serving import PYTHON, ROOT, SECONDS, answers, free_port, uvicorn
from tests.processes import Process, run, until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.fault("async")]
MANY = 50


@pytest.fixture
def environment(child_environment: dict[str, str]) -> dict[str, str]:
    """For processes of the host. The sandbox's address is added where one runs."""
    settings = "tests.hosts.projects.async_site.settings"
    nowhere = {"HOST_FRONT": "http://127.0.0.1:1", "HOST_URL": "http://127.0.0.1:1"}
    return {**child_environment, **nowhere, "DJANGO_SETTINGS_MODULE": settings}


@pytest.fixture
def site(environment: dict[str, str]) -> Iterator[str]:
    """An ASGI server, whose Front has connected a channel."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    front = Sandbox(
        app_uid=APP["APP_UID"],
        app_secret=APP["APP_SECRET"],
        webhook_url=f"{url}/front/default/",
    )
    token = services.channels.create(name="Support").token
    with serving(front) as front_url:
        known = {**environment, "HOST_FRONT": front_url, "HOST_URL": url}
        with Process(uvicorn(port), env=known, cwd=ROOT) as server:
            until(lambda: answers(url) or server.poll() is not None)
            assert server.poll() is None, server.complaints
            assert front.connect(token=token)["error"] is None
            worker = [*PYTHON, "-m", "django", "front_channel_worker", "--interval", "0.05"]
            with Process(worker, env=known, cwd=ROOT) as working:
                yield url
                working.terminate()
                working.wait(SECONDS)
            server.terminate()
            server.wait(SECONDS)


def ask(url: str) -> int:
    return requests.post(url, timeout=SECONDS).status_code


def ask_all(urls: list[str]) -> Counter[int]:
    """How often each status came, for requests that are all made at once."""
    with ThreadPoolExecutor(len(urls)) as pool:
        return Counter(pool.map(ask, urls))


def test_fifty_requests_at_once_are_all_kept_and_what_failed_is_not(site: str) -> None:
    writing = [f"{site}/customers/sms-{number}/" for number in range(MANY)]
    failing = [f"{site}/ignored/lost-{number}/" for number in range(5)]
    assert ask_all(writing + failing) == {200: MANY, 204: 5}

    told = Message.objects.values_list("external_id", flat=True)
    assert sorted(told) == sorted(f"sms-{number}" for number in range(MANY))
    until(lambda: Message.objects.filter(state="imported").count() == MANY)
    asking = [f"{site}/names/sms-{number}/" for number in range(MANY)]
    assert ask_all(asking) == {200: MANY}


def test_fifty_tasks_at_once_are_all_kept(environment: dict[str, str]) -> None:
    services.channels.create(name="Support")
    ended = run([*PYTHON, "-m", "tests.hosts.projects.async_site.tasks"], env=environment, cwd=ROOT)
    assert ended.returncode == 0, ended.complaints
    assert Message.objects.count() == MANY


def test_a_service_that_is_called_without_it_is_refused() -> None:
    async def view() -> None:
        services.channels.create(name="Support")

    with pytest.raises(SynchronousOnlyOperation):
        async_to_sync(view)()
    assert not Channel.objects.exists()
