"""The settings of the worker whose memory is measured: no time limit that a busy machine could exceed."""

import os

from tests.settings import *  # noqa: F403 - the host's settings, with a few changed

FRONT_CHANNEL_API_URL = os.environ["FRONT_CHANNEL_TEST_API_URL"]
FRONT_CHANNEL_API_TIMEOUT = 120
FRONT_CHANNEL_OUTBOX = {"LEASE": 150}
