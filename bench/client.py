"""The speed of ``FrontClient``, compared with a bare loop of ``requests`` that signs the same JWT."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import median

import jwt
import requests

from bench.markdown import table
from bench.stub import stub
from django_front_channel.client import FrontClient

APP_UID, APP_SECRET, CHANNEL_ID = "a1b2c3d4e5f60718", "0123456789abcdef0123456789abcdef", "cha_1"

Send = Callable[[int], object]


@dataclass(frozen=True)
class Scenario:
    """A scenario: the ``delay`` of the responses in seconds, and the number of ``messages`` in one round."""

    delay: float
    threads: int
    messages: int
    rounds: int

    def name(self) -> str:
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        return f"{self.delay * 1000:.0f} ms, {threads}"


SCENARIOS = (
    Scenario(delay=0.0, threads=1, messages=400, rounds=15),
    Scenario(delay=0.02, threads=1, messages=50, rounds=7),
    Scenario(delay=0.1, threads=1, messages=10, rounds=7),
    Scenario(delay=0.02, threads=32, messages=1600, rounds=15),
)


@dataclass(frozen=True)
class Round:
    """Seconds per message: ``wall`` on the clock, ``cpu`` of this process."""

    wall: float
    cpu: float


def section() -> str:
    rows = [measured(scenario) for scenario in SCENARIOS]
    heads = ("response after", "bare msg/s", "client msg/s", "ratio", "bare CPU µs", "client CPU µs", "ratio")
    return (
        "## Client\n\n"
        "`messages.sync_inbound()` against a stub in another process; bare is one `requests.Session` per thread "
        "that signs the same JWT. Rounds alternate; numbers are medians, ratios the median over rounds of client "
        "to bare messages per second, and of bare to client CPU per message. The goal is 1.0 or more.\n\n"
        + table(heads, rows)
    )


def measured(scenario: Scenario) -> tuple[str, ...]:
    with stub(scenario.delay) as url:
        client = FrontClient(APP_UID, APP_SECRET, CHANNEL_ID, api_url=url)
        sides = (lambda: bare(url), lambda: through(client))
        rounds: tuple[list[Round], list[Round]] = ([], [])
        for number in range(scenario.rounds + 1):
            for side in (0, 1) if number % 2 else (1, 0):
                done = timed(sides[side], scenario)
                if number:  # the first round warms up
                    rounds[side].append(done)
        client.close()
    return row(scenario, *rounds)


def row(scenario: Scenario, bares: list[Round], ours: list[Round]) -> tuple[str, ...]:
    pairs = list(zip(bares, ours, strict=True))
    return (
        scenario.name(),
        f"{1 / median(each.wall for each in bares):.0f}",
        f"{1 / median(each.wall for each in ours):.0f}",
        f"{median(bare.wall / ours.wall for bare, ours in pairs):.2f}",
        f"{median(each.cpu for each in bares) * 1e6:.0f}",
        f"{median(each.cpu for each in ours) * 1e6:.0f}",
        f"{median(bare.cpu / ours.cpu for bare, ours in pairs):.2f}",
    )


def timed(make_send: Callable[[], Send], scenario: Scenario) -> Round:
    share = scenario.messages // scenario.threads

    def work(_: int) -> None:
        send = make_send()
        for number in range(share):
            send(number)

    wall, cpu = time.perf_counter(), time.process_time()
    with ThreadPoolExecutor(scenario.threads) as threads:
        list(threads.map(work, range(scenario.threads)))
    count = share * scenario.threads
    return Round((time.perf_counter() - wall) / count, (time.process_time() - cpu) / count)


def through(client: FrontClient) -> Send:
    def send(number: int) -> object:
        return client.messages.sync_inbound(
            sender={"handle": "+33612345678", "name": "Ana"},
            body="Where is my parcel?",
            external_id=f"m-{number}",
            external_conversation_id="c-1",
        )

    return send


def bare(url: str) -> Send:
    session = requests.Session()

    def send(number: int) -> object:
        claims = {
            "iss": APP_UID,
            "jti": secrets.token_hex(16),
            "sub": CHANNEL_ID,
            "exp": int(time.time()) + 20,
        }
        response = session.post(
            f"{url}/channels/{CHANNEL_ID}/inbound_messages",
            json={
                "sender": {"handle": "+33612345678", "name": "Ana"},
                "body": "Where is my parcel?",
                "metadata": {"external_id": f"m-{number}", "external_conversation_id": "c-1"},
            },
            headers={"Authorization": f"Bearer {jwt.encode(claims, APP_SECRET, algorithm='HS256')}"},
            timeout=10,
        )
        response.raise_for_status()
        return response.json()["message_uid"]

    return send
