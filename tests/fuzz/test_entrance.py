"""The fuzzer's requests and rules, on every database and without guidance."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.entrance import Entrance
from tests.fuzz.mutation import spoil, spoil_bytes

pytestmark = pytest.mark.django_db

CORPUS = [path.read_bytes() for path in sorted(Path(__file__).with_name("corpus").iterdir())]


@pytest.fixture
def entrance(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Entrance]:
    # On a machine that is busy enough any request may be answered too late, and so with 503.
    monkeypatch.setattr("django_front_channel.webhooks.answers.DEADLINE_SECONDS", math.inf)
    entrance = Entrance()
    with entrance.watched():
        yield entrance


def test_kept_inputs(entrance: Entrance) -> None:
    assert sum(entrance.check(data) for data in CORPUS) > 0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.sampled_from(CORPUS), random=st.randoms(use_true_random=False))
def test_spoilt_inputs(entrance: Entrance, data: bytes, random: Random) -> None:
    for _ in range(5):
        data = spoil(data, random, lambda piece: spoil_bytes(piece, random))
        entrance.check(data)
