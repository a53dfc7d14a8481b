"""The example project does what its demo promises, and says so when it cannot."""

import os
import re
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from example_project.processes import Children, StepFailed, Stopped
from tests import processes
from tests.demo import DEMO, ROOT, staying_demo
from tests.processes import Process

pytestmark = pytest.mark.once

MANAGE = [sys.executable, "-W", "error", "manage.py"]
SETTINGS = {"DJANGO_SETTINGS_MODULE": "example_project.settings"}
STEPS = [
    "database",
    "sandbox",
    "shop",
    "channel",
    "connect",
    "write",
    "worker",
    "imported",
    "signal",
    "reply",
    "read",
]


def run(command: list[str], **environment: str) -> Process:
    return processes.run(command, cwd=ROOT, env={**os.environ, **environment})


def is_open(url: str) -> bool:
    host, port = url.removeprefix("http://").split(":")
    with socket.socket() as visitor:
        return visitor.connect_ex((host, int(port))) == 0


def addresses(output: str) -> set[str]:
    return set(re.findall(r"http://127\.0\.0\.1:\d+", output))


def test_the_demo_plays_the_round_trip_and_ends() -> None:
    demo = run(DEMO, ONCE="1")

    assert demo.returncode == 0, demo.complaints
    assert re.findall(r" s  ok  (\w+)", demo.output) == STEPS
    assert re.search(r"POST inbound_messages -> 202 in \d+ ms", demo.output)
    assert re.search(r'the page says: "In Front as msg_\w+, conversation cnv_\w+"', demo.output)
    assert len(addresses(demo.output)) == 2
    logs = {file.name for file in demo.folder.rglob("*.log")}
    assert logs == {"phone network.log", "sandbox.log", "shop.log", "worker.log"}, (
        "which are looked through for what must not get out"
    )
    assert not any(is_open(address) for address in addresses(demo.output))


def test_a_demo_that_fails_names_the_step_and_shows_what_the_shop_wrote() -> None:
    demo = run(DEMO, ONCE="1", FRONT_APP_SECRET="not the one that the sandbox has")

    assert demo.returncode == 1
    assert "FAILED at the step 'connect': the Front admin reads: The request could not" in demo.complaints
    assert "signature_wrong" in demo.complaints
    assert not any(is_open(address) for address in addresses(demo.output))


@pytest.fixture
def children(tmp_path: Path) -> Iterator[Children]:
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    with Children(tmp_path, {}) as children:
        yield children
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_child_that_ends_by_itself_is_named_with_its_last_words(children: Children) -> None:
    children.start("worker", "-c", "raise SystemExit('no such table')")

    with pytest.raises(StepFailed, match="the worker has ended with status 1") as failure:
        children.watch()

    assert failure.value.child == "worker"
    assert children.last_lines("worker") == ["no such table"]


def test_waiting_has_an_end(children: Children) -> None:
    children.start("shop", "-c", "import time; time.sleep(60)")

    with pytest.raises(StepFailed, match="waited 0 s for an answer"):
        children.until(lambda: None, "an answer", "shop", seconds=0.1)


def test_a_wish_to_stop_ends_the_waiting(children: Children) -> None:
    def look() -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(Stopped):
        children.until(look, "an answer", "shop")


def test_the_pages_stay_until_the_demo_is_told_to_stop() -> None:
    with staying_demo() as (demo, output):
        chat = re.search(r"http://\S+/chat/\S+", output)
        assert chat is not None
        page = requests.get(chat[0], timeout=10).text
        demo.send_signal(signal.SIGTERM)

        assert demo.wait(timeout=120) == 0

    assert "It will be with you tomorrow." in page
    assert not any(is_open(address) for address in addresses(output))


def test_the_shops_own_tests_pass() -> None:
    tests = run([*MANAGE, "test", "example_project"], **SETTINGS)

    assert tests.returncode == 0, tests.complaints
    assert re.search(r"Ran \d\d tests", tests.complaints)


def test_the_shops_migration_is_complete() -> None:
    migrations = run([*MANAGE, "makemigrations", "--check", "--dry-run"], **SETTINGS)

    assert migrations.returncode == 0, migrations.output


def test_the_deploy_settings_use_no_secret_of_the_demo() -> None:
    show = (
        "from hashlib import sha256; from django.conf import settings as s; "
        "secrets = f'{s.SECRET_KEY} {s.FRONT_CHANNEL_APPS}'; "
        "print(sha256(secrets.encode()).hexdigest(), 'sandbox' in secrets, 'demo' in secrets, s.DEBUG)"
    )
    deploy = {"DJANGO_SETTINGS_MODULE": "example_project.settings_deploy"}

    first, second = (run([*MANAGE, "shell", "--no-imports", "-c", show], **deploy).output for _ in range(2))

    assert first.endswith(" False False False\n")
    assert first != second


@pytest.mark.fault("demo-only")
def test_the_deploy_settings_show_nobodys_chat_to_strangers() -> None:
    show = (
        "from django.conf import settings as s; from django.urls import resolve, Resolver404\n"
        "try: resolve('/phone/+351910000001/'); phones = True\n"
        "except Resolver404: phones = False\n"
        "print(s.SHOP_IS_DEMO, phones)"
    )
    deploy = {"DJANGO_SETTINGS_MODULE": "example_project.settings_deploy"}
    assert run([*MANAGE, "shell", "--no-imports", "-c", show], **deploy).output == "False False\n"
