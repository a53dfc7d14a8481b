"""A sandbox in a process of its own, so that its memory is not the worker's.

Says its URL. For each path that it reads, a teammate then sends that file; it says the ids of the message and of
the file. For an empty line it says the hashes of the files that Front was told about.
"""

import hashlib
import json
import sys
from typing import Any

from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.server import serving
from tests.settings import FRONT_CHANNEL_APPS

CHANNEL_ID = "cha_far"
APP = FRONT_CHANNEL_APPS["default"]


def answer(*_request: object) -> tuple[int, dict[str, str], bytes]:
    """As an integration that agrees to everything."""
    document = {
        "type": "success",
        "webhook_url": "https://site.example/",
        "external_id": "front-1",
        "external_conversation_id": "front-1",
    }
    return 200, {}, json.dumps(document).encode()


def say(document: Any) -> None:
    sys.stdout.write(f"{json.dumps(document)}\n")
    sys.stdout.flush()


def sent(front: Sandbox, path: str) -> list[str]:
    files = [{"path": path}]
    told = front.compose(channel_id=CHANNEL_ID, to=["ana"], text="Look", attachments=files)
    return [told["message_id"], front.state.messages[told["message_id"]].attachments[0].id]


def told(front: Sandbox) -> list[str]:
    front.run_until_quiet()
    inbound = (message for message in front.state.messages.values() if message.is_inbound)
    return [hashlib.sha256(file.content).hexdigest() for message in inbound for file in message.attachments]


if __name__ == "__main__":
    front = Sandbox(
        app_uid=APP["APP_UID"],
        app_secret=APP["APP_SECRET"],
        webhook_url="https://site.example/",
        send=answer,
        import_delay=3600,
    )
    front.connect(token="t", channel_id=CHANNEL_ID)
    with serving(front) as url:
        say(url)
        for line in sys.stdin:
            say(sent(front, line.strip()) if line.strip() else told(front))
