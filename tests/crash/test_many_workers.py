"""Several worker processes on one outbox, while Front fails now and then."""

from __future__ import annotations

import json
import random
from collections import Counter, defaultdict

import pytest

from django_front_channel.models import Channel, Message, OutboxAttempt
from django_front_channel.sandbox import Sandbox
from tests.front import calls, tell
from tests.workers import Start, until

pytestmark = pytest.mark.django_db(transaction=True)

LANES, MESSAGES, WORKERS = 20, 10, 4


@pytest.mark.fault("F74")
def test_order_in_each_lane_nothing_lost_nothing_twice(
    front: Sandbox, channel: Channel, start: Start
) -> None:
    for _ in range(WORKERS):
        start("--only", "sync", settings="tests.crash.patient_settings")
    for number in range(MESSAGES):
        for lane in range(LANES):
            tell(channel, f"{lane}/{number}", f"lane {lane}")
            if random.random() < 0.15:
                front.fail_next(status=503)
    until(lambda: not Message.objects.exclude(state="accepted").exists(), seconds=120)

    entries = calls(front)
    refused = [entry for entry in entries if entry["status"] == 503]
    assert refused, "Without a fault this shows little."
    said: dict[str, list[int]] = defaultdict(list)
    for entry in entries:
        lane, _, number = json.loads(entry["body"])["metadata"]["external_id"].partition("/")
        if entry["status"] == 202:
            said[lane].append(int(number))
    assert said == {str(lane): list(range(MESSAGES)) for lane in range(LANES)}
    assert Counter(OutboxAttempt.objects.values_list("outcome", flat=True)) == {"failed": len(refused)}
    assert len(entries) == LANES * MESSAGES + len(refused)
