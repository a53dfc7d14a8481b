"""The sandbox as a process, by itself and as a command of Django."""

from __future__ import annotations

import os
import re
import signal
import socket
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
import requests
from django.core.management import call_command

from django_front_channel.conf import conf
from tests import processes
from tests.processes import SECONDS, Process

from .conftest import APP_SECRET, APP_UID
from .test_server import Site, bearer, site

pytestmark = pytest.mark.once

__all__ = ["site"]


TEXT = "must be the one in the site's settings, without whitespace around it.\n"


def run(arguments: list[str], **environment: str) -> Process:
    return processes.run(arguments, env={**os.environ, **environment})


def command(*changes: str, webhook_url: str = "http://127.0.0.1:9/front/") -> list[str]:
    standard = ["--port", "0", "--app-uid", APP_UID, "--app-secret", APP_SECRET, "--webhook-url", webhook_url]
    return [sys.executable, "-m", "django_front_channel.sandbox", *standard, *changes]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_process_starts_and_stops(number: signal.Signals, site: Site) -> None:
    with Process(command("--import-delay", "0.5", webhook_url=site.url)) as process:
        line = process.line()
        address = line.rpartition(" ")[2].strip()
        assert line == f"The Front sandbox is ready at {address}\n"
        assert requests.get(f"{address}/_sandbox/", timeout=5).json()["status"] == "ok"
        assert requests.post(f"{address}/_sandbox/connect", json={"token": "t"}, timeout=5).status_code == 200
        process.send_signal(number)
        assert process.wait(SECONDS) == 0
        assert (process.output, process.complaints) == (line, "")


def test_a_process_goes_on_with_its_data(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "front.json"
    channels = []
    for _ in range(2):
        with Process(command("--data", str(file), webhook_url=site.url)) as process:
            address = process.line().rpartition(" ")[2].strip()
            requests.post(f"{address}/_sandbox/connect", json={"token": "t"}, timeout=5)
            state = requests.get(f"{address}/_sandbox/state", timeout=5).json()
            channels.append([channel["id"] for channel in state["channels"]])
            process.send_signal(signal.SIGTERM)
            assert process.wait(SECONDS) == 0
    first, both = channels
    assert (len(first), len(both), both[:1]) == (1, 2, first)


def test_data_that_is_no_data(tmp_path: Path) -> None:
    file = tmp_path / "front.json"
    file.write_text("[]")
    result = run(command("--data", str(file)))
    sentence = f"Cannot keep the data in {file}: it was not written by the sandbox; choose another file.\n"
    assert (result.returncode, result.output, result.complaints) == (2, "", sentence)
    assert file.read_text() == "[]"


def test_the_django_command_serves_too(site: Site) -> None:
    arguments = [*command(webhook_url=site.url)[3:]]
    with Process(
        [sys.executable, "-m", "django", "front_channel_sandbox", *arguments],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    ) as process:
        address = process.line().rpartition(" ")[2].strip()
        assert requests.get(f"{address}/_sandbox/", timeout=5).json()["app_uid"] == APP_UID
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 0


def test_the_django_command_says_what_is_wrong(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        call_command("front_channel_sandbox", *command(webhook_url="here")[3:])
    assert ended.value.code == 2
    assert (
        capsys.readouterr().err
        == "The webhook URL must be absolute, such as http://127.0.0.1:8000/front/default/.\n"
    )


def test_taken_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = run(command("--port", str(port)))
    assert result.returncode == 2
    assert (
        result.complaints
        == f"Cannot listen on 127.0.0.1:{port}: Address already in use; choose another host or port.\n"
    )


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            ["--webhook-url", "localhost:8000/front/"],
            "The webhook URL must be absolute, such as http://127.0.0.1:8000/front/default/.\n",
        ),
        (
            ["--webhook-url", "http://127.0.0.1:80000/front/"],
            "The webhook URL must be absolute, such as http://127.0.0.1:8000/front/default/.\n",
        ),
        (["--port", "many"], "Argument --port: invalid int value: 'many'.\n"),
        (
            ["--port", "70000"],
            "Cannot listen on 127.0.0.1:70000: bind(): port must be 0-65535; choose another host or port.\n",
        ),
        *(
            (
                ["--import-delay", wrong],
                f"Argument --import-delay: must be a number of seconds, not negative: {wrong}.\n",
            )
            for wrong in ("-1", "nan", "inf", "soon")
        ),
        (["--app-secret", ""], f"The App secret {TEXT}"),
        (["--app-secret", "secret\n"], f"The App secret {TEXT}"),
        (["--app-uid", " uid"], f"The App uid {TEXT}"),
        (["--nonsense"], "Unrecognized arguments: --nonsense.\n"),
    ],
)
def test_wrong_arguments(changes: list[str], sentence: str) -> None:
    result = run(command(*changes))
    assert (result.returncode, result.output, result.complaints) == (2, "", sentence)


def start(*arguments: str, **environment: str) -> Process:
    kept = {name: text for name, text in os.environ.items() if not name.startswith("FRONT_APP_")}
    return Process(
        [sys.executable, "-m", "django_front_channel.sandbox", *arguments], env={**kept, **environment}
    )


def stop(process: Process) -> str:
    process.send_signal(signal.SIGTERM)
    assert process.wait(SECONDS) == 0
    return process.output


def test_a_sandbox_without_arguments_says_what_to_put_into_the_settings() -> None:
    with start("--port", "0") as process:
        address = process.line().rpartition(" ")[2].strip()
        health = requests.get(f"{address}/_sandbox/", timeout=5).json()
        told = stop(process)

    values: dict[str, Any] = {}
    exec(textwrap.dedent(told.partition("settings:\n")[2].partition("\n\n")[0]), values)
    app = values["FRONT_CHANNEL_APPS"]["default"]
    assert values["FRONT_CHANNEL_API_URL"] == address
    assert (app["APP_UID"], health["company"]) == (health["app_uid"], "acme")
    assert len(app["APP_SECRET"]) >= 32
    assert "http://127.0.0.1:8000/front/default/" in told


def test_made_up_secrets_are_others_each_time() -> None:
    secrets = set()
    for _ in range(2):
        with start("--port", "0") as process:
            process.line()
            secrets.add(re.findall(r'"APP_SECRET": "(\w+)"', stop(process))[0])
    assert len(secrets) == 2


def test_the_secret_stands_in_the_environment(site: Site) -> None:
    """There the list of processes does not show it."""
    credentials = {"FRONT_APP_UID": APP_UID, "FRONT_APP_SECRET": APP_SECRET}
    with start("--port", "0", "--webhook-url", site.url, **credentials) as process:
        address = process.line().rpartition(" ")[2].strip()
        assert requests.get(f"{address}/_sandbox/", timeout=5).json()["app_uid"] == APP_UID
        assert requests.get(f"{address}/x", headers=bearer("cha_1"), timeout=5).status_code == 401
        requests.post(f"{address}/_sandbox/connect", json={"token": "t", "channel_id": "cha_1"}, timeout=5)
        assert requests.get(f"{address}/x", headers=bearer("cha_1"), timeout=5).status_code == 404
        assert stop(process) == f"The Front sandbox is ready at {address}\n"


def test_the_secret_stands_in_a_file(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text(f"{APP_SECRET}\n")
    options = ["--port", "0", "--app-uid", APP_UID, "--app-secret-file", str(file), "--webhook-url", site.url]
    with start(*options) as process:
        address = process.line().rpartition(" ")[2].strip()
        requests.post(f"{address}/_sandbox/connect", json={"token": "t", "channel_id": "cha_1"}, timeout=5)
        assert requests.get(f"{address}/x", headers=bearer("cha_1"), timeout=5).status_code == 404
        stop(process)


def test_a_file_without_a_secret() -> None:
    missing = run([sys.executable, "-m", "django_front_channel.sandbox", "--app-secret-file", "/nowhere/x"])
    assert (missing.returncode, missing.output) == (2, "")
    assert (
        missing.complaints
        == "Argument --app-secret-file: cannot read /nowhere/x: No such file or directory.\n"
    )


def test_one_secret_is_enough(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("s")
    both = run(command("--app-secret-file", str(file)))
    assert (both.returncode, both.complaints.count("\n")) == (2, 1)
    assert "--app-secret" in both.complaints


def test_the_company_has_a_name() -> None:
    with start("--port", "0", "--company", "globex") as process:
        address = process.line().rpartition(" ")[2].strip()
        assert requests.get(f"{address}/_sandbox/", timeout=5).json()["company"] == "globex"
        stop(process)


@pytest.mark.parametrize("name", ["", "a.b", "a b", "évil", "-a"])
def test_a_company_is_a_label_of_a_host_name(name: str) -> None:
    result = run(command(f"--company={name}"))
    assert (result.returncode, result.output) == (2, "")
    assert result.complaints.startswith("Argument --company: must be a label of a host name")


def test_the_django_command_takes_the_credentials_of_the_site() -> None:
    with Process(
        [sys.executable, "-m", "django", "front_channel_sandbox", "--port", "0"],
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"},
    ) as process:
        address = process.line().rpartition(" ")[2].strip()
        uid = requests.get(f"{address}/_sandbox/", timeout=5).json()["app_uid"]
        assert uid == conf.app("default").uid
        assert stop(process) == f"The Front sandbox is ready at {address}\n"


def test_the_sandbox_needs_no_django() -> None:
    code = "import sys, django_front_channel.sandbox.__main__; print('django' in sys.modules)"
    result = run([sys.executable, "-c", code], DJANGO_SETTINGS_MODULE="no.such.module")
    assert result.output == "False\n", result.complaints
