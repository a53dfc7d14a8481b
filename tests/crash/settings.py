"""The settings of a worker process that a test starts: short leases, and the test's own Front."""

import os

from tests.settings import *  # noqa: F403 - the host's settings, with a few changed
from tests.settings import DATABASES

FRONT_CHANNEL_API_URL = os.environ["FRONT_CHANNEL_TEST_API_URL"]
# Long enough for a busy machine: a request that takes longer is made again.
FRONT_CHANNEL_API_TIMEOUT = 3
FRONT_CHANNEL_OUTBOX = {"LEASE": 4.5, "BACKOFF": (0.05, 0.2)}

# A connection that is kept can be lost.
DATABASES["default"]["CONN_MAX_AGE"] = None
