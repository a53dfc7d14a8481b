"""The number of requests per second that the sandbox answers on one core."""

from __future__ import annotations

import contextlib
import http.client
import json
import multiprocessing
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from statistics import median
from typing import NamedTuple
from urllib.parse import urlsplit

import jwt

from bench.client import APP_SECRET, APP_UID, CHANNEL_ID
from bench.markdown import table
from django_front_channel.sandbox import Sandbox
from django_front_channel.sandbox.message_flow import accept_sync
from django_front_channel.sandbox.server import serving

ROUNDS, REQUESTS = 7, 1000


def section() -> str:
    with sandbox() as (url, asking):
        connection = http.client.HTTPConnection(urlsplit(url).netloc)
        rows = [measured(connection, asking, each) for each in CALLS]
        connection.close()
    return (
        "## Sandbox\n\nRequests over one kept connection to a sandbox in another process; medians of rounds. One core "
        "is what its CPU time comes to. The goal is 1,000 a second.\n\n"
        + table(("request", "requests/s", "CPU µs", "requests/s of one core"), rows)
    )


MESSAGE = {
    "sender": {"handle": "+33612345678", "name": "Ana"},
    "body": "Where is my parcel?",
}


class Call(NamedTuple):
    name: str
    method: str
    path: str
    status: int


CALLS = (
    Call("`sync-inbound-message`", "POST", f"/channels/{CHANNEL_ID}/inbound_messages", 202),
    Call("`get-message`", "GET", "/messages/alt:uid:{uid}", 200),
)


def measured(connection: http.client.HTTPConnection, asking: Connection, call: Call) -> tuple[str, ...]:
    call = call._replace(path=call.path.format(uid=asked(asking, "uid")))
    rounds = []
    for number in range(ROUNDS + 1):
        cpu, wall = float(asked(asking, "cpu")), time.perf_counter()
        for each in range(REQUESTS):
            ask(connection, call, f"m-{number}-{each}")
        rounds.append((time.perf_counter() - wall, float(asked(asking, "cpu")) - cpu))
    # The first round warms up.
    wall, used = (median(side) / REQUESTS for side in zip(*rounds[1:], strict=True))
    return call.name, f"{1 / wall:.0f}", f"{used * 1e6:.0f}", f"{1 / used:.0f}"


def ask(connection: http.client.HTTPConnection, call: Call, external_id: str) -> None:
    claims = {"iss": APP_UID, "sub": CHANNEL_ID, "exp": int(time.time()) + 20}
    token = jwt.encode(claims, APP_SECRET)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    said = MESSAGE | {"metadata": {"external_id": external_id, "external_conversation_id": "c-1"}}
    connection.request(call.method, call.path, json.dumps(said) if call.method == "POST" else None, headers)
    answer = connection.getresponse()
    answer.read()
    if answer.status != call.status:
        raise RuntimeError(f"{call.name} was answered {answer.status}.")


def asked(asking: Connection, what: str) -> str:
    asking.send(what)
    return str(asking.recv())


@contextlib.contextmanager
def sandbox() -> Iterator[tuple[str, Connection]]:
    """Yield the URL of a sandbox, and a pipe. Asked for ``uid``, it gives that of a message; for ``cpu``, seconds."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_run, args=(theirs,), daemon=True)
    process.start()
    try:
        yield str(ours.recv()), ours
    finally:
        process.terminate()
        process.join()


def _run(pipe: Connection) -> None:
    front = Sandbox(app_uid=APP_UID, app_secret=APP_SECRET, webhook_url="https://x.example/", send=_answer)
    front.connect(token="t", channel_id=CHANNEL_ID)  # noqa: S106 - no secret of anybody
    body = MESSAGE | {"metadata": {"external_id": "m", "external_conversation_id": "c-1"}}
    uid = accept_sync(front.company, front.state.channels[CHANNEL_ID], body, [], is_inbound=True)
    front.run_until_quiet()
    # Accepted messages wait. Otherwise their imports would be measured too, at times that depend on the clock.
    front.configure(imports=False)
    with serving(front) as url:
        pipe.send(url)
        while True:
            pipe.send(uid if pipe.recv() == "uid" else time.process_time())


def _answer(method: str, url: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, b'{"type":"success","webhook_url":"https://x.example/1"}'
