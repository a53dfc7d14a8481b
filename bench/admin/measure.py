"""``python -m bench.admin.measure ROWS`` opens the lists that its standard input names, on tables with so many rows.

It prints JSON: first the names of all lists, then the figures of each list that is named.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

import django
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext, setup_test_environment

STOCK = ("message", "webhookevent", "outboxentry")


def main(rows: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "bench.admin.settings"
    django.setup()
    setup_test_environment()
    connection.creation.create_test_db(verbosity=0, serialize=False)
    try:
        serve(rows)
    finally:
        connection.creation.destroy_test_db("", verbosity=0)


def serve(rows: int) -> None:
    # Imported here, because Django must be set up first.
    from django.contrib.auth import get_user_model

    from tests.admin import history

    channels = history.write(rows)
    client = Client()
    client.force_login(get_user_model().objects.create_superuser("boss"))
    pages = {name: f"/admin/front_channel/{path}" for name, path in lists(channels, rows).items()}
    pages |= {f"stock {model}": f"/stock/front_channel/{model}/" for model in STOCK}
    print(json.dumps(list(pages)), flush=True)  # noqa: T201 - the protocol
    for line in sys.stdin:
        print(json.dumps(figures(client, pages[line.strip()])), flush=True)  # noqa: T201 - the protocol


def lists(channels: Any, rows: int) -> dict[str, str]:
    """Return the path of each page to open, by its name."""
    closed, quiet = (f"channel__id__exact={channel.pk}" for channel in (channels.closed, channels.quiet))
    last = min(rows, 10_000) // 50
    return {
        "messages": "message/",
        "messages, the last page that is counted": f"message/?p={last}",
        "messages, failed: few, the oldest": "message/?state__exact=failed",
        "messages, delivered: the older three tenths": "message/?state__exact=delivered",
        "messages, sending: none": "message/?state__exact=sending",
        "messages of a channel that was closed long ago": f"message/?{closed}",
        "messages of a channel that was closed long ago, imported: none": f"message/?{closed}&state__exact=imported",
        "messages of a channel with twenty, the oldest": f"message/?{quiet}",
        "messages, search": "message/?q=5000000007",
        "webhook events": "webhookevent/",
        "webhook events, failed: few, the oldest": "webhookevent/?state__exact=failed",
        "webhook events of a channel that was closed long ago": f"webhookevent/?{closed}",
        "webhook events of that channel, processed: none": f"webhookevent/?{closed}&state__exact=processed",
        "webhook events, search": "webhookevent/?q=5000000007",
        "outbox entries": "outboxentry/",
        "outbox entries, failed: few, the oldest": "outboxentry/?state__exact=failed",
        "outbox entries of a channel that was closed long ago": f"outboxentry/?{closed}",
        "outbox entries of that channel, done: none": f"outboxentry/?{closed}&state__exact=done",
        "outbox entries, search": "outboxentry/?q=5000000007",
        "outbox lanes": "outboxlane/",
        "conversations": "conversation/",
        "conversations of a channel that was closed long ago": f"conversation/?{closed}",
        "external conversations": "externalconversation/",
        "external conversations, search for nothing": "externalconversation/?q=nothing",
    }


def figures(client: Client, path: str) -> dict[str, Any]:
    """Open the page. Raises ``RuntimeError`` for an answer other than 200."""
    with CaptureQueriesContext(connection) as captured:
        begun = time.perf_counter()
        response = client.get(path)
        seconds = time.perf_counter() - begun
    if response.status_code != 200:
        raise RuntimeError(f"The answer to {path} was {response.status_code}.")
    return {"statements": len(captured), "milliseconds": seconds * 1000}


if __name__ == "__main__":
    main(int(sys.argv[1]))
