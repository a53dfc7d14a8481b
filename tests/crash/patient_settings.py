"""The settings of workers that nobody kills: on a busy machine, too, each request has an answer within its time."""

from tests.crash.settings import *  # noqa: F403 - but for the times

FRONT_CHANNEL_API_TIMEOUT = 60
FRONT_CHANNEL_OUTBOX = {"LEASE": 120, "BACKOFF": (0.05, 0.2)}
