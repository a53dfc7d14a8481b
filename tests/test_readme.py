"""The lines of the README make a host project that works."""

import configparser
import json
import re
import sys
from pathlib import Path

import pytest

from tests.processes import run

pytestmark = pytest.mark.once

ROOT = Path(__file__).parent.parent
SECRET = "0123456789abcdef0123456789abcdef"

# What the README leaves out: the host's own provider, which sends one SMS for each key.
SMS = """
sent, taken = [], {}

def send(recipients, text, *, key, timeout):
    numbers = [recipient["handle"] for recipient in recipients]
    if "nobody" in numbers:
        from django_front_channel.exceptions import DeliveryFailed
        raise DeliveryFailed("This number does not exist.")
    if key not in taken:
        sent.append((numbers, text))
        taken[key] = f"provider-{len(sent)}"
        if text == "Too slow":
            raise TimeoutError
    return taken[key]
"""
# Plays both sides in one process: the sandbox's webhooks go to the host through Django's test client.
ROUND_TRIP = """
import json, os, sys
from urllib.parse import urlsplit

import django
django.setup()

from django.conf import settings
from django.core.management import call_command
from django.test import Client

from django_front_channel import services
from django_front_channel.models import Message
from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.server import serving
from shop import sms

def send(method, url, headers, body):
    answer = Client().generic(method, urlsplit(url).path, body, SERVER_NAME="localhost", headers=headers)
    return answer.status_code, answer.headers, answer.content

new = services.channels.create(name="SMS")
channel = new.channel
sms.customer_wrote(channel, "+33612345678", "Has it left?", "9")  # before Front knows the channel

sandbox = Sandbox(app_uid=os.environ["FRONT_APP_UID"], app_secret=os.environ["FRONT_APP_SECRET"],
                  webhook_url="http://localhost/front/default/", send=send, import_delay=600)
with serving(sandbox) as settings.FRONT_CHANNEL_API_URL:
    channel_id = sandbox.connect(token=new.token)["channel_id"]
    call_command("front_channel_worker", once=True, stdout=sys.stderr)
    sandbox.run_until_quiet()
    (conversation,) = sandbox.snapshot()["conversations"]
    sandbox.reply(conversation_id=conversation["id"], text="Yes, this morning.")
    sandbox.compose(channel_id=channel_id, to=["nobody"], text="Hello?")
    sandbox.compose(channel_id=channel_id, to=["+33612345679"], text="Too slow")
    call_command("front_channel_worker", once=True, stdout=sys.stderr)
    services.messages.retry(Message.objects.get(text="Too slow"))
    call_command("front_channel_worker", once=True, stdout=sys.stderr)
outcomes = dict(Message.objects.values_list("text", "state"))
print(json.dumps({"in_front": conversation["messages"][0]["text"], "sent": sms.sent, "outcomes": outcomes}))
"""


def blocks() -> dict[str, str]:
    """The README's Python, by the place that each block names in its first line."""
    found = re.findall(r"```python\n# ([^\n]+)\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert len(found) == (ROOT / "README.md").read_text().count("```python")
    return dict(found)


def read_configuration() -> configparser.ConfigParser:
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg")
    return parser


def python(folder: Path, *arguments: str) -> str:
    done = run(
        [sys.executable, *arguments],
        cwd=folder,
        env={
            "DJANGO_SETTINGS_MODULE": "host.settings",
            "FRONT_APP_UID": "a1b2c3d4e5f60718",
            "FRONT_APP_SECRET": SECRET,
            "PYTHONPATH": f"{folder}:{ROOT}",
        },
    )
    assert done.returncode == 0, done.complaints
    return done.output


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """A new Django project with an app ``shop`` and the README's lines. Its INSTALLED_APPS are a tuple, as in some."""
    python(tmp_path, "-m", "django", "startproject", "host", ".")
    python(tmp_path, "manage.py", "startapp", "shop")
    with (tmp_path / "host/settings.py").open("a") as settings:
        settings.write('INSTALLED_APPS = (*INSTALLED_APPS, "shop")\n')
    (tmp_path / "shop/sms.py").write_text(SMS)
    for place, lines in blocks().items():
        with (tmp_path / (place if "/" in place else f"host/{place}")).open("a") as file:
            file.write(f"\n{lines}")
    return tmp_path


def test_a_new_project_with_the_lines_of_the_readme_makes_the_round_trip(host: Path) -> None:
    python(host, "-W", "error", "manage.py", "migrate")

    told = json.loads(python(host, "-W", "error", "-c", ROUND_TRIP))

    assert told["in_front"] == "Has it left?"
    # The provider had taken the last one before its time-out, and does not send it again.
    assert sorted(told["sent"]) == [
        [["+33612345678"], "Yes, this morning."],
        [["+33612345679"], "Too slow"],
    ]
    assert told["outcomes"] == {
        "Has it left?": "imported",
        "Yes, this morning.": "handed_over",
        "Hello?": "failed",
        "Too slow": "handed_over",
    }


def test_the_story_of_the_readme_comes_true(host: Path) -> None:
    (line,) = re.findall(r"`(pytest_plugins = .*)` in your `conftest.py`", (ROOT / "README.md").read_text())
    (host / "conftest.py").write_text(line)

    assert "1 passed" in python(
        host, "-m", "pytest", "-Werror", "--disable-socket", "--log-cli-level=DEBUG", "shop"
    )


def test_fifteen_lines_integrate_it_with_their_imports() -> None:
    copied = [source for place, source in blocks().items() if place != "shop/test_sms.py"]
    lines = [line for source in copied for line in source.splitlines() if line]

    assert len(lines) <= 15
    assert max(map(len, lines)) <= 110


def test_the_commands_of_the_readme_exist(host: Path) -> None:
    readme = (ROOT / "README.md").read_text()
    (clone,) = re.findall(r"^\$ git clone (.+)", readme, re.MULTILINE)
    assert clone == read_configuration()["metadata"]["url"]
    assert readme.index(f"$ git clone {clone}") < readme.index("$ make") < readme.index("-m pip install")
    targets = set(re.findall(r"^\$ make (\w+)", readme, re.MULTILINE))
    (install,) = re.findall(r"^\$ python -m pip install (.+)", readme, re.MULTILINE)
    commands = re.findall(r"^\$ python manage\.py (\w+)", readme, re.MULTILINE)

    assert install == ".", "true in a clone, until there is a release"
    assert targets == {"demo"}
    assert targets <= set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert len(commands) == 2
    for command in commands:
        assert f"manage.py {command}" in python(host, "manage.py", command, "--help")


def test_every_link_leads_to_a_file() -> None:
    """The README is shown on package indexes too, so its links are absolute."""
    project = read_configuration()["metadata"]["url"]
    content = project.replace("github.com", "raw.githubusercontent.com")
    places = [f"{project}/blob/main/", f"{project}/tree/main/", f"{content}/main/"]
    links = re.findall(r"\]\(([^)]+)\)", (ROOT / "README.md").read_text())
    ours = [link.removeprefix(place) for link in links for place in places if link.startswith(place)]

    assert len(ours) > 10
    assert [link for link in ours if not (ROOT / link).exists()] == []
    assert [link for link in links if not link.startswith((*places, "https://front.com"))] == []


def test_every_link_of_the_example_leads_to_a_file() -> None:
    page = ROOT / "example_project/README.md"
    local = [link for link in re.findall(r"\]\(([^)]+)\)", page.read_text()) if "://" not in link]

    assert local
    assert [link for link in local if not (page.parent / link).exists()] == []
