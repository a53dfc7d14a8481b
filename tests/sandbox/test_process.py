"""The sandbox as a process, by itself and as a command of Django."""

from __future__ import annotations

import os
import signal
import socket
import sys
from pathlib import Path

import pytest
import requests
from django.core.management import call_command

from tests import processes
from tests.processes import SECONDS, Process

from .conftest import APP_SECRET, APP_UID
from .test_server import Site, site

__all__ = ["site"]


TEXT = "must be a text without blanks around it, the one in the site's settings.\n"


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


def test_missing_arguments() -> None:
    arguments = [sys.executable, "-m", "django_front_channel.sandbox", "--port", "0"]
    result = run(arguments)
    assert result.returncode == 2
    assert result.complaints.count("\n") == 1
    assert "--app-uid" in result.complaints


def test_the_sandbox_needs_no_django() -> None:
    code = "import sys, django_front_channel.sandbox.__main__; print('django' in sys.modules)"
    result = run([sys.executable, "-c", code], DJANGO_SETTINGS_MODULE="no.such.module")
    assert result.output == "False\n", result.complaints
