"""The loss of webhooks when an App secret is rotated twice while Front sends 100 requests a second."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex
from statistics import quantiles
from tempfile import TemporaryDirectory

import django
from django.db import connection

from bench.ingest import traffic
from bench.ingest.load import answer
from bench.ingest.server import serving
from bench.markdown import table
from django_front_channel.testing import sign

SENDERS, RATE, SECONDS = 4, 100, 30
LIMIT_SECONDS = 120
# For each rotation, the seconds from the start until the site gets the new secret, until Front uses it, and until the
# site loses the old one.
ROTATIONS = ((5, 8, 11), (17, 20, 23))
TEXT = f"""
{SENDERS} senders send distinct signed `message_imported` of 2 kB over loopback to gunicorn with two sync workers on
SQLite, {RATE} a second for {SECONDS} s. Each request is sent at its time, even if earlier ones are not answered yet,
and is signed with the secret that Front uses at that moment. The secret is rotated twice. In the row "as documented",
the site gets the new secret beside the old one, Front switches 3 s later, and after another 3 s, when everything that
the old secret signed is answered, the site loses the old one. In the row "at once", which is wrong, the new secret
replaces the old one directly. That row shows that the bench notices a refusal. Stored is the number of new webhook
events in the database. The goal is that none is refused. An answer other than 200 and 401, or any other complaint on
the server's standard error, would have ended the run.
""".strip().replace("\n", " ")


class Secrets:
    """The file that the site reads, and the secret that Front signs with."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.signing = "0" * 32
        self.write(self.signing)

    def write(self, *secrets: str) -> None:
        """Replace the secrets in one step, so that no reader finds half a file."""
        written = self._file.with_suffix(".new")
        written.write_text(json.dumps(secrets))
        written.replace(self._file)


Add = Callable[[Secrets, str], None]
"""A way for the site to get a new secret."""


def as_documented(secrets: Secrets, new: str) -> None:
    secrets.write(new, secrets.signing)


def at_once(secrets: Secrets, new: str) -> None:
    secrets.write(new)


WAYS: dict[str, Add] = {"as documented": as_documented, "at once": at_once}


@dataclass(frozen=True)
class Site:
    """The address of the site's webhooks, and the secrets that sign them."""

    port: int
    path: str
    secrets: Secrets


@dataclass
class Load:
    """The result of one run. Durations are in seconds."""

    wall: float = 0.0
    """The time from the first request to the last."""
    rotated: float = 0.0
    """The time from the first request to the end of the last rotation."""
    statuses: Counter[int] = field(default_factory=Counter)
    latencies: list[float] = field(default_factory=list)
    exchanges: dict[str, list[asyncio.Task[None]]] = field(default_factory=lambda: defaultdict(list))
    """The exchanges by the secret that signs their request."""

    def row(self, way: str, stored: int) -> list[str]:
        sent = self.statuses.total()
        percentiles = quantiles(self.latencies, n=100)
        seconds = (percentiles[49], percentiles[98], max(self.latencies))
        counts = (self.statuses[200], stored, self.statuses[401])
        return [
            way,
            str(sent),
            f"{(sent - 1) / self.wall:.1f}",
            *map(str, counts),
            *(f"{1000 * each:.0f}" for each in seconds),
        ]


def section() -> str:
    # In a process of its own, because Django cannot be set up again.
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "bench.rotation_settings",
        "FRONT_CHANNEL_TEST_DB": "sqlite",
    }
    child = [sys.executable, "-m", "bench.rotation"]
    done = subprocess.run(child, env=environment, check=True, stdout=subprocess.PIPE)  # noqa: S603 - fixed
    heads = ("rotated", "sent", "sent/s", "taken", "stored", "refused", "p50 ms", "p99 ms", "longest ms")
    return f"## Rotation\n\n{TEXT}\n\n{table(heads, json.loads(done.stdout))}"


def main() -> None:
    with TemporaryDirectory() as folder:
        os.environ["BENCH_SECRETS"] = f"{folder}/secrets.json"
        secrets = Secrets(Path(folder) / "secrets.json")
        django.setup()
        connection.creation.create_test_db(verbosity=0, serialize=False)
        try:
            json.dump(measured(secrets), sys.stdout)
        finally:
            connection.creation.destroy_test_db("", verbosity=0)


def measured(secrets: Secrets) -> list[list[str]]:
    """Return a row of figures for each way of rotating."""
    # Imported here, because Django must be set up first.
    from bench.ingest.sides import App
    from django_front_channel.models import WebhookEvent

    path, rows = App().path, []
    with serving(str(connection.settings_dict["NAME"])) as (port, complaints):
        site = Site(port, path, secrets)
        run(site, "warm", 1)
        for number, (way, add) in enumerate(WAYS.items()):
            before = WebhookEvent.objects.count()
            load = run(site, str(number), SECONDS, add)
            rows.append(load.row(way, WebhookEvent.objects.count() - before))
        refuse(complaints)
    return rows


def refuse(complaints: Path) -> None:
    """Raise if the server complained of anything but the refusals, which are counted."""
    if said := [line for line in complaints.read_text().splitlines() if "Refused a request" not in line]:
        raise RuntimeError("\n".join(said))


def run(site: Site, name: str, seconds: int, add: Add | None = None) -> Load:
    """Send requests, and rotate the secret meanwhile. Raises ``RuntimeError`` for an answer other than 200 and 401."""
    bodies = [body for body, _ in traffic.webhooks(traffic.threads(name, RATE * seconds))]
    return asyncio.run(asyncio.wait_for(_run(site, bodies, add), LIMIT_SECONDS))


async def _run(site: Site, bodies: list[bytes], add: Add | None) -> Load:
    load, begun = Load(), time.perf_counter()

    async def send(number: int) -> None:
        for each in range(number, len(bodies), SENDERS):
            await _at(begun + each / RATE)
            load.wall = max(load.wall, time.perf_counter() - begun)
            secret = site.secrets.signing
            load.exchanges[secret].append(group.create_task(_exchange(site, bodies[each], secret, load)))

    async with asyncio.TaskGroup() as group:
        for number in range(SENDERS):
            group.create_task(send(number))
        if add is not None:
            group.create_task(_rotate(site.secrets, add, load, begun))
    if load.rotated > load.wall:
        raise RuntimeError("The machine is too busy: the requests ended before the second rotation.")
    return load


async def _rotate(secrets: Secrets, add: Add, load: Load, begun: float) -> None:
    for added, switched, removed in ROTATIONS:
        old, new = secrets.signing, token_hex(16)
        await _at(begun + added)
        add(secrets, new)
        await _at(begun + switched)
        secrets.signing = new
        await _at(begun + removed)
        await asyncio.wait(load.exchanges[old])  # the machine may be busy
        secrets.write(new)
        load.rotated = time.perf_counter() - begun


async def _exchange(site: Site, body: bytes, secret: str, load: Load) -> None:
    (request,) = traffic.over_http(site.path, [(body, sign(body, secret))])
    begun = time.perf_counter()
    head = await answer(site.port, request)
    load.latencies.append(time.perf_counter() - begun)
    status = int(head.split(b" ")[1])
    if status not in (200, 401):
        raise RuntimeError(f"The answer was {head.decode()!r}.")
    load.statuses[status] += 1


async def _at(moment: float) -> None:
    await asyncio.sleep(max(0.0, moment - time.perf_counter()))


if __name__ == "__main__":
    main()
